"""How figures look and how they are saved: for print at one column's width, without any display.

Sizes are inches, as matplotlib's; fonts are points. Axes are placed by margins and not by a layout engine, which
would draw every figure several times. PDF files carry their font (type 42: text can be found and edited). SVG files
carry outlines: an SVG cannot carry a font that every program reads, and another font would shift the labels.
"""

import io
import unicodedata
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from textwrap import wrap
from typing import Any, Literal, ParamSpec

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ft2font import FT2Font

Format = Literal["png", "svg", "pdf"]
P = ParamSpec("P")

ONE_COLUMN, TWO_COLUMNS = 3.4, 7.0
BLUE, ORANGE, GREEN, PURPLE, SKY, GREY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#8c8c8c"
"""Of Okabe and Ito's set, told apart with any colour vision."""
SERIES = (BLUE, ORANGE, GREEN, PURPLE, SKY, "black")
MARKERS = "osD^vP"
FONT = "DejaVu Sans"

STYLE: dict[str, Any] = {
    "font.family": [FONT],
    "font.size": 7,
    "axes.titlesize": 7,
    "axes.labelsize": 7,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.2,
    "legend.columnspacing": 1.0,
    "legend.borderaxespad": 0.1,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "segdepth",  # the same figure gives the same file
    "text.parse_math": False,  # a name may hold a dollar
}
UNDRAWABLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories: control, format, surrogate, private, unassigned, separators of lines and paragraphs."""
CHARACTER = 3.75 / 72
"""Mean width of a character of the title, in inches, on the wide side."""


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """The same drawing function in our style, whatever the user's matplotlibrc says."""

    @wraps(draw)
    def in_style(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(_settings()):
            return draw(*args, **kwargs)

    return in_style


def _settings() -> Any:
    """Ours on top of matplotlib's own."""
    return {**matplotlib.rcParamsDefault, "backend": "agg", **STYLE}


def sheet(
    title: str,
    *,
    width: float = ONE_COLUMN,
    height: float = 2.6,
    rows: int = 1,
    cols: int = 1,
    margins: tuple[float, float, float, float] = (0.45, 0.42, 0.1, 0.3),
    gaps: tuple[float, float] = (0.5, 0.6),
    height_ratios: tuple[float, ...] | None = None,
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes (rows, cols) of `height` inches below the lines of its title.

    `margins` are left, bottom, right, top and `gaps` across, down, all in inches.
    """
    lines = wrap(drawable(title), int((width - 0.1) / CHARACTER))
    head = 0.13 * len(lines) + 0.06
    total = height + head
    figure = Figure(figsize=(width, total))
    FigureCanvasAgg(figure)
    left, bottom, right, top = margins
    inner_w, inner_h = width - left - right, height - bottom - top
    axes_w, axes_h = (inner_w - gaps[0] * (cols - 1)) / cols, (inner_h - gaps[1] * (rows - 1)) / rows
    axes = figure.subplots(
        rows,
        cols,
        squeeze=False,
        gridspec_kw={
            "left": left / width,
            "right": 1 - right / width,
            "bottom": bottom / total,
            "top": (bottom + inner_h) / total,
            "wspace": gaps[0] / axes_w,
            "hspace": gaps[1] / axes_h,
            "height_ratios": height_ratios,
        },
    )
    figure.text(0.05 / width, 1 - 0.04 / total, "\n".join(lines), va="top", fontsize=6.5, color="#404040")
    return figure, axes


def legend_above(axes: Axes, *, cols: int = 2, above: float = 0.02) -> None:
    """Outside, so that it hides nothing; `above` the axes, in inches."""
    figure = axes.get_figure()
    assert isinstance(figure, Figure)
    height = axes.get_position().height * figure.get_figheight()
    axes.legend(loc="lower right", ncols=cols, bbox_to_anchor=(1, 1 + above / height))


def count_row(axes: Axes, positions: Any, counts: list[str]) -> None:
    """What each group's share is a share of, in a row above the axes."""
    transform = axes.get_xaxis_transform()
    # more than this would run into each other
    step = -(-len(counts) // 13)
    for position, count in list(zip(positions, counts, strict=True))[::step]:
        axes.text(position, 1.01, count, transform=transform, ha="center", va="bottom", fontsize=5.5, color="#404040")


def save(figure: Figure, path: Path, *, dpi: int = 300) -> None:
    """Writes the figure in the format of the path's suffix."""
    path.write_bytes(rendered(figure, path.suffix[1:], dpi=dpi))


def rendered(figure: Figure, form: Format | str, *, dpi: int = 300) -> bytes:
    """The figure as a file's bytes; the same figure gives the same bytes."""
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
    stream = io.BytesIO()
    with matplotlib.rc_context(_settings()):
        _canvas(form)(figure).print_figure(stream, format=form, dpi=dpi, metadata=undated[form])
    return stream.getvalue()


def _canvas(form: str) -> Any:
    """Named outright: a packaged program has no backend that nobody imports."""
    if form == "svg":
        from matplotlib.backends.backend_svg import FigureCanvasSVG

        return FigureCanvasSVG
    if form == "pdf":
        from matplotlib.backends.backend_pdf import FigureCanvasPdf

        return FigureCanvasPdf
    return FigureCanvasAgg


def drawable(text: str) -> str:
    """The text with a box for each character that the font lacks (Chinese, say) or that cannot be drawn."""
    font = _font()
    return "".join(
        char if unicodedata.category(char) not in UNDRAWABLE and font.get_char_index(ord(char)) else "□"
        for char in text
    )


@cache
def _font() -> FT2Font:
    return FT2Font(findfont(FONT))
