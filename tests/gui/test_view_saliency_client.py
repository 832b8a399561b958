"""Saliency requests: one at a time, the newest wins, stale answers are dropped."""

import numpy as np
import pytest

from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.saliency_client import SaliencyClient, SaliencyRequest
from tests.gui.view_fakes import ScriptedJobs

OPTIONS = {"series": ["tiny.tif"]}
FIRST, SECOND, THIRD = (SaliencyRequest(0, x, 1) for x in (1, 2, 3))
MAP = np.eye(2, dtype=np.float32)
DETAILS = {"scale": 2.0, "depth": 6, "probability": 0.8}


@pytest.fixture
def client(qapp):
    jobs = ScriptedJobs()
    helper = HelperClient(jobs)
    client = SaliencyClient(helper)
    client.helper = helper
    client.jobs, client.maps, client.faults = jobs, [], []
    client.ready.connect(client.maps.append)
    client.failed.connect(lambda *fault: client.faults.append(fault))
    yield client
    client.close()


def test_no_child_runs_before_the_first_request(client):
    assert client.jobs.started == []


def test_a_map_comes_with_what_was_asked(client):
    client.request(OPTIONS, "model.safetensors", SaliencyRequest(3, 5, 2, depth=6))
    job = client.jobs.started[0]
    assert job.config["model"] == "model.safetensors"
    job.open_series()
    assert job.sent == [{"cmd": "saliency", "id": 1, "frame": 3, "x": 5, "y": 2, "depth": 6}]
    job.answer(job.sent[0], MAP, **DETAILS)
    (answer,) = client.maps
    assert (answer.request.x, answer.scale, answer.depth, answer.probability) == (5, 2.0, 6, 0.8)
    np.testing.assert_array_equal(answer.values, MAP)


def test_of_several_clicks_only_the_last_is_shown(client):
    client.request(OPTIONS, "m", FIRST)
    job = client.jobs.started[0]
    job.open_series()
    client.request(OPTIONS, "m", SECOND)
    client.request(OPTIONS, "m", THIRD)
    assert len(job.sent) == 1
    job.answer(job.sent[0], MAP, **DETAILS)
    assert client.maps == []
    assert [message["x"] for message in job.sent] == [1, 3]
    job.answer(job.sent[1], MAP, **DETAILS)
    assert [answer.request for answer in client.maps] == [THIRD]


def test_a_forgotten_request_shows_nothing(client):
    client.request(OPTIONS, "m", FIRST)
    job = client.jobs.started[0]
    job.open_series()
    client.forget()
    job.answer(job.sent[0], MAP, **DETAILS)
    assert client.maps == []


def test_another_model_means_another_child(client):
    client.request(OPTIONS, "m", FIRST)
    client.request(OPTIONS, "other", FIRST)
    first, second = client.jobs.started
    assert first.stopped
    assert second.config["model"] == "other"


def test_after_a_failure_the_next_click_starts_afresh(client):
    client.request(OPTIONS, "m", FIRST)
    client.jobs.started[0].told.emit({"event": "error", "message": "No memory.", "hint": "Close others."})
    assert client.faults == [("No memory.", "Close others.")]
    client.request(OPTIONS, "m", SECOND)
    assert len(client.jobs.started) == 2


def test_a_map_that_cannot_be_made_is_told_and_the_next_is_asked_for(client):
    client.request(OPTIONS, "m", FIRST)
    job = client.jobs.started[0]
    job.open_series()
    job.told.emit({"event": "answer", "id": 1, "error": "Frame 1 is damaged.", "hint": "Take another."})
    assert client.faults == [("Frame 1 is damaged.", "Take another.")]
    client.request(OPTIONS, "m", SECOND)
    job.answer(job.sent[1], MAP, **DETAILS)
    assert [answer.request for answer in client.maps] == [SECOND]


def test_a_question_of_others_with_other_settings_does_not_leave_the_saliency_waiting_for_ever(client):
    client.request(OPTIONS, "m", FIRST)
    client.jobs.started[0].open_series()
    client.helper.use({**OPTIONS, "pixel_size_pm": 5.3}, "m")
    client.request({**OPTIONS, "pixel_size_pm": 5.3}, "m", SECOND)
    job = client.jobs.started[1]
    job.open_series()
    assert [message["x"] for message in job.sent] == [2]
