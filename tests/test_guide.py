"""README and guide: links lead somewhere, commands and buttons are the program's own, pictures are light."""

import re
import shlex
from pathlib import Path
from urllib.parse import unquote

import pytest
from cli_tools import settings_of
from PIL import Image

from segdepth_app import cli, config
from segdepth_app.verbs.jobs import JOB_VERBS

ROOT = Path(__file__).parents[1]
README, GUIDE = ROOT / "README.md", ROOT / "resources" / "guide"
PICTURES = sorted((GUIDE / "pictures").iterdir())
PAGES = [README, *sorted(GUIDE.rglob("*.md"))]
TOLD = [README, GUIDE / "first-minutes.md", GUIDE / "installing.md"]
"""Pages in which slanted words are what stands in the window."""
MOST_BYTES, MOST_BYTES_TOGETHER, MOST_PICTURES, MOST_WIDTH_PX = 150_000, 1_000_000, 8, 1280
WITH_LEGEND = ("view", "events", "simulate", "evaluate")
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
OF_THE_SYSTEM = {"Install", "Settings", "Apps", "Open with", "SegDepth command line"}
"""Slanted too, but not in our window: the software centre's, Windows' own, and an entry of its Start menu."""
OF_THE_DATA = {
    "7 of 7 fit",
    "quick",
    "The first ten minutes",
    "slanted letters",
    "What the numbers mean",
    "Results that change",
}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
each_picture = pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.name)


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def links_of(page: Path) -> list[tuple[bool, str, str]]:
    """Is it a picture, its words, where it leads."""
    return [(mark == "!", words, unquote(target)) for mark, words, target in LINK.findall(text_of(page))]


def code_of(page: Path) -> tuple[list[str], list[str]]:
    """Lines of blocks, and what stands in backticks within a sentence."""
    text = text_of(page)
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    prose = re.sub(r"^```[a-z]*\n.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines()]
    lines += re.findall(r"^    (\S.*)$", prose, re.MULTILINE)
    return lines, [" ".join(part.split()) for part in re.findall(r"`([^`]+)`", prose)]


def anchor(heading: str) -> str:
    """As a repository's page makes it of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@each_page
def test_links_lead_somewhere(page):
    """Those of the guide to places that are shipped with it; it knows no address on the network."""
    for _, _, target in links_of(page):
        if target.startswith("#"):
            assert target[1:] in {anchor(line.lstrip("# ")) for line in text_of(page).splitlines() if line[:1] == "#"}
            continue
        place = (page.parent / target).resolve()
        assert place.is_file(), target
        assert page == README or place.is_relative_to(GUIDE)


@each_page
def test_pictures_say_in_words_what_they_show(page):
    assert all(len(words) >= 10 for is_picture, words, _ in links_of(page) if is_picture)


def test_every_page_and_every_picture_is_reached_from_the_first():
    """Decisions apart, which building.md names as a folder."""
    reached, waiting = set(), [GUIDE / "index.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            if page.suffix == ".md":
                waiting += [(page.parent / target).resolve() for _, _, target in links_of(page)]
    assert {*GUIDE.glob("*.md"), *PICTURES} == reached
    assert {target for is_picture, _, target in links_of(README) if is_picture} == {
        picture.relative_to(ROOT).as_posix() for picture in PICTURES
    }


@each_picture
def test_a_picture_is_light(picture):
    assert picture.stat().st_size <= MOST_BYTES
    with Image.open(picture) as image:
        assert image.format == "PNG"
        assert image.width <= MOST_WIDTH_PX


def test_all_pictures_together_are_light():
    assert 1 <= len(PICTURES) <= MOST_PICTURES
    assert sum(picture.stat().st_size for picture in PICTURES) <= MOST_BYTES_TOGETHER


@pytest.mark.parametrize("name", WITH_LEGEND)
def test_colours_of_the_classes_are_those_of_the_program(name):
    """Fewer colours must not make 7 atoms look like 8; and a picture of an older window is found out."""
    from segdepth_app.gui import theme

    with Image.open(GUIDE / "pictures" / f"{name}.png") as image:
        seen = {colour for _, colour in image.convert("RGB").getcolors(256)}
    assert set(theme.CLASS_COLOURS) <= seen


@each_page
def test_every_command_is_one_that_the_program_takes(page):
    """By the real parser; those in blocks, which are meant to be copied, also make valid settings."""
    blocks, inline = code_of(page)
    jobs, parser = {verb.name for verb in JOB_VERBS}, cli.build_parser()
    for line in [*blocks, *inline]:
        words = shlex.split(line.replace("VERB", "infer").replace("'", " "), comments=True)
        if words[:1] != ["segdepth"] or len(words) < 2:
            continue
        if line in blocks and words[1] in jobs:
            assert isinstance(settings_of(*words[1:]), config.Config)
        elif len(words) == 2:  # no more than a verb's name, or --version
            with pytest.raises(SystemExit, match="0"):
                parser.parse_args([words[1], "--help"])
        elif words[-1] == "--help":
            with pytest.raises(SystemExit, match="0"):
                parser.parse_args(words[1:])
        else:
            assert parser.parse_args(words[1:])


@each_page
def test_every_make_target_is_there(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    blocks, inline = code_of(page)
    named = {found[1] for line in [*blocks, *inline] if (found := re.search(r"(?:^|\s)make ([a-z-]+)", line))}
    assert named <= targets


@each_page
def test_every_file_of_the_repository_that_is_named_is_there(page):
    inside = re.compile(r"(?:packaging|resources|segdepth_app|tests|\.ci)[/\\][\w./\\-]+")
    blocks, inline = code_of(page)
    for name in {name for line in [*blocks, *inline] for name in inside.findall(line)}:
        assert (ROOT / name.replace("\\", "/")).exists(), name


def test_one_command_runs_the_main_job_and_one_passes_the_tests():
    blocks, _ = code_of(README)
    assert [line.split("#")[0].strip() for line in blocks if line.startswith("make ")] == ["make demo", "make test"]
    assert "make --no-print-directory test" in (ROOT / ".ci/run").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def words_of_the_window() -> set[str]:
    """Every text in the window's code, as a person reads it."""
    sources = [source.read_text(encoding="utf-8") for source in (ROOT / "segdepth_app" / "gui").rglob("*.py")]
    return {word.replace("&", "").strip() for text in sources for word in re.findall(r'"([^"\n]+)"', text)}


@pytest.mark.parametrize("page", TOLD, ids=lambda path: path.name)
def test_buttons_and_tabs_are_called_as_they_are(page, words_of_the_window):
    prose = re.sub(r"```.*?```|\*\*[^*]+\*\*|`[^`]+`", "", text_of(page), flags=re.DOTALL)
    named = {" ".join(words.split()) for words in re.findall(r"\*([^*\n]+(?:\n[^*\n]+)?)\*", prose)}
    assert named
    assert named - OF_THE_SYSTEM - OF_THE_DATA - words_of_the_window == set()
