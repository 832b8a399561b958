"""The View tab as its end-to-end tests open it: real children, settings of its own, faults kept in a list."""

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.view.tab import create_tab


def open_view_tab(qtbot, settings_file):
    """A tab that is shown; `tab.context.faults` lists what was reported."""
    context = AppContext(Settings(settings_file))
    context.faults = []
    context.fault_reported.connect(lambda *fault: context.faults.append(fault))
    tab = create_tab(context)
    tab.context = context
    qtbot.addWidget(tab)
    tab.resize(1280, 720)
    tab.show()
    return tab


def close_view_tab(qtbot, tab):
    """Ends its children, and waits until they have ended."""
    tab.close_children()
    qtbot.waitUntil(lambda: not tab.context.jobs.live, timeout=15000)
