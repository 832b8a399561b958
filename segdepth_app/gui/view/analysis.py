"""Decisions around *Analyse*: model, typed values, whether it may start, the running job. No widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from pathlib import Path
from typing import Any

from segdepth_app.errors import InputError
from segdepth_app.gui import texts
from segdepth_app.gui.view.scene import Scene, area_dose_text
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.models.card import DEFAULT_MODEL, ModelCard, read_card, shipped_models
from segdepth_app.paths import results_folder


@dataclass(frozen=True)
class AnalysisState:
    """What the Analyse button and the words beside it show."""

    running: bool = False
    enabled: bool = False
    reason: str = ""
    """Why it cannot be pressed."""
    share: float | None = None
    """How much is done, 0 to 1; None while that is unknown."""
    text: str = ""


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


def _same_calibration(a: SeriesFacts, b: SeriesFacts) -> bool:
    pairs = ((a.pixel_size_pm, b.pixel_size_pm), (a.dose_e_per_px, b.dose_e_per_px))
    return all(x is None or y is None or isclose(x, y, rel_tol=1e-3) for x, y in pairs)


def _calibration_text(facts: SeriesFacts) -> str:
    return f"{facts.pixel_size_pm:.4g} pm and {facts.dose_e_per_px:.4g} e/px"


def result_path(series: str, model: str, now: datetime) -> Path:
    """A new file for every analysis: an older result may be open."""
    return results_folder() / f"{Path(series).stem}_{Path(model).stem}_{now:%Y%m%d-%H%M%S}.h5"


class AnalysisPresenter:
    """Model, typed values, readiness and the infer job."""

    def __init__(
        self,
        view: Any,
        context: Any,
        scene: Scene,
        *,
        on_result: Callable[[Path], None],
        on_reopen: Callable[[], None],
        on_run: Callable[[], None],
    ) -> None:
        self._view, self._context, self._scene = view, context, scene
        self._on_result, self._on_reopen, self._on_run = on_result, on_reopen, on_run
        self._models: dict[str, str] = {name: str(path) for name, path in shipped_models().items()}
        self._card: ModelCard | None = None
        self.model: str | None = None
        self._job: Any = None
        self._out: Path | None = None

    def show_models(self) -> None:
        """Fills the chooser; the one used last, or the default, is chosen."""
        wanted = self._context.settings.get("view/model", DEFAULT_MODEL)
        if wanted not in self._models and Path(wanted).is_file():
            self._models[Path(wanted).stem] = wanted
            wanted = Path(wanted).stem
        chosen = wanted if wanted in self._models else next(iter(self._models), None)
        self.choose_model(chosen)

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
            self._models[Path(path).stem] = path
        self.model = path
        if path:
            self._context.settings.set("view/model", self._name() if self._is_shipped() else path)
        self._view.show_models(list(self._models), self._name())
        self.refresh()

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
        if self._scene.file_facts:
            self._on_reopen()  # the reader knows what a rectangle amounts to, and what there is to warn of now
        self.refresh()

    def refresh(self) -> None:
        """Shows facts, warnings and whether Analyse may be pressed."""
        facts = self._scene.facts
        self._view.show_facts(fact_fields(self._scene))
        self._view.set_pixel_size(facts.pixel_size_pm if facts else None)
        self._view.show_warnings(self.warnings())
        if self._job is None:
            reason = why_not(self._scene, self.model)
            self._view.show_analysis(AnalysisState(enabled=not reason, reason=reason))

    def warnings(self) -> list[str]:
        """What the user should know about this series, most important first."""
        scene = self._scene
        if scene.facts is None:
            return []
        notes = []
        if scene.result and scene.file_facts is None and not scene.paths:
            source = scene.result.source_text
            notes.append(f"The source file is missing ({source}): the result is shown without frames.")
        if scene.result and not _same_calibration(scene.result.facts, scene.facts):
            notes.append(f"The result shown was made with {_calibration_text(scene.result.facts)}: analyse again.")
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
        return self._job is not None

    def toggle(self) -> None:
        """Analyse, or stop and keep what is done."""
        if self._job is not None:
            self._job.stop()
        elif not why_not(self._scene, self.model) and self.model:
            self._out = result_path(self._scene.paths[0], self.model, datetime.now())
            config = {**self._scene.options(), "model": self.model, "out": str(self._out)}
            job = self._context.jobs.start("infer", config, f"Analyse {self._scene.facts.name}")  # type: ignore[union-attr]
            self._job = job
            job.told.connect(lambda event: self._on_event(job, event))
            job.state_changed.connect(lambda state: self._on_state(job, state))
            self._view.show_analysis(AnalysisState(running=True, enabled=True, text="Starting…"))
            self._on_run()

    def leave(self) -> None:
        """Another series is opened: the job goes on in the jobs dock, its result is not shown here."""
        self._job = None

    def _on_event(self, job: Any, event: dict) -> None:
        if job is not self._job or event.get("event") != "progress":
            return
        done, total = event["done"], event["total"]
        left = job.seconds_left
        text = f"{done} of {total} {event['unit']}" + (f", {texts.duration(left)} left" if left else "")
        self._view.show_analysis(AnalysisState(True, True, share=done / total if total else None, text=text))

    def _on_state(self, job: Any, state: str) -> None:
        if job is not self._job:
            return
        if state == "stopping":
            self._view.show_analysis(AnalysisState(running=True, enabled=False, reason="Stopping…", text="Stopping…"))
        if not job.has_ended:
            return
        self._job = None
        if state == "failed" or state == "lost":
            error = job.error or {}
            self._context.report(str(error.get("message") or "The analysis failed."), str(error.get("hint") or ""))
        elif self._out and self._out.exists():
            self._on_result(self._out)
        self.refresh()
        self._on_run()
