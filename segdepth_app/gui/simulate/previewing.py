"""Decisions of the live preview: what is asked of the child, and what is said of the answer. No widgets."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from segdepth_app.gui.simulate import facts
from segdepth_app.gui.simulate.columns import Columns, column_text, placed
from segdepth_app.gui.simulate.costing import Measured
from segdepth_app.gui.simulate.noise import FIRST_DOSE, dose_complaint, on_scale, scale_text, with_noise
from segdepth_app.gui.texts import duration

if TYPE_CHECKING:
    from segdepth_app.gui.simulate.preview_client import PreviewClient, Served
    from segdepth_app.gui.simulate.preview_view import PreviewView

TYPING_MS = 400
"""A preview is asked for once nothing was typed for so long."""
PICTURES = ("clean", "noisy", "depth", "weight")


class PreviewPresenter:
    """Between the draft of a dataset, the preview child and the pictures."""

    def __init__(self, view: "PreviewView", client: "PreviewClient") -> None:
        self._view = view
        self._client = client
        self._settings: dict[str, Any] | None = None
        self._number = self._image = 0
        self._kind = ""
        self._step = 1
        self._typed_dose = FIRST_DOSE
        self._columns: Columns | None = None
        self._have = 0
        """Which specimen's maps and columns are shown; 0 for none."""
        self.on_measured: Callable[[Measured], object] | None = None
        """Hears how long a specimen took."""
        self.on_refused: Callable[[str, str], object] | None = None
        """Hears the field and the reason where a file of the draft cannot be used."""
        view.specimen_chosen.connect(self.choose_specimen)
        view.specimen_stepped.connect(self.step_specimen)
        view.kind_chosen.connect(self.choose_kind)
        view.image_chosen.connect(self.choose_image)
        view.dose_typed.connect(self.type_dose)
        view.pixel_picked.connect(self.pick)
        client.ready.connect(self._on_ready)
        client.failed.connect(self._on_failure)
        client.refused.connect(self._on_refusal)
        client.busy.connect(lambda busy: view.show_status("computing…" if busy else ""))

    def open(self) -> None:
        """The panel has opened: from the first specimen on."""
        self._settings = None
        self._number = self._image = self._have = 0
        self._view.clear()
        self._view.show_dose(self._typed_dose, "", dose_complaint(self._typed_dose))

    def update(self, settings: dict[str, Any] | None) -> None:
        """The draft changed; None while something in it is refused: the old pictures stay."""
        if settings is None:
            self._settings = None
            self._client.forget()
            self._view.show_status("waits for valid settings")
        elif settings != self._settings:
            is_first, self._settings = self._settings is None, settings
            self._ask(wait_ms=0 if is_first and self._columns is None else TYPING_MS)

    def close(self) -> None:
        """Ends the child."""
        self._settings = self._columns = None
        self._have = 0
        self._client.close()
        self._view.clear()

    def choose_specimen(self, number: int) -> None:
        """The user typed a number."""
        self._step = 1 if number >= self._number else -1
        self._number = number
        self._ask()

    def step_specimen(self, by: int) -> None:
        """The next or previous one, of the chosen kind."""
        self._step = by
        self._number = max(self._number + by, 0)
        self._ask()

    def choose_kind(self, kind: str) -> None:
        """Only specimens of a kind; "" for all."""
        self._kind, self._step = kind, 1
        self._ask()

    def choose_image(self, image: int) -> None:
        """Another image of the specimen."""
        self._image = image
        self._ask()

    def type_dose(self, text: str) -> None:
        """Another dose for the noisy picture."""
        self._typed_dose = text
        reason = dose_complaint(text)
        self._view.show_dose(text, "", reason)
        if not reason:
            self._ask(wait_ms=TYPING_MS // 4)

    def pick(self, x: float, y: float) -> None:
        """A click: the column there."""
        row = self._columns.nearest(x, y) if self._columns is not None else None
        if self._columns is None or row is None:
            self._view.show_column(None, None, "")
        else:
            x, y = float(self._columns.x_px[row]), float(self._columns.y_px[row])
            self._view.show_column(x, y, column_text(self._columns.table[row]))

    def _ask(self, wait_ms: int = 0) -> None:
        if self._settings is None or dose_complaint(self._typed_dose):
            return
        wish = {
            "settings": self._settings,
            "number": self._number,
            "image": self._image,
            "dose_e_per_px": float(self._typed_dose),
            "kind": self._kind,
            "step": self._step,
            "have": self._have,
        }
        self._client.ask("specimen", wish, wait_ms=wait_ms)

    def _on_ready(self, served: "Served") -> None:
        found = served.facts
        self._number, self._image = found["number"], found["image"]
        pixel, binning = found["pixel_size_pm"], found["binning"]
        if "columns" in served.arrays:
            self._columns = placed(served.arrays["columns"], pixel_size_pm=pixel, binning=binning)
            self._have = found["serial"]
            self._view.show_column(None, None, "")
        self._view.show_problem("")
        self._view.show_specimen(found["number"], found["n_specimens"])
        self._view.show_image(found["image"], found["n_images"])
        self._view.set_pixel_size(pixel * binning)
        levels = tuple(found["levels"])
        noisy = with_noise(levels, found["dose_e_per_px"] * binning**2)
        grey = {"clean": levels, "noisy": on_scale(noisy, found.get("contrast"))}
        self._view.show_pictures({name: served.arrays[name] for name in PICTURES if name in served.arrays}, grey)
        self._view.show_dose(self._typed_dose, f"= {found['dose_e_per_a2']:.4g} e/Å²", "")
        self._view.show_facts(facts_text(found, served.arrays["clean"].shape))
        if self.on_measured is not None:
            self.on_measured(Measured(found["seconds"], found["device"]))

    def _on_refusal(self, field: str, reason: str) -> None:
        self._settings = None  # the next change asks again, even one back to these settings: files change too
        self._view.show_problem("")
        self._view.show_status("waits for valid settings")
        if self.on_refused is not None:
            self.on_refused(field, reason)

    def _on_failure(self, reason: str) -> None:
        self._have = 0  # a child that died and is started again counts from one
        self._view.show_problem(reason)


def facts_text(found: dict[str, Any], shape: tuple[int, ...]) -> str:
    """The line under the pictures."""
    specimen = {name: value for name, value in found["specimen"].items() if name != "split"}
    height, width = shape
    stored = found["pixel_size_pm"] * found["binning"]
    seconds, device = found["seconds"], found["device"]
    took = duration(seconds) if seconds >= 10 else f"{seconds:.2g} s"
    where = "one thread" if device.startswith("cpu") else device
    parts = (
        facts.specimen_text(specimen),
        facts.optics_text(found["optics"]),
        scale_text(found.get("contrast")),
        f"{height} × {width} px of {stored:g} pm",
        f"simulated in {took} ({where})",
    )
    return "; ".join(part for part in parts if part)
