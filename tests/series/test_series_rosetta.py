"""Vendors' formats, written here byte by byte or by RosettaSciIO."""

import os
import struct
import subprocess
import sys
import warnings

import numpy as np
import pytest

from segdepth_app.errors import SeriesError


def write_mrc(path, frames, *, angstrom=0.0, space_group=0):
    """The 1024-byte header of the MRC2014 description, and the frames."""
    mode = {"int16": 1, "float32": 2, "uint16": 6}[frames.dtype.name]
    n, height, width = frames.shape
    header = struct.pack("<10i", width, height, n, mode, 0, 0, 0, width, height, n)
    header += struct.pack("<6f", width * angstrom, height * angstrom, n * angstrom, 90, 90, 90)
    header += struct.pack("<3i", 1, 2, 3) + struct.pack("<3f", 0, 0, 0) + struct.pack("<2i", space_group, 0)
    header = header.ljust(208, b"\0") + b"MAP DD\0\0"
    path.write_bytes(header.ljust(1024, b"\0") + frames.tobytes())


@pytest.mark.parametrize("dtype", ["int16", "uint16", "float32"])
def test_an_mrc_movie_opens_with_its_values_and_pixel_size(opened, tmp_path, movie, dtype):
    path = tmp_path / "movie.mrc"
    write_mrc(path, movie.astype(dtype), angstrom=0.053)
    series = opened(path)
    assert (series.n_frames, series.height_px, series.width_px) == (12, 40, 24)
    assert series.pixel_size_pm == pytest.approx(5.3, rel=1e-5)
    for index in (11, 0, 5):
        np.testing.assert_array_equal(series.frame(index), movie[index])


@pytest.mark.parametrize("angstrom", [0.0, -10.0])
def test_an_mrc_without_a_scale_has_no_pixel_size(opened, tmp_path, movie, angstrom):
    path = tmp_path / "movie.mrc"
    write_mrc(path, movie, angstrom=angstrom)
    assert opened(path).pixel_size_source == "missing"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("flags", [None, 0, 1])
def test_mrc_bytes_are_unsigned_unless_imod_says_otherwise(opened, tmp_path, order, flags):
    """Counts of 200 are not −56; and a header in the byte order of old workstations is understood."""
    frames = np.arange(3 * 40 * 24, dtype=np.uint8).reshape(3, 40, 24)
    header = struct.pack(f"{order}10i", 24, 40, 3, 0, 0, 0, 0, 24, 40, 3).ljust(92, b"\0")
    header += struct.pack(f"{order}i", 512)
    header = header.ljust(152, b"\0") + (b"" if flags is None else struct.pack(f"{order}2i", 1146047817, flags))
    path = tmp_path / "bytes.mrc"
    path.write_bytes(header.ljust(1024 + 512, b"\0") + frames.tobytes())
    expected = frames.view(np.int8) if flags == 1 else frames
    np.testing.assert_array_equal(opened(path, vacuum="100").frame(2), expected[2])


def test_an_fei_header_behind_the_mrc_header_gives_the_pixel_size(opened, tmp_path, movie):
    """Falcon cameras keep it there, in m, 44 bytes into the first of 1024 blocks of 128 bytes."""
    path = tmp_path / "falcon.mrc"
    write_mrc(path, movie)
    whole = bytearray(path.read_bytes())
    whole[92:96] = struct.pack("<i", 1024 * 128)
    blocks = struct.pack("<11f", *range(11)) + struct.pack("<f", 8.5e-12)
    path.write_bytes(bytes(whole[:1024]) + blocks.ljust(1024 * 128, b"\0") + bytes(whole[1024:]))
    series = opened(path)
    assert series.pixel_size_pm == pytest.approx(8.5)
    np.testing.assert_array_equal(series.frame(11), movie[11])


def test_an_mrc_without_one_whole_frame_is_refused(opened, tmp_path, movie):
    path = tmp_path / "cut.mrc"
    write_mrc(path, movie, angstrom=0.053)
    os.truncate(path, 1024 + movie[0].nbytes - 1)
    with pytest.raises(SeriesError, match=r"cut\.mrc is cut short"):
        opened(path)


@pytest.mark.parametrize("share", [0.3, 0.99])
def test_an_mrc_that_is_cut_short_gives_the_frames_that_are_there(opened, tmp_path, movie, share):
    path = tmp_path / "cut.mrc"
    write_mrc(path, movie, angstrom=0.053)
    whole = int((share * path.stat().st_size - 1024) // movie[0].nbytes)
    os.truncate(path, int(share * path.stat().st_size))
    series = opened(path)
    np.testing.assert_array_equal(series.frame(whole - 1), movie[whole - 1])
    with pytest.raises(SeriesError, match=rf"Frame {whole} of cut\.mrc"):
        series.frame(whole)


def test_a_density_map_is_refused_and_an_image_stack_of_that_ending_is_not(opened, tmp_path, movie):
    volume, stack = tmp_path / "volume.map", tmp_path / "stack.map"
    write_mrc(volume, movie, angstrom=1.0, space_group=1)
    write_mrc(stack, movie, angstrom=0.053, space_group=0)
    with pytest.raises(SeriesError, match="density map"):
        opened(volume)
    assert opened(stack).n_frames == 12


def test_a_folder_of_mrc_frames_is_one_series(opened, tmp_path, movie):
    for index in range(12):
        write_mrc(tmp_path / f"f{index}.mrc", movie[index : index + 1], angstrom=0.053)
    series = opened(tmp_path)
    assert series.pixel_size_pm == pytest.approx(5.3, rel=1e-5)
    np.testing.assert_array_equal(series.frame(10), movie[10])


def signal(data, *, units=("s", "nm", "nm"), scales=(0.5, 0.0053, 0.0053), navigate=(True, False, False), title="one"):
    """A signal as RosettaSciIO's writers want it."""
    n = data.ndim
    axes = [
        {
            "_type": "UniformDataAxis",
            "name": name,
            "units": unit,
            "scale": scale,
            "offset": 0.0,
            "size": size,
            "navigate": moves,
            "index_in_array": index,
            "is_binned": False,
        }
        for index, (name, unit, scale, size, moves) in enumerate(
            zip("tyx"[-n:], units[-n:], scales[-n:], data.shape, navigate[-n:], strict=True)
        )
    ]
    return {
        "data": data,
        "axes": axes,
        "metadata": {"General": {"title": title}, "Signal": {"signal_type": ""}},
        "original_metadata": {},
        "attributes": {"_lazy": False, "ragged": False},
        "package_info": {"package": "", "package_version": ""},
        "package": "",
        "package_version": "",
        "learning_results": {},
        "models": {},
        "tmp_parameters": {},
    }


def write_hspy(path, one):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from rsciio.hspy import file_writer

        file_writer(str(path), one)


def test_a_calibrated_movie_opens_with_pixel_size_and_frame_time(opened, tmp_path, movie):
    path = tmp_path / "movie.hspy"
    write_hspy(path, signal(movie))
    series = opened(path)
    assert series.pixel_size_pm == pytest.approx(5.3)
    assert series.frame_time_s == pytest.approx(0.5)
    np.testing.assert_array_equal(series.frame(7), movie[7])


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (dict(units=("s", "1/nm", "1/nm")), r"1/nm"),
        (dict(units=("nm", "nm", "eV"), navigate=(True, True, False)), "spectrum"),
        (dict(navigate=(True, True, False)), "spectra or line profiles"),
        (dict(scales=(1.0, 0.0053, 0.0060)), r"6 pm wide and 5\.3 pm high"),
    ],
)
def test_what_is_no_real_image_with_square_pixels_is_refused(opened, tmp_path, movie, one, reason):
    path = tmp_path / "odd.hspy"
    write_hspy(path, signal(movie, **one))
    with pytest.raises(SeriesError, match=reason):
        opened(path)


def test_of_two_images_the_larger_is_taken_and_the_other_named(opened, tmp_path, movie, monkeypatch):
    import rsciio.hspy

    path = tmp_path / "two.hspy"
    path.write_bytes(b"read by the lines below")
    two = [signal(movie[0, :8, :8], title="survey"), signal(movie, title="movie"), signal(movie[:2], title="short")]
    monkeypatch.setattr(rsciio.hspy, "file_reader", lambda name, lazy: two)
    series = opened(path)
    assert series.n_frames == 12
    assert any("movie (12 × 40 × 24) was taken and survey (8 × 8), short" in text for text in series.warnings)


def test_files_are_let_go_when_a_series_is_closed(opened, tmp_path, movie):
    path = tmp_path / "movie.hspy"
    write_hspy(path, signal(movie))
    series = opened(path)
    series.close()
    write_hspy(path, signal(movie + 1))
    np.testing.assert_array_equal(opened(path).frame(2), movie[2] + 1)


WITHOUT_NUMBA = """
import logging, sys

class NoNumba:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "numba":
            raise ModuleNotFoundError("No module named 'numba'", name="numba")

sys.meta_path.insert(0, NoNumba())

class Ours(logging.Handler):
    def emit(self, record):
        print("ours:", record.getMessage())

ours = logging.getLogger("segdepth_app")
ours.addHandler(Ours())
ours.propagate = False
ours.setLevel(logging.INFO)
from pathlib import Path
from segdepth_app.errors import SeriesError
from segdepth_app.series.rosetta import open_with_rosetta
try:
    open_with_rosetta(Path(sys.argv[1]))
except SeriesError as error:
    print("refused")
logging.getLogger("rsciio.some.reader").warning("said afterwards")
"""


def test_what_readers_log_goes_to_our_log_and_not_to_the_screen(tmp_path):
    """An installed program has no numba, which RosettaSciIO warns of when it is imported; afterwards it may speak."""
    path = tmp_path / "x.tvips"
    path.write_bytes(bytes(5000))
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_NUMBA, str(path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert "ours: rsciio.utils._decorator: Falling back to slow pure python code" in answer.stdout
    before, _, after = answer.stdout.partition("refused\n")
    assert before.count("numba") == 1
    assert "said afterwards" in after
    assert answer.stderr == ""
