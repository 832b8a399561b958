"""What an evaluation tells the network about the dose."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from segdepth_app.datasets.store import Dataset
from segdepth_app.evaluation.bench import Bench, input_grid
from segdepth_app.inference.predictor import Predictor
from segdepth_app.models.card import read_card
from segdepth_app.models.model_file import load_model
from tests.evaluation.evaluation_toys import Reader, loaded, save_toy_model, specimen, wedge_with_deviations, write_toy

N = 6


class Spy(Reader):
    """Keeps what it is told."""

    def forward(self, image, log_dose):
        self.dose = float(log_dose)
        return super().forward(image, log_dose)


@pytest.mark.parametrize("dose", [0.1, 100])
def test_outside_the_trained_doses_the_network_is_told_what_view_tells_it(tmp_path, dose):
    """A figure at such a dose must be that of the program's own use: the predictor's sentence, to the last bit."""
    spy, model = Spy(), save_toy_model(tmp_path / "toy.safetensors")
    columns = wedge_with_deviations(N, np.random.default_rng(3))
    path = write_toy(tmp_path / "toy.h5", [specimen(0, columns, n=N)])
    with Dataset(path) as opened:
        listening = replace(loaded(spy), card=read_card(model))
        bench = Bench(opened, listening, input_grid(opened, listening.card), "cpu", 1)
        bench.logits(0, bench.clean(0), dose)
        told, _ = Predictor(load_model(model, "cpu"), torch.device("cpu")).condition(dose, opened.pixel_size_pm)

    assert spy.dose == told
    low, high = listening.card.dose_low_e_per_px, listening.card.dose_high_e_per_px
    nearest = low if dose < low else high
    assert spy.dose == pytest.approx(np.log(nearest / (listening.card.pixel_size_pm / 100) ** 2 / 100), abs=1e-6)
