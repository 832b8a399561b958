"""What file names tell: the order of frames, and hints at pixel size and frame rate.

Hints are only ever shown to the user, never used: a number in a name may be anything.
"""

import re
from itertools import pairwise
from pathlib import Path, PurePath

from segdepth_app.errors import SeriesError

_DIGITS = re.compile(r"(\d+)")
_PM = re.compile(r"(?<![\d.])(\d+(?:[.p]\d+)?)\s?pm(?![a-z])", re.IGNORECASE)
_FPS = re.compile(r"(?<![\d.])(\d+(?:[.p]\d+)?)\s?fps(?![a-z])", re.IGNORECASE)


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorting key with numbers as numbers: 2 before 10, whatever the case of letters."""
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part.casefold()) for part in _DIGITS.split(name))


def skeleton(name: str) -> str:
    """The name with every number replaced by #; frames of one series share it."""
    return _DIGITS.sub("#", name).casefold()


def in_natural_order(files: list[Path], root: Path) -> tuple[list[Path], list[str]]:
    """The frames of one series in order, and remarks on gaps in their numbering.

    Raises: SeriesError where the names do not say an order, or belong to several series.
    """
    names = {file: file.relative_to(root).as_posix() for file in files}
    kinds: dict[str, list[str]] = {}
    for name in names.values():
        kinds.setdefault(skeleton(name), []).append(name)
    if len(kinds) > 1:
        rarest, commonest = (pick(kinds.values(), key=len)[0] for pick in (min, max))
        if rarest == commonest:
            rarest, commonest = (group[0] for group in list(kinds.values())[:2])
        raise SeriesError(
            f"The files of {root.name} do not belong to one series: {rarest} beside {commonest}.",
            "Keep the frames of one series, named alike but for their number, in a folder of their own.",
        )
    ordered = sorted(files, key=lambda file: natural_key(names[file]))
    for before, after in pairwise(ordered):
        if natural_key(names[before]) == natural_key(names[after]):
            raise SeriesError(
                f"{names[before]} and {names[after]} have the same number, so their order is unknown.",
                "Number the frames differently.",
            )
    return ordered, _gaps([names[file] for file in ordered])


def _gaps(names: list[str]) -> list[str]:
    numbers = [[int(text) for text in _DIGITS.findall(name)] for name in names]
    columns = [column for column in zip(*numbers, strict=True) if len(set(column)) > 1]
    # the frame number often stands in the folder's name too, or several times
    if len(set(columns)) != 1 or len(names) < 3:
        return []
    column = columns[0]
    steps = [b - a for a, b in pairwise(column)]
    usual = min(steps)
    gaps = [index for index, step in enumerate(steps) if step != usual]
    if not gaps:
        return []
    first = gaps[0]
    missing = sum(step // usual - 1 for step in steps)
    return [
        f"About {missing} frames are missing: their numbers jump from {column[first]} to {column[first + 1]}"
        f"{' and at other places' if len(gaps) > 1 else ''}. Times after a gap are too early."
    ]


def hinted_pixel_size_pm(path: PurePath) -> float | None:
    """A pixel size in the file's name ("…_5.3pm_…"), for the user to confirm."""
    return _hint(_PM, path)


def hinted_frame_time_s(path: PurePath) -> float | None:
    """Frame time from a frame rate in the file's name ("…_75fps_…"), for the user to confirm."""
    rate = _hint(_FPS, path)
    return 1 / rate if rate else None


def _hint(pattern: re.Pattern[str], path: PurePath) -> float | None:
    found = {float(text.lower().replace("p", ".")) for text in pattern.findall(path.stem)}
    value = found.pop() if len(found) == 1 else None
    return value or None
