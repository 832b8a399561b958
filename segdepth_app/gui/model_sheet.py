"""The card of a model file that was opened from outside: what it is for, what it learned from, what it reached."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.texts import signed
from segdepth_app.gui.view.facts_card import FactsCard
from segdepth_app.gui.view.facts_lines import FactLine
from segdepth_app.gui.widgets.dialogs import fit_to_screen
from segdepth_app.models.card import ModelCard, read_card

SIZE_PX = (640, 520)
CHOSEN = "It is chosen in View: the next analysis uses it."
BY_DOSE = "by_dose_e_per_px"
METRICS = {
    "pixel_accuracy": "pixels right",
    "centre_accuracy": "centres right",
    "detection_rate": "detected",
    "hallucination_rate": "hallucinated",
    "column_accuracy": "columns right",
    "column_within_one": "within ±1",
}


class ModelSheet(QDialog):
    """Text to read and copy. Raises: ModelError where the file is no model."""

    evaluation_wanted = Signal()

    def __init__(self, path: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        card = read_card(path)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Model")
        heading = QLabel(card.name)
        heading.setTextFormat(Qt.TextFormat.PlainText)
        theme.set_role(heading, "title")
        chosen = QLabel(CHOSEN)
        theme.set_role(chosen, "muted")
        self.facts = FactsCard("Facts of the model")
        self.facts.show_lines(card_lines(card, path))
        self.evaluate = QPushButton("Evaluate it…")
        self.evaluate.clicked.connect(self.close)
        self.evaluate.clicked.connect(self.evaluation_wanted)
        self.evaluate.setAutoDefault(False)
        close = QPushButton("Close")
        close.setDefault(True)
        close.clicked.connect(self.close)
        buttons = QHBoxLayout()
        buttons.addWidget(self.evaluate)
        buttons.addStretch()
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(heading)
        layout.addWidget(chosen)
        layout.addWidget(self.facts, 1)
        layout.addLayout(buttons)
        fit_to_screen(self, *SIZE_PX)


def card_lines(card: ModelCard, path: str) -> list[FactLine]:
    """What a user must know before using a model; `segdepth describe` has all of it."""
    optics, made_from = card.optics, card.training_set
    images = made_from.get("n_training_images") or made_from.get("n_images")
    lines = [
        FactLine("File", path),
        FactLine("Network", f"{card.network.kind}, {card.parameters:,} parameters"),
        FactLine("Elements", ", ".join(card.elements)),
        FactLine("Counts", f"0 to {card.n_classes - 1} atoms per column"),
        FactLine("Pixel size", f"{card.pixel_size_pm:g} pm; it sees pixels of {card.input_pixel_pm:g} pm"),
        FactLine(
            "Dose", f"{card.dose_low_e_per_px:g} to {card.dose_high_e_per_px:g} e/px at {card.pixel_size_pm:g} pm"
        ),
        FactLine("Image spread", f"{optics.image_spread_low_pm:g} to {optics.image_spread_high_pm:g} pm"),
        FactLine(
            "Microscope",
            f"{optics.voltage_kv:g} kV, C3 {signed(optics.c3_um, 'g')} µm, C5 {signed(optics.c5_mm, 'g')} mm",
        ),
        FactLine("Defocus", f"{optics.c1_low_nm:g} to {optics.c1_high_nm:g} nm"),
    ]
    if images:
        lines.append(FactLine("Trained on", f"{images:,} simulated images", f"preset {made_from.get('preset', '?')}"))
    lines += [FactLine("Reached", text, name) for name, text in reached(card.metrics)]
    return [*lines, FactLine("Made with", f"SegDepth {card.version}", card.created)]


def reached(metrics: Mapping[str, Any], on: str = "") -> list[tuple[str, str]]:
    """On what a model was judged, and its figures there: one line for each test set and dose in its card."""
    figures = [f"{words} {metrics[name]:.3f}" for name, words in METRICS.items() if _is_number(metrics.get(name))]
    found = [(on or "all", ", ".join(figures))] if figures else []
    on = on or str(metrics.get("split", ""))
    for name, inner in metrics.items():
        if name == BY_DOSE and isinstance(inner, Mapping):
            for dose, values in inner.items():
                found += reached(values, f"{on}, λ = {dose} e/px".lstrip(", "))
        elif isinstance(inner, Mapping):
            found += reached(inner, name)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
