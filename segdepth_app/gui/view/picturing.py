"""Decisions about the pictures: what is drawn over them, contrast and colours; one part of the tab's presenter."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from segdepth_app.gui.view.contrast_state import ContrastPresenter
from segdepth_app.gui.view.overlaying import OverlayPresenter
from segdepth_app.gui.view.scene import Scene


class PicturesPresenter:
    """Goes along with the tab's head: what is opened, which frame and which result are shown."""

    def __init__(self, view: Any, context: Any, scene: Scene, samples: Callable[[], list[np.ndarray]]) -> None:
        self.overlays = OverlayPresenter(view, context, scene)
        self.contrast = ContrastPresenter(view, samples)

    def clear(self) -> None:
        """Nothing is open."""
        self.overlays.clear()
        self.contrast.clear()

    def state(self) -> dict[str, Any]:
        """What a session keeps."""
        return {"overlays": self.overlays.state(), "contrast": self.contrast.state()}

    def restore(self, kept: Any) -> None:
        """What a session kept; call it when the series is open."""
        if isinstance(kept, Mapping):
            for part, presenter in (("overlays", self.overlays), ("contrast", self.contrast)):
                if isinstance(kept.get(part), Mapping):
                    presenter.restore(kept[part])
