"""Does this model suit this data? Pixel size, dose, lattice, image spread and confidence against the model card."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from segdepth_app.models.card import find_model, read_card
from segdepth_app.series.opener import Series

Verdict = Literal["fits", "off", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One comparison in words."""

    what: str
    series: str
    model: str
    verdict: Verdict
    text: str


def findings(series: Series, model: str, result: str | Path | None = None) -> list[dict[str, Any]]:
    """Every comparison, as dictionaries. Raises: InputError where model or result cannot be read."""
    card = read_card(find_model(model))
    size = series.pixel_size_pm
    return [
        asdict(
            Finding(
                "pixel size",
                "missing" if size is None else f"{size:.4g} pm",
                f"{card.input_pixel_pm:.4g} pm",
                "unknown",
                "The comparison is being written.",
            )
        )
    ]
