"""Play bar, legend, job row and empty state."""

import pytest
from PySide6.QtCore import QObject, Signal

from segdepth_app.gui import theme
from segdepth_app.gui.widgets import play_bar
from segdepth_app.gui.widgets.class_legend import ClassLegend
from segdepth_app.gui.widgets.empty_state import EmptyState
from segdepth_app.gui.widgets.job_row import STATE_TEXTS, JobRow
from segdepth_app.gui.widgets.play_bar import PlayBar
from segdepth_app.jobs.supervisor import ENABLED_VERBS, ENDED, State
from segdepth_app.reporting import Command


@pytest.fixture
def bar(qtbot, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(play_bar, "monotonic", lambda: now[0])
    widget = PlayBar()
    qtbot.addWidget(widget)
    widget.set_series(20, frame_time_s=0.13)
    widget.now = now
    widget.frames = []
    widget.frame_changed.connect(widget.frames.append)
    yield widget
    widget.stop()


def test_playing_follows_the_clock_and_drops_late_frames(bar):
    """10 frames a second; the second tick comes 0.5 s late: frames in between are not made up for."""
    bar.toggle()
    for bar.now[0] in (100.11, 100.72, 100.75):
        bar._tick()
    assert bar.frames == [1, 7]


def test_playing_begins_again_at_the_end(bar):
    bar.set_frame(19)
    bar.toggle()
    bar.now[0] += 0.21
    bar._tick()
    assert bar.frames == [19, 1]


def test_a_jump_while_playing_goes_on_from_there(bar):
    bar.toggle()
    bar.now[0] += 0.5
    bar.set_frame(12)
    bar.now[0] += 0.2
    bar._tick()
    assert bar.frames == [12, 14]


def test_another_speed_does_not_jump(bar):
    bar.toggle()
    bar.now[0] += 1.0
    bar._tick()
    bar.speed.setCurrentIndex(0)  # 1 frame a second
    bar.now[0] += 1.0
    bar._tick()
    assert bar.frames == [10, 11]


def test_stepping_stops_and_stays_inside(bar):
    bar.toggle()
    bar.step(-1)
    assert not bar.playing
    assert bar.frames == []
    bar.step(1)
    assert (bar.frame, bar.label.text()) == (1, "frame 1 of 0 to 19  0.13 s")


@pytest.mark.parametrize("count", [0, 1])
def test_one_frame_cannot_be_played(bar, count):
    bar.set_series(count)
    bar.toggle()
    assert not bar.playing
    assert not bar.slider.isEnabled()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_icons_have_the_colour_of_the_text(qapp, bar, choice):
    theme.apply_theme(qapp, choice)
    picture = bar._play.icon().pixmap(64, 64).toImage()
    assert picture.pixelColor(30, 32).name() == theme.colour("text")


def test_the_legend_shows_each_class_in_its_colour(qtbot):
    legend = ClassLegend()
    qtbot.addWidget(legend)
    legend.resize(legend.sizeHint())
    picture = legend.grab().toImage()
    row = picture.height() / 11
    for number, rgba in enumerate(theme.class_colours()):
        colour = picture.pixelColor(6, int((number + 0.5) * row))
        assert (colour.red(), colour.green(), colour.blue(), 255) == rgba


def test_the_legend_frames_the_class_under_the_pointer(qtbot):
    legend = ClassLegend()
    qtbot.addWidget(legend)
    legend.resize(legend.sizeHint())
    before = legend.grab().toImage()
    legend.set_highlighted([7])
    after = legend.grab().toImage()
    row = after.height() / 11
    changed = {
        int(y / row)
        for y in range(after.height())
        for x in range(after.width())
        if before.pixel(x, y) != after.pixel(x, y)
    }
    # the frame's line is 2 px wide: it touches the rows beside it
    assert 7 in changed
    assert changed <= {6, 7, 8}


class ShownJob(QObject):
    """A job in a state of the test's choice."""

    told = Signal(object)
    state_changed = Signal(str)

    def __init__(self, name="train", verbs=(Command.STOP, Command.PAUSE, Command.CANCEL)):
        super().__init__()
        self.id, self.name, self.title, self.verbs = 1, name, "Train run 12", verbs
        self.state, self.progress, self.seconds_left, self.error = State.RUNNING, None, None, None
        self.asked = []
        self.stop, self.pause, self.cancel = (lambda verb=verb: self.asked.append(verb) for verb in Command)

    @property
    def has_ended(self):
        return self.state in ENDED

    def may(self, verb):
        return verb in self.verbs and verb in ENABLED_VERBS[self.state]


@pytest.mark.parametrize("state", list(State))
def test_a_row_shows_the_buttons_that_make_sense(qtbot, state):
    job = ShownJob()
    row = JobRow(job, lambda _: None)
    qtbot.addWidget(row)
    job.state = state
    job.state_changed.emit(str(state))
    assert row.state.text() == STATE_TEXTS[state][0]
    for verb, button in row.buttons.items():
        assert button.isEnabled() is (verb in ENABLED_VERBS[state])
        assert button.isHidden() is (state in ENDED)
    assert row.dismiss.isHidden() is (state not in ENDED)


def test_hours_of_work_are_discarded_at_the_second_click_only(qtbot):
    job = ShownJob()
    row = JobRow(job, lambda _: None)
    qtbot.addWidget(row)
    row.buttons[Command.CANCEL].click()
    assert job.asked == []
    assert row.buttons[Command.CANCEL].text() == "Discard the work?"
    row.buttons[Command.CANCEL].click()
    assert job.asked == [Command.CANCEL]


def test_a_row_tells_how_far_and_how_long(qtbot):
    job = ShownJob("infer", (Command.STOP, Command.CANCEL))
    row = JobRow(job, lambda _: None)
    qtbot.addWidget(row)
    job.progress, job.seconds_left = (30, 120, "frames"), 95.0
    job.told.emit({"event": "progress"})
    assert row.text.text() == "30 of 120 frames, 2 min left"
    assert (row.bar.value(), row.bar.maximum()) == (30, 120)
    job.error = {"message": "The disk is full.", "hint": "Make room."}
    job.told.emit({"event": "error"})
    assert (row.text.text(), row.text.toolTip()) == ("The disk is full.", "Make room.")


def test_an_empty_list_says_what_to_do(qtbot):
    done = []
    page = EmptyState("No datasets yet", "Make one.", {"New dataset…": lambda: done.append("new"), "Help": dict})
    qtbot.addWidget(page)
    page.buttons[0].click()
    assert done == ["new"]
