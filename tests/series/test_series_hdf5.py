"""HDF5 files of any program, and the rarer formats that RosettaSciIO writes and reads."""

import importlib

import h5py
import numpy as np
import pytest
from test_series_rosetta import signal

from segdepth_app.errors import SeriesError


@pytest.mark.parametrize("ending", [".h5", ".hdf5"])
@pytest.mark.parametrize("chunks", [None, (1, 40, 24), (4, 20, 12)])
def test_the_one_stack_of_an_hdf5_file_is_the_series(opened, tmp_path, movie, ending, chunks):
    path = tmp_path / f"movie{ending}"
    with h5py.File(path, "w") as file:
        file.create_dataset("entry/data/frames", data=movie, chunks=chunks)
        file["entry/times"] = np.arange(12.0)
    series = opened(path)
    assert (series.n_frames, series.height_px, series.width_px) == movie.shape
    assert series.pixel_size_pm is None
    for index in (11, 0, 7):
        np.testing.assert_array_equal(series.frame(index), movie[index])


def test_several_stacks_are_named_and_refused(opened, tmp_path, movie):
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["a"], file["b"] = movie, movie[:3]
    with pytest.raises(SeriesError, match=r"2 images or stacks: /a \(12 × 40 × 24\), /b"):
        opened(tmp_path / "two.h5")


def test_an_hdf5_file_without_images_and_one_that_is_torn_are_refused(opened, tmp_path, movie):
    with h5py.File(tmp_path / "none.h5", "w") as file:
        file["times"] = np.arange(12.0)
    with pytest.raises(SeriesError, match="holds 0 images"):
        opened(tmp_path / "none.h5")
    (tmp_path / "torn.h5").write_bytes((tmp_path / "none.h5").read_bytes()[:700])
    with pytest.raises(SeriesError, match=r"torn\.h5"):
        opened(tmp_path / "torn.h5")


def test_our_own_files_are_no_series(opened, tmp_path, movie):
    with h5py.File(tmp_path / "result.h5", "w") as file:
        file.attrs["format"] = "segdepth-result-2"
        file["depth"] = movie
    with pytest.raises(SeriesError, match="made by SegDepth"):
        opened(tmp_path / "result.h5")


@pytest.mark.filterwarnings("ignore")  # of the writers
@pytest.mark.parametrize(("name", "module"), [("a.hdf5", "hspy"), ("a.emd", "emd"), ("a.rpl", "ripple")])
def test_what_rosettasciio_writes_opens_with_its_frames_and_pixel_size(opened, tmp_path, movie, name, module):
    """HyperSpy under the name of plain HDF5, NCEM's EMD, Ripple."""
    path = tmp_path / name
    importlib.import_module(f"rsciio.{module}").file_writer(str(path), signal(movie))
    series = opened(path)
    assert series.n_frames == 12
    assert series.pixel_size_pm == pytest.approx(5.3, rel=1e-5)
    for index in (11, 0, 5):
        np.testing.assert_array_equal(series.frame(index), movie[index])


@pytest.mark.filterwarnings("ignore")  # of the writer
def test_an_image_in_the_semper_format_opens(opened, tmp_path, movie):
    path = tmp_path / "a.unf"
    importlib.import_module("rsciio.semper").file_writer(str(path), signal(movie[3].astype(np.float32)))
    np.testing.assert_array_equal(opened(path).frame(0), movie[3])


@pytest.mark.filterwarnings("ignore")  # of the writer
def test_a_scan_of_diffraction_patterns_is_refused_in_one_line(opened, tmp_path):
    patterns = np.arange(3 * 4 * 16 * 16, dtype=np.uint8).reshape(3, 4, 16, 16)
    one = signal(patterns[0])
    scan = [{**one["axes"][0], "name": "yx"[i], "units": "nm", "size": (3, 4)[i], "index_in_array": i} for i in (0, 1)]
    pattern = [{**axis, "units": "1/nm", "size": 16, "index_in_array": i + 2} for i, axis in enumerate(one["axes"][1:])]
    one |= {"data": patterns, "axes": scan + pattern}
    importlib.import_module("rsciio.tvips").file_writer(str(tmp_path / "a_000.tvips"), one)
    (tmp_path / "b.blo").write_bytes(b"IMGBLO" + b"\0" * 4000)
    for name, reason in (("a_000.tvips", "axes|1/nm"), ("b.blo", "diffraction")):
        with pytest.raises(SeriesError, match=reason) as fault:
            opened(tmp_path / name)
        assert name in fault.value.message
        assert "\n" not in str(fault.value)


@pytest.mark.filterwarnings("ignore")  # of the writer
def test_a_long_velox_movie_keeps_its_frame_time(opened, tmp_path, movie):
    """RosettaSciIO gives the frame time of long movies in ks."""
    path = tmp_path / "a.hspy"
    importlib.import_module("rsciio.hspy").file_writer(
        str(path), signal(movie, units=("ks", "nm", "nm"), scales=(0.0008, 0.0053, 0.0053))
    )
    assert opened(path).frame_time_s == pytest.approx(0.8)
