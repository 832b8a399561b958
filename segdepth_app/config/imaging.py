"""Settings of single images and of moving series."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from segdepth_app.config.base import Config, Device
from segdepth_app.config.simulation import DetectorConfig, GridConfig, OpticsConfig, phonons_are_sampled


class MovieConfig(Config):
    """Make a noisy series of a moving ceria surface, with its truth (TIFF + CSV)."""

    out: Path = Field(description="TIFF series to write; the truth goes beside it as _truth.csv and _card.json.")
    preset: str = Field("custom", description="Name of the preset these settings came from.")
    grid: GridConfig = GridConfig(height_px=512, width_px=512, binning=1)
    optics: OpticsConfig = OpticsConfig(
        c1_low_nm=6, c1_high_nm=6, image_spread_low_pm=25, image_spread_high_pm=25, potential="lobato"
    )
    detector: DetectorConfig = DetectorConfig()
    structure: Path | None = Field(
        None, description="Column table (.csv: element,x_px,y_px,atoms) that moves; none: a random ceria surface."
    )
    changes: Path | None = Field(
        None, description="Changes (.csv: frame,x_px,y_px,atoms), each of the column nearest to it; none: random ones."
    )
    surface: Literal["flat", "sawtooth", "stepped"] = Field("stepped", description="Shape of the surface.")
    kind: Literal["wedge", "rough", "shuffled"] = Field("rough", description="How far columns stray from the wedge.")
    thickness_atoms: float = Field(5, ge=1, le=10, description="Mean thickness, atoms per column.")
    n_frames: int = Field(64, ge=1, le=10_000, description="Number of frames.")
    frame_time_s: float = Field(0.13, gt=0, le=1000, description="Time from frame to frame.")
    n_switching: int = Field(6, ge=0, le=1000, description="Columns that switch between two counts.")
    mean_stay_frames: float = Field(
        18, ge=1, le=1e6, description="Frames that a switching column keeps its count, on average."
    )
    dose_e_per_px: float = Field(1.83, gt=0, le=1e6, description="Dose per frame, electrons per pixel in vacuum.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of specimen, switches and noise.")
    device: Device = Field("auto", description="Where the multislice runs.")

    @model_validator(mode="after")
    def _checked(self) -> Self:
        phonons_are_sampled(self.optics, self.grid)
        return self


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
    c12_nm: float = Field(0, ge=0, le=50, description="Twofold astigmatism C12 (A1).")
    c12_angle_deg: float = Field(0, ge=-180, le=180, description="Direction of C12, from x towards y (down).")
    c21_nm: float = Field(0, ge=0, le=2000, description="Axial coma C21 (3 B2).")
    c21_angle_deg: float = Field(0, ge=-180, le=180, description="Direction of C21, from x towards y (down).")
    tilt_x_deg: float = Field(
        0, ge=-3, le=3, description="Specimen tilt: atoms deeper by z lie z·tan(tilt) to the right."
    )
    tilt_y_deg: float = Field(
        0, ge=-3, le=3, description="Specimen tilt: atoms deeper by z lie z·tan(tilt) further down."
    )
    beam_tilt_x_mrad: float = Field(0, ge=-20, le=20, description="Beam tilt along x.")
    beam_tilt_y_mrad: float = Field(0, ge=-20, le=20, description="Beam tilt along y.")
    temperature_k: float = Field(300, ge=250, le=1000, description="Specimen temperature; B rises with it.")
    thermal: Literal["debye-waller", "frozen-phonon"] = Field(
        "debye-waller", description="Thermal motion: damped potentials, or averages over displaced atoms (slower)."
    )
    n_phonons: int = Field(8, ge=1, le=200, description="Configurations of displaced atoms that are averaged.")
    zone_axis: tuple[int, int, int] | None = Field(
        None, description="Lattice direction [uvw] of a crystal file along the beam; none: its z axis."
    )
    thickness_nm: float = Field(4, gt=0, le=100, description="Thickness of a crystal that is turned to a zone axis.")
    mtf_file: Path | None = Field(
        None, description="MTF of the detector (CSV: cycles_per_px,mtf or nyquist_fraction,mtf); none: ideal."
    )
    voltage_kv: float = Field(300, ge=60, le=1000, description="Acceleration voltage.")
    semiangle_1e_mrad: float = Field(0.2, ge=0, le=5, description="Beam convergence, 1/e half-angle.")
    dose_e_per_px: float | None = Field(None, gt=0, le=1e6, description="Dose in electrons per pixel; none: no noise.")
    potential: Literal["lobato", "kirkland"] = Field("lobato", description="Table of atomic potentials.")
    seed: int = Field(1, ge=0, le=2**31 - 1, description="Seed of the noise.")
    device: Device = Field("auto", description="Where the multislice runs.")
