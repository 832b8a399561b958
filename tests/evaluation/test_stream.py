"""Images on their way through the network: order, batches, memory that runs out, threads that end."""

import threading
from contextlib import closing

import numpy as np
import pytest
import torch

from segdepth_app.config import DetectorConfig
from segdepth_app.datasets.store import Dataset, SimulatedSpecimen, write_dataset
from segdepth_app.evaluation.bench import Answering, Bench, input_grid, made_ahead
from segdepth_app.evaluation.examples import ExampleKeeper
from segdepth_app.evaluation.judge import Judged
from segdepth_app.evaluation.worst import WorstKeeper
from segdepth_app.reporting import Command, Reporter
from tests.evaluation.evaluation_toys import Reader, lattice, loaded, save_toy_model, specimen, write_toy

N = 6
DOSES = [2.5, 1.0]


@pytest.fixture
def dataset(tmp_path):
    rng = np.random.default_rng(4)
    items = [specimen(i, lattice(rng.integers(1, 9, (N, N)), np.zeros((N, N), int)), n=N, images=3) for i in range(2)]
    with Dataset(write_toy(tmp_path / "toy.h5", items)) as data:
        yield data


def bench_of(dataset, network):
    model = loaded(network)
    return Bench(dataset, model, input_grid(dataset, model.card), "cpu", 1)


def all_answers(bench, size, reporter=None):
    """[(row, dose number, logits)] of every image at every dose."""
    with closing(bench.shots(np.arange(len(bench.dataset)), DOSES)) as shots:
        answering = Answering(bench, reporter or Reporter(), size)
        return [(shot.row, shot.number, logits.numpy()) for shot, logits in answering(shots)]


@pytest.mark.parametrize("size", [2, 5, 100])
def test_answers_do_not_depend_on_how_many_images_go_together(dataset, tmp_path, size):
    """With a real network: each image's logits, in the same order, whatever stands beside it."""
    from segdepth_app.models.model_file import load_model

    model = load_model(save_toy_model(tmp_path / "toy.safetensors"))
    bench = Bench(dataset, model, input_grid(dataset, model.card), "cpu", 1)
    alone, together = all_answers(bench, 1), all_answers(bench, size)

    assert [item[:2] for item in together] == [(row, dose) for row in range(6) for dose in range(2)]
    for (*_, expected), (*_, found) in zip(alone, together, strict=True):
        # float32 sums in another order
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


class Forgetful(Reader):
    """Runs out of memory with more than `most` images."""

    def __init__(self, most):
        super().__init__()
        self.most, self.sizes = most, []

    def forward(self, image, log_dose):
        self.sizes.append(len(image))
        if len(image) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return super().forward(image, log_dose)


class Listener(Reporter):
    """Keeps warnings."""

    def __init__(self):
        self.warnings = []

    def warning(self, message):
        self.warnings.append(message)


def test_memory_that_runs_out_halves_the_batch_once_and_says_so(dataset):
    network, listener = Forgetful(most=4), Listener()
    found = all_answers(bench_of(dataset, network), 7, listener)
    expected = all_answers(bench_of(dataset, Reader()), 1)

    assert network.sizes == [7, 4, 3, 4, 1]
    assert ["7 images" in text and "; 4 go" in text for text in listener.warnings] == [True]
    assert [item[:2] for item in found] == [item[:2] for item in expected]
    for (*_, a), (*_, b) in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize(("most", "size"), [(2, 8), (0, 1)])
def test_memory_that_runs_out_again_ends_the_job(dataset, most, size):
    with pytest.raises(torch.OutOfMemoryError):
        all_answers(bench_of(dataset, Forgetful(most)), size, Listener())


def test_batches_are_halved_once_only(dataset):
    """Another program takes more and more: a second time the job ends instead of crawling."""

    class Shrinking(Forgetful):
        def forward(self, image, log_dose):
            self.most = 4 if len(self.sizes) < 3 else 1
            return super().forward(image, log_dose)

    network = Shrinking(most=4)
    with pytest.raises(torch.OutOfMemoryError):
        all_answers(bench_of(dataset, network), 7, Listener())
    assert network.sizes == [7, 4, 3, 4]


def test_another_fault_of_the_network_is_not_taken_for_missing_memory(dataset):
    class Broken(Reader):
        def forward(self, _image, _log_dose):
            raise RuntimeError("shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="multiplied"):
        all_answers(bench_of(dataset, Broken()), 4)


def test_things_are_made_ahead_but_not_far_and_in_order():
    made, most_ahead = [], []

    def make(item):
        made.append(item)
        return item * item

    results = []
    for value in made_ahead(make, range(20), n=2):
        results.append(value)
        most_ahead.append(len(made) - len(results))

    assert results == [i * i for i in range(20)]
    assert max(most_ahead) <= 2


def test_a_fault_in_the_making_comes_through_and_the_thread_ends():
    before = threading.active_count()
    results = made_ahead(lambda item: 1 // item, [2, 1, 0, 5], n=1)

    with pytest.raises(ZeroDivisionError):
        list(results)
    assert threading.active_count() == before


def test_a_cancel_ends_the_reading_thread(dataset):
    class Cancelling(Reporter):
        def command(self):
            return Command.CANCEL

    before = threading.active_count()
    with pytest.raises(Exception, match="cancelled"):
        all_answers(bench_of(dataset, Reader()), 1, Cancelling())
    assert threading.active_count() == before


def calls_at_random(shot, seed=0):
    """Calls of an image that depend on nothing but its number."""
    columns = shot.truth.prepared.columns
    called = np.random.default_rng([shot.row, shot.number, seed]).integers(0, 11, len(columns))
    return Judged(columns, called, np.full((len(columns), 11), 1 / 11), np.zeros((48, 48), np.uint8))


def test_examples_do_not_depend_on_the_order_of_images(dataset):
    bench = bench_of(dataset, Reader())
    forward, backward = (ExampleKeeper(bench, DOSES, 2) for _ in range(2))
    shots = list(bench.shots(np.arange(6), DOSES))
    for keeper, order in ((forward, shots), (backward, shots[::-1])):
        for shot in order:
            keeper.add(shot, calls_at_random(shot))

    for name, array in forward.arrays().items():
        np.testing.assert_array_equal(array, backward.arrays()[name])


def test_every_column_of_a_cell_has_the_same_chance(dataset):
    """One example of each of eight cells of 27 columns, many seeds: all six images come up evenly (χ², 5 degrees)."""
    chosen = np.zeros(6)
    model = loaded(Reader())
    grid = input_grid(dataset, model.card)
    shots = list(Bench(dataset, model, grid, "cpu", 1).shots(np.arange(6), [2.5]))
    for seed in range(60):
        keeper = ExampleKeeper(Bench(dataset, model, grid, "cpu", seed), [2.5], 1)
        for shot in shots:
            columns = shot.truth.prepared.columns.copy()
            columns["count"] = np.arange(len(columns)) % 8
            n = len(columns)
            keeper.add(shot, Judged(columns, np.full(n, 4), np.full((n, 11), 1 / 11), np.zeros((48, 48), np.uint8)))
        chosen += np.bincount(keeper.arrays()["where"]["image"], minlength=6)

    assert chosen.sum() == 60 * 8
    # 20.5 is exceeded once in a thousand
    assert ((chosen - 80) ** 2 / 80).sum() < 20.5


def test_finer_images_are_stored_as_means_at_the_output_pixel(tmp_path):
    """A model of the paper's kind reads 5.3 pm; its crops are 4 × 4 means of what it saw."""
    item = specimen(0, lattice(np.full((N, N), 3), np.zeros((N, N), int)), n=N, images=1)
    fine = item.images.repeat(4, axis=1).repeat(4, axis=2)
    path = write_toy(
        tmp_path / "fine.h5", [SimulatedSpecimen(item.specimen, item.columns, fine, item.index)], binning=1
    )
    with Dataset(path) as data:
        model = loaded(Reader(), binning=1)
        bench = Bench(data, model, input_grid(data, model.card), "cpu", 1)
        keeper = ExampleKeeper(bench, [2.5], 1)
        shot = next(bench.shots(np.arange(1), [2.5]))
        keeper.add(shot, calls_at_random(shot))
        arrays = keeper.arrays()

    assert shot.image.shape == (192, 192)
    assert arrays["pixels_pm"].tolist() == [21.2, 21.2]
    expected = shot.image.reshape(48, 4, 48, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(arrays["image"][0], expected, rtol=1e-3)  # float16


def test_no_examples_and_no_worst_images_where_none_are_asked_for(dataset, tmp_path):
    bench = bench_of(dataset, Reader())
    record = {"doses": {"2.5": {}}}
    for keeper in (ExampleKeeper(bench, [2.5], 0), WorstKeeper(bench, [2.5], 0)):
        shot = next(bench.shots(np.arange(1), [2.5]))
        keeper.add(shot, calls_at_random(shot))
        folder = tmp_path / type(keeper).__name__
        folder.mkdir()
        keeper.write(folder, record)
        assert not list(folder.iterdir())
    assert record == {"doses": {"2.5": {"worst": []}}}


def test_of_equal_images_the_first_are_the_worst(dataset):
    bench = bench_of(dataset, Reader())
    keeper = WorstKeeper(bench, [2.5], 2)
    for shot in reversed(list(bench.shots(np.arange(6), [2.5]))):
        columns = shot.truth.prepared.columns
        called = columns["count"] if shot.row == 0 else np.zeros(len(columns), int)
        keeper.add(shot, Judged(columns, called, np.ones((len(columns), 11)), np.zeros((48, 48), np.uint8)))

    assert [(item.facts["image"], item.facts["accuracy"]) for item in keeper.kept(0)] == [(1, 0), (2, 0)]


def test_values_with_a_gain_of_their_own_are_no_counts_and_stored_as_shown(tmp_path):
    import tifffile

    item = specimen(0, lattice(np.full((N, N), 3), np.zeros((N, N), int)), n=N, images=1)
    detector = {
        **DetectorConfig().model_dump(),
        "gain_low": 0.5,
        "gain_high": 0.5,
        "offset_low": 0.2,
        "offset_high": 0.2,
    }
    settings = {"preset": "toy", "seed": 7, "grid": {"pixel_size_pm": 5.3, "binning": 4}, "detector": detector}
    path = tmp_path / "gain.h5"
    write_dataset(path, iter([item]), config=settings, image_shape=item.images.shape[1:])
    record = {"doses": {"2.5": {}}}
    with Dataset(path) as data:
        bench = bench_of(data, Reader())
        keeper = WorstKeeper(bench, [2.5], 1)
        shot = next(bench.shots(np.arange(1), [2.5]))
        keeper.add(shot, calls_at_random(shot))
        keeper.write(tmp_path, record)

    stored = tifffile.imread(tmp_path / record["doses"]["2.5"]["worst"][0]["file"])
    assert stored.dtype == np.float32
    np.testing.assert_array_equal(stored, shot.image)
    # counts over 40, halved and lifted
    counts = (stored - 0.2) / 0.5 * 40
    np.testing.assert_allclose(counts, counts.round(), atol=1e-3)
