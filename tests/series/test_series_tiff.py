"""TIFF files as ImageJ, OME, Gatan, cameras and plain programs write them."""

import os

import numpy as np
import pytest
import tifffile
from series_faults import tried

from segdepth_app.errors import SeriesError

CALIBRATED = {"resolution": (1 / 0.0053, 1 / 0.0053)}

KINDS = {
    "imagej": {"imagej": True},
    "shaped": {},
    "plain": {"metadata": None},
    "ome": {"ome": True, "metadata": {"axes": "TYX"}},
    "zlib": {"compression": "zlib"},
    "lzw": {"compression": "lzw", "metadata": None},
    "big-endian": {"metadata": None, "byteorder": ">"},
    "tiled": {"tile": (16, 16), "metadata": None},
    "colour by name": {"imagej": True, "metadata": {"axes": "CYX"}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_of_a_stack_comes_back_as_written(opened, tmp_path, movie, kind):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, movie, **KINDS[kind])
    series = opened(path)
    assert (series.n_frames, series.height_px, series.width_px) == movie.shape
    for index in (11, 0, 7):
        np.testing.assert_array_equal(series.frame(index), movie[index])


@pytest.mark.parametrize("kind", ["shaped", "zlib", "plain", "tiled"])
def test_pages_written_one_by_one_come_back_in_order(opened, tmp_path, movie, kind):
    path = tmp_path / "pages.tif"
    with tifffile.TiffWriter(path) as writer:
        for frame in movie:
            writer.write(frame, contiguous=False, **KINDS[kind])
    series = opened(path)
    assert series.n_frames == 12
    np.testing.assert_array_equal(series.frame(9), movie[9])


def test_a_leading_axis_called_colour_is_said_to_be_taken_as_frames(opened, tmp_path, movie):
    path = tmp_path / "colour.tif"
    tifffile.imwrite(path, movie[:3], photometric="rgb", planarconfig="separate")
    series = opened(path)
    assert series.n_frames == 3
    assert any("colour" in text for text in series.warnings)
    np.testing.assert_array_equal(series.frame(1), movie[1])


@pytest.mark.parametrize("unit", ["nm", "\\u00B5m", "um", "micron", "pm", "A"])
def test_imagej_units_give_the_pixel_size(opened, tmp_path, movie, unit):
    pixel = {"nm": 0.0053, "pm": 5.3, "A": 0.053}.get(unit, 5.3e-6)
    path = tmp_path / "unit.tif"
    # TIFF keeps a fraction of two 32-bit numbers
    tifffile.imwrite(path, movie, imagej=True, resolution=(1 / pixel, 1 / pixel), metadata={"unit": unit})
    series = opened(path)
    assert series.pixel_size_pm == pytest.approx(5.3, rel=1e-5)
    assert series.pixel_size_source == "from file"


@pytest.mark.parametrize("unit", ["pixel", "inch", ""])
def test_imagej_units_that_are_no_length_of_the_specimen_leave_the_pixel_size_missing(opened, tmp_path, movie, unit):
    path = tmp_path / "unit.tif"
    tifffile.imwrite(path, movie, imagej=True, resolution=(72.0, 72.0), metadata={"unit": unit})
    series = opened(path)
    assert series.pixel_size_pm is None
    assert series.pixel_size_source == "missing"
    with pytest.raises(SeriesError, match="does not say its pixel size") as fault:
        series.require_pixel_size()
    assert "--pixel-size-pm" in fault.value.hint


def test_a_typed_pixel_size_and_frame_time_win_and_say_so(opened, tmp_path, movie):
    path = tmp_path / "typed.tif"
    tifffile.imwrite(path, movie, imagej=True, **CALIBRATED, metadata={"unit": "nm", "finterval": 0.5})
    series = opened(path, pixel_size_pm=12.0, frame_time_s=0.25)
    assert (series.require_pixel_size(), series.pixel_size_source) == (12.0, "typed")
    assert (series.frame_time_s, series.frame_time_source) == (0.25, "typed")
    assert any("12 pm is used; the file says 5.3 pm" in text for text in series.warnings)


@pytest.mark.parametrize(
    ("about", "seconds"),
    [({"finterval": 0.13}, 0.13), ({"finterval": 130, "tunit": "ms"}, 0.13), ({"fps": 7.0}, None), ({}, None)],
)
def test_the_frame_interval_is_the_frame_time_and_the_players_speed_is_not(opened, tmp_path, movie, about, seconds):
    path = tmp_path / "time.tif"
    tifffile.imwrite(path, movie, imagej=True, metadata=about)
    assert opened(path).frame_time_s == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("resolution", "unit", "expected"),
    [
        # 5.3 pm as pixels per cm, as microscope software writes it
        ((10_000_000_000 / 5.3 / 10, 10_000_000_000 / 5.3 / 10), "CENTIMETER", 53.0),
        ((72, 72), "INCH", None),
        ((300, 300), "CENTIMETER", None),
        ((72, 36), "INCH", None),
    ],
)
def test_plain_resolution_tags_are_believed_only_at_the_scale_of_atoms(
    opened, tmp_path, movie, resolution, unit, expected
):
    path = tmp_path / "dpi.tif"
    tifffile.imwrite(path, movie, metadata=None, resolution=resolution, resolutionunit=unit)
    assert opened(path).pixel_size_pm == (None if expected is None else pytest.approx(expected, rel=1e-5))


def test_ome_gives_pixel_size_and_frame_time(opened, tmp_path, movie):
    path = tmp_path / "stack.ome.tif"
    about = {
        "axes": "TYX",
        "PhysicalSizeX": 5.3,
        "PhysicalSizeXUnit": "pm",
        "PhysicalSizeY": 5.3,
        "PhysicalSizeYUnit": "pm",
        "TimeIncrement": 20.0,
        "TimeIncrementUnit": "ms",
    }
    tifffile.imwrite(path, movie, ome=True, metadata=about)
    series = opened(path)
    assert series.pixel_size_pm == pytest.approx(5.3)
    assert series.frame_time_s == pytest.approx(0.02)


def test_pixels_that_are_not_square_are_refused_even_with_a_typed_size(opened, tmp_path, movie):
    path = tmp_path / "long.tif"
    tifffile.imwrite(path, movie, imagej=True, resolution=(100.0, 200.0), metadata={"unit": "nm"})
    with pytest.raises(SeriesError, match="10 pm wide and 5 pm high"):
        opened(path, pixel_size_pm=5.0)


def test_a_colour_picture_is_refused(opened, tmp_path):
    path = tmp_path / "screenshot.tif"
    tifffile.imwrite(path, np.zeros((40, 50, 3), np.uint8), photometric="rgb")
    with pytest.raises(SeriesError, match="colour picture"):
        opened(path)


def test_a_stack_of_stacks_is_refused_with_its_shape(opened, tmp_path):
    path = tmp_path / "hyper.tif"
    tifffile.imwrite(path, np.zeros((4, 3, 20, 30), np.uint16), imagej=True, metadata={"axes": "TZYX"})
    with pytest.raises(SeriesError, match="4 × 3 × 20 × 30"):
        opened(path)


@pytest.mark.parametrize("kind", ["plain", "shaped", "lzw"])
@pytest.mark.parametrize("odd", ["lower", "turned"])
def test_a_frame_of_other_size_inside_a_stack_is_named(opened, tmp_path, movie, kind, odd):
    """At opening, or when it is read; never as a frame of other numbers."""
    path = tmp_path / "odd.tif"
    frames = np.tile(movie, (5, 1, 1))
    with tifffile.TiffWriter(path) as writer:
        for index, frame in enumerate(frames):
            bad = frame[:-4] if odd == "lower" else frame.T
            writer.write(bad if index == 32 else frame, contiguous=False, **KINDS[kind])
    with pytest.raises(
        SeriesError, match=r"Frame 32 of odd\.tif is .*began with 40 × 24 px|The frames of odd\.tif differ"
    ):
        opened(path).frame(32)


def test_blocks_of_frames_appended_one_after_the_other_are_one_series(opened, tmp_path, movie):
    path = tmp_path / "blocks.tif"
    with tifffile.TiffWriter(path) as writer:
        for start in range(0, 12, 4):
            writer.write(movie[start : start + 4], photometric="minisblack")
    series = opened(path)
    assert series.n_frames == 12
    for index in range(12):
        np.testing.assert_array_equal(series.frame(index), movie[index])


def test_a_thumbnail_behind_the_frames_is_left_out_and_named(opened, tmp_path, movie):
    path = tmp_path / "thumb.tif"
    with tifffile.TiffWriter(path) as writer:
        writer.write(movie, metadata=None)
        writer.write(movie[0, ::4, ::4], metadata=None)
    series = opened(path)
    assert series.n_frames == 12
    assert any("10 × 6 left out" in text for text in series.warnings)


@pytest.mark.parametrize("kind", ["imagej", "shaped", "plain", "zlib", "tiled"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.995])
def test_of_a_file_that_is_cut_short_every_frame_is_right_or_refused(opened, tmp_path, kind, share):
    """Where the directory is torn too, the file is refused; where it is there, only frames without data are."""
    path = tmp_path / "cut.tif"
    frames = np.random.default_rng(0).integers(0, 9, (30, 32, 32)).astype(np.uint8)
    tifffile.imwrite(path, frames, **KINDS[kind])
    os.truncate(path, int(share * path.stat().st_size))
    series, refused = tried(lambda: opened(path, vacuum="4"))
    if refused is not None:
        assert "cut.tif" in refused.message
        return
    assert series.n_frames == 30
    wrong = []
    for index, frame in enumerate(frames):
        found, lost = tried(lambda index=index: series.frame(index))
        if lost is None:
            np.testing.assert_array_equal(found, frame)
        else:
            assert f"rame {index} of cut.tif" in lost.message
            wrong.append(index)
    assert any("cut short" in text for text in series.warnings) == bool(wrong)
    assert len(wrong) < 30
