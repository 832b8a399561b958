"""Decisions around *Analyse*: model, options, typed values, whether it may start. No widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

from segdepth_app.config import InferConfig
from segdepth_app.errors import InputError
from segdepth_app.gui import drafts
from segdepth_app.gui.view.analysis_run import AnalysisRun, result_path
from segdepth_app.gui.view.laying import differences
from segdepth_app.gui.view.scene import Scene, area_dose_text
from segdepth_app.models.card import DEFAULT_MODEL, ModelCard, read_card, shipped_models


@dataclass(frozen=True)
class FieldText:
    """One field of the facts row."""

    value: str = ""
    source: str = ""
    missing: bool = False


def fact_fields(scene: Scene) -> dict[str, FieldText]:
    """Texts for pixel_size, dose and vacuum."""
    facts = scene.facts
    if facts is None:
        return {name: FieldText() for name in ("pixel_size", "dose", "vacuum")}
    vacuum = f"{facts.vacuum:.4g}" if facts.vacuum is not None else ""
    return {
        "pixel_size": _field(facts.pixel_size_pm, facts.pixel_size_source, "not in the file: type it"),
        "dose": _field(facts.dose_e_per_px, facts.dose_source, "unknown: type it", area_dose_text(facts)),
        "vacuum": FieldText(scene.typed.vacuum or vacuum, facts.vacuum_source, facts.vacuum is None),
    }


def _field(value: float | None, source: str, missing: str, more: str = "") -> FieldText:
    if value is None:
        return FieldText("", missing, True)
    return FieldText(f"{value:.4g}", ", ".join(part for part in (more, source) if part))


def why_not(scene: Scene, model: str | None) -> str:
    """Why the series cannot be analysed now; empty when it can."""
    facts = scene.facts
    if facts is None:
        return "Open a series first."
    if scene.file_facts is None:
        return "The series is not open yet." if scene.paths else "The source file is missing."
    if model is None:
        return "Choose a model first."
    if facts.pixel_size_pm is None:
        return "The pixel size is missing: type it."
    if facts.dose_e_per_px is None:
        return "The dose is unknown: type the electrons per pixel."
    return ""


def suits(card: ModelCard, scene: Scene) -> list[str]:
    """Where the series lies outside what the model was trained on."""
    facts = scene.facts
    if facts is None or facts.pixel_size_pm is None or facts.dose_e_per_px is None:
        return []
    dose = facts.dose_e_per_px * (card.pixel_size_pm / facts.pixel_size_pm) ** 2
    notes = []
    if not card.dose_low_e_per_px <= dose <= card.dose_high_e_per_px:
        notes.append(
            f"The dose is {dose:.3g} e/px at {card.pixel_size_pm:g} pm; {card.name} was trained on "
            f"{card.dose_low_e_per_px:g} to {card.dose_high_e_per_px:g}."
        )
    if facts.pixel_size_pm > card.input_pixel_pm * 1.05:
        notes.append(
            f"The pixels are {facts.pixel_size_pm:g} pm wide, coarser than the {card.input_pixel_pm:g} pm "
            f"{card.name} sees."
        )
    return notes


OPTIONS = ("mirror", "stay_probability", "longest_sum_frames", "precision", "device")
"""Fields of InferConfig that stand under *Options*."""


class AnalysisPresenter:
    """Model, options, typed values and readiness; the run itself is `run`'s."""

    def __init__(
        self,
        view: Any,
        context: Any,
        scene: Scene,
        *,
        on_result: Callable[[Path], None],
        on_growth: Callable[[Path], None],
        on_reopen: Callable[[], None],
        on_run: Callable[[], None],
    ) -> None:
        self._view, self._context, self._scene = view, context, scene
        self._on_reopen = on_reopen
        self.on_typed: Callable[[], None] = lambda: None
        self.on_refresh: Callable[[], None] = lambda: None
        self._models: dict[str, str] = {name: str(path) for name, path in shipped_models().items()}
        self._card: ModelCard | None = None
        self.model: str | None = None
        self.options: dict[str, Any] = {name: drafts.default(InferConfig, name) for name in OPTIONS}
        self._refused: dict[str, str] = {}
        self.run = AnalysisRun(view, context, on_result=on_result, on_growth=on_growth, on_run=on_run)

    def show_models(self) -> None:
        """Fills the chooser; the one used last, or the default, is chosen."""
        wanted = self._context.settings.get("view/model", DEFAULT_MODEL)
        if wanted not in self._models and Path(wanted).is_file():
            name = self._new_name(Path(wanted))
            self._models[name] = wanted
            wanted = name
        chosen = wanted if wanted in self._models else next(iter(self._models), None)
        self.choose_model(chosen)
        self._view.show_options(self.options, {})

    def choose_model(self, name: str | None) -> None:
        """A name of the chooser, or the path of a model file."""
        path = self._models.get(name, name) if name else None
        try:
            self._card = read_card(path) if path else None
        except InputError as error:
            self._context.report(error)
            self._view.show_models(list(self._models), self._name())
            return
        if path and path not in self._models.values():
            self._models[self._new_name(Path(path))] = path
        self.model = path
        if path:
            self._context.settings.set("view/model", self._name() if self._is_shipped() else path)
        self._view.show_models(list(self._models), self._name())
        self.refresh()

    def take_model(self, path: str) -> bool:
        """A model file from outside: chosen, where it is one of ours; else it is said why not."""
        self.choose_model(path)
        return self.model is not None and self.model == path

    def _new_name(self, path: Path) -> str:
        """No other model's: a file that is called as a shipped one must not pass for it."""
        # every run's file is called model.safetensors: its folder says more
        name = path.parent.name if path.name == "model.safetensors" else path.stem
        numbered = (f"{name} ({path.parent.name}, {number})" for number in count(2))
        names = chain([name, f"{name} ({path.parent.name})"], numbered)
        return next(free for free in names if free not in self._models)

    def _name(self) -> str | None:
        return next((name for name, path in self._models.items() if path == self.model), None)

    def _is_shipped(self) -> bool:
        return self._name() in shipped_models()

    def type_value(self, field: str, value: Any) -> None:
        """The user typed pixel_size_pm, dose_e_per_px or vacuum; None takes it back."""
        self.type_values(**{field: value})

    def type_values(self, **values: Any) -> None:
        """Several at once (fields of Typed): the series is opened again only once."""
        self._scene.typed = self._scene.typed.changed(**values)
        if "align" in values:
            self._scene.drift_of = ""  # from now on it is the drift that was measured last
        self.on_typed()
        if self._scene.file_facts:
            self._on_reopen()  # the reader knows what a rectangle amounts to, and what there is to warn of now
        self.refresh()

    def refresh(self) -> None:
        """Shows facts, warnings and whether Analyse may be pressed."""
        facts = self._scene.facts
        self._view.show_facts(fact_fields(self._scene))
        self._view.set_pixel_size(facts.pixel_size_pm if facts else None)
        self._view.show_warnings(self.warnings())
        self.run.show_ready(self._why_not())
        self.on_refresh()

    def warnings(self) -> list[str]:
        """What the user should know about this series, most important first."""
        scene = self._scene
        if scene.facts is None:
            return []
        notes = []
        if scene.result and scene.file_facts is None and not scene.paths:
            source = scene.result.source_text
            notes.append(f"The source file is missing ({source}): the result is shown without frames.")
        others = differences(scene.result.facts, scene.facts) if scene.result else ""
        if others:
            notes.append(f"The result shown was made with {others}: analyse again.")
        said = " ".join(scene.facts.warnings).lower()
        if scene.facts.pixel_size_pm is None and "pixel size" not in said:
            notes.append("The file has no pixel size: type it before an analysis.")
        if scene.facts.dose_e_per_px is None and "dose" not in said:
            notes.append("The dose is unknown: type the electrons per pixel in vacuum.")
        notes += scene.facts.warnings
        if self._card:
            notes += suits(self._card, scene)
        return notes

    @property
    def running(self) -> bool:
        """Is a job of this tab at work?"""
        return self.run.is_running

    def ask(self, verb: str) -> None:
        """A button of the analysis."""
        if verb == "analyse" and not self.run.is_running and not self._why_not() and self.model:
            out = result_path(self._scene.paths[0], self.model, datetime.now())
            self.run.start({**self._config(), "out": str(out)}, f"Analyse {self._scene.facts.name}")  # type: ignore[union-attr]
        elif verb != "analyse":
            self.run.ask(verb, self._config())

    def _config(self) -> dict[str, Any]:
        return {**self._scene.options(), "model": self.model, **self.options}

    def _why_not(self) -> str:
        return why_not(self._scene, self.model) or ("An option cannot be used: see Options." if self._refused else "")

    def type_option(self, name: str, value: Any) -> None:
        """An option was typed or chosen; one that InferConfig refuses says why, and nothing starts with it."""
        self._refused.pop(name, None)
        trial = {"series": ["x.tif"], "model": "m", "out": "x.h5", name: value}
        self._refused |= drafts.concerning(drafts.complaints(InferConfig, trial), [name])
        if name not in self._refused:
            self.options[name] = getattr(InferConfig.model_validate(trial), name)
        self._show_options({name: value})

    def reset_options(self) -> None:
        """All options as they come."""
        self.restore_options({name: drafts.default(InferConfig, name) for name in OPTIONS})

    def restore_options(self, kept: dict[str, Any]) -> None:
        """The options of a session; what InferConfig refuses stays as it was."""
        for name in OPTIONS:
            if name in kept:
                self.type_option(name, kept[name])
        self._refused.clear()
        self._show_options({})

    def _show_options(self, typed: dict[str, Any]) -> None:
        self._view.show_options({**self.options, **typed}, self._refused)
        self.run.show_ready(self._why_not())
