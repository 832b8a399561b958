"""The analysis from the window: growing, paused, found again, kept, discarded; options; results to choose from."""

import numpy as np
import pytest

from segdepth_app.gui.view.analysis_run import Waiting, partial_of
from segdepth_app.gui.view.analysis_state import BUTTONS
from segdepth_app.gui.view.presenter import HINT_NOT_YET
from segdepth_app.gui.view.shelf import Shelf
from tests.gui.view_bench import KNOWN, Bench
from tests.gui.view_files import tiny_probability, write_result
from tests.gui.view_partial import add_block, begin_partial


@pytest.fixture
def bench(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path))
    monkeypatch.setattr("segdepth_app.gui.view.analysis_run.REFRESH_S", 0.0)
    bench = Bench(tmp_path, monkeypatch)
    bench.model()
    bench.open_series()
    yield bench
    bench.presenter.close()


def analyse(bench):
    bench.presenter.analysis.ask("analyse")
    job = bench.jobs.started[-1]
    return job, partial_of(bench.presenter.analysis.run.out)


def tell(job, done, total=4):
    job.told.emit({"event": "progress", "done": done, "total": total, "unit": "frames"})


def partial_at(bench, folder):
    return begin_partial(folder, 4, (6, 10), source=[str(bench.tif)])


def leave_half_done(bench, n=2):
    """A folder as a kill leaves it, found when the series is opened again."""
    folder = partial_at(bench, bench.folder / "results" / "old.h5.partial")
    add_block(folder, 0, tiny_probability()[:n])
    bench.shelf.half_done = Waiting(folder, n, 4)
    bench.open_series()
    return folder


def test_maps_and_traces_grow_while_the_job_runs(bench):
    job, folder = analyse(bench)
    partial_at(bench, folder)
    tell(job, 0)
    assert bench.presenter.scene.result is None  # nothing is done yet
    add_block(folder, 0, tiny_probability()[:2])
    tell(job, 2)
    bench.presenter.marking.click(7, 5)
    assert bench.view.show_maps.call_args.args[0][2, 3] == 1
    (trace,) = bench.view.show_traces.call_args.args[0]
    assert list(trace.probability.any(axis=1)) == [True, True, False, False]
    bench.presenter.show_frame(3)
    bench.answer()
    assert bench.view.show_maps.call_args.args[3] == HINT_NOT_YET
    add_block(folder, 2, tiny_probability()[2:])
    tell(job, 4)
    assert bench.view.show_maps.call_args.args[0][2, 3] == 4  # the frame shown was among them
    (trace,) = bench.view.show_traces.call_args.args[0]
    assert list(trace.probability.argmax(axis=1)) == [1, 2, 3, 4]


def test_the_frames_are_looked_at_ten_times_a_second_at_most(bench, monkeypatch):
    monkeypatch.setattr("segdepth_app.gui.view.analysis_run.REFRESH_S", 1000.0)
    job, folder = analyse(bench)
    tell(job, 1)
    add_block(partial_at(bench, folder), 0, tiny_probability()[:1])
    tell(job, 1)
    assert bench.presenter.scene.result is None


@pytest.mark.parametrize(("verb", "command"), [("pause", "pause"), ("keep", "stop")])
def test_buttons_of_a_running_analysis(bench, verb, command, monkeypatch):
    job, _ = analyse(bench)
    asked = []
    monkeypatch.setattr(type(job), command, lambda _: asked.append(command), raising=False)
    bench.presenter.analysis.ask(verb)
    assert asked == [command]


def test_discard_asks_first(bench, monkeypatch):
    job, _ = analyse(bench)
    bench.presenter.analysis.ask("discard")
    assert not job.stopped
    bench.view.ask_to_discard.call_args.args[2]()
    assert job.stopped  # ScriptedJob notes its cancel so


def test_a_paused_analysis_can_be_resumed_with_its_own_settings(bench):
    bench.presenter.analysis.type_option("mirror", True)
    job, folder = analyse(bench)
    add_block(partial_at(bench, folder), 0, tiny_probability()[:2])
    tell(job, 2)
    job.end("paused")
    state = bench.state()
    assert (state.phase, state.done, state.total) == ("paused", 2, 4)
    bench.presenter.analysis.type_option("mirror", False)
    bench.presenter.analysis.ask("resume")
    again = bench.jobs.started[-1]
    assert again is not job
    assert again.config == job.config
    assert again.config["mirror"] is True


def test_one_that_was_killed_is_found_when_the_series_is_opened(bench):
    leave_half_done(bench)
    state = bench.state()
    assert (state.phase, state.done, state.total) == ("paused", 2, 4)
    assert bench.view.show_maps.call_args.args[0][2, 3] == 1  # what it has done is shown
    bench.presenter.analysis.ask("resume")
    assert bench.jobs.started[-1].config["out"] == str(bench.folder / "results" / "old.h5")


def test_what_a_killed_one_has_done_is_kept_as_a_result(bench):
    leave_half_done(bench)
    bench.presenter.analysis.ask("keep")
    job = bench.jobs.started[-1]
    job.state_changed.emit("running")
    assert job.stopped


def test_what_a_killed_one_has_done_goes_to_the_trash(bench):
    folder = leave_half_done(bench)
    bench.presenter.analysis.ask("discard")
    bench.view.ask_to_discard.call_args.args[2]()
    assert not folder.exists()
    assert any(path.name.startswith("old.h5") for path in bench.folder.rglob("*.partial"))
    assert bench.state().phase == "ready"
    assert bench.presenter.scene.result is None
    assert bench.view.show_maps.call_args.args[0] is None


def test_a_session_goes_on_with_the_analysis_it_was_closed_in(bench):
    job, folder = analyse(bench)
    add_block(partial_at(bench, folder), 0, tiny_probability()[:1])
    state = bench.presenter.save_state()
    assert state["path"] == str(bench.tif)
    bench.shelf.half_done = Waiting(folder, 1, 4)
    bench.presenter.restore_state(state)
    bench.child = bench.jobs.started[-1]
    bench.child.open_series(**KNOWN)
    assert bench.jobs.started[-1].name == "infer"
    assert bench.jobs.started[-1].config["out"] == job.config["out"]


def test_results_are_listed_and_the_one_chosen_is_shown(bench):
    first, second = bench.result("a.h5"), bench.result("b.h5", mirror=True)
    entries = [entry for entry in Shelf(bench.folder).results("f") if entry]
    assert {entry.path for entry in entries} == {str(first), str(second)}
    assert sum("mirror" in entry.text for entry in entries) == 1
    assert all("tiny-model" in entry.text and "10.6 pm" in entry.text for entry in entries)
    bench.presenter.results.entries = entries
    bench.presenter.results.load(str(first))
    shown = bench.view.show_results.call_args.args[0]
    assert [entry.path for entry in shown if entry.chosen] == [str(first)]


def test_a_result_with_other_sums_is_not_laid_over_the_frames(bench):
    other = write_result(bench.folder / "s.h5", tiny_probability()[:2], source=[str(bench.tif)], sum_frames=2)
    bench.presenter.results.load(str(other))
    assert "sums of 2" in bench.context.report.call_args.args[1]
    assert bench.presenter.scene.result is None


@pytest.mark.parametrize(("value", "words"), [("0.3", "0.5"), ("x", "number")])
def test_an_option_out_of_range_says_why_and_nothing_starts(bench, value, words):
    bench.presenter.analysis.type_option("stay_probability", value)
    assert words in bench.view.show_options.call_args.args[1]["stay_probability"]
    assert not bench.state().enabled
    bench.presenter.analysis.ask("analyse")
    assert bench.jobs.started[-1].name != "infer"


def test_options_reach_the_job_and_the_session(bench):
    bench.presenter.analysis.type_option("stay_probability", "0.97")
    bench.presenter.analysis.type_option("longest_sum_frames", "16")
    job, _ = analyse(bench)
    assert (job.config["stay_probability"], job.config["longest_sum_frames"]) == (0.97, 16)
    kept = bench.presenter.save_state()["options"]
    bench.presenter.analysis.reset_options()
    assert bench.presenter.analysis.options["stay_probability"] is None  # fitted
    bench.presenter.analysis.restore_options({**kept, "precision": "half"})
    assert bench.presenter.analysis.options == kept  # a session of another version spoils nothing


def test_the_facts_say_what_made_the_result(bench):
    bench.view.side_panel.return_value = "facts"
    bench.presenter.results.load(str(bench.result("a.h5", gain=1.2, gain_source="typed")))
    facts = {line.name: line for line in bench.view.show_result_facts.call_args.args[0]}
    assert facts["Model"].value.startswith("tiny-model")
    assert (facts["Pixel size"].value, facts["Pixel size"].source) == ("10.6 pm", "from file")
    assert (facts["Gain"].value, facts["Gain"].source) == ("1.2 per electron", "typed")
    assert facts["Offset"].value == "unknown"
    assert "4 of 4 frames" in facts["Result"].source
    assert "defocus" in facts["Trained on"].value
    # 2 e/px of 10.6 pm: 2 / 0.106² = 178 e/Å²
    assert "178 e/Å²" in facts["Dose"].value


def test_every_phase_has_its_main_button_first():
    assert {phase: verbs[:1] for phase, verbs in BUTTONS.items()} == {
        "ready": ("analyse",),
        "running": ("pause",),
        "ending": (),
        "paused": ("resume",),
    }


def test_a_partial_that_goes_away_while_it_is_shown_leaves_no_map(bench):
    """The job makes its result and removes the folder; a frame asked for in between is empty, not a fault."""
    job, folder = analyse(bench)
    add_block(partial_at(bench, folder), 0, tiny_probability()[:4])
    tell(job, 4)
    for path in folder.glob("*.npy"):
        path.unlink()
    bench.presenter.show_frame(2)
    bench.answer()
    assert bench.view.show_maps.call_args.args[0] is None
    assert isinstance(bench.presenter.scene.image, np.ndarray)
