"""NumPy files and pictures."""

import os

import numpy as np
import pytest
from PIL import Image

from segdepth_app.errors import SeriesError


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "<i4", "float16", "float64", "bool"])
def test_every_number_type_comes_back_with_its_values(opened, tmp_path, dtype):
    path = tmp_path / "series.npy"
    values = (np.arange(3 * 20 * 30).reshape(3, 20, 30) % 2 if dtype == "bool" else np.arange(1800) % 200).reshape(
        3, 20, 30
    )
    np.save(path, values.astype(dtype))
    series = opened(path)
    assert (series.n_frames, series.height_px, series.width_px) == (3, 20, 30)
    np.testing.assert_array_equal(series.frame(2), values[2])
    assert series.frame(2).dtype == np.float32
    assert (series.pixel_size_pm, series.frame_time_s) == (None, None)


def test_an_array_in_fortran_order_comes_back_the_right_way_round(opened, tmp_path, movie):
    path = tmp_path / "series.npy"
    np.save(path, np.asfortranarray(movie))
    np.testing.assert_array_equal(opened(path).frame(3), movie[3])


def test_a_single_image_is_a_series_of_one(opened, tmp_path, movie):
    path = tmp_path / "image.npy"
    np.save(path, movie[4])
    series = opened(path)
    assert series.n_frames == 1
    np.testing.assert_array_equal(series.frame(0), movie[4])


def test_frames_are_copies_that_may_be_changed(opened, tmp_path, movie):
    path = tmp_path / "series.npy"
    np.save(path, movie)
    series = opened(path)
    series.frame(1)[:] = 0
    np.testing.assert_array_equal(series.frame(1), movie[1])


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((5, 4, 20, 30)), "4 axes"),
        (np.arange(100.0), "no image"),
        (np.ones((1, 100)), "no image"),
        (np.float64(3), "a single number"),
        (np.zeros((0, 20, 30)), "no pixels"),
        (np.zeros((40, 50, 3), np.uint8), "colour picture"),
        (np.zeros((20, 30), complex), "complex"),
        (np.zeros((20, 30), [("r", "u1"), ("g", "u1")]), "colour picture"),
        (np.full((20, 30), "x"), "no numbers"),
    ],
)
def test_arrays_that_are_no_series_are_refused_with_the_reason(opened, tmp_path, array, reason):
    path = tmp_path / "odd.npy"
    np.save(path, array)
    with pytest.raises(SeriesError, match=reason):
        opened(path)


def test_pickled_objects_are_never_run(opened, tmp_path):
    marker = tmp_path / "was here"

    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    path = tmp_path / "evil.npy"
    np.save(path, np.array([Evil()], dtype=object), allow_pickle=True)
    with pytest.raises(SeriesError, match="foreign code"):
        opened(path)
    bare = tmp_path / "bare.npy"
    import pickle

    bare.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(SeriesError, match="foreign code"):
        opened(bare)
    assert not marker.exists()


@pytest.mark.parametrize("share", [0.001, 0.003, 0.01, 0.05])
def test_an_array_of_which_not_one_frame_is_left_is_refused(opened, tmp_path, movie, share):
    path = tmp_path / "cut.npy"
    np.save(path, movie)
    os.truncate(path, max(1, int(share * path.stat().st_size)))
    with pytest.raises(SeriesError, match=r"cut\.npy"):
        opened(path)


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_that_is_cut_short_gives_the_frames_that_are_there(opened, tmp_path, movie, order):
    """In Fortran order every frame lies all over the file, so none is whole."""
    path = tmp_path / "cut.npy"
    np.save(path, np.asarray(movie, order=order))
    os.truncate(path, path.stat().st_size - movie[0].nbytes - 1)
    if order == "F":
        with pytest.raises(SeriesError, match="cut short"):
            opened(path)
        return
    series = opened(path, vacuum="1000")
    assert series.n_frames == 12
    assert any("2 of its 12 frames are missing" in text for text in series.warnings)
    np.testing.assert_array_equal(series.frame(9), movie[9])
    with pytest.raises(SeriesError, match=r"Frame 10 of cut\.npy"):
        series.frame(10)


def test_a_file_that_shrinks_while_it_is_open_ends_in_a_sentence(opened, tmp_path, movie):
    path = tmp_path / "shrinks.npy"
    np.save(path, movie)
    series = opened(path)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(SeriesError, match=r"Frame 11 of shrinks\.npy"):
        series.frame(11)


def test_the_one_stack_of_an_npz_is_taken_and_several_are_refused(opened, tmp_path, movie):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    np.savez(one, frames=movie, times=np.arange(12))
    np.savez(two, a=movie, b=movie)
    np.testing.assert_array_equal(opened(one).frame(5), movie[5])
    with pytest.raises(SeriesError, match=r"holds 2 images or stacks \(a, b\)"):
        opened(two)


@pytest.mark.parametrize(("name", "mode"), [("a.png", "L"), ("a.png", "RGB"), ("a.png", "RGBA"), ("a.bmp", "L")])
def test_grey_pictures_keep_their_values_whatever_their_channels(opened, tmp_path, name, mode):
    grey = (np.arange(40 * 24) % 251).astype(np.uint8).reshape(40, 24)
    Image.fromarray(grey).convert(mode).save(tmp_path / name)
    series = opened(tmp_path / name)
    np.testing.assert_array_equal(series.frame(0), grey)
    assert not series.is_counts
    assert series.dose_e_per_px is None


def test_sixteen_bit_pictures_keep_their_values(opened, tmp_path, movie):
    Image.fromarray(movie[3]).save(tmp_path / "a.png")
    np.testing.assert_array_equal(opened(tmp_path / "a.png").frame(0), movie[3])


def test_a_colour_picture_becomes_luminance_and_says_so(opened, tmp_path):
    colours = np.zeros((20, 20, 3), np.uint8)
    colours[..., 0], colours[..., 1] = 200, 100
    Image.fromarray(colours).save(tmp_path / "a.png")
    series = opened(tmp_path / "a.png")
    # 0.299 · 200 + 0.587 · 100
    np.testing.assert_allclose(series.frame(0), 118.5, atol=1e-3)
    assert any("luminance" in text for text in series.warnings)


def test_a_picture_that_is_cut_short_is_refused(opened, tmp_path):
    path = tmp_path / "cut.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8)).save(path)
    os.truncate(path, 900)
    with pytest.raises(SeriesError, match=r"cut\.png"):
        opened(path)
