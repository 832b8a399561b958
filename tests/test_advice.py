"""The job behind the New run dialog: parameters of networks, and the devices there are."""

import pytest

from segdepth_app.advice import AdviceConfig, run
from segdepth_app.reporting import Reporter

PAPER = {"kind": "paper", "scales": 6, "dose_input": False}


class Listener(Reporter):
    def __init__(self, *requests):
        self.asked, self.answers = requests, []

    def requests(self):
        return iter({"id": number, **request} for number, request in enumerate(self.asked, 1))

    def answer(self, request, **values):
        self.answers.append({"id": request, **values})


def answers(*requests):
    reporter = Listener(*requests)
    run(AdviceConfig(), reporter)
    return reporter.answers


@pytest.mark.parametrize(("width", "parameters"), [(16, 1_175_563), (130, 77_308_411)])
def test_the_papers_networks_have_the_papers_parameters(width, parameters):
    (answer,) = answers({"cmd": "network", "network": {**PAPER, "width": width}, "pixel_size_pm": 5.3})
    assert (answer["id"], answer["about"], answer["parameters"]) == (1, "network", parameters)


def test_a_network_that_cannot_be_is_a_problem_and_the_next_question_is_answered():
    """What is typed comes as text."""
    bad, good = answers(
        {"cmd": "network", "network": {"width": "0"}, "pixel_size_pm": 5.3},
        {"cmd": "network", "network": {"width": "32"}, "pixel_size_pm": 10.0},
    )
    assert "width" in bad["problem"]
    assert (good["input_pixel_pm"], good["multiple_px"]) == (40.0, 16)


def test_without_a_gpu_the_reason_is_told(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    (answer,) = answers({"cmd": "device"})
    assert answer["gpus"] == []
    assert answer["no_gpu_because"]
    assert answer["cpu"]


def test_what_nobody_knows_is_a_problem():
    (answer,) = answers({"cmd": "weather"})
    assert "weather" in answer["problem"]
