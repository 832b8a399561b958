"""Stacks without a header."""

import numpy as np
import pytest

from segdepth_app.errors import SeriesError
from segdepth_app.series.raw import parse_layout, suggested_layouts


@pytest.mark.parametrize("ending", [".raw", ".bin", ".dat"])
@pytest.mark.parametrize(("kind", "offset"), [("uint8", 0), ("<u2", 256), (">u2", 0), ("float32", 7), ("int16", 0)])
def test_a_raw_stack_comes_back_as_it_was_written(opened, tmp_path, ending, kind, offset):
    dtype = np.dtype(kind)
    frames = (np.arange(5 * 30 * 40) % 120).astype(dtype).reshape(5, 30, 40)
    path = tmp_path / f"stack{ending}"
    path.write_bytes(b"\xaa" * offset + frames.tobytes())
    name = dtype.newbyteorder("=").name + ("be" if dtype.byteorder == ">" else "")
    series = opened(path, raw=f"30,40,{name},{offset}")
    assert (series.n_frames, series.height_px, series.width_px) == (5, 30, 40)
    for index in (4, 0, 2):
        np.testing.assert_array_equal(series.frame(index), frames[index])


def test_a_folder_of_raw_frames_is_one_series(opened, tmp_path, movie):
    for index, frame in enumerate(movie):
        (tmp_path / f"f{index}.raw").write_bytes(frame.tobytes())
    series = opened(tmp_path, raw="40,24,uint16")
    assert series.n_frames == 12
    np.testing.assert_array_equal(series.frame(10), movie[10])


@pytest.mark.parametrize(
    ("name", "size", "suggestion"),
    [
        # 3 frames of a K3, counted, and 2 of it in 16 bit: sizes of cameras
        ("movie.raw", 3 * 4092 * 5760, "4092,5760,uint8 (3 frames)"),
        ("movie_16bit.raw", 2 * 4092 * 5760 * 2, "4092,5760,uint16 (2 frames)"),
        # width × height in the name, as cameras write it, and a header of 1024 bytes
        ("scan_300x200_uint16.dat", 1024 + 4 * 300 * 200 * 2, "200,300,uint16,1024 (4 frames)"),
    ],
)
def test_without_a_layout_the_refusal_says_how_to_give_it_and_what_would_fit(opened, tmp_path, name, size, suggestion):
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(size)
    with pytest.raises(SeriesError, match="has no header") as fault:
        opened(path)
    assert "--raw" in fault.value.hint
    assert suggestion in fault.value.hint
    assert "\n" not in str(fault.value)


def test_a_size_that_fits_nothing_gets_no_suggestion(opened, tmp_path):
    (tmp_path / "odd.bin").write_bytes(b"\x01" * 1009)
    with pytest.raises(SeriesError, match="has no header") as fault:
        opened(tmp_path / "odd.bin")
    assert "would fit" not in fault.value.hint


def test_a_size_that_does_not_divide_is_refused_with_the_numbers(opened, tmp_path):
    path = tmp_path / "stack.raw"
    path.write_bytes(b"\x01" * (2 * 30 * 40 + 600))
    with pytest.raises(SeriesError, match=r"3,000 bytes.*1,200 bytes each, so 2\.5 of them") as fault:
        opened(path, raw="30,40,uint8")
    assert "\n" not in str(fault.value)


def test_a_header_that_would_make_it_fit_is_named(opened, tmp_path):
    path = tmp_path / "stack.raw"
    path.write_bytes(b"\x01" * (3 * 30 * 40 + 512))
    with pytest.raises(SeriesError) as fault:
        opened(path, raw="30,40,uint8")
    assert fault.value.hint == "With a header of 512 bytes it would hold 3 frames."


@pytest.mark.parametrize(
    ("layout", "reason"),
    [
        ("30,40,uint7", "uint7"),
        ("30,-40,uint8", "whole numbers"),
        ("30,1e3,uint8", "whole numbers"),
        ("30,1,uint8", "30 × 1 px"),
        ("30,40,uint8,x", "whole numbers"),
        ("30,40,complex64", "no number type"),
        ("30,40,uint8,99999", "no whole number"),
    ],
)
def test_layouts_that_cannot_be_are_refused(opened, tmp_path, layout, reason):
    (tmp_path / "stack.raw").write_bytes(b"\x01" * 2400)
    with pytest.raises(SeriesError, match=reason):
        opened(tmp_path / "stack.raw", raw=layout)


def test_a_layout_for_a_file_with_a_header_is_refused(opened, tmp_path, movie):
    np.save(tmp_path / "movie.npy", movie)
    with pytest.raises(SeriesError, match="has a header"):
        opened(tmp_path / "movie.npy", raw="40,24,uint16")


def test_the_same_bytes_read_otherwise_have_another_fingerprint(opened, tmp_path, movie):
    (tmp_path / "a.raw").write_bytes(movie.tobytes())
    prints = {opened(tmp_path / "a.raw", raw=raw).fingerprint() for raw in ("40,24,uint16", "24,40,uint16")}
    assert len(prints) == 2


def test_a_layout_is_shown_as_it_is_typed():
    for text in ("4092,5760,uint8", "30,40,uint16be,256"):
        assert str(parse_layout(text)) == text


@pytest.mark.parametrize("name", ["a_512x256_i16.raw", "a_512x256_int16.bin", "512 x 256 int16.dat"])
def test_width_comes_before_height_in_names(name):
    first = suggested_layouts(name, 5 * 512 * 256 * 2)[0]
    assert (first.height_px, first.width_px, first.dtype) == (256, 512, np.dtype("int16"))
