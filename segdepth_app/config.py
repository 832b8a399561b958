"""Settings of every job, in users' units (pm, nm, kV, electrons per pixel).

One frozen, closed model per job. The wizard, the CLI, the guide and the run folder share them; each
field carries its unit in its name, its range, and a help sentence. Dose λ is in electrons per pixel of
the *reference* pixel size (`pixel_size_pm`), in vacuum, whatever binning is stored or used later.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from segdepth_app.errors import InputError
from segdepth_app.paths import resources

N_CLASSES = 11
"""Classes 0 to 10: the number of atoms in the column."""

C = TypeVar("C", bound="Config")
Device = Literal["auto", "cpu", "cuda"]
Potential = Literal["lobato", "kirkland", "mixed"]


class Config(BaseModel):
    """Base of all settings: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _ordered(low: float, high: float, what: str) -> None:
    if low > high:
        raise ValueError(f"The {what} range runs from {low:g} to {high:g}. Swap the two values.")


class SpecimenConfig(Config):
    """Which ceria [110] specimens are made, and how far columns stray from a smooth wedge."""

    surfaces: tuple[Literal["flat", "sawtooth", "stepped"], ...] = Field(
        ("flat", "sawtooth", "stepped"), min_length=1, description="Shapes of the (110) surface, drawn evenly."
    )
    thickness_low_atoms: float = Field(3, ge=1, le=10, description="Lowest mean thickness, atoms per column.")
    thickness_high_atoms: float = Field(10, ge=1, le=10, description="Highest mean thickness, atoms per column.")
    share_wedge: float = Field(0.35, ge=0, le=1, description="Share of specimens that are smooth wedges.")
    share_rough: float = Field(
        0.45, ge=0, le=1, description="Share with single columns off the wedge by 1 to 3 atoms, vacancies, adatoms."
    )
    share_shuffled: float = Field(
        0.20, ge=0, le=1, description="Share whose column depths do not depend on position at all."
    )
    wedge_faces: Literal["both", "exit", "mixed"] = Field(
        "both", description="Faces the wedge is cut from; the mid-plane of the specimen is the focus reference."
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _ordered(self.thickness_low_atoms, self.thickness_high_atoms, "thickness")
        total = self.share_wedge + self.share_rough + self.share_shuffled
        if abs(total - 1) > 1e-6:
            raise ValueError(f"The shares of wedge, rough and shuffled specimens add up to {total:g}, not 1.")
        return self


class OpticsConfig(Config):
    """The microscope; ranges are drawn evenly, once per image."""

    voltage_kv: float = Field(300, ge=60, le=1000, description="Acceleration voltage.")
    c1_low_nm: float = Field(1, ge=-100, le=100, description="Lowest defocus; above 0 is overfocus (white columns).")
    c1_high_nm: float = Field(9, ge=-100, le=100, description="Highest defocus.")
    c3_um: float = Field(-9, ge=-5000, le=5000, description="Third-order spherical aberration.")
    c5_mm: float = Field(5, ge=-100, le=100, description="Fifth-order spherical aberration.")
    focal_spread_1e_low_nm: float = Field(4, ge=0, le=20, description="Lowest focal spread, 1/e half-width.")
    focal_spread_1e_high_nm: float = Field(4, ge=0, le=20, description="Highest focal spread, 1/e half-width.")
    focal_step_nm: float = Field(
        1, ge=0.1, le=3, description="Largest step of the focal average; 2 is good to 0.3 % from 25 pm image spread up."
    )
    semiangle_1e_mrad: float = Field(0.2, ge=0, le=5, description="Beam convergence, 1/e half-angle.")
    image_spread_low_pm: float = Field(15, ge=0, le=200, description="Lowest image spread (vibration), Gaussian sigma.")
    image_spread_high_pm: float = Field(
        45, ge=0, le=200, description="Highest image spread (vibration), Gaussian sigma."
    )
    b_ce_a2: float = Field(0.30, ge=0, le=5, description="Debye-Waller B of Ce; 0.30 at 300 K.")
    b_o_a2: float = Field(0.485, ge=0, le=5, description="Debye-Waller B of O; 0.485 at 300 K.")
    potential: Potential = Field("mixed", description="Table of atomic potentials; mixed draws one per specimen.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _ordered(self.c1_low_nm, self.c1_high_nm, "defocus")
        _ordered(self.focal_spread_1e_low_nm, self.focal_spread_1e_high_nm, "focal spread")
        _ordered(self.image_spread_low_pm, self.image_spread_high_pm, "image spread")
        return self


class GridConfig(Config):
    """Size and sampling of images."""

    pixel_size_pm: float = Field(5.3, ge=1, le=50, description="Reference pixel size; the dose refers to it.")
    height_px: int = Field(768, ge=64, le=4096, description="Image height in reference pixels.")
    width_px: int = Field(768, ge=64, le=4096, description="Image width in reference pixels.")
    binning: Literal[1, 2, 4] = Field(
        4, description="Stored images are means over binning × binning pixels: 4 suits the fast network, 1 the paper's."
    )
    wave_sampling_pm: float = Field(
        8, ge=2, le=11, description="Sampling of the multislice; 8 pm is within 1 % of 2.65 pm."
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.height_px % (4 * self.binning) or self.width_px % (4 * self.binning):
            raise ValueError(
                f"Image height and width must be multiples of {4 * self.binning} px at binning {self.binning}."
            )
        return self


class SimulateConfig(Config):
    """Make a training or test dataset (HDF5)."""

    out: Path = Field(description="Dataset file to write (.h5).")
    preset: str = Field("custom", description="Name of the preset these settings came from.")
    specimen: SpecimenConfig = SpecimenConfig()
    optics: OpticsConfig = OpticsConfig()
    grid: GridConfig = GridConfig()
    n_specimens: int = Field(200, ge=1, le=100_000, description="Number of specimens.")
    n_defoci: int = Field(6, ge=1, le=50, description="Images per specimen, each with its own optics.")
    validation_share: float = Field(0.15, ge=0, le=0.9, description="Share of specimens in the validation split.")
    test_share: float = Field(0.15, ge=0, le=1, description="Share of specimens in the test split.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed; the same seed gives the same dataset.")
    workers: int = Field(0, ge=0, le=256, description="Processes; 0 takes one per core.")
    device: Device = Field("auto", description="Where the multislice runs.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.validation_share + self.test_share > 1:
            raise ValueError("The validation and test shares add up to more than 1.")
        return self


class MovieConfig(Config):
    """Make a noisy series of a moving ceria surface, with its truth (TIFF + CSV)."""

    out: Path = Field(description="TIFF series to write; the truth goes beside it as _truth.csv and _card.json.")
    preset: str = Field("custom", description="Name of the preset these settings came from.")
    grid: GridConfig = GridConfig(height_px=512, width_px=512, binning=1)
    optics: OpticsConfig = OpticsConfig(
        c1_low_nm=6, c1_high_nm=6, image_spread_low_pm=25, image_spread_high_pm=25, potential="lobato"
    )
    surface: Literal["flat", "sawtooth", "stepped"] = Field("stepped", description="Shape of the surface.")
    kind: Literal["wedge", "rough", "shuffled"] = Field("rough", description="How far columns stray from the wedge.")
    thickness_atoms: float = Field(5, ge=1, le=10, description="Mean thickness, atoms per column.")
    n_frames: int = Field(64, ge=1, le=10_000, description="Number of frames.")
    frame_time_s: float = Field(0.13, gt=0, le=1000, description="Time from frame to frame.")
    n_switching: int = Field(6, ge=0, le=1000, description="Columns that switch between two counts.")
    dose_e_per_px: float = Field(1.83, gt=0, le=1e6, description="Dose per frame, electrons per pixel in vacuum.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of specimen, switches and noise.")
    device: Device = Field("auto", description="Where the multislice runs.")


class ImageConfig(Config):
    """Make one image of a column table, CIF or XYZ."""

    structure: Path = Field(description="Column table (.csv: element,x_px,y_px,atoms), .cif or .xyz.")
    out: Path = Field(description="Image to write: .tif (float32, vacuum = 1; counts with a dose), .npy or .png.")
    pixel_size_pm: float = Field(5.3, ge=1, le=50, description="Pixel size of the image and of the table.")
    height_px: int = Field(1024, ge=32, le=8192, description="Image height.")
    width_px: int = Field(1024, ge=32, le=8192, description="Image width.")
    defocus_nm: float = Field(6, ge=-100, le=100, description="Defocus C1; above 0 is overfocus.")
    focal_spread_nm: float = Field(4, ge=0, le=20, description="Focal spread, 1/e half-width.")
    image_spread_pm: float = Field(25, ge=0, le=200, description="Image spread (vibration), Gaussian sigma.")
    c3_um: float = Field(-9, ge=-5000, le=5000, description="Third-order spherical aberration.")
    c5_mm: float = Field(5, ge=-100, le=100, description="Fifth-order spherical aberration.")
    voltage_kv: float = Field(300, ge=60, le=1000, description="Acceleration voltage.")
    semiangle_1e_mrad: float = Field(0.2, ge=0, le=5, description="Beam convergence, 1/e half-angle.")
    dose_e_per_px: float | None = Field(None, gt=0, le=1e6, description="Dose in electrons per pixel; none: no noise.")
    potential: Literal["lobato", "kirkland"] = Field("lobato", description="Table of atomic potentials.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of the noise.")
    device: Device = Field("auto", description="Where the multislice runs.")


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
    learning_rate: float = Field(2e-3, gt=0, le=1, description="Highest learning rate (Adam, cosine decay).")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Weight decay (AdamW).")
    patience_epochs: int = Field(15, ge=1, le=1000, description="Stop after this many epochs without a better loss.")
    precision: Literal["32", "bf16"] = Field("32", description="Arithmetic; bf16 pays on recent CPUs and GPUs.")
    threads: int = Field(0, ge=0, le=256, description="CPU threads; 0 takes all.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of weights, crops and noise.")
    device: Device = Field("auto", description="Where the training runs.")
    resume: bool = Field(False, description="Go on from the run folder's last checkpoint.")
    initial_model: str | None = Field(None, description="Model file whose weights the training starts from.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        _ordered(self.dose_low_e_per_px, self.dose_high_e_per_px, "dose")
        return self


class EvaluateConfig(Config):
    """Judge a model on a dataset."""

    model: str = Field(description="Model file, or the name of a shipped model.")
    dataset: Path = Field(description="Dataset file (.h5).")
    out: Path = Field(description="Folder for metrics.json, arrays and figures.")
    split: Literal["train", "validation", "test", "all"] = Field("test", description="Specimens to judge on.")
    doses_e_per_px: tuple[Annotated[float, Field(gt=0, le=1e6)], ...] = Field(
        (2.5,), min_length=1, description="Doses to judge at."
    )
    max_images: int = Field(0, ge=0, description="Judge on at most this many images; 0: all.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of the noise.")
    device: Device = Field("auto", description="Where the network runs.")


class SeriesOptions(Config):
    """How a TEM series is read; shared by every job that opens one."""

    series: tuple[Path, ...] = Field(min_length=1, description="One file, a folder of frames, or the frames in order.")
    pixel_size_pm: float | None = Field(None, gt=0, le=1e5, description="Pixel size; overrides the file's own.")
    dose_e_per_px: float | None = Field(
        None, gt=0, le=1e9, description="Electrons per pixel of the file in vacuum; counts: the vacuum level."
    )
    vacuum: str = Field(
        "auto", description="Mean value in vacuum: auto, a number, or a rectangle x,y,width,height in pixels."
    )
    frame_time_s: float | None = Field(None, gt=0, le=1e5, description="Time from frame to frame.")


class InferConfig(SeriesOptions):
    """Estimate depth, confidence, columns and traces of a series."""

    model: str = Field(description="Model file, or the name of a shipped model.")
    out: Path = Field(description="Result file to write (.h5).")
    mirror: bool = Field(False, description="Average with the mirrored image (slower, a little better).")
    stay_probability: float = Field(
        0.98,
        ge=0.5,
        lt=1,
        description="Hidden-Markov smoothing: chance that a column keeps its count to the next frame.",
    )
    device: Device = Field("auto", description="Where the network runs.")


class SaliencyConfig(SeriesOptions):
    """Which input pixels the estimate at one pixel depends on (paper, eq. 7)."""

    model: str = Field(description="Model file, or the name of a shipped model.")
    out: Path = Field(description="Map to write (.npy, .tif or .png).")
    frame: int = Field(0, ge=0, description="Frame, from 0.")
    x_px: int = Field(ge=0, description="Pixel of the source file, x to the right, from 0.")
    y_px: int = Field(ge=0, description="Pixel of the source file, y down, from 0.")
    depth: int | None = Field(None, ge=0, le=N_CLASSES - 1, description="Depth class; none: the estimated one.")
    device: Device = Field("auto", description="Where the network runs.")


class ExploreConfig(SeriesOptions):
    """Serve frames and saliency maps of one series, on request, while the View tab shows it."""

    model: str | None = Field(None, description="Model for saliency; none: frames only.")
    folder: Path = Field(description="Folder for the answers (.npy files).")
    device: Device = Field("auto", description="Where the network runs.")


class DemoConfig(Config):
    """Analyse the shipped sample series with the shipped model and draw the paper's Figs. 10 to 12."""

    out: Path = Field(description="Folder for everything the demo writes.")
    device: Device = Field("auto", description="Where the network runs.")


def explain(error: ValidationError) -> str:
    """Pydantic's complaint in one line: which field, and what is wrong with it."""
    parts = []
    for item in error.errors():
        where = ".".join(str(part) for part in item["loc"]) or "settings"
        parts.append(f"{where}: {item['msg'].removeprefix('Value error, ')}")
    return "; ".join(parts)


def build(model: type[C], values: dict[str, Any]) -> C:
    """A validated config. Raises: InputError naming the field and the reason."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InputError(
            f"Unusable settings: {explain(error)}", "See `segdepth schema` for what is allowed."
        ) from error


def read_values(path: Path) -> dict[str, Any]:
    """The raw settings in a JSON file. Raises: InputError where it is no JSON object."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} is not valid JSON: {error}.", "Name a settings file, or a preset.") from error
    if not isinstance(values, dict):
        raise InputError(f"{path} holds no settings (a JSON object was expected).", "Name a settings file.")
    return values


def preset_values(job: str, name: str) -> dict[str, Any]:
    """The settings of a shipped preset. Raises: InputError that lists the presets there are."""
    known = presets(job)
    if name not in known:
        raise InputError(f"No {job} preset is called {name!r}.", f"Choose one of: {', '.join(known)}.")
    return {"preset": name, **read_values(known[name])}


def set_value(values: dict[str, Any], assignment: str) -> None:
    """Applies `section.key=value` to raw settings; the value is JSON, or else a plain string.

    Raises: InputError where the assignment has no equals sign, or its section is a plain setting.
    """
    key, equals, text = assignment.partition("=")
    if not equals or not key:
        raise InputError(f"--set needs key=value, not {assignment!r}.", "For example --set n_specimens=20.")
    *sections, last = key.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise InputError(f"--set {assignment}: {section} has no settings of its own.", f"Set {section} itself.")
    try:
        values[last] = json.loads(text)
    except json.JSONDecodeError:
        values[last] = text


def presets(job: str) -> dict[str, Path]:
    """Shipped presets of a job, by name."""
    return {path.stem: path for path in sorted((resources() / "presets" / job).glob("*.json"))}
