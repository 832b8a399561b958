"""The View tab's decisions, against an autospec of its widgets and children played by hand."""

import numpy as np
import pytest

from segdepth_app.errors import ResultError
from segdepth_app.gui.view.presenter import HINT_ANALYSE, HINT_GAP, HINT_RUNNING
from segdepth_app.gui.view.result_view import ResultView
from tests.gui.view_bench import KNOWN, Bench
from tests.gui.view_files import tiny_columns, tiny_probability, write_result


@pytest.fixture
def bench(qapp, tmp_path, monkeypatch):
    bench = Bench(tmp_path, monkeypatch)
    yield bench
    bench.presenter.close()


def test_a_series_shows_its_first_frame(bench):
    bench.open_series()
    bench.view.show_workspace.assert_called_once_with("试样 1.tif")
    bench.view.set_series.assert_called_once_with(4, 0.5, 20, 12)
    assert bench.shown_frame() == 0
    assert bench.view.show_maps.call_args.args == (None, None, 1.0, HINT_ANALYSE)


def test_a_path_that_is_gone_is_reported(bench):
    assert not bench.presenter.open_path(bench.folder / "gone.tif")
    bench.context.report.assert_called_once()
    assert bench.jobs.started == []


def test_a_series_that_cannot_be_opened_leads_back_to_the_welcome_page(bench):
    bench.presenter.open_path(bench.tif)
    bench.jobs.started[0].told.emit({"event": "error", "message": "It is a spectrum.", "hint": "Name an image."})
    bench.context.report.assert_called_once_with("It is a spectrum.", "Name an image.")
    assert bench.view.show_welcome.call_count == 2
    assert bench.presenter.save_state() == {}


def test_without_a_pixel_size_nothing_is_analysed(bench):
    bench.model()
    bench.open_series(pixel_size_pm=None, pixel_size_source="missing")
    assert not bench.state().enabled
    assert "pixel size" in bench.state().reason
    fields = bench.view.show_facts.call_args.args[0]
    assert fields["pixel_size"].missing
    assert any("pixel size" in text for text in bench.view.show_warnings.call_args.args[0])
    bench.presenter.analysis.ask("analyse")
    assert [job.name for job in bench.jobs.started] == ["explore"]


def test_a_typed_pixel_size_is_named_as_such_and_used(bench):
    bench.model()
    bench.open_series(pixel_size_pm=None)
    bench.presenter.analysis.type_value("pixel_size_pm", 5.3)
    field = bench.view.show_facts.call_args.args[0]["pixel_size"]
    assert (field.value, field.source, field.missing) == ("5.3", "typed", False)
    bench.view.set_pixel_size.assert_called_with(5.3)
    bench.presenter.analysis.ask("analyse")
    assert bench.jobs.started[-1].config["pixel_size_pm"] == 5.3


def test_an_unknown_dose_must_be_typed(bench):
    bench.model()
    bench.open_series(dose_e_per_px=None, dose_source="missing")
    assert "dose" in bench.state().reason
    bench.presenter.analysis.type_value("dose_e_per_px", 1.9)
    assert bench.state().enabled


def test_dose_is_shown_per_area_too(bench):
    """2 e/px of 10.6 pm: 2 / 0.106² = 178 e/Å²."""
    bench.open_series()
    assert bench.view.show_facts.call_args.args[0]["dose"].source == "178 e/Å², vacuum level of counts"


def test_a_typed_vacuum_is_measured_again_by_the_reader(bench):
    bench.open_series()
    bench.presenter.show_frame(2)
    bench.presenter.analysis.type_value("vacuum", "0,0,5,5")
    again = bench.jobs.started[-1]
    assert again is not bench.child
    assert again.config["vacuum"] == "0,0,5,5"
    bench.child = again
    again.open_series(**{**KNOWN, "vacuum": 2.2, "vacuum_source": "rectangle 5 × 5 px at x 0, y 0"})
    bench.answer()
    assert bench.shown_frame() == 2


def test_a_dose_far_from_the_models_is_said(bench):
    """2 e/px at 10.6 pm are 0.5 e/px at the model's 5.3 pm; it was trained on 0.8 to 8."""
    bench.model()
    bench.open_series()
    assert any("0.5 e/px at 5.3 pm" in text for text in bench.view.show_warnings.call_args.args[0])


def test_a_result_made_with_other_values_is_said(bench):
    bench.find_result.return_value = bench.result()
    bench.open_series()
    assert bench.view.show_warnings.call_args.args[0] == []
    bench.presenter.analysis.type_value("pixel_size_pm", 9.0)
    assert any("10.6 pm and 2 e/px" in text for text in bench.view.show_warnings.call_args.args[0])


def test_analyse_runs_infer_and_shows_its_result(bench):
    bench.model()
    bench.open_series()
    bench.presenter.analysis.ask("analyse")
    job = bench.jobs.started[-1]
    assert job.name == "infer"
    assert job.config["series"] == [str(bench.tif)]
    job.told.emit({"event": "progress", "done": 1, "total": 4, "unit": "frames"})
    assert (bench.state().running, bench.state().share) == (True, 0.25)
    assert bench.view.show_maps.call_args.args[3] == HINT_RUNNING
    out = bench.result()
    target = out.parent.joinpath(job.config["out"])
    target.parent.mkdir(parents=True, exist_ok=True)
    out.rename(target)
    job.end("done")
    depth = bench.view.show_maps.call_args.args[0]
    assert depth[2, 3] == 1
    assert not bench.state().running


def test_a_failed_analysis_is_reported(bench):
    bench.model()
    bench.open_series()
    bench.presenter.analysis.ask("analyse")
    bench.jobs.started[-1].end("failed", {"message": "No memory.", "hint": "Close others."})
    bench.context.report.assert_called_once_with("No memory.", "Close others.")
    assert bench.state().enabled
    assert bench.view.show_maps.call_args.args[3] == HINT_ANALYSE


def test_a_result_of_another_series_is_not_shown_when_its_job_ends(bench):
    bench.model()
    bench.open_series()
    bench.presenter.analysis.ask("analyse")
    job = bench.jobs.started[-1]
    bench.open_series()
    bench.result().rename(bench.folder / "other.h5")
    job.end("done")
    assert bench.presenter.scene.result is None


def test_a_result_opens_its_series_too(bench):
    assert bench.presenter.open_path(bench.result())
    child = bench.jobs.started[0]
    assert child.config["series"] == [str(bench.tif)]
    assert "not open yet" in bench.state().reason  # and not that the file is missing
    bench.child = child
    child.open_series(**KNOWN)
    bench.answer()
    assert bench.shown_frame() == 0
    assert bench.view.show_maps.call_args.args[0][2, 3] == 1


def test_a_result_opens_its_series_as_it_saw_it(bench):
    """A pixel size of the lattice stays one; the layout of a file without a header is known."""
    made = {"pixel_size_pm": 8.8, "pixel_size_source": "from the lattice", "raw": "12,20,uint8", "rotation_deg": 20.0}
    assert bench.presenter.open_path(bench.result(**made))
    config = bench.jobs.started[0].config
    told = {name: config[name] for name in ("pixel_size_pm", "pixel_size_from", "raw", "rotation_deg")}
    assert told == {"pixel_size_pm": 8.8, "pixel_size_from": "lattice", "raw": "12,20,uint8", "rotation_deg": 20.0}


def test_a_result_whose_turn_never_comes_is_closed(bench):
    """Another series is opened between the opening of a result and its being shown."""
    bench.open_series()
    before = bench.presenter.scene.result
    found = ResultView(bench.result())
    steps = bench.presenter.results._put_next(found)
    next(steps)
    steps.close()
    assert bench.presenter.scene.result is before
    with pytest.raises((ResultError, RuntimeError)):  # h5py has no better word for a closed file
        found.probability(0, 0)


def test_a_result_without_its_series_is_shown_without_frames_and_says_so(bench):
    assert bench.presenter.open_path(bench.result(source=["/lab/gone.tif"]))
    assert bench.jobs.started == []
    bench.presenter.show_frame(2)
    assert bench.view.show_maps.call_args.args[0][2, 3] == 3
    bench.view.show_frame.assert_not_called()
    assert any("gone.tif" in text for text in bench.view.show_warnings.call_args.args[0])
    assert "missing" in bench.state().reason


def test_a_result_of_a_series_that_changed_since_is_not_laid_over_it(bench):
    bench.presenter.open_path(bench.result())
    bench.jobs.started[0].open_series(**{**KNOWN, "width_px": 40})
    assert "40 × 12" in bench.context.report.call_args.args[0]
    assert bench.presenter.scene.result is None


def test_an_earlier_result_of_the_same_series_is_found(bench):
    bench.find_result.return_value = bench.result()
    bench.open_series()
    assert bench.find_result.call_args.args[0] == "f"
    assert bench.view.show_maps.call_args.args[0][2, 3] == 1


def test_frames_that_were_not_analysed_are_empty_not_vacuum(bench):
    done = np.array([True, True, False, False])
    bench.presenter.open_path(
        write_result(bench.folder / "part.h5", tiny_probability(), tiny_columns()[:2], done, source=["gone.tif"])
    )
    bench.presenter.show_frame(3)
    depth, confidence, _, hint = bench.view.show_maps.call_args.args
    assert (depth, confidence, hint) == (None, None, HINT_GAP)


def test_hdf5_that_is_no_result_is_opened_as_a_series(bench):
    import h5py

    path = bench.folder / "velox.h5"
    with h5py.File(path, "w") as file:
        file["data"] = [1]
    assert bench.presenter.open_path(path)
    assert bench.jobs.started[0].config["series"] == [str(path)]


def test_a_damaged_result_is_reported(bench):
    path = bench.folder / "broken.h5"
    path.write_bytes(b"nothing")
    assert not bench.presenter.open_path(path)
    assert "broken.h5" in str(bench.context.report.call_args.args[0])


def test_a_late_frame_does_not_replace_the_one_wished_for(bench):
    bench.presenter.open_path(bench.tif)
    bench.child = bench.jobs.started[0]
    bench.child.open_series(**KNOWN)
    bench.answer()
    bench.series._cache.clear()
    bench.presenter.show_frame(3)
    late = bench.child.unanswered()[0]
    late["done"] = True
    bench.series._cache.put(1, np.full((12, 20), 1, np.float32))
    bench.presenter.show_frame(1)
    assert bench.shown_frame() == 1
    bench.child.answer(late, np.full((12, 20), 3, np.float32))
    assert bench.shown_frame() == 1


@pytest.mark.parametrize(
    ("x", "y", "depth"), [(6, 4, "depth 1"), (7, 5, "depth 1"), (5, 4, "depth 0"), (8, 4, "depth 0")]
)
def test_the_readout_takes_the_map_pixel_under_the_pointer(bench, x, y, depth):
    """Map pixel (3, 2) at scale 2 covers source pixels x 6 to 7, y 4 to 5."""
    bench.find_result.return_value = bench.result()
    bench.open_series()
    bench.presenter.readout.show(x, y)
    readout = bench.context.status.call_args.args[0]
    assert f"x {x}, y {y} px" in readout
    assert depth in readout


def test_the_readout_has_intensity_and_nanometres(bench):
    bench.open_series()
    bench.presenter.readout.show(7, 5)
    assert bench.context.status.call_args.args[0] == "x 7, y 5 px   0.07, 0.05 nm   intensity 100"


def test_a_session_comes_back(bench):
    bench.open_series()
    bench.presenter.analysis.type_value("pixel_size_pm", 6.0)
    bench.presenter.show_frame(3)
    bench.presenter.marking.click(7, 5)
    kept = bench.presenter.save_state()
    bench.presenter.open_path(bench.tif)
    bench.presenter.restore_state(kept)
    bench.child = bench.jobs.started[-1]
    bench.child.open_series(**KNOWN)
    bench.answer()
    assert bench.shown_frame() == 3
    assert bench.presenter.marking.markers.pixels() == [[7, 5]]
    assert bench.presenter.scene.facts.pixel_size_pm == 6.0


def test_a_session_whose_series_is_gone_is_silent(bench):
    bench.presenter.restore_state({"path": str(bench.folder / "gone.tif"), "frame": 2, "markers": []})
    bench.context.report.assert_not_called()
    assert bench.jobs.started == []
