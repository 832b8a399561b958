"""What the window remembers: settings, session, place on the screen, look."""

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from segdepth_app.gui import theme
from segdepth_app.gui.app import create_main_window
from segdepth_app.gui.session import Session
from segdepth_app.gui.settings import Settings
from segdepth_app.paths import settings_file

ROOT = Path(__file__).parents[2]
WAIT_MS = 20_000


def test_bad_settings_are_reset_one_by_one_and_the_file_is_kept(qapp):
    good = Settings()
    good.set("theme", "dark")
    good.set("view/mirror", True)
    good.save()
    text = settings_file().read_text(encoding="utf-8")
    settings_file().write_text(text.replace("dark", "pink") + "recent=[3, 4]\n", encoding="utf-8")
    mended = Settings()
    assert "theme" in mended.reset_keys
    assert mended.get("theme") == "system"
    assert mended.recent() == []
    assert mended.get("view/mirror") is True
    kept = settings_file().with_name("settings.ini.bak").read_text(encoding="utf-8")
    assert "pink" in kept


@pytest.mark.parametrize(("key", "value"), [("theme", "pink"), ("recent", "a.tif"), ("geometry", 3)])
def test_a_setting_that_makes_no_sense_is_refused(qapp, key, value):
    with pytest.raises(ValueError, match=key):
        Settings().set(key, value)


def test_settings_survive_a_restart(qapp):
    first = Settings()
    first.set("view/model", "Größe, µm; “x”")
    for number in range(12):
        first.add_recent(f"{number}.tif")
    first.add_recent("5.tif")
    first.save()
    again = Settings()
    assert again.get("view/model") == "Größe, µm; “x”"
    assert again.recent()[:3] == ["5.tif", "11.tif", "10.tif"]
    assert len(again.recent()) == 10


def test_reset_settings_keeps_a_copy(qapp):
    settings = Settings()
    settings.set("theme", "dark")
    settings.save()
    settings.reset()
    assert Settings().get("theme") == "system"
    assert settings_file().with_name("settings.ini.bak").exists()


def test_the_session_is_kept_and_offered(qtbot, fake_tabs, files):
    first = create_main_window()
    first.show()
    first.open_path(str(files["series.tif"]))
    first.select_tab("train")
    first.close()
    first.deleteLater()
    assert Session().read()["clean"] is True
    again = create_main_window()
    again.show()
    assert again.current_tab == "view"  # the welcome page offers it, it does not force it
    assert again.welcome.notice.isVisible()
    again.welcome.restore.click()
    assert again.tabs["view"].content.state == {"open": str(files["series.tif"])}
    assert again.current_tab == "train"
    again.close()
    again.deleteLater()


def test_an_unclean_end_is_said(qtbot, window):
    window._autosave.timeout.emit()
    assert Session().read()["clean"] is False
    window.welcome.offer_session({"clean": False, "tabs": {"view": {"open": "a.tif"}}})
    assert "did not close properly" in window.welcome.notice_text.text()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"version": 99}', '{"version": 1, "tabs": 3}'])
def test_a_session_that_makes_no_sense_is_none(tmp_path, text):
    (tmp_path / "session.json").write_text(text)
    assert Session(tmp_path / "session.json").read() == {}


def test_the_geometry_returns_but_only_onto_a_screen(qtbot, window):
    window.resize(900, 600)
    window.move(40, 30)
    saved = window.saveGeometry()
    assert window._is_on_a_screen()
    window.move(-5000, -5000)
    assert not window._is_on_a_screen()
    window.restoreGeometry(saved)
    assert window._is_on_a_screen()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_theme_can_be_chosen_and_is_kept(qtbot, window, choice):
    with qtbot.waitSignal(window.context.theme_changed):
        window.actions_.themes[choice].trigger()
    assert theme.is_dark() is (choice == "dark")
    assert QApplication.palette().window().color().name() == getattr(theme, choice.upper())["window"]
    assert json.loads(window.context.settings._store.value("theme")) == choice
