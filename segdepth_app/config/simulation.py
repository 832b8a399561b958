"""Settings of simulation: specimens, microscope, detector, images, datasets."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from segdepth_app.config.base import Config, Device, Potential, ordered


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
    share_terraced: float = Field(
        0, ge=0, le=1, description="Share of the rough specimens with terraces and an island of adatoms."
    )
    wedge_faces: Literal["both", "exit", "mixed"] = Field(
        "both", description="Faces the wedge is cut from; the mid-plane of the specimen is the focus reference."
    )
    structure: Path | None = Field(
        None, description="Crystal (CIF or another file that ASE reads); none: ceria along [110]."
    )
    zone_axis: tuple[int, int, int] = Field((1, 1, 0), description="Lattice direction [uvw] along the beam.")
    rotation_low_deg: float = Field(0, ge=-180, le=180, description="Lowest in-plane rotation, clockwise on screen.")
    rotation_high_deg: float = Field(0, ge=-180, le=180, description="Highest in-plane rotation, clockwise on screen.")
    lattice_scale_low: float = Field(1, ge=0.9, le=1.1, description="Lowest scale of the lattice; 1 is unstrained.")
    lattice_scale_high: float = Field(1, ge=0.9, le=1.1, description="Highest scale of the lattice; 1 is unstrained.")
    tilt_high_deg: float = Field(
        0, ge=0, le=3, description="Largest tilt off the zone axis; amount and direction are drawn."
    )
    share_support: float = Field(
        0, ge=0, le=1, description="Share of specimens with amorphous carbon in what is else vacuum."
    )
    support_thickness_high_nm: float = Field(5, gt=0, le=50, description="Thickest amorphous carbon.")
    share_neighbour: float = Field(
        0, ge=0, le=1, description="Share of specimens with a misoriented neighbouring particle in the vacuum."
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        ordered(self.thickness_low_atoms, self.thickness_high_atoms, "thickness")
        ordered(self.rotation_low_deg, self.rotation_high_deg, "rotation")
        ordered(self.lattice_scale_low, self.lattice_scale_high, "lattice scale")
        if self.zone_axis == (0, 0, 0):
            raise ValueError("The zone axis [0 0 0] is no direction. Give three whole numbers, not all 0.")
        if self.structure is None and self.zone_axis != (1, 1, 0):
            raise ValueError("The built-in ceria lies along [1 1 0]. Name a structure file for another zone axis.")
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
    c3_spread_um: float = Field(0, ge=0, le=100, description="Largest deviation of C3 from its value, per specimen.")
    c5_mm: float = Field(5, ge=-100, le=100, description="Fifth-order spherical aberration.")
    c12_high_nm: float = Field(0, ge=0, le=50, description="Largest twofold astigmatism C12, in any direction.")
    c21_high_nm: float = Field(0, ge=0, le=2000, description="Largest axial coma C21, in any direction.")
    beam_tilt_high_mrad: float = Field(0, ge=0, le=20, description="Largest beam tilt, in any direction.")
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
    b_other_a2: float = Field(0.5, ge=0, le=5, description="Debye-Waller B of all other elements; 0.5 at 300 K.")
    temperature_low_k: float | None = Field(
        None, ge=250, le=1000, description="Lowest specimen temperature; with it B is proportional to temperature."
    )
    temperature_high_k: float | None = Field(None, ge=250, le=1000, description="Highest specimen temperature.")
    thermal: Literal["debye-waller", "frozen-phonon"] = Field(
        "debye-waller", description="Thermal motion: damped potentials, or averages over displaced atoms (slower)."
    )
    n_phonons: int = Field(8, ge=1, le=200, description="Configurations of displaced atoms that are averaged.")
    potential: Potential = Field("mixed", description="Table of atomic potentials; mixed draws one per specimen.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        ordered(self.c1_low_nm, self.c1_high_nm, "defocus")
        ordered(self.focal_spread_1e_low_nm, self.focal_spread_1e_high_nm, "focal spread")
        ordered(self.image_spread_low_pm, self.image_spread_high_pm, "image spread")
        if (self.temperature_low_k is None) != (self.temperature_high_k is None):
            raise ValueError("A temperature range needs both its ends. Give both temperatures, or neither.")
        if self.temperature_low_k is not None and self.temperature_high_k is not None:
            ordered(self.temperature_low_k, self.temperature_high_k, "temperature")
        return self


class GridConfig(Config):
    """Size and sampling of images."""

    pixel_size_pm: float = Field(5.3, ge=1, le=50, description="Reference pixel size; the dose refers to it.")
    height_px: int = Field(768, ge=64, le=4096, description="Image height in reference pixels.")
    width_px: int = Field(768, ge=64, le=4096, description="Image width in reference pixels.")
    binning: Literal[1, 2, 4] = Field(
        4, description="Stored images are means over binning × binning pixels: 4 suits the fast network, 1 the paper's."
    )
    pixel_error_percent: float = Field(
        0, ge=0, le=10, description="Largest error of the pixel size; each specimen's true pixel is drawn within it."
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


class DetectorConfig(Config):
    """The detector; the mean image passes its MTF, then electrons are counted."""

    mtf: Literal["ideal", "parametric", "file"] = Field("ideal", description="Modulation transfer of the detector.")
    mtf_at_nyquist: float = Field(
        0.5, gt=0, le=1, description="Parametric MTF: its value at the Nyquist frequency of the reference pixel."
    )
    mtf_exponent: float = Field(
        1, ge=0.5, le=4, description="Parametric MTF: 1 falls exponentially, 2 like a Gaussian."
    )
    mtf_file: Path | None = Field(
        None, description="MTF file (CSV): cycles_per_px,mtf or nyquist_fraction,mtf; up to the Nyquist frequency."
    )
    gain_low: float = Field(1, gt=0, le=10, description="Lowest unknown gain of data that are no counts.")
    gain_high: float = Field(1, gt=0, le=10, description="Highest unknown gain of data that are no counts.")
    offset_low: float = Field(0, ge=-10, le=10, description="Lowest unknown offset, in units of the vacuum level.")
    offset_high: float = Field(0, ge=-10, le=10, description="Highest unknown offset, in units of the vacuum level.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        ordered(self.gain_low, self.gain_high, "gain")
        ordered(self.offset_low, self.offset_high, "offset")
        if self.mtf == "file" and self.mtf_file is None:
            raise ValueError("The detector's MTF shall come from a file, but none is named. Set detector.mtf_file.")
        return self


FROZEN_SAMPLING_PM = 6.0


def phonons_are_sampled(optics: OpticsConfig, grid: GridConfig) -> None:
    """Raises: ValueError where frozen phonons meet a wave that is too coarse for atoms that nothing damps."""
    if optics.thermal == "frozen-phonon" and grid.wave_sampling_pm > FROZEN_SAMPLING_PM:
        raise ValueError(
            f"Frozen phonons need a wave sampling of {FROZEN_SAMPLING_PM:g} pm or finer; at 8 pm images are 2 % off. "
            "Set the sampling to 5.3 pm, or take damped potentials."
        )


class SimulateConfig(Config):
    """Make a training or test dataset (HDF5)."""

    out: Path = Field(description="Dataset file to write (.h5).")
    preset: str = Field("custom", description="Name of the preset these settings came from.")
    specimen: SpecimenConfig = SpecimenConfig()
    optics: OpticsConfig = OpticsConfig()
    grid: GridConfig = GridConfig()
    detector: DetectorConfig = DetectorConfig()
    n_specimens: int = Field(200, ge=1, le=100_000, description="Number of specimens.")
    n_defoci: int = Field(6, ge=1, le=50, description="Images per specimen, each with its own optics.")
    validation_share: float = Field(0.15, ge=0, le=0.9, description="Share of specimens in the validation split.")
    test_share: float = Field(0.15, ge=0, le=1, description="Share of specimens in the test split.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed; the same seed gives the same dataset.")
    workers: int = Field(0, ge=0, le=256, description="Processes; 0 takes one per core.")
    device: Device = Field("auto", description="Where the multislice runs.")
    batch_specimens: int = Field(
        0, ge=0, le=1024, description="Specimens computed together; 0: one on a CPU, as many as fit on a GPU."
    )
    scheduler: str | None = Field(
        None, description="Address of a dask scheduler (tcp://host:port) whose workers simulate; none: this machine."
    )

    @model_validator(mode="after")
    def _checked(self) -> Self:
        if self.validation_share + self.test_share > 1:
            raise ValueError("The validation and test shares add up to more than 1.")
        phonons_are_sampled(self.optics, self.grid)
        return self


class VerifyConfig(Config):
    """Check a dataset file, and simulate some of its specimens again to compare."""

    dataset: Path = Field(description="Dataset file (.h5).")
    recompute: int = Field(1, ge=0, le=100_000, description="Specimens to simulate again and compare; 0: none.")
    device: Device = Field("auto", description="Where the multislice runs.")


class ExportConfig(Config):
    """Write a dataset in other programs' formats: a TIFF stack, a CSV of columns and a card per specimen."""

    dataset: Path = Field(description="Dataset file (.h5).")
    out: Path = Field(description="Folder to write: a new one, or one that is empty.")
    split: Literal["all", "train", "validation", "test"] = Field("all", description="Specimens of this split only.")
    specimens: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, description="These specimens only, by number; none: all of the split."
    )


class ConvergenceConfig(Config):
    """Show the error of the sampling against a finer grid, on one specimen of a dataset's settings."""

    preset: str = Field("custom", description="Name of the preset these settings came from.")
    specimen: SpecimenConfig = SpecimenConfig()
    optics: OpticsConfig = OpticsConfig()
    grid: GridConfig = GridConfig()
    detector: DetectorConfig = DetectorConfig()
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of the specimen.")
    against_pm: float = Field(2.65, ge=1, le=10, description="Wave sampling of the reference.")
    samplings_pm: tuple[Annotated[float, Field(ge=1, le=11)], ...] = Field(
        (5.3, 8, 10.6), min_length=1, description="Wave samplings to judge."
    )
    out: Path | None = Field(None, description="JSON file for the figures; none: only shown.")
    device: Device = Field("auto", description="Where the multislice runs.")


class PreviewConfig(Config):
    """Show single specimens of settings that are being typed, and label maps of finished datasets."""

    folder: Path = Field(description="Folder for the answers (.npy files).")
    device: Device = Field("auto", description="Where the multislice runs.")
