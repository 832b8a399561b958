"""Verification: a sound file passes, and every kind of damage is found and named."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
from dataset_toys import small_config

from segdepth_app.config import GridConfig, OpticsConfig, SimulateConfig, SpecimenConfig, VerifyConfig
from segdepth_app.datasets import verify
from segdepth_app.datasets.checks import Findings, Subject, vacuum_of
from segdepth_app.datasets.generate import run as simulate
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError, InputError
from segdepth_app.reporting import Reporter

FIRST_FORMAT = Path(__file__).parent / "golden" / "first_format.h5"


class Tables(Reporter):
    """Keeps the table of checks."""

    def __init__(self):
        self.verdicts, self.texts = {}, {}

    def table(self, name, rows):
        assert name == "checks"
        self.verdicts = {row["check"]: row["verdict"] for row in rows}
        self.texts = {row["check"]: row["found"] for row in rows}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A shuffled specimen, two rough ones and a wedge, large enough for some to leave vacuum."""
    folder = tmp_path_factory.mktemp("data")
    grid = GridConfig(height_px=384, width_px=256, binning=4, wave_sampling_pm=11)
    settings = small_config(folder, "sound.h5", grid=grid, validation_share=0.25, test_share=0.25)
    simulate(settings, Reporter())
    return settings.out


def checked(path, recompute=0):
    seen = Tables()
    verify.run(VerifyConfig(dataset=path, recompute=recompute, device="cpu"), seen)
    return seen


def test_a_sound_file_passes_every_check(sound):
    seen = checked(sound, recompute=2)
    assert set(seen.verdicts.values()) == {"ok"}
    assert list(seen.verdicts) == [
        *("settings", "structure", "specimens", "splits", "columns", "optics", "images", "vacuum", "made again")
    ]
    assert "no image" not in seen.texts["vacuum"]


def test_a_file_of_everything_that_can_be_drawn_passes(tmp_path):
    """Poses, temperature, aberrations, surroundings and pixel error, all on."""
    settings = small_config(
        tmp_path,
        specimen=SpecimenConfig(
            rotation_low_deg=-3,
            rotation_high_deg=3,
            lattice_scale_low=0.98,
            lattice_scale_high=1.02,
            tilt_high_deg=0.5,
            share_support=0.5,
            share_neighbour=0.5,
            share_terraced=0.5,
            wedge_faces="mixed",
        ),
        optics=OpticsConfig(
            c3_spread_um=3,
            c12_high_nm=2,
            c21_high_nm=50,
            beam_tilt_high_mrad=1,
            temperature_low_k=300,
            temperature_high_k=900,
        ),
        grid=GridConfig(height_px=256, width_px=256, binning=4, wave_sampling_pm=11, pixel_error_percent=2),
        n_specimens=8,
    )
    simulate(settings, Reporter())
    assert set(checked(settings.out, recompute=3).verdicts.values()) == {"ok"}


def test_vacuum_is_what_lies_far_from_every_column(sound):
    """By a plain loop over pixels and columns; 0.0795 Å is the centre of the first stored pixel."""
    with Dataset(sound) as dataset:
        subject = Subject.of(dataset, Findings())
        region = vacuum_of(subject, 2)
        columns = dataset.columns(2)
        expected = np.zeros((96, 64), bool)
        for i in range(96):
            for j in range(64):
                y, x = 0.0795 + 0.212 * i, 0.0795 + 0.212 * j
                near = min((y - c["y"]) ** 2 + (x - c["x"]) ** 2 for c in columns) <= 9
                # 15 stored pixels are 3.18 Å, the first whole number beyond 3 Å
                expected[i, j] = not near and 15 <= i < 96 - 15 and 15 <= j < 64 - 15
    np.testing.assert_array_equal(region, expected)
    assert region.sum() > 100


def changed_rows(name, **fields):
    """Sets fields of the first row of a table."""

    def damage(file):
        rows = file[name][:]
        for field, value in fields.items():
            rows[field][0] = value
        file[name][:] = rows

    return damage


def changed_pixels(where, value):
    def damage(file):
        file["images"][where] = value

    return damage


def changed_setting(section, **values):
    def damage(file):
        settings = json.loads(file.attrs["config"])
        (settings if section is None else settings[section]).update(values)
        file.attrs["config"] = json.dumps(settings)

    return damage


def kept_rows(name, keep):
    """Keeps some rows of a table only."""

    def damage(file):
        rows = file[name][:]
        rows = rows[keep(rows)]
        file[name].resize(len(rows), axis=0)
        file[name][:] = rows

    return damage


def other_split(file):
    rows = file["specimens"][:]
    rows["split"][:] = b"train"
    file["specimens"][:] = rows


def twins(file):
    """Specimen 1 gets the columns of specimen 0."""
    rows = file["columns"][:]
    copy = rows[rows["specimen"] == 0]
    copy["specimen"] = 1
    rows = np.concatenate([rows[rows["specimen"] == 0], copy, rows[rows["specimen"] > 1]])
    file["columns"].resize(len(rows), axis=0)
    file["columns"][:] = rows


def scattered(file):
    rows = file["columns"][:]
    file["columns"][:] = rows[np.argsort(np.arange(len(rows)) % 7, kind="stable")]


def brighter_vacuum(file):
    """Everything 3 % brighter within the first rows, where no column is."""
    for i in range(len(file["images"])):
        image = file["images"][i]
        image[:20] += np.float16(0.04)
        image[20:] -= np.float16(0.04 * 20 / (image.shape[0] - 20))
        file["images"][i] = image


def cut_images(file):
    file["images"].resize(6, axis=0)


DAMAGES = {
    "settings that are invalid": (changed_setting("specimen", share_wedge=2), "settings"),
    "settings with an unknown key": (changed_setting(None, unheard_of=1), "settings"),
    "images cut off": (cut_images, "structure"),
    "another binning": (lambda file: file.attrs.__setitem__("binning", 2), "structure"),
    "another pixel size": (lambda file: file.attrs.__setitem__("pixel_size_pm", 5.0), "structure"),
    "an id twice": (changed_rows("specimens", id=1), "specimens"),
    "a specimen missing": (kept_rows("specimens", lambda rows: rows["id"] != 3), "specimens"),
    "an image of a stranger": (changed_rows("images_index", specimen=77), "specimens"),
    "a column of a stranger": (changed_rows("columns", specimen=77), "specimens"),
    "a specimen without columns": (kept_rows("columns", lambda rows: rows["specimen"] != 2), "specimens"),
    "columns in disorder": (scattered, "specimens"),
    "the same specimen twice": (twins, "specimens"),
    "all in one split": (other_split, "splits"),
    "an unknown split": (changed_rows("specimens", split=b"exam"), "splits"),
    "eleven atoms": (changed_rows("columns", count=11), "columns"),
    "a negative count": (changed_rows("columns", count=-1), "columns"),
    "a wrong deviation": (changed_rows("columns", deviation=7), "columns"),
    "a column outside": (changed_rows("columns", x=1e4), "columns"),
    "a column nowhere": (changed_rows("columns", y=np.nan), "columns"),
    "another element": (changed_rows("columns", element=79), "columns"),
    "an unknown site": (changed_rows("columns", site=200), "columns"),
    "an unknown kind": (changed_rows("specimens", kind=b"lump"), "optics"),
    "another seed": (changed_rows("specimens", seed=6), "optics"),
    "a tilt": (changed_rows("specimens", tilt_x_deg=0.1), "optics"),
    "a turn": (changed_rows("specimens", rotation_deg=1), "optics"),
    "too thick": (changed_rows("specimens", thickness=10.1), "optics"),
    "support": (changed_rows("specimens", support_thickness_nm=1), "optics"),
    "a neighbour": (changed_rows("specimens", neighbour=1), "optics"),
    "a pixel error": (changed_rows("specimens", pixel_error_percent=-1), "optics"),
    "far focus": (changed_rows("images_index", c1_nm=9.1), "optics"),
    "no focus": (changed_rows("images_index", c1_nm=np.nan), "optics"),
    "another lens": (changed_rows("images_index", c3_um=-8.9), "optics"),
    "astigmatism": (changed_rows("images_index", c12_nm=0.1), "optics"),
    "coma": (changed_rows("images_index", c21_nm=1), "optics"),
    "beam tilt": (changed_rows("images_index", beam_tilt_y_mrad=-0.1), "optics"),
    "another B": (changed_rows("images_index", b_ce_a2=0.31), "optics"),
    "a steadier microscope": (changed_rows("images_index", image_spread_pm=1), "optics"),
    "an unknown potential": (changed_rows("images_index", potential=b"guess"), "optics"),
    "phonons": (changed_rows("images_index", n_phonons=8), "optics"),
    "one pixel NaN": (changed_pixels((3, 5, 5), np.nan), "images"),
    "one pixel infinite": (changed_pixels((3, 5, 5), np.inf), "images"),
    "one pixel negative": (changed_pixels((3, 5, 5), -1), "images"),
    "one image zero": (changed_pixels(3, 0), "images"),
    "one image empty": (changed_pixels(3, 1), "images"),
    "one image twice as bright": (changed_pixels(3, 2), "images"),
    "a spot in the vacuum": (changed_pixels((slice(None), 16, 32), 1.2), "vacuum"),
    "another vacuum": (brighter_vacuum, "vacuum"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_found_and_named(name, sound, tmp_path):
    damage, check = DAMAGES[name]
    path = shutil.copy(sound, tmp_path / "damaged.h5")
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(DatasetError, match=rf"damaged\.h5 is not sound\. .*{check}: ") as caught:
        checked(path)
    assert "\n" not in str(caught.value)


def test_a_flipped_bit_in_an_image_is_found(sound, tmp_path):
    """Its checksum does not fit; the value itself may look harmless."""
    path = shutil.copy(sound, tmp_path / "damaged.h5")
    with h5py.File(path) as file:
        place = file["images"].id.get_chunk_info(3).byte_offset
    data = bytearray(path.read_bytes())
    data[place + 2001] ^= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="images: image 3 cannot be read"):
        checked(path)


def swapped_images(file):
    """Two defoci of one specimen."""
    images = file["images"][:]
    images[[2, 3]] = images[[3, 2]]
    file["images"][:] = images


def shifted_column(file):
    """By a tenth of an Å: nothing else could tell."""
    rows = file["columns"][:]
    rows["x"][5] += 0.1
    file["columns"][:] = rows


def swapped_counts(file):
    """Two neighbouring columns of the shuffled specimen exchange their counts."""
    rows = file["columns"][:]
    shuffled = next(int(row["id"]) for row in file["specimens"][:] if row["kind"] == b"shuffled")
    own = np.flatnonzero(rows["specimen"] == shuffled)
    a = own[0]
    b = next(i for i in own if rows["count"][i] != rows["count"][a])
    for name in ("count", "deviation"):
        # the deviation must still be count less plane
        rows[name][[a, b]] = rows[name][[b, a]] if name == "count" else rows["count"][[a, b]] - rows["plane"][[a, b]]
    file["columns"][:] = rows


@pytest.mark.parametrize(
    "damage",
    [swapped_images, shifted_column, swapped_counts, changed_pixels((1, 50, 30), 1.1)],
    ids=lambda d: d.__name__,
)
def test_what_only_a_new_simulation_can_tell_is_told_by_it(damage, sound, tmp_path):
    path = shutil.copy(sound, tmp_path / "damaged.h5")
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(DatasetError, match=r"made again: \d of 4 specimen"):
        checked(path, recompute=4)


def test_a_difference_to_another_version_is_a_note_with_its_size(sound, tmp_path):
    path = shutil.copy(sound, tmp_path / "old.h5")
    with h5py.File(path, "r+") as file:
        file.attrs["version"] = "0.0.1"
        file["images"][0, 50, 30] = 1.1
    seen = checked(path, recompute=4)
    assert seen.verdicts["made again"] == "note"
    assert "1 of 4 specimen(s) differ" in seen.texts["made again"]
    assert "made by version 0.0.1" in seen.texts["made again"]


def test_the_first_format_is_sound_and_its_columns_can_be_made_again():
    """The draws of a seed have not changed since; the images have, by a better sampling of the potential."""
    seen = checked(FIRST_FORMAT, recompute=4)
    assert "wrong" not in seen.verdicts.values()
    assert "the same columns" in seen.texts["made again"]
    apart = float(seen.texts["made again"].split("images ")[1].split("%")[0])
    # at this file's 11 pm the first version was 1 to 7 % off a fine grid
    assert apart < 7


def test_a_structure_that_is_gone_is_a_note(sound, tmp_path):
    path = shutil.copy(sound, tmp_path / "old.h5")
    with h5py.File(path, "r+") as file:
        changed_setting("specimen", structure="gone.cif")(file)
    seen = checked(path, recompute=1)
    assert seen.verdicts["made again"] == "note"
    assert "gone.cif" in seen.texts["made again"]


def test_an_unusable_device_is_no_fault_of_the_file(sound, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError, match="No CUDA device"):
        verify.run(VerifyConfig(dataset=sound, device="cuda"), Reporter())


def test_the_command_line_tells_a_good_file_from_a_bad_one(sound, tmp_path, segdepth):
    good = segdepth("verify", sound, "--recompute", "0")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.splitlines()[0].split() == ["check", "verdict", "found"]
    path = shutil.copy(sound, tmp_path / "bad.h5")
    with h5py.File(path, "r+") as file:
        changed_pixels((3, 5, 5), np.nan)(file)
        other_split(file)
    bad = segdepth("verify", path, "--recompute", "0", "--json")
    assert bad.returncode == 2
    assert bad.stderr.count("\n") == 1
    assert "bad.h5 is not sound. splits: train has 4 specimens, 2 were to be there (and 2 more)." in bad.stderr
    assert "Also wrong: images." in bad.stderr
    table = next(event for event in map(json.loads, bad.stdout.splitlines()) if event["event"] == "table")
    assert {row["check"] for row in table["rows"] if row["verdict"] == "wrong"} == {"splits", "images"}


def test_far_defocus_widens_what_counts_as_near(sound):
    """A beam of 1 Å⁻¹ wanders λ·C1 = 2 Å off its column at 10 nm, 2.4 Å at 12 nm."""
    with Dataset(sound) as dataset:
        subject = Subject.of(dataset, Findings())
        near = vacuum_of(subject, 2)
        optics = subject.config.optics.model_copy(update={"c1_high_nm": 12.0})
        settings: SimulateConfig = subject.config.model_copy(update={"optics": optics})
        far = vacuum_of(Subject(dataset, settings, subject.sound_ids), 2)
    assert (far <= near).all()
    assert 0 < far.sum() < near.sum()
