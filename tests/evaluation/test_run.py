"""The evaluate job from dataset and model file to its folder."""

import hashlib
import json

import numpy as np
import pytest
import torch

from segdepth_app.config import EvaluateConfig, NetworkConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, DatasetError, InputError, ModelError
from segdepth_app.evaluation.bench import padded_to_multiple
from segdepth_app.evaluation.folder import without_nan
from segdepth_app.evaluation.records import HEADLINES, list_evaluations, read_evaluation
from segdepth_app.evaluation.run import (
    Bench,
    chosen_images,
    input_grid,
    judge_images,
    make_judges,
    run,
)
from segdepth_app.evaluation.truth import specimen_truth
from segdepth_app.reporting import Command, Reporter
from tests.evaluation.evaluation_toys import (
    Reader,
    card,
    lattice,
    loaded,
    save_toy_model,
    specimen,
    wedge_with_deviations,
    write_toy,
)

N = 6


class Recorder(Reporter):
    """Keeps what the job reports; cancels after `cancel_after` images."""

    def __init__(self, cancel_after=None):
        self.cancel_after, self.steps, self.files = cancel_after, [], []

    def progress(self, done, total, unit):
        self.steps.append((done, total, unit))

    def artifact(self, path):
        self.files.append(path.name)

    def command(self):
        return Command.CANCEL if self.cancel_after == len(self.steps) else None


@pytest.fixture
def dataset(tmp_path):
    rng = np.random.default_rng(3)
    specimens = [
        specimen(number, wedge_with_deviations(N, rng), n=N, kind=kind)
        for number, kind in enumerate(("wedge", "rough", "shuffled"))
    ]
    return write_toy(tmp_path / "Größe µm.h5", specimens)


@pytest.fixture
def model(tmp_path):
    return save_toy_model(tmp_path / "toy.safetensors")


@pytest.fixture
def undrawn(monkeypatch):
    """Figures take a second each run; only the tests about them draw."""
    monkeypatch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_: None)


def config(dataset, model, **changes):
    values = {"model": str(model), "dataset": dataset, "out": dataset.parent / "out", "doses_e_per_px": (2.5, 1.0)}
    return EvaluateConfig(**{**values, **changes})


def test_the_folder_holds_figures_arrays_and_metrics_for_each_dose(dataset, model):
    reporter = Recorder()
    run(config(dataset, model), reporter)

    out = dataset.parent / "out"
    assert sorted(reporter.files) == sorted(path.name for path in out.rglob("*") if path.is_file())
    assert {"metrics.json", "arrays.npz", "examples.npz", "confusion_1.png", "reliability_2.5.png"} < {*reporter.files}
    assert len(list((out / "worst").glob("*.tif"))) == 2 * 4
    assert reporter.steps[-1] == (12, 12, "images")
    evaluation = read_evaluation(dataset.parent / "out")
    assert list(evaluation.doses) == ["2.5", "1"]
    for figures in evaluation.doses.values():
        missing = [name for name in HEADLINES if not isinstance(figures[name], float)]
        # the toy has no empty sites to tell columns from
        assert missing == ["column_average_precision"]
        assert figures["n_columns"] == 6 * N * N
    assert [item.folder.name for item in list_evaluations(dataset.parent)] == ["out"]


def test_metrics_and_arrays_tell_the_same(dataset, model, undrawn):
    run(config(dataset, model), Reporter())
    evaluation = read_evaluation(dataset.parent / "out")

    for dose, figures in evaluation.doses.items():
        arrays = evaluation.arrays(dose)
        pixels, columns = arrays["confusion_pixels"], arrays["confusion_columns"]
        assert figures["pixel_accuracy"] == np.trace(pixels) / pixels.sum()
        assert figures["column_accuracy"] == np.trace(columns) / columns.sum()
        assert arrays["reliability_columns"][:, 0].sum() == 2 * columns.sum()
        assert arrays["reliability_pixels"][:, 0].sum() == 2 * pixels.sum()


def test_provenance_says_what_was_judged_on_what(dataset, model, undrawn):
    run(config(dataset, model, seed=5), Reporter())
    said = read_evaluation(dataset.parent / "out").provenance

    assert said["model"]["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()
    assert said["model"]["name"] == "toy"
    assert (said["dataset"]["preset"], said["dataset"]["seed"], said["dataset"]["split"]) == ("toy", 7, "test")
    assert said["image_spread_range_pm"] == [22, 32]
    assert (said["seed"], said["n_images"], said["n_specimens"]) == (5, 6, 3)
    # 2.5 electrons on (0.053 Å)²
    assert said["doses_e_per_a2"]["2.5"] == pytest.approx(2.5 / 0.053**2)


def test_the_same_seed_gives_the_same_figures_and_another_seed_others(dataset, model, undrawn):
    for out, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(config(dataset, model, out=dataset.parent / out, seed=seed), Reporter())
    a, b, c = (read_evaluation(dataset.parent / out).doses for out in "abc")

    assert a == b
    assert a != c


class Spy(Reader):
    """Keeps its inputs."""

    def forward(self, image, log_dose):
        self.image, self.dose = image, float(log_dose)
        return super().forward(image, log_dose)


@pytest.mark.parametrize(("binning", "pixel_pm"), [(4, 21.2), (1, 5.3), (2, 10.6)])
def test_the_network_sees_poisson_counts_over_the_expected_vacuum_counts(tmp_path, binning, pixel_pm):
    """Whatever is stored, an input pixel holds λ·16 counts in vacuum: mean 1, variance 1/(16 λ)."""
    n = 24
    empty = lattice(np.zeros((n, n), int), np.zeros((n, n), int), pixel_pm=pixel_pm)
    path = write_toy(tmp_path / "vacuum.h5", [specimen(0, empty, n=n, images=1)], binning=binning)
    spy = Spy()
    with Dataset(path) as dataset:
        model = loaded(spy)
        bench = Bench(dataset, model, input_grid(dataset, model.card), "cpu", 1)
        bench.logits(0, bench.clean(0), 2.5)

    pixels = spy.image.numel()
    assert pixels == (n * 8 * binning // 4) ** 2
    assert spy.image.mean() == pytest.approx(1, abs=5 * (1 / 40 / pixels) ** 0.5)
    # the variance of a variance is about 2/n of its square
    assert spy.image.var() == pytest.approx(1 / 40, rel=5 * (2 / pixels) ** 0.5)
    assert spy.dose == pytest.approx(np.log(2.5 / 0.053**2 / 100), abs=1e-6)


def test_a_fast_network_judges_unbinned_data_too(tmp_path):
    """The same columns, once stored at 21.2 pm and once at 5.3 pm, read by the same network."""
    plane = np.full((N, N), 3)
    coarse = write_toy(tmp_path / "4.h5", [specimen(0, lattice(plane, plane % 2), n=N)])
    columns = lattice(plane, plane % 2)
    item = specimen(0, columns, n=N)
    fine_images = item.images.repeat(4, axis=1).repeat(4, axis=2)
    fine = write_toy(tmp_path / "1.h5", [type(item)(item.specimen, columns, fine_images, item.index)], binning=1)

    figures = []
    for path in (coarse, fine):
        with Dataset(path) as dataset:
            model = loaded(Reader())
            settings = config(path, "toy", doses_e_per_px=(1e5,))
            rows = dataset.images_of("test")
            judges = make_judges(settings, dataset, model.card, rows)
            judge_images(Bench(dataset, model, input_grid(dataset, model.card), "cpu", 1), rows, judges, Reporter())
            figures.append(judges[0].figures())

    assert figures[0]["column_accuracy"] == 1
    assert figures[0] == figures[1]


def test_columns_are_judged_by_the_mean_logits_of_their_plateau(dataset):
    """Against a plain loop over columns and pixels."""
    with Dataset(dataset) as data:
        model_card = card()
        grid = {"shape": (48, 48), "binning": 4, "labels": model_card.labels}
        truth = specimen_truth(data, 1, **grid)
        logits = np.random.default_rng(8).normal(size=(11, 48, 48)).astype(np.float32)
        judge = make_judges(config(dataset, "toy"), data, model_card, np.array([2]))[0]
        judge.add(logits, truth, c1_nm=2.5, image_spread_pm=22)

    right = columns = 0
    for column in truth.columns:
        radius_pm = 0.6 * (84.8 if column["element"] == 58 else 63.6)
        total = np.zeros(11)
        for y, x in np.ndindex(48, 48):
            # stored pixel centres lie at (i + ½) 21.2 - 2.65 pm from the first reference pixel's
            distance = np.hypot(
                (y + 0.5) * 21.2 - 2.65 - 100 * column["y"], (x + 0.5) * 21.2 - 2.65 - 100 * column["x"]
            )
            if distance <= radius_pm:
                total += logits[:, y, x]
        right += int(total.argmax() == column["count"])
        columns += 1
    assert judge.figures()["n_columns"] == columns
    assert judge.figures()["column_accuracy"] == pytest.approx(right / columns)


def test_columns_beyond_the_edge_are_not_judged(tmp_path):
    plane = np.full((N, N), 3)
    columns = lattice(plane, plane * 0)
    columns["x"][0] = -0.2
    columns["y"][1] = 8 * N * 0.212 + 0.2
    path = write_toy(tmp_path / "toy.h5", [specimen(0, columns, n=N)])
    with Dataset(path) as data:
        truth = specimen_truth(data, 0, shape=(48, 48), binning=4, labels=card().labels)

    assert truth.inside.sum() == N * N - 2
    assert not truth.inside[:2].any()


@pytest.mark.parametrize("edges", [(48, 50), (3, 5), (47, 64)])
def test_images_of_any_size_fill_the_networks_multiple(edges):
    image = np.random.default_rng(1).normal(size=edges).astype(np.float32)
    padded = padded_to_multiple(image, 16)

    assert [edge % 16 for edge in padded.shape] == [0, 0]
    np.testing.assert_array_equal(padded[: edges[0], : edges[1]], image)
    assert np.isin(padded, image).all()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"binning": 1, "network": NetworkConfig(kind="paper", width=4, scales=2)}, "21.2 pm"),
        ({"pixel_size_pm": 5.41}, "21.64 pm"),
    ],
)
def test_a_model_of_another_pixel_size_is_refused_in_one_line(dataset, tmp_path, changes, reason):
    model = save_toy_model(tmp_path / "other.safetensors", **changes)

    with pytest.raises(DatasetError, match=reason) as caught:
        run(config(dataset, model), Reporter())
    assert "\n" not in str(caught.value)
    assert sorted(item.name for item in tmp_path.iterdir()) == sorted([dataset.name, model.name])


def test_a_pixel_size_within_one_percent_is_taken(dataset, tmp_path, undrawn):
    model = save_toy_model(tmp_path / "near.safetensors", pixel_size_pm=5.34)
    run(config(dataset, model, max_images=1), Reporter())

    assert read_evaluation(tmp_path / "out").provenance["n_images"] == 1


def test_an_empty_split_is_named_with_the_sizes_of_all(dataset, model):
    with pytest.raises(DatasetError, match=r"no images in its validation split .*test 6"):
        run(config(dataset, model, split="validation"), Reporter())


def test_a_dataset_in_the_making_is_named_as_such(dataset, model):
    """While a simulation runs, or after it was paused, only its parts are there."""
    wanted = dataset.with_name("later.h5")
    dataset.with_name("later.h5.parts").mkdir()

    with pytest.raises(DatasetError, match="still in the making"):
        run(config(wanted, model), Reporter())


def test_a_missing_model_is_refused(dataset):
    with pytest.raises(ModelError, match="not found: nowhere"):
        run(config(dataset, "nowhere"), Reporter())


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_is_refused_where_there_is_none(dataset, model):
    with pytest.raises(InputError, match="No CUDA"):
        run(config(dataset, model, device="cuda"), Reporter())


@pytest.mark.parametrize("after", [0, 3])
def test_a_cancelled_evaluation_leaves_nothing_behind(dataset, model, after):
    with pytest.raises(Cancelled):
        run(config(dataset, model), Recorder(cancel_after=after))

    assert sorted(item.name for item in dataset.parent.iterdir()) == sorted([dataset.name, model.name])


def test_a_failure_while_writing_leaves_nothing_behind(dataset, model, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("segdepth_app.evaluation.figures.draw_figures", fail)
    with pytest.raises(OSError, match="No space"):
        run(config(dataset, model), Reporter())

    assert sorted(item.name for item in dataset.parent.iterdir()) == sorted([dataset.name, model.name])


def test_a_damaged_model_is_refused_in_one_line(dataset, model):
    model.write_bytes(model.read_bytes()[:-100])

    with pytest.raises(ModelError, match="damaged") as caught:
        run(config(dataset, model), Reporter())
    assert "\n" not in str(caught.value)


def test_a_folder_with_other_files_is_refused_and_kept(dataset, model):
    out = dataset.parent / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")

    with pytest.raises(InputError, match="other files"):
        run(config(dataset, model), Reporter())
    assert [item.name for item in out.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_the_folder_is_refused(dataset, model):
    with pytest.raises(InputError, match="is a file"):
        run(config(dataset, model, out=model), Reporter())


def test_empty_sites_are_columns_and_have_a_figure_of_their_own(tmp_path):
    plane = np.full((N, N), 5)
    empty = -5 * (np.indices((N, N)).sum(axis=0) % 2)
    path = write_toy(tmp_path / "toy.h5", [specimen(0, lattice(plane, empty), n=N)])
    with Dataset(path) as data:
        truth = specimen_truth(data, 0, shape=(48, 48), binning=4, labels=card().labels)
        judge = make_judges(config(path, "toy"), data, card(), np.array([0]))[0]
    always_five = np.zeros((11, 48, 48), np.float32)
    always_five[5] = 1
    judge.add(always_five, truth, c1_nm=2.5, image_spread_pm=22)
    figures = judge.figures()

    assert (figures["n_columns"], figures["n_vacancies"]) == (N * N, N * N // 2)
    assert (figures["column_accuracy"], figures["vacancy_accuracy"], figures["by_depth"]["5"]["accuracy"]) == (
        0.5,
        0,
        1,
    )


def test_an_older_evaluation_and_an_empty_folder_are_replaced(dataset, model, monkeypatch):
    def draw(folder, record, _arrays):
        for dose in record["doses"]:
            (folder / f"accuracy_{dose}.png").touch()

    monkeypatch.setattr("segdepth_app.evaluation.figures.draw_figures", draw)
    out = dataset.parent / "out"
    out.mkdir()
    run(config(dataset, model, doses_e_per_px=(4.0,)), Reporter())
    run(config(dataset, model, doses_e_per_px=(2.0,)), Reporter())

    assert list(read_evaluation(out).doses) == ["2"]
    assert sorted(item.name for item in out.glob("*_*.png"))[0] == "accuracy_2.png"
    assert not list(out.glob("*_4.png"))


def test_images_are_chosen_evenly_over_the_split(dataset):
    with Dataset(dataset) as data:
        assert chosen_images(data, "test", 0).tolist() == [0, 1, 2, 3, 4, 5]
        assert chosen_images(data, "test", 2).tolist() == [0, 5]
        assert chosen_images(data, "all", 99).tolist() == [0, 1, 2, 3, 4, 5]


def test_numbers_that_are_not_finite_become_null():
    given = {"a": float("nan"), "b": [np.float32(0.5), np.inf], "c": (np.int64(3), None, "x"), "d": {"e": True}}

    assert without_nan(given) == {"a": None, "b": [0.5, None], "c": [3, None, "x"], "d": {"e": True}}


def test_vacuum_alone_gives_nulls_and_says_why(tmp_path, model):
    """Without any column most figures have no denominator; JSON has no NaN for them."""
    nothing = np.zeros((N, N), int)
    item = specimen(0, lattice(nothing, nothing), n=N, kind="wedge")
    path = write_toy(tmp_path / "vacuum.h5", [type(item)(item.specimen, item.columns[:0], item.images, item.index)])
    run(config(path, model, doses_e_per_px=(2.5,)), Reporter())

    text = (tmp_path / "out" / "metrics.json").read_text(encoding="utf-8")
    record = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in metrics.json"))
    figures = record["doses"]["2.5"]
    assert figures["column_accuracy"] is None
    assert figures["detection_rate"] is None
    assert figures["n_columns"] == 0
    assert figures["pixel_accuracy"] is not None
    assert any("Column accuracy is not given: no columns." in note for note in record["notes"])
