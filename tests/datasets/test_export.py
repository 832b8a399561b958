"""A dataset as TIFF, CSV and cards: read back with other readers than ours, and nothing half-written."""

import csv
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from ase.data import atomic_numbers
from training_toys import write_spots

from segdepth_app.config import ExportConfig
from segdepth_app.datasets.export import export_dataset, run
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.reporting import Command, Reporter
from segdepth_app.specimen.readers import read_column_table

FIRST_FORMAT = Path(__file__).parent / "golden" / "first_format.h5"


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A real dataset, exported whole."""
    return export_dataset(FIRST_FORMAT, tmp_path_factory.mktemp("out") / "tiffs")


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_every_specimen_has_its_three_files_and_the_index_names_every_image(exported):
    names = [f"specimen_{i:06d}.{ending}" for i in range(4) for ending in ("csv", "json", "tif")]
    assert sorted(path.name for path in exported.iterdir()) == sorted([*names, "index.csv"])
    rows = rows_of(exported / "index.csv")
    with Dataset(FIRST_FORMAT) as dataset:
        assert [int(row["specimen"]) for row in rows] == dataset.index["specimen"].tolist()
        np.testing.assert_allclose([float(row["c1_nm"]) for row in rows], dataset.index["c1_nm"], rtol=1e-6)
        splits = [dataset.specimen(int(row["specimen"]))["split"].decode() for row in rows]
    assert [row["split"] for row in rows] == splits
    assert [(row["file"], row["page"]) for row in rows[:2]] == [
        ("specimen_000000.tif", "0"),
        ("specimen_000000.tif", "1"),
    ]


def test_stacks_hold_the_images_their_pixel_size_and_optics(exported):
    """float16 fits into float32 without loss, so pixels are equal; 4 × 5.3 pm = 0.0212 nm."""
    with Dataset(FIRST_FORMAT) as dataset, tifffile.TiffFile(exported / "specimen_000002.tif") as stack:
        images = np.flatnonzero(dataset.index["specimen"] == 2)
        assert stack.asarray().dtype == np.float32
        np.testing.assert_array_equal(stack.asarray(), np.stack([dataset.image(i) for i in images]))
        numerator, denominator = stack.pages[0].tags["XResolution"].value
        assert denominator / numerator == pytest.approx(0.0212, rel=1e-6)
        assert stack.imagej_metadata["unit"] == "nm"
        optics = json.loads(stack.imagej_metadata["Info"])
        assert [row["c1_nm"] for row in optics] == pytest.approx(dataset.index["c1_nm"][images].tolist())
        labels = stack.imagej_metadata["Labels"]
        assert labels[1].startswith(f"C1 {dataset.index['c1_nm'][images[1]]:+.3f} nm")


def test_columns_lie_on_the_stack_where_they_lay_on_the_images(exported):
    """The position of a stored pixel's centre, by a plain loop: 4 reference pixels, centres at 0, 1, 2, 3."""
    rows = rows_of(exported / "specimen_000001.csv")
    with Dataset(FIRST_FORMAT) as dataset:
        columns = dataset.columns(1)
    assert list(rows[0]) == ["element", "x_px", "y_px", "atoms", "plane", "deviation"]
    assert [atomic_numbers[row["element"]] for row in rows] == columns["element"].tolist()
    for name, field in (("atoms", "count"), ("plane", "plane"), ("deviation", "deviation")):
        assert [int(row[name]) for row in rows] == columns[field].tolist()
    centres = np.array([np.mean([0.053 * (4 * k + j) for j in range(4)]) for k in range(48)])
    stored = np.interp(columns["x"], centres, np.arange(48), left=np.nan, right=np.nan)
    inside = np.isfinite(stored)
    assert inside.sum() > 8
    # four decimals are written
    np.testing.assert_allclose(np.array([float(row["x_px"]) for row in rows])[inside], stored[inside], atol=1e-4)


def test_the_column_table_can_be_simulated_again(exported):
    specimen = read_column_table(exported / "specimen_000001.csv", pixel=0.212)
    with Dataset(FIRST_FORMAT) as dataset:
        columns = dataset.columns(1)
    np.testing.assert_array_equal(specimen.table["count"], columns["count"])
    np.testing.assert_array_equal(specimen.table["element"], columns["element"])
    # the origin moves from the first reference pixel to the first stored pixel: 1.5 reference pixels
    np.testing.assert_allclose(specimen.table["x"] + 1.5 * 0.053, columns["x"], atol=3e-5)


def test_the_card_tells_all_that_made_the_specimen(exported):
    card = json.loads((exported / "specimen_000003.json").read_text(encoding="utf-8"))
    with Dataset(FIRST_FORMAT) as dataset:
        assert card["specimen"]["kind"] == dataset.specimen(3)["kind"].decode()
        assert card["config"]["seed"] == dataset.config["seed"]
    assert card["specimen"]["temperature_k"] is None
    assert "out" not in card["config"]
    assert len(card["images"]) == 2
    assert card["stored_pixel_nm"] == pytest.approx(0.0212)


@pytest.mark.parametrize(
    ("choice", "ids"),
    [
        ({"split": "train"}, [0, 1, 2]),
        ({"split": "test"}, [4]),
        ({"specimens": (4, 1, 1)}, [1, 4]),
        ({"split": "train", "specimens": (2,)}, [2]),
    ],
)
def test_specimens_are_chosen_by_split_and_number(choice, ids, tmp_path):
    folder = export_dataset(write_spots(tmp_path / "d.h5"), tmp_path / "out", **choice)
    assert sorted(path.name for path in folder.glob("*.tif")) == [f"specimen_{i:06d}.tif" for i in ids]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"specimens": (9,)}, "has no specimen 9"),
        ({"split": "test", "specimens": (0,)}, "no specimen 0 in its test split"),
    ],
)
def test_specimens_that_are_not_there_are_refused(choice, words, tmp_path):
    source = write_spots(tmp_path / "d.h5")
    with pytest.raises(InputError, match=words):
        export_dataset(source, tmp_path / "out", **choice)
    assert not (tmp_path / "out").exists()


def test_a_split_without_specimens_is_refused(tmp_path):
    source = write_spots(tmp_path / "d.h5", splits=("train",))
    with pytest.raises(InputError, match="no specimens in its test split"):
        export_dataset(source, tmp_path / "out", split="test")


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        export_dataset(FIRST_FORMAT, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["precious.txt"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "out").mkdir()
    assert (export_dataset(FIRST_FORMAT, tmp_path / "out") / "index.csv").is_file()


def test_a_small_disk_is_noticed_before_anything_is_written(tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 1000})
    monkeypatch.setattr("segdepth_app.datasets.export.shutil.disk_usage", lambda _: usage)
    with pytest.raises(InputError, match="GB free"):
        export_dataset(FIRST_FORMAT, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(tmp_path):
    """The second image of the last specimen cannot be read."""
    source = write_spots(tmp_path / "d.h5")
    with h5py.File(source, "r+") as file:
        place = file["images"].id.get_chunk_info(9).byte_offset
    data = bytearray(source.read_bytes())
    data[place + 5] ^= 0xFF
    source.write_bytes(data)
    with pytest.raises(InputError, match=r"d\.h5"):
        export_dataset(source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["d.h5"]


class Window(Reporter):
    """Hears the job, and cancels it once so many specimens are done."""

    def __init__(self, cancel_at=None):
        self.heard, self._cancel_at = [], cancel_at

    def progress(self, done, total, unit):
        self.heard.append((done, total, unit))

    def artifact(self, path):
        self.heard.append(path)

    def command(self):
        done = self.heard[-1][0] if self.heard else -1
        return Command.CANCEL if self._cancel_at is not None and done >= self._cancel_at else None


def test_the_job_counts_specimens_and_names_the_folder(tmp_path):
    window = Window()
    config = ExportConfig(dataset=write_spots(tmp_path / "d.h5"), out=tmp_path / "out", split="train")
    run(config, window)
    assert window.heard == [*((done, 3, "specimens") for done in range(4)), tmp_path / "out"]


@pytest.mark.parametrize("at", [0, 2, 3], ids=["first", "third", "all but the index"])
@pytest.mark.parametrize("is_there", [False, True])
def test_a_cancelled_export_leaves_nothing(at, is_there, tmp_path):
    """A folder that was there and empty stays there, empty."""
    source, out = write_spots(tmp_path / "d.h5"), tmp_path / "out"
    if is_there:
        out.mkdir()
    with pytest.raises(Cancelled):
        run(ExportConfig(dataset=source, out=out, split="train"), Window(cancel_at=at))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["d.h5", "out"][: 1 + is_there]
    assert not is_there or not list(out.iterdir())


def test_an_empty_folder_in_a_place_that_takes_no_files_is_refused(tmp_path, monkeypatch):
    """Folders refuse a root user nothing, so the refusal is made here."""
    (tmp_path / "out").mkdir()
    mkdir = Path.mkdir

    def refuse(path, *args, **options):
        if path.name.startswith("."):
            raise PermissionError(13, "Permission denied")
        mkdir(path, *args, **options)

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match="Permission denied"):
        export_dataset(FIRST_FORMAT, tmp_path / "out")
