"""What a Series says about itself: sources of its numbers, doses, bad pixels, fingerprint."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from segdepth_app.errors import SeriesError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def counts(tmp_path) -> Path:
    """8 frames of 96² px with 2 e/px in the upper half and a lattice below."""
    y, x = np.mgrid[:96, :96]
    clean = np.where(y < 48, 1, 0.9 * (1 + 0.4 * np.cos(2 * np.pi * y / 16) * np.cos(2 * np.pi * x / 22)))
    path = tmp_path / "counts.npy"
    np.save(path, np.random.default_rng(0).poisson(2 * clean, (8, 96, 96)).astype(np.uint8))
    return path


def with_values(tmp_path, change) -> Path:
    path = tmp_path / "changed.npy"
    np.save(path, change(np.load(tmp_path / "counts.npy")))
    return path


def test_counts_have_their_vacuum_level_as_dose(opened, counts):
    series = opened(counts)
    assert series.is_counts
    # 8 × 4608 px of 2 counts: 0.4 %
    assert series.vacuum == pytest.approx(2, rel=0.015)
    assert series.vacuum_source.startswith("automatic: from")
    assert (series.dose_e_per_px, series.dose_source) == (series.vacuum, "vacuum level of counts")
    np.testing.assert_allclose(series.normalised(3), np.load(counts)[3] / series.vacuum, rtol=1e-6)


def test_a_typed_vacuum_level_of_counts_is_the_dose(opened, counts):
    series = opened(counts, vacuum="2.1")
    assert (series.vacuum, series.vacuum_source) == (2.1, "typed")
    assert series.dose_e_per_px == 2.1


def test_a_rectangle_gives_its_mean(opened, counts):
    series = opened(counts, vacuum="10, 60,20,30")
    assert series.vacuum == pytest.approx(np.load(counts)[:, 60:90, 10:30].mean(), rel=1e-6)
    assert series.vacuum_source == "rectangle 20 × 30 px at x 10, y 60"


@pytest.mark.parametrize(
    ("vacuum", "reason"),
    [
        ("0", "above zero"),
        ("-3", "above zero"),
        ("nan", "above zero"),
        ("inf", "above zero"),
        ("bright", "neither auto"),
        ("1,2,3", "no rectangle"),
        ("a,b,c,d", "no rectangle"),
        ("90,0,10,10", "does not lie within the 96 × 96 px image"),
        ("-1,0,10,10", "does not lie"),
        ("0,0,0,5", "does not lie"),
    ],
)
def test_unusable_vacuum_settings_are_refused(opened, counts, vacuum, reason):
    with pytest.raises(SeriesError, match=reason):
        opened(counts, vacuum=vacuum)


def test_a_typed_dose_wins_and_a_large_disagreement_is_said(opened, counts):
    series = opened(counts, dose_e_per_px=5.0)
    assert (series.dose_e_per_px, series.dose_source) == (5.0, "typed")
    assert any("typed dose of 5 e/px" in text and "counts" in text for text in series.warnings)


@pytest.mark.parametrize(
    ("change", "remark"),
    [
        (lambda a: a.astype(np.uint16) * 12 + 101, "above the vacuum level"),
        (lambda a: (a + 0.3 * np.random.default_rng(1).normal(size=a.shape)).astype(np.float32), "no electron counts"),
        (lambda a: a.astype(np.uint16) + 3000, "more than a camera can count"),
    ],
)
def test_values_that_are_no_counts_give_no_dose(opened, counts, tmp_path, change, remark):
    series = opened(with_values(tmp_path, change), vacuum="2.0")
    assert not series.is_counts
    assert (series.dose_e_per_px, series.dose_source) == (None, "missing")
    assert any(remark in text for text in series.warnings)


@pytest.mark.parametrize(
    ("change", "gain", "offset"),
    [
        (lambda a: a.astype(np.uint16) * 12, 12, 0),
        (lambda a: a.astype(np.uint16) * 12 + 101, 12, 101),
        (lambda a: a.astype(np.float32) * 0.97, 0.97, 0),
        (lambda a: a.astype(np.int16) + 5, 1, 5),
    ],
)
def test_values_that_are_multiples_of_counts_give_gain_offset_dose_and_a_warning(
    opened, counts, tmp_path, change, gain, offset
):
    """The dose of `counts` is 2, to 0.4 %; a vacuum that is found anew may differ by as much again."""
    series = opened(with_values(tmp_path, change))
    assert not series.is_counts
    assert (series.gain, series.offset) == (pytest.approx(gain, rel=1e-5), pytest.approx(offset, abs=1e-5))
    assert series.gain_source.startswith("estimated: values are")
    assert series.dose_e_per_px == pytest.approx(2, rel=0.02)
    np.testing.assert_allclose(series.normalised(3), np.load(counts)[3] / series.dose_e_per_px, rtol=1e-4, atol=1e-5)
    assert any("Depth depends on the gain" in text for text in series.warnings)


def test_typed_gain_and_offset_are_used_and_named(opened, counts, tmp_path):
    path = with_values(tmp_path, lambda a: a * 3.7 + np.random.default_rng(1).normal(size=a.shape) + 40)
    series = opened(path, gain=3.7, offset=40.0, vacuum=str(40 + 3.7 * 2))
    assert (series.gain, series.gain_source, series.offset, series.offset_source) == (3.7, "typed", 40.0, "typed")
    assert series.dose_e_per_px == pytest.approx(2)
    np.testing.assert_allclose(series.normalised(0), (np.load(path)[0] - 40) / 7.4, rtol=1e-5, atol=1e-5)
    assert "Typed" in series.vacuum_reason


def test_counts_need_no_gain(opened, counts):
    series = opened(counts)
    assert (series.gain, series.offset, series.gain_source) == (1.0, 0.0, "electron counts")
    assert series.vacuum_reason.startswith("Mean of the flat regions")
    assert not any("gain" in text for text in series.warnings)


def test_a_vacuum_level_below_the_typed_offset_is_refused(opened, counts):
    with pytest.raises(SeriesError, match="above the offset of 3"):
        opened(counts, vacuum="2.0", offset=3.0)


def test_pixels_that_are_no_numbers_become_the_vacuum_level_and_are_counted(opened, counts, tmp_path):
    def spoil(values):
        values = values.astype(np.float32)
        values[2, 5, 7], values[2, 6, 8], values[4, 0, 0] = np.nan, np.inf, -3e38
        return values

    series = opened(with_values(tmp_path, spoil))
    frame = series.frame(2)
    assert frame[5, 7] == pytest.approx(series.vacuum)
    assert frame[6, 8] == pytest.approx(series.vacuum)
    assert np.isfinite(series.frame(4)).all()
    assert any("3 pixels in 2 of the frames" in text and "(frame 2, 4)" in text for text in series.warnings)


def test_a_frame_of_nothing_but_nan_is_refused(opened, tmp_path):
    np.save(tmp_path / "nan.npy", np.full((20, 20), np.nan))
    with pytest.raises(SeriesError, match=r"Frame 0 of nan\.npy holds no numbers"):
        opened(tmp_path / "nan.npy")


def test_a_dark_series_without_a_positive_level_asks_for_one(opened, tmp_path):
    path = tmp_path / "dark.npy"
    np.save(path, np.zeros((64, 64)))
    with pytest.raises(SeriesError, match="must be above zero") as fault:
        opened(path)
    assert "--vacuum" in fault.value.hint
    assert opened(path, vacuum="1").vacuum == 1


@pytest.mark.parametrize("index", [-1, 8])
def test_frames_outside_the_series_do_not_exist(opened, counts, index):
    with pytest.raises(IndexError):
        opened(counts).frame(index)


def test_hints_in_the_name_are_offered_and_never_used(opened, counts):
    path = counts.rename(counts.with_name("PtCeO2_75fps_12pm_P2.npy"))
    series = opened(path)
    assert (series.pixel_size_pm, series.frame_time_s) == (None, None)
    assert series.hinted_pixel_size_pm == 12
    assert series.hinted_frame_time_s == pytest.approx(1 / 75)
    with pytest.raises(SeriesError) as fault:
        series.require_pixel_size()
    assert "--pixel-size-pm" in fault.value.hint
    assert "12 pm" in fault.value.hint


def test_the_fingerprint_follows_the_content_and_not_the_name(opened, counts, tmp_path):
    first = opened(counts).fingerprint()
    copy = tmp_path / "copy.npy"
    shutil.copy(counts, copy)
    assert opened(copy).fingerprint() == first
    values = np.load(counts)
    values[7, 95, 95] ^= 1
    np.save(copy, values)
    assert opened(copy).fingerprint() != first


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nowhere.tif", None, "no file or folder"),
        ("empty.tif", b"", "is empty"),
        ("empty.npy", b"", "is empty"),
        ("empty.dm4", b"", "is empty"),
        ("text.tif", b"this is no picture", "text.tif"),
        ("text.npy", b"this is no array", "text.npy"),
        ("text.png", b"this is no picture", "text.png"),
        ("text.dm4", b"this is no picture at all, but long enough for a header" * 40, "text.dm4"),
        ("text.dm3", b"\x00" * 4000, "text.dm3"),
        ("text.mrc", b"this is no picture" * 100, "text.mrc"),
        ("text.ser", b"this is no picture" * 100, "text.ser"),
        ("text.emd", b"this is no picture" * 100, "text.emd"),
        ("text.hspy", b"this is no picture" * 100, "text.hspy"),
        ("text.tvips", b"this is no picture" * 100, "text.tvips"),
        ("text.blo", b"this is no picture" * 100, "text.blo"),
        ("text.mib", b"this is no picture" * 100, "text.mib"),
        ("movie.avi", b"RIFF" * 100, "no movie that can be read"),
        ("movie.mp4", b"\x00\x00\x00\x18ftypmp42" * 100, "movie.mp4"),
        ("stack.bin", b"\x01" * 1000, "has no header"),
        ("series.xyz", b"RIFF" * 100, "cannot be opened"),
        ("noending", b"RIFF" * 100, "has no ending"),
    ],
)
def test_bad_files_are_refused_in_one_line(opened, tmp_path, name, content, reason, capfd):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SeriesError) as fault:
        opened(path)
    assert reason in fault.value.message
    assert "\n" not in str(fault.value)
    assert fault.value.hint
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")


@pytest.mark.parametrize(("kind", "n", "calls"), [("npy", 10_000, 0), ("tif", 10_000, 80), ("pages.tif", 2_000, 110)])
def test_thousands_of_frames_open_at_once(opened, tmp_path, kind, n, calls):
    """Function calls for each frame of the file, as counted by Python: a machine's load does not change them.

    None for an array; for a TIFF those that find the next page (reading a page's tags costs 350 more). Opening
    itself takes a few thousand.
    """
    frames = np.random.default_rng(0).poisson(2, (n, 32, 32)).astype(np.uint8)
    path = tmp_path / f"long.{kind}"
    if kind == "npy":
        np.save(path, frames)
    else:
        tifffile.imwrite(path, frames, metadata=None, compression="zlib" if kind == "pages.tif" else None)
    opened(path)  # imports are not counted
    made = 0

    def count(_frame, event, _argument):
        nonlocal made
        made += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        series = opened(path)
        last = series.frame(n - 1)
    finally:
        sys.setprofile(before)
    np.testing.assert_array_equal(last, frames[n - 1])
    assert made < 10_000 + 1.5 * calls * n


def test_opening_tiff_and_numpy_files_does_not_import_dask_torch_or_rsciio(counts, tmp_path):
    tif = tmp_path / "a.tif"
    tifffile.imwrite(tif, np.load(counts))
    script = tmp_path / "open.py"
    script.write_text(
        "import sys; from pathlib import Path\n"
        "from segdepth_app.config import SeriesOptions\n"
        "from segdepth_app.series.opener import open_series\n"
        "for path in sys.argv[1:]:\n"
        "    with open_series(SeriesOptions(series=(Path(path),))) as series:\n"
        "        series.normalised(0)\n"
        "heavy = {'dask', 'torch', 'rsciio', 'scipy', 'matplotlib', 'h5py', 'PySide6'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, script, counts, tif], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
