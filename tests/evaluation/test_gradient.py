"""How far gradients reach, on networks whose dependence on their input is known by construction."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, DatasetError, SegDepthError
from segdepth_app.evaluation import gradient as module
from segdepth_app.evaluation.gradient import SPREADS, measure, spread_of
from segdepth_app.evaluation.gradient_places import N_PLACES, VACUUM, choose_places
from segdepth_app.evaluation.gradient_sheet import saliency_sheet
from segdepth_app.evaluation.run import input_grid
from segdepth_app.models.gradient import depth_gradients, pixel_gradient
from segdepth_app.reporting import Command, Reporter
from tests.evaluation.evaluation_toys import NeighbourCopier, Reader, lattice, loaded, specimen, write_toy

N = 14
PIXEL_PM = 21.2


def test_the_radii_of_a_map_by_hand():
    """Weights 6 in the middle, 3 at 4 px, 1 at 5 px (3, 4)."""
    saliency = np.zeros((11, 11))
    saliency[5, 5], saliency[5, 9], saliency[8, 9] = 6, 3, 1

    found = spread_of(saliency, centre=(5, 5), pixel_pm=10, disc_pm=40)

    assert (found.half_pm, found.ninety_pm) == pytest.approx((0, 40))
    assert found.rms_pm == pytest.approx(10 * np.sqrt((3 * 16 + 25) / 10))
    assert found.in_disc == pytest.approx(0.9)
    assert found.strength == 10


@pytest.mark.parametrize("pixel_pm", [5.3, 21.2])
def test_radii_scale_with_the_pixel_and_turn_with_nothing(pixel_pm):
    """A ring of radius 5: every radius is 5 pixels; the second figure of a uniform disc is R √p."""
    y, x = np.mgrid[-60:61, -60:61]
    ring = (np.hypot(y, x).round(6) == 5).astype(float)
    disc = (np.hypot(y, x) <= 50).astype(float)

    of_ring = spread_of(ring, centre=(60, 60), pixel_pm=pixel_pm, disc_pm=0)
    of_disc = spread_of(disc, centre=(60, 60), pixel_pm=pixel_pm, disc_pm=25 * pixel_pm)

    assert (of_ring.half_pm, of_ring.ninety_pm, of_ring.rms_pm) == pytest.approx((5 * pixel_pm,) * 3)
    # a pixel's width in 50
    assert of_disc.half_pm == pytest.approx(50 * np.sqrt(0.5) * pixel_pm, rel=0.02)
    assert of_disc.ninety_pm == pytest.approx(50 * np.sqrt(0.9) * pixel_pm, rel=0.02)
    assert of_disc.rms_pm == pytest.approx(50 * np.sqrt(0.5) * pixel_pm, rel=0.02)
    assert of_disc.in_disc == pytest.approx(0.25, rel=0.02)


def test_a_map_of_nothing_has_no_spread():
    assert spread_of(np.zeros((4, 4)), centre=(1, 1), pixel_pm=1, disc_pm=1) is None


class Linear(nn.Module):
    """The logit of one class is a convolution with a known kernel, all others are 0."""

    multiple = 1

    def __init__(self, kernel: torch.Tensor, depth: int) -> None:
        super().__init__()
        self.kernel, self.depth = kernel, depth

    def forward(self, image: torch.Tensor, _log_dose: torch.Tensor) -> torch.Tensor:
        """(B, 11, H, W)."""
        half = self.kernel.shape[-1] // 2
        logit = nn.functional.conv2d(image, self.kernel[None, None], padding=half)
        others = torch.zeros_like(logit).expand(-1, 10, -1, -1)
        return torch.cat([others[:, : self.depth], logit, others[:, self.depth :]], dim=1)


def test_a_linear_network_gives_its_kernel_back():
    """∂P/∂x = P (1 - P) k / T for its own class, -P P' k / T for the others; correlation puts k around the place."""
    rng = np.random.default_rng(1)
    kernel = torch.from_numpy(rng.normal(size=(7, 7)))
    image = torch.from_numpy(rng.normal(1, 0.1, (1, 1, 30, 40)))
    network = Linear(kernel, depth=4)

    gradients, p = depth_gradients(network, image, 0.3, 1.7, (12, 20))

    expected = torch.zeros(30, 40, dtype=torch.float64)
    expected[9:16, 17:24] = kernel
    factors = [-p[d] * p[4] for d in range(11)]
    factors[4] = p[4] * (1 - p[4])
    for depth in range(11):
        torch.testing.assert_close(gradients[depth], factors[depth] * expected / 1.7)
        single, _, value = pixel_gradient(network, image, 0.3, 1.7, (12, 20), depth)
        torch.testing.assert_close(single[0, 0], gradients[depth])
        assert value == pytest.approx(float(p[depth]))
    # what one depth gains, the others lose
    torch.testing.assert_close(gradients.sum(0), torch.zeros(30, 40, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """Three specimens of 14 × 14 sites 8 px apart; the upper half of each is vacuum, the rest holds 1 to 7 atoms."""
    rng = np.random.default_rng(5)
    specimens = []
    for number in range(3):
        plane = np.where(np.arange(N)[:, None] < N // 2, 0, rng.integers(1, 8, (N, N)))
        specimens.append(specimen(number, lattice(plane, plane * 0), n=N))
    return write_toy(tmp_path_factory.mktemp("gradient") / "toy.h5", specimens)


def measured(path, network, **changes):
    with Dataset(path) as dataset:
        settings = {"doses_e_per_px": (1.0, 20.0), "seed": 2, "reporter": Reporter(), **changes}
        return measure(dataset, loaded(network.eval()), "test", **settings)


def test_a_network_that_reads_single_pixels_has_no_reach(path):
    found = measured(path, Reader())

    assert {row["what"] for row in found.rows} == {"Ce", "O", VACUUM}
    assert len(found.rows) == 6
    for row in found.rows:
        assert (row["half_pm"], row["ninety_pm"], row["rms_pm"], row["in_disc"]) == (0, 0, 0, 1)
        assert row["half_pm_error"] == 0
        assert row["strength"] > 0
        assert row["n_places"] >= 3
        assert len(row["counts"]) == row["n_places"]
        assert (max(row["counts"]) == 0) == (row["what"] == VACUUM)


def test_a_network_that_reads_its_neighbours_reaches_as_far_as_they_are(path):
    """The median of eight columns 8 px away, or 8 √2 in the corners: torch gives the lower middle one the gradient."""
    found = measured(path, NeighbourCopier())

    near, far = 8 * PIXEL_PM, 8 * np.sqrt(2) * PIXEL_PM
    for row in found.rows:
        assert near - 1e-6 <= row["half_pm"] <= far + 1e-6
        assert near - 1e-6 <= row["rms_pm"] <= far + 1e-6
        assert row["in_disc"] == 0


def test_pictures_show_every_depth_about_the_place(path):
    """A single pixel in the middle, and probabilities that add up to 1."""
    found = measured(path, Reader(), doses_e_per_px=(2.5,))

    assert [place.what for place in found.shown] == ["Ce", VACUUM]
    n_doses, n_shown, n_depths, height, width = found.pictures.shape
    assert (n_doses, n_shown, n_depths, height) == (1, 2, 11, width)
    assert height == 2 * round(1200 / PIXEL_PM) + 1
    elsewhere = found.pictures.copy()
    elsewhere[..., height // 2, width // 2] = 0
    assert elsewhere.max() == 0
    assert found.pictures.max() > 0
    np.testing.assert_allclose(found.probabilities.sum(axis=-1), 1, atol=1e-6)


def test_places_are_columns_and_empty_regions(path):
    """Each column place is a site of the lattice, each vacuum place 4 Å from all columns with atoms."""
    with Dataset(path) as dataset:
        model = loaded(Reader())
        places = choose_places(dataset, model, input_grid(dataset, model.card), "test", np.random.default_rng(1))
        for place in places:
            columns = dataset.columns(int(dataset.index["specimen"][place.image]))
            atoms = columns["count"].reshape(N, N)
            row, column = place.output
            if place.what == VACUUM:
                y, x = (np.argwhere(atoms > 0).T * 8 + 3.5) - np.array([[row], [column]])
                assert np.hypot(y, x).min() * PIXEL_PM > 400
            else:
                assert atoms[row // 8, column // 8] == place.count > 0
                assert max(abs(row % 8 - 3.5), abs(column % 8 - 3.5)) == 0.5
                assert place.what == ("O" if row // 8 % 2 else "Ce")
    assert len(places) <= 3 * N_PLACES
    assert len({place.image for place in places}) > 2


class _Cancelling(Reporter):
    def command(self):
        return Command.CANCEL


class _Broken(Reader):
    def forward(self, image, log_dose):
        """Logits that are no numbers."""
        return super().forward(image, log_dose) * float("nan")


@pytest.mark.parametrize(
    ("network", "changes", "fault", "words"),
    [
        (_Broken(), {}, SegDepthError, "not finite"),
        (Reader(), {"reporter": _Cancelling()}, Cancelled, "cancelled"),
    ],
)
def test_what_ends_a_measurement(path, network, changes, fault, words):
    with pytest.raises(fault, match=words):
        measured(path, network, **changes)


def test_images_smaller_than_the_network_are_refused(path):
    network = Reader()
    network.multiple = 512

    with pytest.raises(DatasetError, match="needs 512 px each way"):
        measured(path, network)


def test_the_standard_error_is_over_places(path, monkeypatch):
    """Draws are averaged first: three places with radii 1, 2 and 6, whatever the draws."""
    values = iter([0, 2, 1, 3, 5, 7])
    blank = module.Spread(**dict.fromkeys(SPREADS, 1.0))
    monkeypatch.setattr(module._Bench, "spread", lambda *_: replace(blank, half_pm=float(next(values))))
    monkeypatch.setattr(module, "choose_places", lambda *a: [p for p in choose_places(*a) if p.what == "Ce"][:3])

    (row,) = measured(path, Reader(), doses_e_per_px=(2.5,)).rows

    assert row["half_pm"] == pytest.approx(3)
    assert row["half_pm_error"] == pytest.approx(np.std([1, 2, 6], ddof=1) / np.sqrt(3))


def test_the_sheet_has_a_map_for_every_dose_and_depth_on_one_scale():
    maps = np.random.default_rng(0).random((2, 11, 9, 9))

    figure = saliency_sheet(maps, np.full((2, 11), 0.25), doses_e_per_px=(1, 2.5), pixel_pm=100, title="t")

    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(images) == 22
    limits = np.array([image.get_clim() for image in images])
    np.testing.assert_allclose(limits, [[0, np.percentile(maps, 99.8)]] * 22)
    np.testing.assert_array_equal(images[13].get_array(), maps[1, 2])
    texts = {text.get_text() for axes in figure.axes for text in axes.texts}
    assert {"P 0.25", "0.45 nm"} <= texts  # half of 9 px of 100 pm
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["λ = 1", "λ = 2.5"]
