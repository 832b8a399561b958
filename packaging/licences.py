"""Collects the licence texts of everything that is bundled: `python packaging/licences.py OUT`.

A folder for each installed distribution SegDepth needs, found by following the requirements of the project itself,
and THIRD-PARTY.txt, which lists name, version, licence and home page. A distribution without any licence is an
error: the package must not ship it silently.
"""

import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

TEXT_NAMES = re.compile(r"(^|/)(licen[cs]e|copying|notice|copyright|authors)[^/]*$", re.IGNORECASE)
EXTRA_TEXTS = re.compile(r"/licenses?/", re.IGNORECASE)
PYTHON = "Python"


def needed(root: str = "segdepth") -> list[metadata.Distribution]:
    """The distribution and all it requires, without optional extras it does not ask for, by name."""
    found: dict[str, metadata.Distribution] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(root, frozenset())]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        key = re.sub(r"[-_.]+", "-", name).lower()
        if (key, extras) in seen:
            continue
        seen.add((key, extras))
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another system, or provided by another distribution
        found[key] = distribution
        for text in distribution.requires or ():
            requirement = Requirement(text)
            if requirement.marker is None or any(
                requirement.marker.evaluate({**default_environment(), "extra": extra}) for extra in {*extras, ""}
            ):
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return [found[key] for key in sorted(found)]


def licence_of(distribution: metadata.Distribution) -> str:
    """The licence in a few words, as its metadata say it."""
    facts = distribution.metadata
    stated = facts.get("License-Expression") or facts.get("License") or ""
    if stated and len(stated) < 80 and "\n" not in stated:
        return stated
    kinds = [
        entry.rsplit(" :: ", 1)[-1] for entry in facts.get_all("Classifier") or () if entry.startswith("License ::")
    ]
    return ", ".join(kinds) or "see its licence text"


def texts_of(distribution: metadata.Distribution) -> list[Path]:
    """Its licence files that are installed."""
    texts = []
    for file in distribution.files or ():
        name = str(file)
        if (TEXT_NAMES.search(name) or EXTRA_TEXTS.search(name)) and not name.endswith((".py", ".pyc")):
            path = Path(str(distribution.locate_file(file)))
            if path.is_file():
                texts.append(path)
    return texts


def collect(out: Path) -> Path:
    """Writes everything into `out`, anew. Raises: SystemExit where a distribution brings no licence at all."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    lines, without = [], []
    for distribution in needed():
        name, version = distribution.metadata["Name"], distribution.version
        texts = texts_of(distribution)
        licence = licence_of(distribution)
        for number, text in enumerate(texts):
            target = out / name / (text.name if number == 0 else f"{number}-{text.name}")
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(text, target)
        if not texts and licence.startswith("see"):
            without.append(name)
        home = distribution.metadata.get("Home-page") or next(
            (url.split(", ", 1)[-1] for url in distribution.metadata.get_all("Project-URL") or ()), ""
        )
        lines.append(f"{name} {version}\n    {licence}\n    {home}\n    {len(texts)} licence file(s)\n")
    if without:
        raise SystemExit(f"No licence text and none stated: {', '.join(without)}. Add it before shipping.")
    python = Path(sys.base_prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "LICENSE.txt"
    if python.is_file():
        (out / PYTHON).mkdir()
        shutil.copyfile(python, out / PYTHON / "LICENSE.txt")
    lines.append(f"{PYTHON} {sys.version.split()[0]}\n    PSF-2.0\n    https://www.python.org\n")
    head = "What SegDepth is built from. Licence texts are in the folders beside this file.\n\n"
    (out / "THIRD-PARTY.txt").write_text(head + "\n".join(lines), encoding="utf-8")
    return out


if __name__ == "__main__":
    collect(Path(sys.argv[1]))
