"""A figure of the power spectrum with the reflections found and the net fitted. matplotlib is imported here."""

from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from segdepth_app.paths import written_whole
from segdepth_app.series.reflections import LatticeFit

EDGE_INCH = 6.0
MARGIN = 1.25
"""What is shown beyond the outermost reflection."""


def save_reflections(fit: LatticeFit, name: str, path: Path) -> None:
    """Writes the figure (.png, .svg or .pdf, by the ending)."""
    figure = Figure(figsize=(EDGE_INCH, EDGE_INCH + 0.7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    if fit.power is not None:
        reach = (len(fit.power) // 2 + 0.5) * fit.power_step
        axes.imshow(fit.power, cmap="magma", extent=(-reach, reach, reach, -reach), interpolation="nearest")
        if fit.spots:
            reach = min(reach, MARGIN * max(max(abs(spot.u), abs(spot.v)) for spot in fit.spots))
        axes.set(xlim=(-reach, reach), ylim=(reach, -reach))
    for spot in fit.spots:
        for sign in (1, -1):
            axes.plot(sign * spot.u_fit, sign * spot.v_fit, "o", ms=13, mfc="none", mec="#4fc3f7", mew=1.2)
            axes.plot(sign * spot.u, sign * spot.v, "+", ms=6, color="#ffffff", mew=0.8)
        axes.annotate(spot.hkl, (spot.u_fit, spot.v_fit), (6, 6), textcoords="offset points", color="white", size=8)
    axes.set(xlabel="cycles per pixel, to the right", ylabel="cycles per pixel, down")
    axes.set_title(f"{name}: + found, ○ fitted", size=10)
    figure.supxlabel(fit.reason, size=8, wrap=True)
    with written_whole(path) as temporary:
        figure.savefig(temporary, format=path.suffix[1:].lower(), dpi=150)
