"""Whether a result lies on the frames that are shown, and with which other values it was made. No Qt."""

from math import isclose

from segdepth_app.gui.texts import signed
from segdepth_app.gui.view.result_view import NOT_KEPT, ResultView
from segdepth_app.gui.view.series_facts import SeriesFacts

AGAIN = "Analyse it again."


def fits(result: SeriesFacts, series: SeriesFacts) -> bool:
    """Do the maps of a result lie on the frames of a series as it is opened?"""
    return same_images(result, series) and result.drift == series.drift


def same_images(a: SeriesFacts, b: SeriesFacts) -> bool:
    """Are they the same images of the same files, wherever these were moved to?"""
    is_other = a.fingerprint and b.fingerprint and a.fingerprint != b.fingerprint
    return not is_other and _shape(a) == _shape(b)


def _shape(facts: SeriesFacts) -> tuple[int, ...]:
    return facts.n_frames, facts.height_px, facts.width_px, facts.sum_frames


def shape_text(facts: SeriesFacts) -> str:
    """For a sentence."""
    sums = f", each the sum of {facts.sum_frames}" if facts.sum_frames > 1 else ""
    return f"{facts.n_frames} frames of {facts.width_px} × {facts.height_px} px{sums}"


def refusal(result: ResultView, series: SeriesFacts) -> tuple[str, str]:
    """Why a result is not laid over a series: the message, and what to do."""
    made, name = result.facts, result.path.name
    if shape_text(made) != shape_text(series):
        hint = f"It was made with sums of {made.sum_frames} frames: set that first, or analyse again."
        return f"{name} has {shape_text(made)}; {series.name} as it is opened has {shape_text(series)}.", hint
    if not same_images(made, series):
        return f"{series.name} is not the series that {name} was made from.", f"It was changed since. {AGAIN}"
    if made.drift == NOT_KEPT:
        return f"{name} does not keep how each of its frames was moved: they cannot be shown under its maps.", AGAIN
    how = "with the drift undone" if made.drift else "without alignment"
    if made.drift and series.drift:
        how = "with the drift as it was measured before"
    return f"{name} was made {how}: its maps do not lie on the frames as they are shown now.", AGAIN


def differences(made: SeriesFacts, now: SeriesFacts) -> str:
    """The values of a result that are others now, with their units, for a sentence; empty where there are none."""
    parts = []
    if _differ(made.pixel_size_pm, now.pixel_size_pm) or _differ(made.dose_e_per_px, now.dose_e_per_px):
        parts = [f"{made.pixel_size_pm:.4g} pm", f"{made.dose_e_per_px:.4g} e/px"]
    named = {"vacuum": "a vacuum level of {}", "gain": "a gain of {}", "offset": "an offset of {}"}
    named |= {"rotation_deg": "a rotation of {}°", "frame_time_s": "{} s a frame"}
    for name, text in named.items():
        before, value = getattr(made, name), getattr(now, name)
        if _differ(before, value):
            parts.append(text.format(signed(before)))
    if made.frame_time_s is None and now.frame_time_s is not None:
        parts.append("no frame time")
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _differ(a: float | None, b: float | None) -> bool:
    return a is not None and b is not None and not isclose(a, b, rel_tol=1e-3, abs_tol=1e-9)
