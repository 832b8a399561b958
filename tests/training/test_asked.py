"""What a run is asked by its folder."""

import pytest

from segdepth_app.config import TrainConfig
from segdepth_app.reporting import Command
from segdepth_app.training import folder as folder_module
from segdepth_app.training.folder import RunFolder
from segdepth_app.training.runs import ASKED, ask, asked


@pytest.mark.parametrize("command", list(Command))
def test_what_is_asked_is_heard(tmp_path, command):
    ask(tmp_path, command)
    assert asked(tmp_path) is command
    assert [path.name for path in tmp_path.iterdir()] == [ASKED]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cmd": "dance"}', '{"cmd": 1}'])
def test_what_cannot_be_understood_is_nothing(tmp_path, text):
    (tmp_path / ASKED).write_text(text)
    assert asked(tmp_path) is None


def test_a_run_forgets_what_was_meant_for_the_one_before(tmp_path, monkeypatch):
    monkeypatch.setattr(folder_module, "HEARTBEAT_S", 0.01)
    path = tmp_path / "run"
    path.mkdir()
    ask(path, Command.PAUSE)
    run = RunFolder(path)
    run.open(TrainConfig(dataset="/d/a.h5", out=path), {})
    assert asked(path) is None
    ask(path, Command.STOP)
    while run.asked is None:
        assert run._thread is not None
        run._thread.join(0.01)
    assert run.asked is Command.STOP
    run.close("stopped")
    assert not (path / ASKED).exists()
