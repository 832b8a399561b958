"""The model card: what a model is, what it was trained on, and how well it did.

It is the metadata of the `.safetensors` file, read here from the file's header alone, so that the window
can list models without torch.
"""

import json
import struct
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segdepth_app.config import LabelConfig, NetworkConfig, OpticsConfig
from segdepth_app.errors import ModelError
from segdepth_app.paths import existing_file, resources
from segdepth_app.shipped import check_shipped

MODEL_FORMAT = "segdepth-model-1"
DEFAULT_MODEL = "ceria-110-fast"
MAX_HEADER_BYTES = 100_000_000  # the safetensors format's own limit


class ModelCard(BaseModel):
    """Everything needed to use a model and to judge whether it suits given data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str = MODEL_FORMAT
    name: str
    version: str = Field(description="Version of SegDepth that trained it.")
    network: NetworkConfig
    n_classes: int = 11
    parameters: int
    pixel_size_pm: float = Field(description="Reference pixel size; doses refer to it.")
    binning: int = Field(description="The network's input pixel is pixel_size_pm × binning.")
    output_binning: int = Field(description="The network's output pixel is pixel_size_pm × output_binning.")
    dose_low_e_per_px: float
    dose_high_e_per_px: float
    labels: LabelConfig
    optics: OpticsConfig = Field(description="Optics of the training data.")
    elements: tuple[str, ...] = ("Ce", "O")
    training_set: dict[str, Any] = Field(description="Preset, seed, specimens, images, hash, command.")
    training: dict[str, Any] = Field(description="Settings, epochs, seconds, device, command.")
    temperatures: dict[str, float] = Field(description="Softmax temperature, by dose in electrons per pixel.")
    class_prior: tuple[float, ...] = Field(description="Share of each count among training columns (0: vacuum pixels).")
    metrics: dict[str, Any] = Field(default_factory=dict, description="What it reached, on what.")
    created: str = ""

    @property
    def input_pixel_pm(self) -> float:
        """Pixel size of the network's input."""
        return self.pixel_size_pm * self.binning

    @property
    def output_pixel_pm(self) -> float:
        """Pixel size of the network's output."""
        return self.pixel_size_pm * self.output_binning

    def held_dose(self, dose_e_per_px: float, pixel_size_pm: float) -> float:
        """The dose a network is told: electrons per reference pixel of the model, held in the trained range.

        Outside that range a network that is told the dose would extrapolate; images and evaluations do the same.
        """
        dose = dose_e_per_px * (self.pixel_size_pm / pixel_size_pm) ** 2
        return min(max(dose, self.dose_low_e_per_px), self.dose_high_e_per_px)

    def temperature(self, dose_e_per_px: float) -> float:
        """Softmax temperature at a dose: linear in log dose between fitted doses, constant outside."""
        import numpy as np

        if not self.temperatures:
            return 1.0
        pairs = sorted((float(dose), value) for dose, value in self.temperatures.items())
        doses, values = zip(*pairs, strict=True)
        return float(np.interp(np.log(dose_e_per_px), np.log(doses), values))


def read_card(path: str | Path) -> ModelCard:
    """The card in a model file's header. Raises: ModelError where it is no model of ours."""
    path = existing_file(path, "Model file")
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > MAX_HEADER_BYTES:
                raise ValueError("header too long")
            header = json.loads(stream.read(length))
        _check_length(path, 8 + length, header)
        return ModelCard.model_validate_json(header["__metadata__"]["card"])
    except (struct.error, ValueError, KeyError, TypeError, ValidationError) as error:
        raise ModelError(
            f"{path} is not a SegDepth model file.", "Name a .safetensors file exported by SegDepth."
        ) from error


def _check_length(path: Path, start: int, header: dict[str, Any]) -> None:
    """Raises: ModelError where the file ends before the last tensor does, as after a broken copy."""
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    expected, found = start + max(ends, default=0), path.stat().st_size
    if found < expected:
        raise ModelError(f"{path} is truncated: {found:,} of {expected:,} bytes.", "Copy it again from its source.")


def shipped_models() -> dict[str, Path]:
    """Model files that ship with SegDepth, by name."""
    return {path.stem: path for path in sorted((resources() / "models").glob("*.safetensors"))}


def find_model(name_or_path: str | Path) -> Path:
    """A model file from a path or a shipped model's name.

    Raises: ModelError if there is neither, or a shipped model is not as it was shipped.
    """
    shipped = shipped_models()
    if str(name_or_path) in shipped:
        return as_shipped(shipped[str(name_or_path)])
    path = Path(name_or_path)
    if path.exists():
        return as_shipped(path)
    names = ", ".join(shipped) or "none"
    raise ModelError(f"Model not found: {name_or_path}.", f"Give a path, or a shipped model's name ({names}).")


def as_shipped(path: Path) -> Path:
    """The path of a model; a model of the user's own passes. Raises: ModelError where a shipped one was changed.

    A weight or a temperature that is off gives counts that look like any others. It takes 10 ms for 4.5 MB.
    """
    return check_shipped(path, f"The shipped model {path.stem}", ModelError)
