"""The frames' way from the explore child to the picture: order, cache, contrast, and what happens on failure."""

from pathlib import Path

import numpy as np
import pytest

from segdepth_app.gui.view.frame_cache import FrameCache, contrast, sample_frames
from segdepth_app.gui.view.series_client import SeriesClient
from tests.gui.view_fakes import ScriptedJobs

OPTIONS = {"series": ["tiny.tif"]}


@pytest.fixture
def opened(qapp):
    """A client, its scripted child, and the lists of what it emitted."""
    jobs = ScriptedJobs()
    client = SeriesClient(jobs)
    frames, levels, faults = [], [], []
    client.frame_ready.connect(lambda number, image: frames.append((number, float(image[0, 0]))))
    client.contrast_ready.connect(lambda low, high: levels.append((low, high)))
    client.failed.connect(lambda message, hint: faults.append((message, hint)))
    client.open(OPTIONS, "tiny")
    yield client, jobs.started[0], frames, levels, faults
    client.close()


def test_the_child_is_asked_for_frames_only(opened):
    """Without a model the child never imports torch, so the first picture is fast."""
    _, job, *_ = opened
    assert job.name == "explore"
    assert job.config["series"] == ["tiny.tif"]
    assert job.config["model"] is None
    assert Path(job.config["folder"]).is_dir()


def test_a_wish_comes_before_samples(opened):
    client, job, frames, *_ = opened
    client.wish(3)
    assert job.sent == []  # the series is not open yet
    job.open_series()
    assert [message["frame"] for message in job.sent] == [3, 0]
    job.answer_frames()
    assert frames == [(3, 3.0)]


def test_the_newest_wish_wins(opened):
    client, job, frames, *_ = opened
    job.open_series(n_frames=100)
    for frame in (40, 41, 42, 43):
        client.wish(frame)
    job.answer_frames()
    assert frames == [(43, 43.0)]


def test_a_frame_at_hand_is_not_asked_for_again(opened):
    client, job, frames, *_ = opened
    job.open_series()
    client.wish(2)
    job.answer_frames()
    n_sent = len(job.sent)
    client.wish(2)
    assert frames == [(2, 2.0), (2, 2.0)]
    assert len(job.sent) == n_sent


def test_a_wish_for_a_frame_on_its_way_waits_for_it(opened):
    client, job, frames, *_ = opened
    job.open_series()  # samples 0 and 1 are on their way
    client.wish(1)
    job.answer_frames()
    assert frames == [(1, 1.0)]
    assert [message["frame"] for message in job.sent].count(1) == 1


def test_frames_are_read_ahead(opened):
    client, job, frames, *_ = opened
    job.open_series(n_frames=1000)
    job.answer_frames()
    client.read_ahead([7, 8, 9])
    job.answer_frames()
    assert frames == []
    assert all(client.cached(frame) is not None for frame in (7, 8, 9))


def test_contrast_is_set_from_the_first_frame_and_once_for_the_series(opened):
    _, job, _, levels, _ = opened
    job.open_series()  # 5 frames filled with 0, 1, 2, 3, 4
    job.answer_frames()
    # 24 px of each value: 0.5 % and 99.5 % lie within the first and the last value
    assert levels == [(0.0, 1.0), (0.0, 4.0)]


def test_answers_of_a_closed_series_are_dropped(opened):
    client, job, frames, *_ = opened
    job.open_series()
    client.wish(1)
    folder = Path(job.config["folder"])
    client.open({"series": ["other.tif"]}, "other")
    job.told.emit({"event": "answer", "id": 1, "path": "gone.npy"})
    assert frames == []
    assert job.stopped
    assert not folder.exists()


def test_a_child_that_dies_is_told_once(opened):
    _, job, _, _, faults = opened
    job.end("lost")
    job.end("failed")
    assert len(faults) == 1
    assert "ended" in faults[0][0]


def test_the_childs_own_error_is_passed_on(opened):
    _, job, _, _, faults = opened
    job.told.emit({"event": "error", "kind": "input", "message": "It is a spectrum.", "hint": "Name an image."})
    job.end("failed", {"message": "It is a spectrum."})
    assert faults == [("It is a spectrum.", "Name an image.")]


def test_pixels_that_are_no_number_are_made_harmless(opened):
    client, job, *_ = opened
    job.open_series(n_frames=1)
    image = np.array([[np.nan, 2.0], [3.0, np.inf]], np.float32)
    job.answer(job.sent[0], image)
    np.testing.assert_array_equal(client.cached(0), [[2.0, 2.0], [3.0, 2.0]])


def test_the_cache_drops_what_was_not_used_for_longest():
    cache = FrameCache(limit_bytes=300)
    for frame in range(3):
        cache.put(frame, np.zeros(100, np.uint8))
    cache.get(0)
    cache.put(3, np.zeros(100, np.uint8))
    assert [frame in cache for frame in range(4)] == [True, False, True, True]


def test_the_cache_holds_two_frames_however_large():
    cache = FrameCache(limit_bytes=10)
    for frame in range(3):
        cache.put(frame, np.zeros(100, np.uint8))
    assert [frame in cache for frame in range(3)] == [False, True, True]


@pytest.mark.parametrize(("n", "count", "last"), [(1, 1, 0), (5, 5, 4), (500, 20, 499)])
def test_samples_cover_the_series(n, count, last):
    samples = sample_frames(n)
    assert (len(samples), samples[0], samples[-1]) == (count, 0, last)


def test_contrast_ignores_single_hot_pixels():
    """One saturated pixel of 10,000 is 0.01 %, below the 0.5 % that are cut."""
    image = np.tile(np.linspace(0, 1, 100, dtype=np.float32), (100, 1))
    image[50, 50] = 60000
    low, high = contrast([image])
    assert 0 <= low < 0.02
    assert 0.98 < high <= 1


@pytest.fixture
def gaps(opened):
    """What was told of frames that cannot be read."""
    told = []
    opened[0].frame_failed.connect(lambda *frame: told.append(frame))
    return told


def refuse(job, message):
    message["done"] = True
    job.told.emit({"event": "answer", "id": message["id"], "error": f"Frame {message['frame']} is damaged."})


def test_a_frame_that_cannot_be_read_is_told_and_the_others_go_on(opened, gaps):
    client, job, frames, _, faults = opened
    client.wish(40)
    job.open_series(n_frames=100)
    (asked,) = [message for message in job.sent if message["frame"] == 40]
    refuse(job, asked)
    assert gaps == [(40, "Frame 40 is damaged.")]
    client.wish(41)
    job.answer_frames()
    assert frames[-1] == (41, 41.0)
    assert faults == []


def test_a_damaged_frame_is_not_asked_for_again(opened, gaps):
    client, job, *_ = opened
    client.wish(40)
    job.open_series(n_frames=100)
    refuse(job, next(message for message in job.sent if message["frame"] == 40))
    n_sent = len(job.sent)
    client.wish(40)
    client.read_ahead([40])
    assert gaps == [(40, "Frame 40 is damaged.")] * 2
    assert 40 not in [message["frame"] for message in job.sent[n_sent:]]


def test_the_contrast_of_the_series_does_not_wait_for_damaged_frames(opened, gaps):
    """Of five samples one is damaged: the contrast is that of the four others, 0, 1, 2 and 4."""
    _, job, _, levels, _ = opened
    job.open_series()
    while waiting := job.unanswered():
        if waiting[0]["frame"] == 3:
            refuse(job, waiting[0])
        else:
            waiting[0]["done"] = True
            number = waiting[0]["frame"]
            job.answer(waiting[0], np.full((4, 6), number, np.float32), frame=number)
    assert levels[-1] == (0.0, 4.0)
    assert gaps == []  # nobody wished to see it
