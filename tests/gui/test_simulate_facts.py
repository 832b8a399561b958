"""Specimens and optics in words, from new files and old ones."""

import numpy as np

from segdepth_app.gui.simulate.facts import optics_text, setting_text, specimen_text, values_of

PLAIN_SPECIMEN = {"kind": "wedge", "surface": "flat", "thickness": 4.0, "split": "test"}
PLAIN_OPTICS = {
    "voltage_kv": 300.0,
    "c1_nm": -2.0,
    "c3_um": -9.0,
    "c5_mm": 5.0,
    "focal_spread_1e_nm": 4.0,
    "semiangle_1e_mrad": 0.2,
    "image_spread_pm": 25.0,
    "b_ce_a2": 0.3,
    "b_o_a2": 0.485,
    "potential": "kirkland",
}


def test_a_row_of_an_old_file_becomes_words():
    row = np.zeros(1, [("kind", "S10"), ("surface", "S10"), ("thickness", "f4"), ("split", "S10")])[0]
    row["kind"], row["surface"], row["thickness"], row["split"] = b"rough", b"stepped", 5.25, b"train"
    assert specimen_text(values_of(row)) == "rough, stepped surface, mean 5.2 atoms, train split"


def test_what_is_as_always_is_not_said():
    usual = {"rotation_deg": 0.0, "lattice_scale": 1.0, "tilt_x_deg": 0.0, "temperature_k": float("nan")}
    assert specimen_text({**PLAIN_SPECIMEN, **usual}) == specimen_text(PLAIN_SPECIMEN)


def test_what_is_out_of_the_ordinary_is_said():
    special = {
        "rotation_deg": -2.5,
        "lattice_scale": 1.01,
        "tilt_x_deg": 0.3,
        "tilt_y_deg": 0.4,
        "temperature_k": 573.0,
        "support_thickness_nm": 3.2,
        "neighbour": 1,
        "pixel_error_percent": 1.5,
    }
    text = specimen_text({**PLAIN_SPECIMEN, **special})
    for words in ("−2.5°", "× 1.010", "tilt 0.50°", "573 K", "3.2 nm carbon", "another particle", "pixel +1.5 %"):
        assert words in text


def test_aberrations_are_named_where_there_are_any():
    assert "astigmatism" not in optics_text(PLAIN_OPTICS)
    text = optics_text({**PLAIN_OPTICS, "c12_nm": 2.0, "c12_angle_deg": 30.0, "c21_nm": 150.0, "beam_tilt_x_mrad": 0.5})
    for words in ("defocus −2.00 nm", "astigmatism 2.0 nm at 30°", "coma 150 nm at 0°", "beam tilt 0.50 mrad"):
        assert words in text


def test_the_setting_names_what_an_image_was_computed_with():
    text = setting_text({**PLAIN_OPTICS, "thermal": "frozen-phonon", "n_phonons": 12})
    for words in ("300 kV", "C3 −9 µm", "C5 5 mm", "0.2 mrad", "0.30 (Ce), 0.48 (O) Å²", "12 configurations"):
        assert words in text
