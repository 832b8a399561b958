"""Decisions of the dataset browser: which specimen, which picture of it, at which contrast. No widgets."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segdepth_app.gui.simulate import facts
from segdepth_app.gui.simulate.columns import Columns, column_text, placed
from segdepth_app.gui.simulate.noise import FIRST_DOSE, dose_complaint, on_scale, scale_text, with_noise

if TYPE_CHECKING:
    from segdepth_app.datasets.store import Dataset
    from segdepth_app.gui.simulate.browser import BrowserView
    from segdepth_app.gui.simulate.preview_client import PreviewClient, Served

SAMPLED_IMAGES = 20
LEVEL_PERCENTILES = (0.5, 99.8)
TYPING_MS = 150


class BrowserPresenter:
    """One dataset opened for looking at."""

    def __init__(self, view: "BrowserView", client: "PreviewClient") -> None:
        self._view = view
        self._client = client
        self._dataset: Dataset | None = None
        self._stamp: tuple[Path, int] | None = None
        self._images = np.empty(0, int)
        self._specimen = self._image = 0
        self._shown = "clean"
        self._typed_dose = FIRST_DOSE
        self._levels = (0.0, 1.0)
        self._columns: Columns | None = None
        view.specimen_chosen.connect(self.choose_specimen)
        view.image_chosen.connect(self.choose_image)
        view.picture_chosen.connect(self.choose_picture)
        view.dose_typed.connect(self.type_dose)
        view.pixel_picked.connect(self.pick)
        view.column_chosen.connect(self.choose_column)
        client.ready.connect(self._on_ready)
        client.failed.connect(view.show_problem)
        client.busy.connect(lambda busy: view.show_status("computing…" if busy else ""))

    def open(self, path: Path) -> None:
        """Shows a dataset from its first specimen on; one that is shown already stays where it is.

        Raises: DatasetError or InputError where it cannot be read.
        """
        stamp = (path, path.stat().st_mtime_ns)
        if self._dataset is not None and stamp == self._stamp:
            return
        from segdepth_app.datasets.store import Dataset  # h5py only once there is something to open

        self.close()
        self._dataset, self._stamp = Dataset(path), stamp
        self._levels = levels(self._dataset)
        self._view.clear()
        self._view.show_dose(self._typed_dose, "", dose_complaint(self._typed_dose))
        self._view.set_pixel_size(self._dataset.stored_pixel_pm)
        self._view.set_specimens(len(self._dataset.specimens))
        self.choose_specimen(0)

    def close(self) -> None:
        """Lets go of the file, and ends the child."""
        self._client.close()
        if self._dataset is not None:
            self._dataset.close()
        self._dataset = self._stamp = self._columns = None

    def choose_specimen(self, row: int) -> None:
        """Shows specimen number `row` of the file, at its first image."""
        if self._dataset is None or not 0 <= row < len(self._dataset.specimens):
            return
        specimen = self._dataset.specimens[row]
        self._specimen = int(specimen["id"])
        self._images = np.flatnonzero(self._dataset.index["specimen"] == specimen["id"])
        self._columns = placed(
            self._dataset.columns(self._specimen),
            pixel_size_pm=self._dataset.pixel_size_pm,
            binning=self._dataset.binning,
        )
        self._view.show_specimen(facts.specimen_text(facts.values_of(specimen)))
        self._view.show_columns(self._columns)
        self._view.set_images(len(self._images))
        self.choose_image(0)

    def choose_image(self, number: int) -> None:
        """Shows image `number` of the specimen."""
        if self._dataset is None or not 0 <= number < len(self._images):
            return
        self._image = int(self._images[number])
        self._show_picture()

    def choose_picture(self, name: str) -> None:
        """clean, noisy, depth or weight."""
        self._shown = name
        self._show_picture()

    def type_dose(self, text: str) -> None:
        """Another dose for the noisy picture."""
        self._typed_dose = text
        self._view.show_dose(text, "", dose_complaint(text))
        if self._shown == "noisy":
            self._show_picture(wait_ms=TYPING_MS)

    def _show_picture(self, wait_ms: int = 0) -> None:
        if self._dataset is None:
            return
        self._view.show_problem("")
        self._show_optics()
        path = str(self._dataset.path)
        if self._shown == "clean":
            self._client.forget()
            self._view.show_picture(self._dataset.image(self._image), "clean", self._levels)
        elif self._shown == "noisy":
            if not dose_complaint(self._typed_dose):
                wish = {"dataset": path, "image": self._image, "dose_e_per_px": float(self._typed_dose)}
                self._client.ask("noise", wish, wait_ms=wait_ms)
        else:
            self._client.ask("maps", {"dataset": path, "specimen": self._specimen})

    def _show_optics(self, more: str = "") -> None:
        assert self._dataset is not None
        optics = facts.values_of(self._dataset.index[self._image])
        parts = (facts.optics_text(optics), facts.setting_text(optics), more)
        self._view.show_optics("; ".join(part for part in parts if part))

    def _on_ready(self, served: "Served") -> None:
        if self._dataset is None or self._shown not in served.arrays:
            return
        self._view.show_picture(served.arrays[self._shown], self._shown, self._levels_of(served.facts))
        if self._shown == "noisy":
            self._view.show_dose(self._typed_dose, f"= {served.facts['dose_e_per_a2']:.4g} e/Å²", "")
            self._show_optics(scale_text(served.facts.get("contrast")))

    def _levels_of(self, found: dict[str, Any]) -> tuple[float, float]:
        assert self._dataset is not None
        if self._shown == "noisy":
            noisy = with_noise(self._levels, found["dose_e_per_px"] * self._dataset.binning**2)
            return on_scale(noisy, found.get("contrast"))
        return (0.0, 255.0) if self._shown == "depth" else (0.0, 1.0)

    def pick(self, x: float, y: float) -> None:
        """Marks the column nearest to a clicked pixel, if there is one close by."""
        row = self._columns.nearest(x, y) if self._columns is not None else None
        if row is not None:
            self._mark(row)

    def choose_column(self, row: int) -> None:
        """Marks the column of a table row."""
        if self._columns is not None and 0 <= row < len(self._columns):
            self._mark(row)

    def _mark(self, row: int) -> None:
        assert self._columns is not None
        self._view.mark_column(row, column_text(self._columns.table[row]))


def levels(dataset: "Dataset") -> tuple[float, float]:
    """Black and white for the whole dataset, from a few images spread over it."""
    chosen = np.linspace(0, len(dataset) - 1, min(SAMPLED_IMAGES, len(dataset))).round().astype(int)
    if not len(chosen):
        return (0.0, 1.0)
    low, high = np.percentile(np.stack([dataset.image(int(i)) for i in chosen]), LEVEL_PERCENTILES)
    return (float(low), float(high)) if high > low else (float(low) - 0.5, float(low) + 0.5)
