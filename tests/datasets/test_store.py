"""The dataset file: what is written comes back, the first format still opens, damage is refused.

golden/first_format.h5 was made by version 0.1.0 of the program at commit 8e5fc17, when the format was
segdepth-dataset-1: 160 × 192 px, binning 4, wave sampling 11 pm, 4 specimens, 2 defoci, seed 5, wedges from mixed
faces; then packed with gzip.
"""

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_toys import write_spots

from segdepth_app.datasets.store import (
    IMAGE_DTYPE,
    SPECIMEN_DTYPE,
    STORED_COLUMN_DTYPE,
    Dataset,
    SimulatedSpecimen,
    crystal_from_json,
    crystal_json,
    is_dataset,
    write_dataset,
)
from segdepth_app.errors import DatasetError
from segdepth_app.specimen.ceria import CERIA_110
from segdepth_app.specimen.crystal import Crystal, Layers, Site
from segdepth_app.specimen.table import empty_table

FIRST_FORMAT = Path(__file__).parent / "golden" / "first_format.h5"
CONFIG = {"grid": {"pixel_size_pm": 5.3, "binning": 4}, "preset": "none"}

fractions = st.floats(0, 1, exclude_max=True)
lengths = st.floats(-20, 20)
atoms = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 94)), min_size=1, max_size=5).map(tuple)
crystals = st.builds(
    Crystal,
    name=st.text(max_size=40),
    cell=st.tuples(st.tuples(lengths, lengths), st.tuples(lengths, lengths)),
    sites=st.lists(st.builds(Site, fractions, fractions, atoms), max_size=6).map(tuple),
    layers=st.builds(Layers, st.integers(1, 20), st.floats(0.1, 4)),
)


@given(crystal=crystals)
def test_a_crystal_survives_the_file(crystal):
    assert crystal_from_json(crystal_json(crystal)) == crystal


def test_every_field_comes_back_as_it_was_written(tmp_path):
    """All fields of all three tables hold numbers of their own."""
    rng = np.random.default_rng(1)

    def filled(dtype, n):
        return np.frombuffer(rng.integers(1, 100, n * dtype.itemsize, dtype=np.uint8).tobytes(), dtype).copy()

    columns, index = filled(empty_table(0).dtype, 7), filled(IMAGE_DTYPE, 2)
    row = filled(SPECIMEN_DTYPE, 1)
    row["id"], index["specimen"] = 3, 3
    images = rng.random((2, 4, 5)).astype(np.float16)
    other = Crystal("other", ((3.0, 0.0), (0.5, 4.0)), (Site(0.0, 0.25, ((0, 13), (1, 8))),), Layers(2, 1.5))
    item = SimulatedSpecimen(row[0], columns, images, index, other)
    write_dataset(tmp_path / "d.h5", iter([item]), config=CONFIG, image_shape=(4, 5))

    with Dataset(tmp_path / "d.h5") as dataset:
        assert dataset.crystal == other
        assert dataset.specimen(3).tobytes() == row[0].tobytes()
        assert dataset.index.tobytes() == index.tobytes()
        stored = dataset.columns(3)
        for name in columns.dtype.names:
            np.testing.assert_array_equal(stored[name], columns[name])
        np.testing.assert_array_equal(dataset.images[:], images)


def test_the_first_format_opens_as_if_its_settings_had_been_written_out():
    with Dataset(FIRST_FORMAT) as dataset, h5py.File(FIRST_FORMAT) as file:
        old = file["columns"][:]
        assert "parity" in old.dtype.names
        assert (dataset.index.dtype, dataset.specimens.dtype) == (IMAGE_DTYPE, SPECIMEN_DTYPE)
        assert (len(dataset), len(dataset.specimens), dataset.crystal) == (8, 4, CERIA_110)
        np.testing.assert_array_equal(dataset.images_of("validation"), np.flatnonzero(dataset.index["specimen"] == 1))
        columns = np.concatenate([dataset.columns(int(i)) for i in dataset.specimens["id"]])
        assert columns.dtype == STORED_COLUMN_DTYPE
        for name in set(old.dtype.names) - {"parity"}:
            np.testing.assert_array_equal(columns[name], old[name])
        # a site of one atom per period: its element and layer are those of the old row
        sites = [CERIA_110.sites[site].atoms for site in columns["site"]]
        assert sites == [((int(p), int(z)),) for p, z in zip(old["parity"], old["element"], strict=True)]
        assert np.isnan(dataset.specimens["temperature_k"]).all()
        assert set(dataset.specimens["lattice_scale"].tolist()) == {1.0}
        assert set(dataset.index["n_phonons"].tolist()) == {1}
        assert not dataset.index["c12_nm"].any()


def test_a_file_knows_whether_it_is_a_dataset(tmp_path):
    (tmp_path / "text.h5").write_text("no HDF5")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.attrs["format"] = "segdepth-result-1"
    paths = [write_spots(tmp_path / "d.h5"), FIRST_FORMAT, tmp_path / "text.h5", tmp_path / "other.h5", tmp_path / "no"]
    assert [is_dataset(path) for path in paths] == [True, True, False, False, False]


@pytest.mark.parametrize("name", ["columns", "specimens", "images", "images_index"])
def test_a_file_that_lacks_a_table_is_damaged(name, tmp_path):
    path = write_spots(tmp_path / "d.h5")
    with h5py.File(path, "r+") as file:
        del file[name]
    with pytest.raises(DatasetError, match=r"d\.h5 is damaged") as caught:
        Dataset(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["config", "crystal", "version", "pixel_size_pm"])
@pytest.mark.parametrize("value", [None, "{[", b"\xff\xfe"])
def test_a_file_with_broken_attributes_is_damaged(name, value, tmp_path):
    """Where the value may be any text, as of the version, only its absence is damage."""
    path = write_spots(tmp_path / "d.h5")
    with h5py.File(path, "r+") as file:
        del file.attrs[name]
        if value is not None:
            file.attrs[name] = np.void(value) if isinstance(value, bytes) else value
    if name == "version" and value is not None:
        Dataset(path).close()
        return
    with pytest.raises(DatasetError, match="damaged"):
        Dataset(path)


def test_a_table_that_lacks_a_field_is_damaged(tmp_path):
    path = write_spots(tmp_path / "d.h5")
    with h5py.File(path, "r+") as file:
        rows = file["specimens"][:]
        del file["specimens"]
        file["specimens"] = rows[[name for name in rows.dtype.names if name != "tilt_x_deg"]]
    with pytest.raises(DatasetError, match="/specimens lacks tilt_x_deg"):
        Dataset(path)


def test_a_truncated_file_is_refused(tmp_path):
    path = write_spots(tmp_path / "d.h5")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DatasetError, match=r"d\.h5"):
        Dataset(path)
