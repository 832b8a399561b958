"""One file per frame."""

import numpy as np
import pytest
import tifffile

from segdepth_app.errors import SeriesError
from segdepth_app.series.names import hinted_frame_time_s, hinted_pixel_size_pm, natural_key


def write(folder, names, movie, shape=(40, 24)):
    for name, frame in zip(names, movie, strict=False):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, frame[: shape[0], : shape[1]])


def test_frame_two_comes_before_frame_ten(opened, tmp_path, movie):
    write(tmp_path, [f"frame_{i}.npy" for i in range(12)], movie)
    series = opened(tmp_path)
    assert series.n_frames == 12
    for index in range(12):
        np.testing.assert_array_equal(series.frame(index), movie[index])


def test_nested_in_situ_folders_are_one_series_in_order_of_time(opened, tmp_path, movie):
    names = [
        f"Hour_00/Minute_0{i // 6}/Second_{i // 3 % 2}/"
        f"ceria_Hour_00_Minute_0{i // 6}_Second_{i // 3 % 2}_Frame_{i % 3:04}.npy"
        for i in range(12)
    ]
    write(tmp_path, names, movie)
    (tmp_path / "notes.txt").write_text("CO, 75 fps")
    (tmp_path / ".hidden").mkdir()
    series = opened(tmp_path)
    for index in range(12):
        np.testing.assert_array_equal(series.frame(index), movie[index])


def test_files_named_one_by_one_keep_the_order_given(opened, tmp_path, movie):
    write(tmp_path, ["a.npy", "b.npy", "c.npy"], movie)
    series = opened(tmp_path / "c.npy", tmp_path / "a.npy", tmp_path / "b.npy")
    np.testing.assert_array_equal(series.frame(0), movie[2])
    np.testing.assert_array_equal(series.frame(1), movie[0])


def test_a_folder_with_one_stack_is_that_stack(opened, tmp_path, movie):
    np.save(tmp_path / "stack.npy", movie)
    assert opened(tmp_path).n_frames == 12


@pytest.mark.parametrize("odd", [1, 7, 11])
def test_a_frame_of_other_shape_is_named_with_both_shapes(opened, tmp_path, movie, odd):
    write(tmp_path, [f"f{i:02}.npy" for i in range(12)], movie)
    np.save(tmp_path / f"f{odd:02}.npy", movie[odd, :30, :20])
    with pytest.raises(SeriesError, match=rf"Frame {odd}, f{odd:02}\.npy, is 30 × 20 px.* 40 × 24 px"):
        opened(tmp_path)


def test_a_transposed_frame_of_the_same_size_in_bytes_is_found_when_it_is_read(opened, tmp_path, movie):
    write(tmp_path, [f"f{i:02}.npy" for i in range(60)], np.tile(movie, (5, 1, 1)))
    np.save(tmp_path / "f32.npy", movie[0].T)
    series = opened(tmp_path)
    with pytest.raises(SeriesError, match=r"Frame 32, f32\.npy, is 24 × 40 px"):
        series.frame(32)


def test_a_change_of_magnification_within_a_folder_is_refused(opened, tmp_path, movie):
    for index, pixel_nm in enumerate((0.01, 0.01, 0.02)):
        tifffile.imwrite(
            tmp_path / f"f{index}.tif",
            movie[index],
            imagej=True,
            resolution=(1 / pixel_nm, 1 / pixel_nm),
            metadata={"unit": "nm"},
        )
    with pytest.raises(SeriesError, match=r"20 pm per pixel; the series began with 10 pm"):
        opened(tmp_path)


def test_a_change_of_number_type_within_a_folder_is_refused(opened, tmp_path, movie):
    np.save(tmp_path / "f0.npy", movie[0])
    np.save(tmp_path / "f1.npy", movie[1].astype(np.float32))
    with pytest.raises(SeriesError, match="float32 numbers; the series began with uint16"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["f0.npy", "f1.npy", "gain.npy"], r"gain\.npy beside f\d\.npy"),
        (["a_0.npy", "a_1.npy", "b_0.npy", "b_1.npy"], "do not belong to one series"),
        (["f1.npy", "f01.npy"], "same number"),
    ],
)
def test_names_that_do_not_say_the_order_are_refused(opened, tmp_path, movie, names, reason):
    write(tmp_path, names, movie)
    with pytest.raises(SeriesError, match=reason):
        opened(tmp_path)


def test_a_folder_of_several_kinds_of_files_is_refused_with_their_numbers(opened, tmp_path, movie):
    write(tmp_path, ["f0.npy", "f1.npy"], movie)
    tifffile.imwrite(tmp_path / "f0.tif", movie[0])
    with pytest.raises(SeriesError, match=r"2 × \.npy, 1 × \.tif"):
        opened(tmp_path)


def test_an_empty_folder_and_a_folder_among_files_are_refused(opened, tmp_path, movie):
    with pytest.raises(SeriesError, match="holds no frames"):
        opened(tmp_path)
    np.save(tmp_path / "a.npy", movie[0])
    with pytest.raises(SeriesError, match="a folder among files"):
        opened(tmp_path / "a.npy", tmp_path)


def test_stacks_among_the_frames_are_refused(opened, tmp_path, movie):
    np.save(tmp_path / "f0.npy", movie[0])
    np.save(tmp_path / "f1.npy", movie[:3])
    with pytest.raises(SeriesError, match="holds 3 frames itself"):
        opened(tmp_path)


def test_a_gap_in_the_numbers_is_said(opened, tmp_path, movie):
    write(tmp_path, [f"f{i}.npy" for i in (0, 1, 2, 6, 7)], movie)
    assert any("3 frames are missing: their numbers jump from 2 to 6" in text for text in opened(tmp_path).warnings)


def test_non_ascii_paths_open(opened, tmp_path, movie):
    folder = tmp_path / "Größe µm" / "试样 1"
    folder.mkdir(parents=True)
    np.save(folder / "Ceroxid ä.npy", movie)
    tifffile.imwrite(folder / "铈.tif", movie)
    for name in ("Ceroxid ä.npy", "铈.tif"):
        np.testing.assert_array_equal(opened(folder / name).frame(5), movie[5])


def test_numbers_sort_as_numbers():
    names = ["B10", "b9", "b1_20", "b1_3"]
    assert sorted(names, key=natural_key) == ["b1_3", "b1_20", "b9", "B10"]


@pytest.mark.parametrize(
    ("name", "pixel_pm", "frame_time"),
    [
        ("PtCeO2_030303_CO_75fps_12pm_P2.tif", 12, 1 / 75),
        ("a_5.3pm.npy", 5.3, None),
        ("a_8p86pm_2.5fps.npy", 8.86, 0.4),
        ("3pmol_fpsx.tif", None, None),
        ("12pm_or_13pm.tif", None, None),
    ],
)
def test_names_give_hints_only_where_they_are_clear(tmp_path, name, pixel_pm, frame_time):
    assert hinted_pixel_size_pm(tmp_path / name) == pixel_pm
    assert hinted_frame_time_s(tmp_path / name) == (None if frame_time is None else pytest.approx(frame_time))
