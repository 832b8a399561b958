"""What the status bar says of the pixel under the mouse, from memory. No widgets."""

from typing import Any

from segdepth_app.gui.texts import signed
from segdepth_app.gui.view.scene import Scene


class Readout:
    """Place, intensity, depth and confidence; the class is marked in the legend."""

    def __init__(self, view: Any, context: Any, scene: Scene) -> None:
        self._view, self._context, self._scene = view, context, scene

    def show(self, x: int, y: int) -> None:
        """The mouse is on a pixel."""
        values = self._scene.values_at(x, y)
        facts = self._scene.facts
        parts = [f"x {x}, y {y} px"]
        if facts and facts.pixel_size_pm:
            parts.append(f"{x * facts.pixel_size_pm / 1000:.2f}, {y * facts.pixel_size_pm / 1000:.2f} nm")
        if values.intensity is not None:
            parts.append(f"intensity {signed(values.intensity)}")
        if values.depth is not None:
            parts.append(f"depth {values.depth}")
        if values.confidence is not None:
            parts.append(f"confidence {values.confidence:.2f}")
        self._context.status("   ".join(parts))
        self._view.highlight_class(values.depth)

    def end(self) -> None:
        """The mouse left the pictures."""
        self._context.status("")
        self._view.highlight_class(None)
