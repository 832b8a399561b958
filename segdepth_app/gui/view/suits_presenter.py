"""Does this model suit this data? Asked again whenever model, calibration or result change. No widgets."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.scene import Scene

WORDS = {"fits": "✓ fits", "off": "⚠ off", "unknown": "? unknown"}
ROLES = {"fits": "good", "off": "warning", "unknown": "muted"}


@dataclass(frozen=True)
class Finding:
    """One comparison, in words."""

    what: str
    series: str
    model: str
    verdict: str
    text: str

    @property
    def verdict_text(self) -> str:
        """Symbol and word: it is not only told by a colour."""
        return WORDS.get(self.verdict, self.verdict)


def summary(findings: list[Finding]) -> tuple[str, str]:
    """One line for the top bar, and its look. Anything off comes first; what is unknown is never called fitting."""
    count = Counter(finding.verdict for finding in findings)
    if not findings:
        return "", "muted"
    if count["off"]:
        names = ", ".join(finding.what for finding in findings if finding.verdict == "off")
        return f"⚠ {count['off']} of {len(findings)} off: {names}", "warning"
    if count["fits"] and count["unknown"] > count["fits"]:
        return f"? {count['unknown']} of {len(findings)} unknown, {count['fits']} fit", "muted"
    if count["fits"]:
        unknown = f", {count['unknown']} unknown" if count["unknown"] else ""
        return f"✓ {count['fits']} of {len(findings)} fit{unknown}", "good" if not unknown else "muted"
    return "? nothing is known yet", "muted"


class SuitsPresenter:
    """The card of findings, and the line in the top bar."""

    def __init__(
        self, view: Any, bar: Any, scene: Scene, helper: HelperClient, *, model: Callable[[], str | None]
    ) -> None:
        """`view` shows the card (show_findings), `bar` the line (show_suits)."""
        self._view, self._bar, self._scene, self._helper, self._model = view, bar, scene, helper, model
        self._asked: tuple[Any, ...] | None = None
        helper.failed.connect(lambda message, hint: self._on_fault(f"{message} {hint}".strip()))

    def reset(self) -> None:
        """Nothing is open any more."""
        self._asked = None
        self._show([], "")

    def refresh(self) -> None:
        """Asks again, if anything it depends on has changed."""
        scene, model = self._scene, self._model()
        if scene.file_facts is None or model is None:
            self._asked = None
            self._show([], "Open a series and choose a model." if model is None else "")
            return
        result = str(scene.result.path) if scene.result else None
        setting = (scene.shown_options(), model, result)
        if setting == self._asked:
            return
        self._asked = setting
        self._helper.use(scene.shown_options(), model)
        self._bar.show_suits("? comparing with the model…", "muted")
        self._helper.ask("suits", lambda answer: self._on_answer(setting, answer), result=result)
        self._helper.ask("warm", lambda _: None)

    def _on_answer(self, setting: tuple[Any, ...], answer: dict[str, Any]) -> None:
        if setting != self._asked:
            return
        if answer.get("error"):
            self._on_fault(f"{answer['error']} {answer.get('hint', '')}".strip())
            return
        names = ("what", "series", "model", "verdict", "text")
        self._show([Finding(*(str(item.get(name, "")) for name in names)) for item in answer["findings"]], "")

    def _on_fault(self, text: str) -> None:
        if self._asked is not None:
            self._show([], text)
            self._bar.show_suits("? not compared with the model", "warning")

    def _show(self, findings: list[Finding], text: str) -> None:
        self._view.show_findings(findings, text)
        self._bar.show_suits(*summary(findings))
