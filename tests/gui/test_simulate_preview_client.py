"""The preview child as the tab uses it: the newest wish wins, and nothing of an old one is shown."""

from pathlib import Path

import numpy as np
import pytest

from segdepth_app.gui.simulate import preview_client
from segdepth_app.gui.simulate.preview_client import PATIENCE_MS, PreviewClient
from tests.gui.view_fakes import ScriptedJobs


class Bench:
    def __init__(self):
        self.jobs = ScriptedJobs()
        self.client = PreviewClient(self.jobs)
        self.served, self.failed, self.busy = [], [], []
        self.client.ready.connect(self.served.append)
        self.client.failed.connect(self.failed.append)
        self.client.busy.connect(self.busy.append)

    @property
    def child(self):
        return self.jobs.started[-1]

    def answer(self, sent, **values):
        path = Path(self.child.config["folder"]) / f"{sent['id']}-clean.npy"
        np.save(path, np.full((2, 3), sent["number"], np.float32))
        self.child.told.emit({"event": "answer", "id": sent["id"], "paths": {"clean": str(path)}, **values})
        return path


@pytest.fixture
def bench(qapp):
    made = Bench()
    yield made
    made.client.close()


def test_the_child_starts_with_the_first_wish(bench):
    assert bench.jobs.started == []
    bench.client.ask("specimen", {"number": 1})
    bench.client.ask("specimen", {"number": 2})
    assert [job.name for job in bench.jobs.started] == ["preview"]
    assert [sent["number"] for sent in bench.child.sent] == [1, 2]


def test_an_answer_brings_its_arrays_and_its_files_go(bench):
    bench.client.ask("specimen", {"number": 7})
    path = bench.answer(bench.child.sent[0], seconds=0.5)
    (served,) = bench.served
    np.testing.assert_array_equal(served.arrays["clean"], np.full((2, 3), 7))
    assert (served.wish, served.facts["seconds"]) == ({"number": 7}, 0.5)
    assert not path.exists()


def test_an_answer_to_an_older_wish_is_dropped_and_its_files_go(bench):
    bench.client.ask("specimen", {"number": 1})
    bench.client.ask("specimen", {"number": 2})
    path = bench.answer(bench.child.sent[0])
    assert bench.served == []
    assert not path.exists()
    bench.answer(bench.child.sent[1])
    assert [served.wish["number"] for served in bench.served] == [2]


def test_typing_is_waited_for_and_only_its_end_is_sent(bench, qtbot):
    for number in range(5):
        bench.client.ask("specimen", {"number": number}, wait_ms=30)
    assert bench.jobs.started == []
    qtbot.waitUntil(lambda: len(bench.jobs.started) == 1)
    assert [sent["number"] for sent in bench.child.sent] == [4]


def test_what_was_forgotten_is_not_shown(bench):
    bench.client.ask("specimen", {"number": 1})
    bench.client.forget()
    bench.answer(bench.child.sent[0])
    assert bench.served == []


def test_a_problem_is_told_and_the_child_lives_on(bench):
    bench.client.ask("specimen", {"number": 1})
    bench.child.told.emit({"event": "answer", "id": 1, "problem": "No such file.", "hint": "Browse for it."})
    assert bench.failed == ["No such file. Browse for it."]
    bench.client.ask("specimen", {"number": 2})
    assert len(bench.jobs.started) == 1


def test_a_child_that_died_is_told_and_started_again_with_the_next_wish(bench):
    bench.client.ask("specimen", {"number": 1})
    bench.child.end("lost", {"message": "The job was killed.", "hint": "Take smaller images."})
    assert bench.failed == ["The job was killed. Take smaller images."]
    bench.client.ask("specimen", {"number": 2})
    assert len(bench.jobs.started) == 2
    assert bench.child.sent[0]["number"] == 2


def test_only_what_takes_long_is_announced(bench, qtbot):
    bench.client.ask("specimen", {"number": 1})
    bench.answer(bench.child.sent[0])
    assert True not in bench.busy
    bench.client.ask("specimen", {"number": 2})
    qtbot.waitUntil(lambda: True in bench.busy, timeout=PATIENCE_MS + 2000)
    bench.answer(bench.child.sent[1])
    assert bench.busy[-1] is False


def test_a_file_of_the_draft_is_told_with_its_field(bench):
    told = []
    bench.client.refused.connect(lambda field, reason: told.append((field, reason)))
    bench.client.ask("specimen", {"number": 1})
    answer = {"event": "answer", "id": 1, "problem": "a.cif cannot be read.", "hint": "Use another."}
    bench.child.told.emit({**answer, "field": "specimen.structure"})
    assert told == [("specimen.structure", "a.cif cannot be read. Use another.")]
    assert bench.failed == []


@pytest.fixture
def at_once(monkeypatch):
    """No child may be at work on something else for any time."""
    for name in ("GIVE_UP_MS", "FIRST_GIVE_UP_MS"):
        monkeypatch.setattr(preview_client, name, -1)


def test_a_child_at_work_on_another_specimen_for_long_is_ended(bench, at_once):
    bench.client.ask("specimen", {"number": 1, "have": 0})
    first = bench.child
    bench.client.ask("specimen", {"number": 2, "have": 3})
    assert first.terminated
    assert [sent["number"] for sent in bench.child.sent] == [2]
    assert bench.child.sent[0]["have"] == 0  # what the old one sent, the new one has not


def test_another_image_or_dose_waits_for_the_specimen(bench, at_once):
    bench.client.ask("specimen", {"number": 1, "image": 0, "dose_e_per_px": 2.0, "have": 0})
    bench.client.ask("specimen", {"number": 1, "image": 1, "dose_e_per_px": 3.0, "have": 0})
    assert len(bench.jobs.started) == 1


def test_a_child_without_work_is_kept(bench, at_once):
    bench.client.ask("specimen", {"number": 1})
    bench.answer(bench.child.sent[0])
    bench.client.ask("specimen", {"number": 2})
    assert len(bench.jobs.started) == 1


def test_a_child_that_has_gone_on_to_the_newest_request_is_at_work_on_that(bench, monkeypatch):
    """The answer to the first is there: what it computes now is the second, and that is wished for again."""
    bench.client.ask("specimen", {"number": 1})
    bench.client.ask("specimen", {"number": 2, "image": 0})
    bench.answer(bench.child.sent[0])
    monkeypatch.setattr(preview_client, "GIVE_UP_MS", -1)
    bench.client.ask("specimen", {"number": 2, "image": 1})
    assert len(bench.jobs.started) == 1
    bench.client.ask("specimen", {"number": 3, "image": 1})
    assert len(bench.jobs.started) == 2


def test_closing_ends_the_child_and_takes_its_folder(bench):
    bench.client.ask("specimen", {"number": 1}, wait_ms=0)
    folder = Path(bench.child.config["folder"])
    bench.client.close()
    assert bench.child.stopped
    assert not folder.exists()
