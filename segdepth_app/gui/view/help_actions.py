"""The keys of the View tab, as actions: shortcut, command palette and menu are the same thing."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.view.help_keys import FRAMES, KEYS

FRAME_TITLE = "View: {text}"


def add_keys(
    slots: Mapping[str, Callable[[], object]], *, everywhere: QWidget, around_frames: Iterable[QWidget]
) -> list[QAction]:
    """An action for each key of the table; `slots` has all that are not only told.

    Keys of frames (space, arrows) work in `around_frames` only: elsewhere buttons and lists need them. A text field in
    focus keeps its own keys, Qt sees to that.
    """
    actions = []
    places = list(around_frames)
    for key in KEYS:
        if key.only_told:
            continue
        action = QAction(FRAME_TITLE.format(text=key.text), everywhere)
        action.setObjectName(key.name)
        action.setShortcuts([QKeySequence(text) for text in key.keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda _=False, slot=slots[key.name]: slot())
        for place in places if key.group == FRAMES else [everywhere]:
            place.addAction(action)
        actions.append(action)
    return actions
