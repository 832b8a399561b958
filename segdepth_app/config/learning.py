"""Settings of labels, networks and training."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from segdepth_app.config.base import Config, Device, ordered


class LabelConfig(Config):
    """Ring labels and weights, derived from the column table."""

    heavy_radius_pm: float = Field(84.8, gt=0, le=500, description="Disc radius of heavy columns; 16 px of the paper.")
    light_radius_pm: float = Field(63.6, gt=0, le=500, description="Disc radius of light columns; 12 px of the paper.")
    plateau_share: float = Field(
        0.6, gt=0, le=1, description="Share of the radius that carries the full count; rings fall to 0 outside it."
    )
    background_weight: float = Field(0.1, ge=0, le=1, description="Weight of pixels far from any column.")


class NetworkConfig(Config):
    """The segmentation network."""

    kind: Literal["fast", "paper"] = Field("fast", description="fast: counts summed 4×4 first; paper: the paper's.")
    width: int = Field(32, ge=4, le=256, description="Channels of the first block.")
    scales: int = Field(4, ge=1, le=7, description="Number of halvings; the paper's network has 6.")
    dose_input: bool = Field(True, description="Tell the network the dose; the paper's own network is blind to it.")
    upsampling: Literal["bilinear", "transposed"] = Field(
        "bilinear", description="How maps grow again: interpolated, or by transposed convolutions that are learnt."
    )
    denoiser: Literal["none", "separate", "joint"] = Field(
        "none",
        description="A second U-Net that cleans the image first. separate: trained before the segmenter, then fixed; "
        "joint: both at once.",
    )


class TrainConfig(Config):
    """Train a model on a dataset."""

    dataset: Path = Field(description="Dataset file (.h5).")
    out: Path = Field(description="Run folder to make.")
    preset: str = Field("custom", description="Name of the preset these settings came from.")
    network: NetworkConfig = NetworkConfig()
    labels: LabelConfig = LabelConfig()
    dose_low_e_per_px: float = Field(0.8, gt=0, le=1e4, description="Lowest dose drawn for a training image.")
    dose_high_e_per_px: float = Field(8.0, gt=0, le=1e4, description="Highest dose drawn for a training image.")
    batch_size: int = Field(8, ge=1, le=512, description="Crops per step.")
    crop_px: int = Field(128, ge=32, le=2048, description="Crop edge in pixels of the network's input.")
    steps_per_epoch: int = Field(0, ge=0, le=100_000, description="Steps per epoch; 0: every training image once.")
    max_epochs: int = Field(60, ge=1, le=10_000, description="Longest training.")
    denoise_epochs: int = Field(
        0,
        ge=0,
        le=10_000,
        description="Epochs of these that a separate denoiser is trained first, alone; 0: a third of them.",
    )
    loss: Literal["cross-entropy", "ordinal"] = Field(
        "cross-entropy", description="cross-entropy: the paper's; ordinal: counts near the true one get a share."
    )
    ordinal_width_atoms: float = Field(
        0.5, gt=0, le=5, description="Ordinal loss: the difference in counts over which a label falls to 37 %."
    )
    optimizer: Literal["adamw", "adam"] = Field(
        "adamw", description="adamw: weights decay by themselves; adam: the paper's, the decay is part of the gradient."
    )
    schedule: Literal["cosine", "plateau", "constant"] = Field(
        "cosine",
        description="Learning rate. cosine: rises, then falls to 1 %; plateau: halved whenever the validation loss "
        "no longer falls; constant.",
    )
    learning_rate: float = Field(2e-3, gt=0, le=1, description="Highest learning rate.")
    plateau_epochs: int = Field(
        5, ge=1, le=1000, description="Schedule plateau: halve after this many epochs without a better loss."
    )
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Weight decay.")
    patience_epochs: int = Field(15, ge=1, le=1000, description="Stop after this many epochs without a better loss.")
    precision: Literal["32", "bf16", "16"] = Field(
        "32", description="Arithmetic; bf16 pays on recent CPUs and GPUs, 16 on GPUs without bf16."
    )
    threads: int = Field(0, ge=0, le=256, description="CPU threads; 0 takes all.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of weights, crops and noise.")
    device: Device = Field("auto", description="Where the training runs.")
    devices: int = Field(
        0,
        ge=0,
        le=64,
        description="GPUs per computer that share every batch, 0: all; on processors: processes, 0: one.",
    )
    nodes: int = Field(1, ge=1, le=1024, description="Computers of a cluster that share every batch (SLURM, torchrun).")
    repeatable: bool = Field(
        True, description="On GPUs: only arithmetic that repeats to the last bit; off is faster. Processors always do."
    )
    resume: bool = Field(False, description="Go on from the run folder's last checkpoint.")
    initial_model: str | None = Field(None, description="Model file whose weights the training starts from.")

    @field_validator("precision", mode="before")
    @classmethod
    def _number_as_word(cls, value: object) -> object:
        # `--set precision=32` reads as a number
        return str(value) if isinstance(value, int) else value

    @model_validator(mode="after")
    def _checked(self) -> Self:
        ordered(self.dose_low_e_per_px, self.dose_high_e_per_px, "dose")
        self._leaves_epochs_for_the_segmenter()
        return self

    @property
    def denoising_epochs(self) -> int:
        """Epochs that train the denoiser alone; 0 where there is none, or where both learn at once."""
        if self.network.denoiser != "separate":
            return 0
        return self.denoise_epochs or max(1, self.max_epochs // 3)

    def _leaves_epochs_for_the_segmenter(self) -> None:
        if self.denoising_epochs >= self.max_epochs:
            raise ValueError(
                f"A separate denoiser takes {self.denoising_epochs} of {self.max_epochs} epochs and leaves none for "
                "the segmenter. Raise the number of epochs, or shorten the denoiser's."
            )


class ClusterConfig(Config):
    """Write a folder that trains on a SLURM cluster."""

    train: TrainConfig = Field(description="The training; its device, devices and nodes follow from what is below.")
    folder: Path = Field(description="Folder to make: settings, batch script and what to do with them.")
    nodes: int = Field(1, ge=1, le=1024, description="Computers of the cluster to train on.")
    gpus: int = Field(1, ge=0, le=64, description="GPUs on each of them; 0 trains on processors.")
    cpus: int = Field(8, ge=1, le=1024, description="Processor cores for each GPU, or for each node without GPUs.")
    hours: float = Field(24, gt=0, le=1000, description="Longest time the queue may give the training, in hours.")
    partition: str = Field(
        "", pattern=r"^[\w.,-]*$", description="Partition (queue) of the cluster; empty takes its default."
    )
