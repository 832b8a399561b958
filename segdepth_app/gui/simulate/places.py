"""Where the reason of a rule over several settings is shown: at the fields it is about.

The config names only the section such a rule belongs to; what it says tells the fields.
"""

RULES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "specimen",
        "shares of wedge",
        ("specimen.share_wedge", "specimen.share_rough", "specimen.share_shuffled"),
    ),
    ("specimen", "thickness range", ("specimen.thickness_low_atoms", "specimen.thickness_high_atoms")),
    ("specimen", "rotation range", ("specimen.rotation_low_deg", "specimen.rotation_high_deg")),
    ("specimen", "lattice scale range", ("specimen.lattice_scale_low", "specimen.lattice_scale_high")),
    ("specimen", "no direction", ("specimen.zone_axis",)),
    ("specimen", "built-in ceria", ("specimen.structure", "specimen.zone_axis")),
    ("optics", "defocus range", ("optics.c1_low_nm", "optics.c1_high_nm")),
    ("optics", "focal spread range", ("optics.focal_spread_1e_low_nm", "optics.focal_spread_1e_high_nm")),
    ("optics", "image spread range", ("optics.image_spread_low_pm", "optics.image_spread_high_pm")),
    ("optics", "temperature", ("optics.temperature_low_k", "optics.temperature_high_k")),
    ("grid", "height and width", ("grid.height_px", "grid.width_px")),
    ("detector", "gain range", ("detector.gain_low", "detector.gain_high")),
    ("detector", "offset range", ("detector.offset_low", "detector.offset_high")),
    ("detector", "MTF", ("detector.mtf_file",)),
    ("", "validation and test", ("validation_share", "test_share")),
    ("", "Frozen phonons need", ("optics.thermal", "grid.wave_sampling_pm")),
)
"""Section, words of the reason, and the fields it is about."""


def at_fields(complaints: dict[str, str]) -> dict[str, str]:
    """Complaints with those about a section at their fields: the last has the words, the others none."""
    found: dict[str, str] = {}
    for where, reason in complaints.items():
        fields = next((fields for section, words, fields in RULES if section == where and words in reason), (where,))
        for field in fields:
            found.setdefault(field, reason if field == fields[-1] else "")
    return found
