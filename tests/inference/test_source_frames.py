"""The frames behind a result's maps: those that the maps were made from, whatever was measured or typed since."""

import numpy as np
import pytest
from export_results import write_result
from infer_runs import toy_config, toy_home
from inference_toys import toy_counts

from segdepth_app.config import ExportResultConfig, SeriesOptions
from segdepth_app.errors import InputError, ResultError, SeriesError
from segdepth_app.inference.export_job import run as run_export
from segdepth_app.inference.figure import caption_of, result_sheet
from segdepth_app.inference.pictures import Pictures
from segdepth_app.inference.results import Result
from segdepth_app.inference.run import run as run_infer
from segdepth_app.inference.source_frames import open_source_of
from segdepth_app.reporting import Reporter
from segdepth_app.series.drift_files import Drift, drift_file, save_drift
from segdepth_app.series.fingerprint import fingerprint

N = 6
WALK = np.array([(0, 0), (3, -2), (5.4, -4.5), (7, -7), (9, -9), (12, -10)])


def drifting(walk: np.ndarray) -> np.ndarray:
    """Noiseless counts of one picture whose pixels all differ from their neighbours, further on in every frame."""
    y, x = np.mgrid[:132, :180]
    still = ((13 * y + 29 * x) % 31 + 20).astype(np.uint8)
    return np.stack([np.roll(still, np.floor(shift + 0.5).astype(int), (0, 1)) for shift in walk])


def measure(home, walk: np.ndarray) -> None:
    """As the align job keeps it."""
    save_drift(fingerprint([home / "series.tif"]), Drift(walk, np.ones(len(walk), np.float32)))


def aligned_result(home, **settings):
    """A result with the drift undone; afterwards the drift is measured anew, with another outcome."""
    measure(home, WALK)
    out = home / "result.h5"
    run_infer(toy_config(home, out, vacuum="30", gain=10.0, offset=0.0, align="rigid", **settings), Reporter())
    measure(home, -WALK)
    return out


@pytest.fixture
def home(tmp_path):
    return toy_home(tmp_path, drifting(WALK))


def middle(image: np.ndarray) -> np.ndarray:
    """What no drift moves out of the frame."""
    return image[15:-15, 15:-15]


def test_frames_stand_as_the_maps_though_the_drift_was_measured_anew(home):
    """With its own drift undone, every frame is the first."""
    with Result(aligned_result(home)) as result, open_source_of(result) as series:
        for t in range(N):
            np.testing.assert_array_equal(middle(series.frame(t)), middle(drifting(WALK)[0]))
        sheet = result_sheet(result, frame=4, series=series)
        np.testing.assert_array_equal(middle(sheet.image), middle(drifting(WALK)[0]))
        pictures = Pictures(result, series, ("frame",), range(N))
        first, last = (pictures.picture(t)[60:200, 60:300] for t in (0, N - 1))
        np.testing.assert_array_equal(first[:, :, 0], last[:, :, 0])


def test_a_movie_is_made_though_no_drift_is_kept_any_more(home, tmp_path):
    out = aligned_result(home)
    drift_file(fingerprint([home / "series.tif"])).unlink()
    warnings = []
    reporter = Reporter()
    reporter.warning = warnings.append
    run_export(ExportResultConfig(result=out, movie=tmp_path / "m.gif", panes=("frame", "depth")), reporter)
    assert warnings == []


def test_sums_of_aligned_frames_are_those_of_the_analysis(home):
    with Result(aligned_result(home, sum_frames=2)) as result, open_source_of(result) as series:
        assert series.n_frames == N // 2
        np.testing.assert_array_equal(result.source_shift_px(), WALK)
        np.testing.assert_allclose(result.shift_px(), WALK.reshape(3, 2, 2).mean(axis=1), rtol=1e-6)
        for t in range(N // 2):
            np.testing.assert_array_equal(middle(series.frame(t)), middle(drifting(WALK)[0]))


def test_a_result_that_keeps_only_the_drift_of_its_images_uses_that(home):
    """Written before every frame's drift was kept: enough for single frames, not for sums."""
    import h5py

    for name, n, settings in (("single.h5", N, {}), ("sums.h5", N // 2, {"sum_frames": 2})):
        out = aligned_result(home, **settings).rename(home / name)
        with h5py.File(out, "r+") as file:
            del file["source_shift_px"]
        with Result(out) as result:
            assert result.n_frames == n
            if n < N:
                with pytest.raises(ResultError, match="does not keep"):
                    open_source_of(result)
            else:
                with open_source_of(result) as series:
                    np.testing.assert_array_equal(middle(series.frame(3)), middle(drifting(WALK)[0]))


def test_a_figure_without_the_frames_it_cannot_align_says_so(home, tmp_path):
    import h5py

    out = aligned_result(home, sum_frames=2)
    with h5py.File(out, "r+") as file:
        del file["source_shift_px"]
    warnings = []
    reporter = Reporter()
    reporter.warning = warnings.append
    run_export(ExportResultConfig(result=out, figure=tmp_path / "f.png"), reporter)
    assert len(warnings) == 1
    assert "how each of its frames was moved" in warnings[0]


def test_a_drift_of_another_length_is_refused(home):
    from segdepth_app.series.opener import open_series

    with pytest.raises(SeriesError, match="6 frames, but the drift to undo is that of 5"):
        open_series(SeriesOptions(series=(home / "series.tif",), align="rigid"), shift_px=WALK[:5])


def test_what_is_typed_afterwards_leaves_frames_and_numbers_of_a_result_alone(tmp_path):
    """A result carries its own pixel size, levels and times: its tables and captions are those of the analysis."""
    out = write_result(tmp_path)
    with Result(out) as result, open_source_of(result) as series:
        info = result.info
        assert (series.pixel_size_pm, series.vacuum, series.dose_e_per_px) == (info.pixel_size_pm, 3.0, 3.0)
        assert "5.3 pm/px (typed)" in caption_of(result)


def test_the_caption_says_what_was_done_to_the_frames(home):
    with Result(aligned_result(home, sum_frames=2)) as result:
        caption = caption_of(result)
    assert "each image the sum of 2 frames" in caption
    assert "drift undone" in caption


def test_a_series_that_changed_since_is_refused(home):
    out = aligned_result(home)
    import tifffile

    counts = toy_counts()
    tifffile.imwrite(home / "series.tif", counts)
    with Result(out) as result, pytest.raises(InputError, match="is not the series"):
        open_source_of(result)
