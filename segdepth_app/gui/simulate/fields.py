"""The settings of a new dataset as the panel shows them: groups of rows, the rare ones under “More…”."""

from segdepth_app.gui.widgets.field_rows import Row

PHONONS = ("optics.thermal", "frozen-phonon")
PARAMETRIC = ("detector.mtf", "parametric")
FROM_FILE = ("detector.mtf", "file")
CRYSTAL = ("specimen.structure", None)

GROUPS: dict[str, tuple[Row, ...]] = {
    "Size": (
        Row("Specimens", ("n_specimens",)),
        Row("Images per specimen", ("n_defoci",)),
        Row("Share for validation", ("validation_share",)),
        Row("Share for testing", ("test_share",)),
        Row("Seed", ("seed",)),
    ),
    "Specimens": (
        Row("Surfaces", ("specimen.surfaces",)),
        Row("Mean thickness", ("specimen.thickness_low_atoms", "specimen.thickness_high_atoms")),
        Row("Share of wedges", ("specimen.share_wedge",)),
        Row("Share of rough", ("specimen.share_rough",)),
        Row("Share of shuffled", ("specimen.share_shuffled",)),
        Row("Rough with terraces", ("specimen.share_terraced",), rare=True),
        Row(
            "Wedge cut from", ("specimen.wedge_faces",), (("both", "both faces"), ("exit", "the exit face")), rare=True
        ),
        Row("Rotation", ("specimen.rotation_low_deg", "specimen.rotation_high_deg"), rare=True),
        Row("Lattice scale", ("specimen.lattice_scale_low", "specimen.lattice_scale_high"), rare=True),
        Row("Tilt up to", ("specimen.tilt_high_deg",), rare=True),
        Row("Share on carbon", ("specimen.share_support",), rare=True),
        Row("Carbon up to", ("specimen.support_thickness_high_nm",), rare=True),
        Row("Share with neighbour", ("specimen.share_neighbour",), rare=True),
        Row("Crystal file", ("specimen.structure",), rare=True),
        Row("Zone axis u v w", ("specimen.zone_axis",), rare=True, needs=CRYSTAL),
    ),
    "Microscope": (
        Row("Voltage", ("optics.voltage_kv",)),
        Row("Defocus C1", ("optics.c1_low_nm", "optics.c1_high_nm")),
        Row("Focal spread (1/e)", ("optics.focal_spread_1e_low_nm", "optics.focal_spread_1e_high_nm")),
        Row("Image spread", ("optics.image_spread_low_pm", "optics.image_spread_high_pm")),
        Row("Spherical C3", ("optics.c3_um",)),
        Row("C3 varies by ±", ("optics.c3_spread_um",), rare=True),
        Row("C5", ("optics.c5_mm",), rare=True),
        Row("Astigmatism up to", ("optics.c12_high_nm",), rare=True),
        Row("Coma up to", ("optics.c21_high_nm",), rare=True),
        Row("Beam tilt up to", ("optics.beam_tilt_high_mrad",), rare=True),
        Row("Convergence (1/e)", ("optics.semiangle_1e_mrad",), rare=True),
        Row("Temperature", ("optics.temperature_low_k", "optics.temperature_high_k"), rare=True),
        Row("B of Ce", ("optics.b_ce_a2",), rare=True),
        Row("B of O", ("optics.b_o_a2",), rare=True),
        Row("B of others", ("optics.b_other_a2",), rare=True),
        Row(
            "Thermal motion",
            ("optics.thermal",),
            (("debye-waller", "damped potentials"), ("frozen-phonon", "displaced atoms")),
            rare=True,
        ),
        Row("Configurations", ("optics.n_phonons",), rare=True, needs=PHONONS),
        Row("Atomic potentials", ("optics.potential",), (("mixed", "both, one per specimen"),), rare=True),
        Row("Focal step", ("optics.focal_step_nm",), rare=True),
    ),
    "Images": (
        Row("Pixel size", ("grid.pixel_size_pm",)),
        Row("Height", ("grid.height_px",)),
        Row("Width", ("grid.width_px",)),
        Row(
            "Binning",
            ("grid.binning",),
            ((1, "none (paper's network)"), (2, "2 × 2"), (4, "4 × 4 (fast network)")),
        ),
        Row("Pixel error up to", ("grid.pixel_error_percent",), rare=True),
        Row("Wave sampling", ("grid.wave_sampling_pm",), rare=True),
    ),
    "Detector": (
        Row("MTF", ("detector.mtf",), (("file", "from a file"),)),
        Row("MTF at Nyquist", ("detector.mtf_at_nyquist",), needs=PARAMETRIC),
        Row("MTF exponent", ("detector.mtf_exponent",), needs=PARAMETRIC),
        Row("MTF file", ("detector.mtf_file",), needs=FROM_FILE),
        Row("Gain", ("detector.gain_low", "detector.gain_high")),
        Row("Offset", ("detector.offset_low", "detector.offset_high")),
    ),
    "Computer": (
        Row("Processes (0: all)", ("workers",)),
        Row("Device", ("device",)),
        Row("Specimens at once", ("batch_specimens",)),
        Row("Dask scheduler", ("scheduler",)),
    ),
}
FOLDED = ("Detector", "Computer")
"""Groups that are folded away at first."""

LABELS = {field: row.label for rows in GROUPS.values() for row in rows for field in row.fields}
"""What a field is called."""
