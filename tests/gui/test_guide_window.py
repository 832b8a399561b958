"""The guide in the window: pages turn, pictures fit the page, and the system's own viewer is never asked."""

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QImage, QTextDocument

from segdepth_app.gui.guide import MARGIN_PX, GuideWindow, guide_file
from segdepth_app.paths import resources

PAGES = sorted(path.relative_to(resources() / "guide").as_posix() for path in (resources() / "guide").rglob("*.md"))
NARROW_PX, WIDE_PX = 500, 1600


@pytest.fixture
def guide(qtbot):
    made = GuideWindow()
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.show_page()
    return made


def picture_widths(guide):
    """Widths of the page's pictures as they are laid out, in pixels of the window."""
    found, block = [], guide.pages.document().begin()
    while block.isValid():
        fragments = block.begin()
        while not fragments.atEnd():
            shape = fragments.fragment().charFormat()
            if shape.isImageFormat():
                name = QUrl(shape.toImageFormat().name())
                picture = guide.pages.document().resource(QTextDocument.ResourceType.ImageResource.value, name)
                found.append(picture.deviceIndependentSize().width())
            fragments += 1
        block = block.next()
    return found


def native_widths(page):
    """Widths of all pictures a page names, from the files themselves."""
    names = [part.split(")")[0] for part in (resources() / "guide" / page).read_text("utf-8").split("](pictures/")[1:]]
    return [QImage(str(resources() / "guide/pictures" / name)).width() for name in names]


def test_the_menu_opens_the_guide_here(qtbot, window, monkeypatch):
    """Windows has no program for .md files: nothing is handed to the system."""
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: pytest.fail(f"{url} was handed to the system"))
    window.actions_.guide.trigger()
    guide = window.findChild(GuideWindow)
    assert guide.isVisible()
    assert guide.pages.source().toLocalFile() == str(guide_file())
    guide.close()
    window.actions_.guide.trigger()
    assert window.findChildren(GuideWindow) == [guide]
    assert guide.isVisible()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_its_heading_and_every_picture_fits(qtbot, guide, page):
    guide.show_page(page)
    heading = (resources() / "guide" / page).read_text("utf-8").splitlines()[0].removeprefix("# ")
    assert guide.windowTitle().startswith(heading)
    room = guide.pages.viewport().width() - 2 * MARGIN_PX
    assert picture_widths(guide) == pytest.approx([min(width, room) for width in native_widths(page)], abs=1)


def test_pictures_follow_the_window_but_never_grow_beyond_themselves(qtbot, guide):
    guide.show_page("first-minutes.md")
    native = native_widths("first-minutes.md")
    assert native
    for width in (NARROW_PX, WIDE_PX):
        guide.resize(width, 600)
        room = guide.pages.viewport().width() - 2 * MARGIN_PX
        wanted = [min(own, room) for own in native]
        qtbot.waitUntil(lambda wanted=wanted: picture_widths(guide) == pytest.approx(wanted, abs=1))


def test_links_turn_pages_and_buttons_go_back_and_forth(guide):
    guide.pages.setSource(guide.pages.source().resolved(QUrl("view.md")))
    assert guide.pages.source().toLocalFile() == str(guide_file("view.md"))
    guide.back.click()
    assert guide.pages.source().toLocalFile() == str(guide_file())
    guide.forward.click()
    assert guide.pages.source().toLocalFile() == str(guide_file("view.md"))
    guide.contents.click()
    assert guide.pages.source().toLocalFile() == str(guide_file())


def test_a_page_that_is_missing_changes_nothing(guide):
    guide.show_page("nowhere.md")
    assert guide.pages.source().toLocalFile() == str(guide_file())
