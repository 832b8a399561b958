"""Datasets of another crystal are refused or named."""

import numpy as np
import pytest

from segdepth_app.config import EvaluateConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.evaluation.records import read_evaluation
from segdepth_app.evaluation.run import run
from segdepth_app.evaluation.suited import crystal_notes
from segdepth_app.reporting import Reporter
from tests.evaluation.evaluation_toys import card, lattice, save_toy_model, specimen, write_toy

N = 4


def dataset_of(tmp_path, *elements):
    """Two specimens whose columns are of these elements in turn."""
    items = []
    for number in range(2):
        columns = lattice(np.full((N, N), 3), np.zeros((N, N), int))
        columns["element"] = np.resize(elements, len(columns))
        items.append(specimen(number, columns, n=N, images=1))
    return write_toy(tmp_path / "toy.h5", items)


def test_a_crystal_of_other_elements_is_refused_before_anything_is_judged(tmp_path):
    path = dataset_of(tmp_path, 38, 22)
    model = save_toy_model(tmp_path / "toy.safetensors")

    with pytest.raises(
        DatasetError, match=r"columns of Sr and Ti; the model toy was trained on Ce and O alone"
    ) as caught:
        run(EvaluateConfig(model=str(model), dataset=path, out=tmp_path / "out"), Reporter())
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_crystal_that_shares_an_element_is_judged_with_a_note_before_all_others(tmp_path, monkeypatch):
    monkeypatch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_: None)
    path = dataset_of(tmp_path, 38, 22, 8, 8)
    model = save_toy_model(tmp_path / "toy.safetensors")
    run(EvaluateConfig(model=str(model), dataset=path, out=tmp_path / "out"), Reporter())
    evaluation = read_evaluation(tmp_path / "out")

    assert evaluation.notes[0].startswith("ANOTHER CRYSTAL: the model was trained on Ce and O")
    assert "columns of Sr and Ti." in evaluation.notes[0]
    assert list(evaluation.doses["2.5"]["by_element"]) == ["O", "Sr", "Ti"]
    assert evaluation.doses["2.5"]["n_columns"] == 2 * N * N


@pytest.mark.parametrize("elements", [(58, 8), (8,), (58,)])
def test_the_models_own_crystal_needs_no_note(tmp_path, elements):
    with Dataset(dataset_of(tmp_path, *elements)) as data:
        assert crystal_notes(data, card(), np.arange(2)) == []
