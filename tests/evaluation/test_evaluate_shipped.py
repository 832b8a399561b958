"""The evaluate job with the shipped model on simulated images, checked against a second way to judge them."""

from dataclasses import dataclass

import h5py
import numpy as np
import pytest
import torch

from segdepth_app.config import EvaluateConfig, SeriesOptions, SimulateConfig, build
from segdepth_app.datasets import generate
from segdepth_app.evaluation.records import Evaluation, read_evaluation
from segdepth_app.evaluation.run import run
from segdepth_app.models.card import find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.reporting import Reporter
from segdepth_app.series.opener import open_series

DOSES = (2.5, 1.0)
SEED, N_EXAMPLES, N_WORST = 5, 3, 2
PIXEL_PM, BINNING = 5.3, 4
PLATEAU_PM = {58: 0.6 * 84.8, 8: 0.6 * 63.6}


@dataclass
class Case:
    """An evaluation, and of each dose and image: noisy image, called map, table of columns with their calls."""

    evaluation: Evaluation
    judged: dict


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped")
    dataset = folder / "wedges.h5"
    values = {
        "specimen": {"share_wedge": 0.5, "share_rough": 0.5, "share_shuffled": 0},
        "optics": {"image_spread_low_pm": 25, "image_spread_high_pm": 25, "potential": "lobato"},
        "grid": {"pixel_size_pm": PIXEL_PM, "height_px": 448, "width_px": 448, "binning": BINNING},
        "n_specimens": 4,
        "n_defoci": 2,
        "test_share": 1,
        "validation_share": 0,
        "seed": 3,
        "out": dataset,
        "workers": 1,
    }
    generate.run(build(SimulateConfig, values), Reporter())
    config = EvaluateConfig(
        model="ceria-110-fast",
        dataset=dataset,
        out=folder / "out",
        doses_e_per_px=DOSES,
        seed=SEED,
        n_examples=N_EXAMPLES,
        n_worst=N_WORST,
        n_bootstrap=50,
        device="cpu",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_: None)
        run(config, Reporter())
    return Case(read_evaluation(config.out), {dose: judged_again(dataset, dose) for dose in DOSES})


def judged_again(dataset, dose):
    """Every image judged with none of the evaluation's code: the file, numpy, the bare network, loops."""
    network = load_model(find_model("ceria-110-fast")).network
    told = torch.tensor([np.log(dose / (PIXEL_PM / 100) ** 2 / 100)], dtype=torch.float32)
    found = []
    with h5py.File(dataset) as file:
        table = file["columns"][:]
        for row, optics in enumerate(file["images_index"][:]):
            clean = file["images"][row].astype(np.float32)
            rng = np.random.default_rng([SEED, row, round(dose * 1e6)])
            counts = rng.poisson(clean.astype(np.float64) * dose * BINNING**2)
            image = (counts / (dose * BINNING**2)).astype(np.float32)
            with torch.inference_mode():
                logits = network(torch.from_numpy(image)[None, None], told)[0].numpy()
            columns = table[table["specimen"] == optics["specimen"]]
            calls = column_calls(columns, logits)
            found.append({"counts": counts, "image": image, "called": logits.argmax(axis=0), "calls": calls})
    return found


def column_calls(columns, logits):
    """(x_px, y_px, element, true, called) of every column, by the mean logits over its plateau."""
    step_pm = PIXEL_PM * BINNING
    # the centre of pixel i lies (i + ½) steps from the edge, half a reference pixel before the first one's centre
    centres = [(np.arange(edge) + 0.5) * step_pm - PIXEL_PM / 2 for edge in logits.shape[1:]]
    calls = []
    for column in columns:
        y, x = 100 * column["y"], 100 * column["x"]
        if not all(
            axis[0] - step_pm / 2 <= at < axis[-1] + step_pm / 2 for axis, at in zip(centres, (y, x), strict=True)
        ):
            continue
        near = np.hypot(centres[0][:, None] - y, centres[1] - x) <= PLATEAU_PM[column["element"]]
        if near.any():
            called = int(logits[:, near].mean(axis=1).argmax())
            calls.append((x / PIXEL_PM, y / PIXEL_PM, column["element"], int(column["count"]), called))
    return np.array(calls)


@pytest.mark.parametrize("dose", DOSES)
def test_figures_are_those_of_the_second_way(case, dose):
    calls = np.concatenate([item["calls"] for item in case.judged[dose]])
    figures = case.evaluation.doses[f"{dose:g}"]

    assert figures["n_columns"] == len(calls)
    # another memory layout rounds otherwise; one call in thousands may tip over
    assert figures["column_accuracy"] == pytest.approx((calls[:, 3] == calls[:, 4]).mean(), abs=2 / len(calls))
    # the model is good at what it was made for
    assert figures["column_within_one"] > 0.85


@pytest.mark.parametrize("dose", DOSES)
def test_the_worst_images_are_the_worst(case, dose):
    shares = [(item["calls"][:, 3] == item["calls"][:, 4]).mean() for item in case.judged[dose]]
    listed = case.evaluation.worst(f"{dose:g}")

    assert [item.image for item in listed] == np.argsort(shares, kind="stable")[:N_WORST].tolist()
    for item in listed:
        assert item.accuracy == pytest.approx(shares[item.image], abs=1 / item.n_columns)
        assert item.n_columns == len(case.judged[dose][item.image]["calls"])


@pytest.mark.parametrize("dose", DOSES)
def test_a_worst_image_opens_as_the_counts_that_were_judged(case, dose):
    """What View sees: pixel size, and by itself the vacuum level, which is the dose."""
    for item in case.evaluation.worst(f"{dose:g}"):
        with open_series(SeriesOptions(series=(item.path,))) as series:
            assert series.dtype == np.uint16
            assert series.is_counts
            assert series.pixel_size_pm == pytest.approx(21.2, rel=1e-5) == item.pixel_size_pm
            np.testing.assert_array_equal(series.frame(0), case.judged[dose][item.image]["counts"])
            assert item.dose_e_per_px == dose * BINNING**2
            # the specimen darkens and brightens what is near it, and vacuum is a part of the small field
            assert series.vacuum == pytest.approx(item.dose_e_per_px, rel=0.05)


@pytest.mark.parametrize("dose", DOSES)
def test_every_cell_has_as_many_examples_as_it_has_columns_up_to_the_limit(case, dose):
    calls = np.concatenate([item["calls"] for item in case.judged[dose]])
    cells = np.zeros((11, 11), int)
    np.add.at(cells, tuple(calls[:, 3:].astype(int).T), 1)
    kept = [[len(case.evaluation.examples(f"{dose:g}", true, called)) for called in range(11)] for true in range(11)]

    # the same tipping over as above
    assert np.abs(np.minimum(cells, N_EXAMPLES) - kept).sum() <= 2
    assert np.count_nonzero(kept) > 20


def test_examples_are_what_they_say(case):
    """Column, count, call, image and maps of each, against the second way."""
    seen = 0
    for true in range(11):
        for called in range(11):
            for example in case.evaluation.examples("2.5", true, called):
                check_example(example, case.judged[2.5][example.image_row])
                seen += 1
    assert seen > 40


def check_example(example, item):
    distance = np.hypot(item["calls"][:, 0] - example.x_px, item["calls"][:, 1] - example.y_px)
    nearest = int(distance.argmin())
    assert distance[nearest] < 0.01
    assert item["calls"][nearest, 2:].tolist() == [example.element, example.true, example.called]
    assert 1 / 11 < example.confidence <= 1
    assert example.map_pixel_pm == example.image_pixel_pm == pytest.approx(21.2)
    # the crop lies where the column's place in it says
    y = round((example.y_px + 0.5) / BINNING - 0.5 - example.crop_y_px)
    x = round((example.x_px + 0.5) / BINNING - 0.5 - example.crop_x_px)
    window = np.s_[y : y + 48, x : x + 48]
    np.testing.assert_allclose(example.image, item["image"][window], rtol=1e-3)  # float16
    assert (example.called_map != item["called"][window]).mean() < 0.01
    centre = round(example.crop_y_px), round(example.crop_x_px)
    assert example.true_map[centre] == example.true
    # in the middle, or moved inside at a border
    for at, start, edge in zip(centre, (y, x), item["image"].shape, strict=True):
        assert abs(at - 24) <= 1 or start in (0, edge - 48)
