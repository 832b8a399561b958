"""Decisions of the calibration: lattice, vacuum, gain, rotation. No widgets; the drift has a presenter of its own."""

from collections.abc import Callable
from typing import Any

from segdepth_app.gui.child import take_array
from segdepth_app.gui.view.calibration_lattice import FoundLattice, angle_text, fit_lines, turned
from segdepth_app.gui.view.calibration_state import LatticePage, LevelsPage, Shown, levels_page, shown
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.scene import Scene
from segdepth_app.gui.view.typed import FROM_LATTICE

Rectangle = tuple[int, int, int, int]
HINT = "The reflections of ceria along [110] give the pixel size and the rotation of the crystal in the frame."
FRAME_AXES = "as in the frame"


class CalibrationPresenter:
    """What the pages show, and what becomes of what is typed there."""

    def __init__(
        self,
        view: Any,
        scene: Scene,
        helper: HelperClient,
        *,
        model: Callable[[], str | None],
        type_values: Callable[..., None],
        region: Callable[[], Rectangle | None],
    ) -> None:
        """`type_values` takes fields of Typed; `region` is the rectangle drawn in the frame pane."""
        self._view, self._scene, self._helper = view, scene, helper
        self._model, self._type_values, self._region = model, type_values, region
        helper.failed.connect(self._on_failure)
        helper.closed.connect(self._on_closed)
        self._forget()

    def _forget(self) -> None:
        self._fit: FoundLattice | None = None
        self._fit_source = ""
        self._busy = False
        self._text, self._role = HINT, "muted"
        self._mode: str | None = None

    def reset(self) -> None:
        """Another series, or none."""
        self._forget()
        self.refresh()

    def refresh(self) -> None:
        """Shows what is known now."""
        facts = self._scene.facts
        if facts is None:
            self._view.close()
            return
        self._view.show_lattice(self._lattice_page())
        page = levels_page(facts, self._scene.typed)
        mode = self._mode if self._mode and page.mode == "auto" else page.mode
        self._view.show_levels(LevelsPage(**{**vars(page), "mode": mode}))

    def _lattice_page(self) -> LatticePage:
        facts, typed, fit = self._scene.facts, self._scene.typed, self._fit
        assert facts is not None
        size = shown(facts.pixel_size_pm, facts.pixel_size_source, "not in the file: type it, or measure the lattice")
        source = (typed.rotation_from or "typed") if typed.rotation_deg else FRAME_AXES
        rotation = Shown(angle_text(typed.rotation_deg).rstrip("°"), source)
        lines = tuple(fit_lines(fit, facts.pixel_size_pm, facts.pixel_size_source)) if fit else ()
        return LatticePage(
            size=size,
            rotation=rotation,
            fit=fit,
            lines=lines,
            text=self._text,
            role=self._role,
            busy=self._busy,
            can_take=bool(fit and fit.fits and not self._is_taken(fit)),
        )

    def _is_taken(self, fit: FoundLattice) -> bool:
        typed = self._scene.typed
        return (typed.pixel_size_pm, typed.rotation_deg) == (fit.pixel_size_pm, fit.rotation_deg or 0.0)

    # --- lattice

    def measure(self, of_frame: bool, region: Rectangle | None) -> None:
        """Asks for the lattice of the frame shown or of the mean, of all of it or of a rectangle."""
        if self._scene.file_facts is None:
            self._say("The series is not open.", "warning")
            return
        frame = self._scene.frame if of_frame else None
        where = f"frame {self._scene.frame}" if of_frame else "the mean of the series"
        self._fit_source = where + (", x {}, y {}, {} × {} px".format(*region) if region else "")
        self._helper.use(self._scene.shown_options(), self._model())
        self._busy = True
        self._say(f"Measuring the lattice of {self._fit_source}…", "muted")
        self._helper.ask("lattice", self._on_lattice, frame=frame, region=list(region) if region else None)

    def _on_lattice(self, answer: dict[str, Any]) -> None:
        self._busy = False
        if answer.get("error"):
            self._fit = None
            self._say(f"{answer['error']} {answer.get('hint', '')}".strip(), "bad")
            return
        power = take_array(answer["path"]) if answer.get("path") else None
        self._fit = FoundLattice.from_answer(answer, power)
        of = f"{self._fit_source[0].upper()}{self._fit_source[1:]}"
        if self._fit.fits:
            self._say(f"✓ {of}: {self._fit.reason}", "good")
        else:
            self._say(f"✕ {of}: no lattice taken. {self._fit.reason}", "warning")

    def take_over(self) -> None:
        """Uses the fitted pixel size and rotation."""
        if self._fit is None or not self._fit.fits:
            return
        precision = "" if self._fit.rms_percent is None else f", rms {self._fit.rms_percent:.2g} %"
        values: dict[str, Any] = {"pixel_size_pm": self._fit.pixel_size_pm}
        values["pixel_size_from"] = f"{FROM_LATTICE} ({self._fit_source}{precision})"
        if self._fit.rotation_deg is not None:
            values |= {"rotation_deg": self._fit.rotation_deg, "rotation_from": values["pixel_size_from"]}
        self._type_values(**values)

    def turn(self) -> None:
        """The crystal the other way round."""
        typed = self._scene.typed
        source = typed.rotation_from.removesuffix(", +180°")
        source = source if typed.rotation_from.endswith(", +180°") or not source else f"{source}, +180°"
        self._type_values(rotation_deg=turned(typed.rotation_deg), rotation_from=source)

    def turn_back(self) -> None:
        """The frame goes to the network as it is."""
        self._type_values(rotation_deg=0.0)

    # --- levels

    def type_value(self, name: str, value: Any) -> None:
        """A field of Typed."""
        if name == "vacuum":
            self._mode = None
        self._type_values(**{name: value})

    def choose_mode(self, mode: str) -> None:
        """How the vacuum level is found. A rectangle that is drawn already is taken; a level starts as it is now."""
        facts = self._scene.facts
        if facts is None:
            return
        region = self._region() if mode == "rectangle" else None
        self._mode = mode if mode == "rectangle" and region is None else None
        if region is not None:
            self._type_values(vacuum=",".join(str(number) for number in region))
        elif mode == "level" and facts.vacuum is not None:
            self._type_values(vacuum=f"{facts.vacuum:.6g}")
        elif self._scene.typed.vacuum is not None:
            self._type_values(vacuum=None)
        else:
            self.refresh()

    # --- the helper

    def _on_failure(self, message: str, hint: str) -> None:
        if self._busy:
            self._busy = False
            self._say(f"{message} {hint}".strip(), "bad")

    def _on_closed(self) -> None:
        """What was asked is not answered any more."""
        if self._busy:
            self._busy = False
            self._say("The measurement was interrupted: measure again.", "warning")

    def _say(self, text: str, role: str) -> None:
        self._text, self._role = text, role
        self.refresh()
