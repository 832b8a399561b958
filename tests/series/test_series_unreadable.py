"""Frames in the middle of a series that cannot be read cost themselves, not the series."""

import os

import numpy as np
import pytest
import tifffile

from segdepth_app.errors import SeriesError
from segdepth_app.series.sampling import sample_frames


def counts(n: int) -> np.ndarray:
    return np.random.default_rng(0).poisson(3, (n, 48, 64)).astype(np.uint8)


def assert_only(opened, path, bad: int, frames: np.ndarray, name: str) -> None:
    """Every frame but `bad` comes back as written; that one is refused by its number and name."""
    series = opened(path)
    assert series.n_frames == len(frames)
    for index, frame in enumerate(frames):
        if index == bad:
            with pytest.raises(SeriesError, match=name) as fault:
                series.frame(index)
            assert str(bad) in fault.value.message
            assert "\n" not in str(fault.value)
        else:
            np.testing.assert_array_equal(series.frame(index), frame)
    # the vacuum level comes from the frames that can be read: 60 000 pixels and more of mean 3
    assert series.vacuum == pytest.approx(3, rel=0.02)


@pytest.mark.parametrize("bad", [0, 5, 11])
@pytest.mark.parametrize("harm", ["cut", "empty", "text"])
def test_one_bad_file_of_a_folder_is_one_missing_frame(opened, tmp_path, bad, harm):
    frames = counts(12)
    for index, frame in enumerate(frames):
        np.save(tmp_path / f"f{index:02}.npy", frame)
    path = tmp_path / f"f{bad:02}.npy"
    path.write_bytes({"cut": path.read_bytes()[:-9], "empty": b"", "text": b"not an array" * 300}[harm])
    assert_only(opened, tmp_path, bad, frames, path.name)
    assert any(path.name in text for text in opened(tmp_path).warnings)


def test_a_folder_whose_files_are_all_bad_is_refused_by_the_first(opened, tmp_path):
    for index in range(4):
        (tmp_path / f"f{index}.npy").write_bytes(b"")
    with pytest.raises(SeriesError, match=r"f0\.npy is empty"):
        opened(tmp_path)


def test_a_file_that_vanishes_from_a_folder_is_one_missing_frame(opened, tmp_path):
    frames = counts(6)
    for index, frame in enumerate(frames):
        np.save(tmp_path / f"f{index}.npy", frame)
    series = opened(tmp_path)
    (tmp_path / "f3.npy").unlink()
    with pytest.raises(SeriesError, match=r"Frame 3 cannot be read: .*f3\.npy"):
        series.frame(3)
    np.testing.assert_array_equal(series.frame(4), frames[4])


@pytest.mark.parametrize("bad", [0, 6, 11])
def test_a_damaged_page_of_a_compressed_tiff_is_one_missing_frame(opened, tmp_path, bad):
    frames = counts(12)
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, frames, compression="zlib", metadata=None)
    with tifffile.TiffFile(path) as file:
        place, length = file.pages[bad].dataoffsets[0], file.pages[bad].databytecounts[0]
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * length)
    assert_only(opened, path, bad, frames, r"stack\.tif")


def test_a_cut_file_in_a_row_of_files_named_by_hand_is_one_missing_frame(opened, tmp_path):
    frames = counts(3)
    paths = [tmp_path / f"{letter}.tif" for letter in "abc"]
    for path, frame in zip(paths, frames, strict=True):
        tifffile.imwrite(path, frame)
    os.truncate(paths[1], 300)
    series = opened(*paths)
    with pytest.raises(SeriesError, match=r"b\.tif"):
        series.frame(1)
    np.testing.assert_array_equal(series.frame(2), frames[2])


def test_the_sample_steps_over_unreadable_frames_and_says_so():
    """Of 40 frames 20 are wanted, every second; an unreadable one is replaced by the frame behind it."""
    frames = counts(40)
    broken = {0, 1, 20, 21, 22, 23, 24}

    def read(index: int) -> np.ndarray:
        if index in broken:
            raise SeriesError(f"Frame {index} is lost.")
        return frames[index].astype(np.float32)

    sample = sample_frames(
        read, n_frames=40, height_px=48, width_px=64, pixel_size_pm=None, ceiling=255.0, landmarks=()
    )
    assert not broken & set(sample.indices)
    assert len(sample.indices) == len(set(sample.indices)) >= 17
    assert len(sample.remarks) == 1
    assert "Frame 0 is lost." in sample.remarks[0]
    # blocks are averages over 3 × 3 px, so the last column of 64 has none; they are kept as float32
    assert sample.block_px == 3
    assert sample.mean.mean() == pytest.approx(frames[list(sample.indices), :, :63].mean(), rel=1e-6)


def test_a_series_without_one_readable_frame_is_refused_with_the_first_fault():
    def read(index: int) -> np.ndarray:
        raise SeriesError(f"Frame {index} is lost.")

    with pytest.raises(SeriesError, match="Frame 0 is lost"):
        sample_frames(read, n_frames=9, height_px=48, width_px=64, pixel_size_pm=None, ceiling=None)
