"""Python distributions that are installed: what is needed, which file is whose, and what their metadata say."""

import re
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

TEXT_NAMES = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright|authors|patents)[^/]*$", re.IGNORECASE)
TEXT_FOLDERS = re.compile(r"(/licenses?/|\.dist-info/sboms/)", re.IGNORECASE)
"""`sboms` are lists of what was linked in, with the licence of each."""
OTHER_CHOICE = "LicenseRef-Qt-Commercial"
"""Beside the free licences of PySide6 in its wheels for Windows; nobody here takes it."""
LONGEST_LICENCE = 80


def normal(name: str) -> str:
    """A distribution's name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def installed() -> dict[str, metadata.Distribution]:
    """All of this environment, by normal name; of two with one name the one that Python imports."""
    found: dict[str, metadata.Distribution] = {}
    for distribution in metadata.distributions():
        found.setdefault(normal(distribution.metadata["Name"]), distribution)
    return found


def needed(root: str = "segdepth") -> set[str]:
    """Normal names of a distribution and of all it requires here, without extras that nothing asks for."""
    found, there = set(), installed()
    waiting: list[tuple[str, frozenset[str]]] = [(root, frozenset())]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if (normal(name), extras) in seen or normal(name) not in there:
            continue  # not installed: for another system
        seen.add((normal(name), extras))
        found.add(normal(name))
        for text in there[normal(name)].requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or any(
                requirement.marker.evaluate({**default_environment(), "extra": extra}) for extra in {*extras, ""}
            ):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


@cache
def owners() -> dict[str, str]:
    """Whose file is it? From its place below site-packages (with /) to the normal name."""
    return {
        str(file).replace("\\", "/"): name
        for name, distribution in installed().items()
        for file in distribution.files or ()
    }


def licence_of(distribution: metadata.Distribution) -> str:
    """The licence in a few words, as its metadata say it; empty where they say nothing."""
    facts = distribution.metadata
    stated = facts.get("License-Expression") or facts.get("License") or ""
    kinds = [
        entry.rsplit(" :: ", 1)[-1] for entry in facts.get_all("Classifier") or () if entry.startswith("License ::")
    ]
    if "\n" in stated or (len(stated) > LONGEST_LICENCE and kinds):
        stated = ""  # the whole text, or a sentence about it
    return stated or ", ".join(kinds)


def source_of(distribution: metadata.Distribution) -> str:
    """Where its source is: PyPI, which keeps every release, and its own page."""
    facts = distribution.metadata
    urls = dict(url.split(", ", 1) for url in facts.get_all("Project-URL") or () if ", " in url)
    wanted = ("source", "repository", "github", "source code", "code", "homepage", "home")
    by_label = {label.lower(): url for label, url in urls.items()}
    home = next((by_label[label] for label in wanted if label in by_label), facts.get("Home-page") or "")
    release = f"https://pypi.org/project/{facts['Name']}/{distribution.version.split('+')[0]}/"
    return f"{release} and {home}" if home else release


def texts_of(distribution: metadata.Distribution) -> dict[str, Path]:
    """Its licence files that are installed, under names that are flat and tell where each was."""
    texts = {}
    for file in distribution.files or ():
        place = str(file).replace("\\", "/")
        if _is_text(place):
            path = Path(str(distribution.locate_file(file)))
            if path.is_file() and path.read_bytes().strip():  # imagecodecs brings an empty one
                texts[_flat(place)] = path
    return texts


def _is_text(place: str) -> bool:
    """Does this file of a distribution tell of licences?"""
    if place.endswith((".py", ".pyc", ".so", ".pyd")) or OTHER_CHOICE in place:
        return False
    return bool(TEXT_NAMES.search(place) or TEXT_FOLDERS.search(place))


def _flat(place: str) -> str:
    """`x-1.dist-info/licenses/third_party/fmt/LICENSE` becomes `third_party-fmt-LICENSE`."""
    within = re.sub(r"^[^/]*\.dist-info/(licenses?/)?", "", place)
    return within.replace("/", "-")
