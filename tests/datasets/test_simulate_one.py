"""One specimen on its way from the settings to its images: what was drawn, and where its columns are seen."""

import numpy as np
import pytest
import torch

from segdepth_app.config import SimulateConfig, build
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.datasets.simulate_one import draw_scene, seen_by_the_beam, simulate_specimen, simulate_specimens

CPU = torch.device("cpu")
GRID = {"pixel_size_pm": 5.3, "height_px": 384, "width_px": 384, "binning": 4}
SHARP = {"image_spread_low_pm": 20, "image_spread_high_pm": 20, "focal_step_nm": 2, "potential": "lobato"}


def settings(*, specimen=None, optics=None, grid=None, **changes) -> SimulateConfig:
    """Few small images of wedges, bright at their columns."""
    values = {
        "specimen": {"share_wedge": 1, "share_rough": 0, "share_shuffled": 0, **(specimen or {})},
        "optics": {**SHARP, **(optics or {})},
        "grid": {**GRID, **(grid or {})},
    }
    return build(SimulateConfig, {"out": "unused.h5", "n_specimens": 3, "n_defoci": 2, **values, **changes})


def first_specimens(config, n=1):
    return simulate_specimens(config, plan_dataset(config)[:n], CPU)


def brightness_offset(image, x_px, y_px):
    """How far the centre of brightness lies from reference pixel (x, y), in stored pixels; None at the border."""
    x, y = (x_px + 0.5) / 4 - 0.5, (y_px + 0.5) / 4 - 0.5
    row, column = round(y), round(x)
    if min(row, column) < 4 or max(row, column) > image.shape[0] - 5:
        return None
    patch = image[row - 3 : row + 4, column - 3 : column + 4].astype(float)
    patch = (patch - patch.min()) ** 3  # the peak, not the window's border
    steps = np.arange(-3, 4)
    return (patch * steps).sum() / patch.sum() + column - x, (patch * steps[:, None]).sum() / patch.sum() + row - y


def offsets(made, image):
    """brightness_offset of each Ce column from its place in the table, (n, 2)."""
    columns = made.columns[(made.columns["element"] == 58) & (made.columns["count"] >= 2)]
    found = [brightness_offset(image, x, y) for x, y in zip(columns["x"] / 0.053, columns["y"] / 0.053, strict=True)]
    return np.array([offset for offset in found if offset is not None])


@pytest.mark.parametrize(
    "config",
    [
        settings(optics={"c1_low_nm": 6, "c1_high_nm": 8}),
        settings(grid={"pixel_error_percent": 8}, optics={"c1_low_nm": 6, "c1_high_nm": 8}),
        settings(specimen={"rotation_low_deg": 25, "rotation_high_deg": 30}, optics={"c1_low_nm": 6, "c1_high_nm": 8}),
        settings(specimen={"tilt_high_deg": 1, "wedge_faces": "exit"}, optics={"c1_low_nm": 6, "c1_high_nm": 8}),
        settings(optics={"c1_low_nm": 6, "c1_high_nm": 8, "beam_tilt_high_mrad": 3}),
    ],
    ids=["straight", "pixel error", "rotated", "tilted", "beam tilted"],
)
def test_columns_are_where_the_image_shows_them(config):
    """The image itself says where columns are: within a quarter of a stored pixel (5 pm) on average, everywhere.

    A pixel error that was not carried over would be 4 px at the border; a tilt taken the wrong way 0.5 px and more.
    A beam tilt leaves coma, which moves the centre of brightness itself: 0.4 px at 6 mrad, so 3 mrad here.
    """
    for made in first_specimens(config, 2):
        found = offsets(made, made.images[0])
        assert len(found) > 10
        assert np.abs(found.mean(axis=0)).max() < 0.25
        assert np.median(np.abs(found)) < 0.25


def test_what_is_drawn_lies_in_its_range_and_is_written_down():
    config = settings(
        specimen={"rotation_low_deg": -3, "rotation_high_deg": 3, "tilt_high_deg": 0.5, "lattice_scale_low": 0.98},
        optics={"c3_spread_um": 3, "c12_high_nm": 2, "c21_high_nm": 50, "temperature_low_k": 300}
        | {"temperature_high_k": 700, "beam_tilt_high_mrad": 2},
        grid={"pixel_error_percent": 2},
        n_specimens=8,
    )
    made = [simulate_specimen(config, item, CPU) for item in plan_dataset(config)]
    rows = np.array([item.specimen for item in made])
    index = np.concatenate([item.index for item in made])
    assert np.abs(rows["rotation_deg"]).max() <= 3
    assert np.hypot(rows["tilt_x_deg"], rows["tilt_y_deg"]).max() <= 0.5
    assert ((rows["lattice_scale"] >= 0.98) & (rows["lattice_scale"] <= 1)).all()
    assert ((rows["temperature_k"] >= 300) & (rows["temperature_k"] <= 700)).all()
    assert np.abs(rows["pixel_error_percent"]).max() <= 2
    assert np.abs(index["c3_um"] + 9).max() <= 3
    assert index["c12_nm"].max() <= 2
    assert index["c21_nm"].max() <= 50
    assert np.hypot(index["beam_tilt_x_mrad"], index["beam_tilt_y_mrad"]).max() <= 2
    # B of Ce follows its specimen's temperature: 0.30 at 300 K, 0.56 at 573 K
    warm = np.interp(rows["temperature_k"], [300, 573, 773], [0.30, 0.56, 0.75])
    np.testing.assert_allclose(index["b_ce_a2"].reshape(8, 2), warm[:, None].repeat(2, axis=1), rtol=1e-5)
    for name in ("rotation_deg", "tilt_x_deg", "temperature_k", "pixel_error_percent"):
        assert len(np.unique(rows[name])) == len(rows)
    # one lens for all images of a specimen
    assert (index["c12_nm"].reshape(8, 2)[:, 0] == index["c12_nm"].reshape(8, 2)[:, 1]).all()


def test_frozen_phonons_come_near_damped_atoms_and_do_not_depend_on_the_batch():
    """Six configurations leave some 5 to 7 % of the contrast as grain, over a systematic difference of 12 to 14 %."""
    fine = {"wave_sampling_pm": 5.3, "height_px": 192, "width_px": 192}
    frozen = settings(optics={"thermal": "frozen-phonon", "n_phonons": 6}, grid=fine)
    damped = settings(grid=fine)
    plans = plan_dataset(frozen)
    together = simulate_specimens(frozen, plans[:2], CPU)
    for item, expected in zip(plans[:2], together, strict=True):
        np.testing.assert_array_equal(simulate_specimen(frozen, item, CPU).images, expected.images)
        image, smooth = expected.images[1].astype(float), simulate_specimen(damped, item, CPU).images[1].astype(float)
        assert 0.02 < np.sqrt(((image - smooth) ** 2).mean()) / smooth.std() < 0.3
        assert np.corrcoef(image.ravel(), smooth.ravel())[0, 1] > 0.97
    assert (together[0].index["n_phonons"] == 6).all()


@pytest.mark.parametrize(
    "lean",
    [{"specimen": {"tilt_high_deg": 2}}, {"optics": {"beam_tilt_high_mrad": 20, "c3_um": 0, "c5_mm": 0}}],
    ids=["specimen", "beam"],
)
def test_columns_of_a_leaning_specimen_are_at_the_middle_of_their_own_atoms(lean):
    """Cut on one face, thin columns lie higher and are seen further off: the image says by how much, and which way.

    Without C3 and C5 a tilted beam leaves no coma. Of every column only the part along the lean counts.
    """
    wedge = {"wedge_faces": "exit", "thickness_low_atoms": 4, "thickness_high_atoms": 6, **lean.get("specimen", {})}
    config = settings(specimen=wedge, optics={"c1_low_nm": 5, "c1_high_nm": 7, **lean.get("optics", {})})
    shifts, seen = [], []
    for item in plan_dataset(config)[:3]:
        scene = draw_scene(config, item)
        specimen = seen_by_the_beam(scene)
        straight, moved = specimen.table, specimen.projected()
        direction = np.array(specimen.tilt) / np.hypot(*specimen.tilt)
        image = simulate_specimen(config, item, CPU).images[0]
        for row, place in zip(straight, moved, strict=True):
            if row["element"] == 58 and row["count"] >= 2:
                offset = brightness_offset(image, float(row["x"]) / 0.053, float(row["y"]) / 0.053)
                if offset is not None:
                    seen.append(np.dot(offset, direction))
                    by = np.array([place["x"] - row["x"], place["y"] - row["y"]]) / (4 * 0.053)
                    shifts.append(np.dot(by, direction))
    assert np.ptp(shifts) > 0.5  # stored pixels: there is something to see
    slope = np.polyfit(shifts, seen, 1)[0]
    assert slope == pytest.approx(1, abs=0.35)
