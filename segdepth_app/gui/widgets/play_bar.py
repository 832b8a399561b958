"""Play, step and scrub through frames by the clock; late frames are dropped, never queued."""

from time import monotonic

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QToolButton, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.widgets.media_icons import media_icon

TICK_MS = 16
SPEEDS = (1, 2, 5, 10, 20, 30, 60)
FROM_0 = "Frames are counted from 0, as in tables, figures, result files and on the command line."


class PlayBar(QWidget):
    """Frames 0 to n − 1. `frame_changed` comes at most 60 times a second."""

    frame_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._frame_time_s: float | None = None
        self._started_at = 0.0
        self._started_from = 0
        self.timer = QTimer(self)
        self.timer.setInterval(TICK_MS)
        self.timer.setTimerType(Qt.TimerType.PreciseTimer)
        self.timer.timeout.connect(self._tick)
        self._previous = self._button("Previous frame", lambda: self.step(-1))
        self._play = self._button("Play or pause", self.toggle)
        self._next = self._button("Next frame", lambda: self.step(1))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Frame, counted from 0")
        self.slider.valueChanged.connect(self._on_slider)
        self.speed = QComboBox()
        self.speed.setAccessibleName("Frames per second")
        self.speed.setToolTip("Frames per second")
        for value in SPEEDS:
            self.speed.addItem(f"{value} fps", value)
        self.speed.setCurrentIndex(SPEEDS.index(10))
        self.speed.currentIndexChanged.connect(self._restart_clock)
        self.label = QLabel()
        self.label.setToolTip(FROM_0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._previous, self._play, self._next):
            layout.addWidget(widget)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.label)
        layout.addWidget(self.speed)
        self._draw_icons()
        self.set_series(0)

    def set_series(self, count: int, frame_time_s: float | None = None) -> None:
        """The number of frames, and the time from one to the next where it is known. Goes to frame 0."""
        self.stop()
        self._count, self._frame_time_s = count, frame_time_s
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(count - 1, 0))
        self.slider.setValue(0)
        self.slider.blockSignals(False)
        for widget in (self._previous, self._play, self._next, self.slider, self.speed):
            widget.setEnabled(count > 1)
        self._write_label()

    @property
    def frame(self) -> int:
        """The frame chosen now."""
        return self.slider.value()

    @property
    def playing(self) -> bool:
        """Whether it runs."""
        return self.timer.isActive()

    def set_frame(self, frame: int) -> None:
        """Goes to a frame; tells of it if it is another one."""
        self.slider.setValue(frame)

    def step(self, by: int) -> None:
        """A frame on or back; stops playing."""
        self.stop()
        self.set_frame(self.frame + by)

    def toggle(self) -> None:
        """Plays, or pauses."""
        if self.playing:
            self.stop()
        elif self._count > 1:
            self.timer.start()
            self._draw_icons()
            self._restart_clock()

    def stop(self) -> None:
        """Stays at the present frame."""
        self.timer.stop()
        self._draw_icons()

    def changeEvent(self, event: QEvent) -> None:  # Qt's name
        """Another look: icons in its colours."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_icons()

    def _draw_icons(self) -> None:
        colours = theme.colour("text"), theme.colour("border")
        self._previous.setIcon(media_icon("previous", *colours))
        self._play.setIcon(media_icon("pause" if self.playing else "play", *colours))
        self._next.setIcon(media_icon("next", *colours))

    def _button(self, text: str, slot: object) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(16, 16))
        button.setAutoRaise(True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(slot)
        return button

    def _restart_clock(self) -> None:
        self._started_at, self._started_from = monotonic(), self.frame

    def _tick(self) -> None:
        passed = int((monotonic() - self._started_at) * self.speed.currentData())
        frame = (self._started_from + passed) % self._count
        if frame != self.frame:
            self.slider.blockSignals(True)  # the slider's own signal would restart the clock
            self.slider.setValue(frame)
            self.slider.blockSignals(False)
            self._tell(frame)

    def _on_slider(self, frame: int) -> None:
        self._restart_clock()
        self._tell(frame)

    def _tell(self, frame: int) -> None:
        self._write_label()
        self.frame_changed.emit(frame)

    def _write_label(self) -> None:
        if not self._count:
            self.label.setText("no frames")
            return
        time = "" if self._frame_time_s is None else f"  {self.frame * self._frame_time_s:.2f} s"
        self.label.setText(f"frame {self.frame} of 0 to {self._count - 1}{time}")
