"""The children that measure and advise, with fake jobs: what is shown, what is dropped, what is cancelled."""

import pytest

from segdepth_app.config import TrainConfig
from segdepth_app.errors import InputError
from segdepth_app.gui.train.advising import Advisor, device_text, network_text
from segdepth_app.gui.train.estimating import MEASURING, Estimator, pace
from tests.gui.lab_fakes import FakeRunner

ANSWER = {
    "event": "answer",
    "id": 0,
    "seconds_per_step": 0.41,
    "steps_per_epoch": 100,
    "epochs": 60,
    "seconds": 3600 * 2.5,
    "peak_bytes": 3.1e9,
    "device": "AMD EPYC, 2 cores",
    "device_note": "PyTorch finds no GPU it can use.",
}


def config(**settings):
    return TrainConfig(dataset="/d/a.h5", out="/r/run 1", **settings)


@pytest.fixture
def jobs(qapp):
    return FakeRunner()


@pytest.fixture
def shown():
    return []


@pytest.fixture
def estimator(jobs, shown):
    return Estimator(jobs, lambda text, is_bad: shown.append((text, is_bad)))


def test_an_estimate_is_measured_with_the_very_settings(estimator, jobs, shown):
    estimator.measure(config(batch_size=4))
    (job,) = jobs.of("estimate")
    assert job.config == config(batch_size=4).model_dump(mode="json")
    assert shown == [(MEASURING, False)]

    job.told.emit(ANSWER)

    assert shown[-1] == (
        "At most 2 h 30 min: 60 epochs of 100 steps, 0.41 s each. 3.1 GB of memory at most. "
        "Measured on AMD EPYC, 2 cores. PyTorch finds no GPU it can use.",
        False,
    )


def test_an_unknown_peak_is_left_out(estimator, jobs, shown):
    estimator.measure(config())
    jobs.jobs[0].told.emit({**ANSWER, "peak_bytes": 0})
    assert "memory" not in shown[-1][0]


def test_leaving_the_page_cancels_and_drops_the_answer(estimator, jobs, shown):
    estimator.measure(config())
    estimator.cancel()
    job = jobs.jobs[0]
    assert job.asked == ["cancel"]
    job.told.emit(ANSWER)
    job.end("cancelled")
    assert shown == [(MEASURING, False)]


def test_coming_back_with_the_same_settings_measures_nothing(estimator, jobs, shown):
    estimator.measure(config())
    jobs.jobs[0].told.emit(ANSWER)
    estimator.cancel()
    estimator.measure(config().model_copy(update={"out": "/r/another name"}))
    assert len(jobs.jobs) == 1
    assert shown[-1] == shown[1]
    estimator.measure(config(batch_size=2))
    assert len(jobs.jobs) == 2


def test_a_fault_is_told_once(estimator, jobs, shown):
    estimator.measure(config())
    job = jobs.jobs[0]
    job.told.emit({"event": "error", "message": "Not enough memory.", "hint": "Take a smaller batch."})
    job.end("failed")
    assert shown[1:] == [("The steps could not be measured: Not enough memory. Take a smaller batch.", True)]


@pytest.mark.parametrize("answer", [None, {"event": "answer", "id": 0}])
def test_a_child_without_a_usable_answer_is_told(estimator, jobs, shown, answer):
    estimator.measure(config())
    if answer:
        jobs.jobs[0].told.emit(answer)
    jobs.jobs[0].end("failed")
    assert len(shown) == 2
    assert shown[1][1]


def test_a_job_that_does_not_exist_is_told(estimator, jobs, shown, monkeypatch):
    def refuse(*_):
        raise InputError("No job is called 'estimate'.")

    monkeypatch.setattr(jobs, "start", refuse)
    estimator.measure(config())
    assert shown == [("The steps could not be measured: No job is called 'estimate'.", True)]


@pytest.mark.parametrize(("seconds", "text"), [(0.0123, "12.3 ms"), (0.41, "0.41 s"), (8.24, "8.2 s"), (75.0, "75 s")])
def test_the_pace_has_two_or_three_digits(seconds, text):
    assert pace(seconds) == text


def test_only_the_last_network_asked_about_is_told(jobs):
    advisor, told = Advisor(jobs), []
    for width in (16, 32):
        advisor.about_network({"width": width}, 5.3, told.append)
    (job,) = jobs.of("advise")
    facts = {"event": "answer", "about": "network", "input_pixel_pm": 21.2, "output_pixel_pm": 21.2, "multiple_px": 16}
    job.told.emit({**facts, "id": 1, "parameters": 1})
    job.told.emit({**facts, "id": 2, "parameters": 1175563})
    assert len(told) == 1
    assert told[0].startswith("1,175,563 parameters.")


def test_the_device_is_told_and_the_child_ended(jobs):
    advisor, told = Advisor(jobs), []
    advisor.about_device(told.append)
    job = jobs.jobs[0]
    job.told.emit(
        {"event": "answer", "about": "device", "id": 1, "cpu": "EPYC", "cpu_cores": 2, "no_gpu_because": "of that"}
    )
    advisor.close()
    assert told == ["CPU: EPYC, 2 cores. No GPU: of that."]
    assert job.asked == ["cancel"]


def test_whoever_waits_hears_that_the_child_died(jobs):
    advisor, told = Advisor(jobs), []
    advisor.about_device(told.append)
    jobs.jobs[0].end("failed")
    assert told == ["Not known: the helper that finds it out has ended."]
    advisor.about_device(told.append)
    assert len(jobs.of("advise")) == 2


def test_a_gpu_is_called_by_its_name():
    facts = {"gpus": [{"name": "NVIDIA H200", "memory_gib": 139.8}], "cpu": "x", "no_gpu_because": None}
    assert device_text(facts) == "GPU: NVIDIA H200 (139.8 GiB)"


def test_a_networks_pixels_are_named():
    facts = {"parameters": 1, "input_pixel_pm": 5.3, "output_pixel_pm": 21.2, "multiple_px": 64}
    assert "Reads pixels of 5.3 pm, tells the depth of pixels of 21.2 pm" in network_text(facts)
