"""The Simulate tab's child: single specimens of a draft, maps and noise of finished datasets."""

import json
import subprocess
import sys
from threading import Event

import ase.io
import h5py
import numpy as np
import pytest
import torch
from ase.build import bulk

from segdepth_app.config import LabelConfig, PreviewConfig, SimulateConfig
from segdepth_app.datasets import preview
from segdepth_app.datasets.labels import ring_maps
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.datasets.preview import newest_of_each_kind, pick, run
from segdepth_app.datasets.simulate_one import simulate_specimen
from segdepth_app.errors import InputError
from segdepth_app.reporting import Reporter
from segdepth_app.units import dose_per_area
from tests.gui.lab_files import make_dataset

DOSE = 2.5
SMALL = {
    "n_specimens": 6,
    "n_defoci": 2,
    "seed": 3,
    "grid": {"height_px": 128, "width_px": 192, "binning": 2},
    "optics": {"potential": "lobato"},
}


class Window(Reporter):
    """Asks one thing after the other: the next once the last is answered."""

    def __init__(self, *requests):
        self._requests = [{"id": number, **request} for number, request in enumerate(requests, 1)]
        self._answered = Event()
        self.answers = {}

    def requests(self):
        for request in self._requests:
            self._answered.clear()
            yield request
            assert self._answered.wait(60)

    def answer(self, request, **values):
        self.answers[request] = values
        self._answered.set()


def serve(tmp_path, *requests):
    window = Window(*requests)
    threads = torch.get_num_threads()
    try:
        run(PreviewConfig(folder=tmp_path / "答え"), window)
    finally:
        torch.set_num_threads(threads)
    assert len(window.answers) == len(requests)
    return [window.answers[number] for number in sorted(window.answers)]


def specimen(number=0, image=0, settings=SMALL, **more):
    return {
        "cmd": "specimen",
        "settings": settings,
        "number": number,
        "image": image,
        "dose_e_per_px": DOSE,
        **more,
    }


def arrays(answer):
    return {name: np.load(path, allow_pickle=False) for name, path in answer["paths"].items()}


def test_a_preview_is_the_specimen_of_the_dataset(tmp_path):
    """The same clean image, columns and optics as the simulation itself makes of the settings."""
    (answer,) = serve(tmp_path, specimen(number=4, image=1))

    config = SimulateConfig(out=tmp_path / "x.h5", **SMALL)
    expected = simulate_specimen(config, plan_dataset(config)[4], torch.device("cpu"))
    found = arrays(answer)
    np.testing.assert_array_equal(found["clean"], expected.images[1].astype(np.float32))
    np.testing.assert_array_equal(found["columns"], expected.columns)
    assert answer["optics"]["c1_nm"] == pytest.approx(float(expected.index[1]["c1_nm"]))
    assert answer["specimen"]["kind"] == expected.specimen["kind"].decode()
    assert (answer["number"], answer["n_specimens"], answer["image"], answer["n_images"]) == (4, 6, 1, 2)
    assert answer["device"] == "cpu"
    assert answer["seconds"] > 0


def test_labels_are_those_of_the_training(tmp_path):
    (answer,) = serve(tmp_path, specimen())
    found = arrays(answer)
    depth, weight = ring_maps(found["columns"], shape=(64, 96), pixel_size_pm=5.3, binning=2, labels=LabelConfig())
    np.testing.assert_array_equal(found["depth"], depth)
    np.testing.assert_array_equal(found["weight"], weight)
    assert found["depth"].dtype == np.uint8


def test_noise_is_poisson_counts_over_the_vacuum(tmp_path):
    """Counts are whole, and their variance is their mean: over 6,144 pixels to within five standard errors."""
    (answer,) = serve(tmp_path, specimen())
    found = arrays(answer)
    level = DOSE * 2**2
    counts = found["noisy"] * level
    np.testing.assert_allclose(counts, np.round(counts), atol=1e-3)
    scaled = (counts - found["clean"] * level) / np.sqrt(found["clean"] * level)
    assert abs(scaled.mean()) < 5 / np.sqrt(scaled.size)
    assert abs(scaled.var() - 1) < 5 * np.sqrt(2.2 / scaled.size)
    assert answer["dose_e_per_a2"] == pytest.approx(dose_per_area(DOSE, 5.3))


def with_detector(**values):
    return {**SMALL, "detector": values}


def test_data_that_are_no_counts_are_shown_on_a_scale_as_in_training(tmp_path):
    """Taken off again, the scale leaves the very counts that the same draft without one has."""
    ranges = {"gain_low": 0.5, "gain_high": 2.0, "offset_low": -0.3, "offset_high": 0.7}
    plain, shown, other = serve(
        tmp_path, specimen(), specimen(settings=with_detector(**ranges)), specimen(1, settings=with_detector(**ranges))
    )
    scale = shown["contrast"]
    assert plain["contrast"] is None
    assert (scale["gain_range"], scale["offset_range"]) == ((0.5, 2.0), (-0.3, 0.7))
    assert 0.5 <= scale["gain"] <= 2.0
    assert -0.3 <= scale["offset"] <= 0.7
    assert other["contrast"]["gain"] != scale["gain"]
    found, counts = arrays(shown), arrays(plain)
    assert found["noisy"].dtype == np.float32
    # float32 holds 7 digits, and pixels are below 100
    np.testing.assert_allclose((found["noisy"] - scale["offset"]) / scale["gain"], counts["noisy"], atol=1e-4)
    np.testing.assert_array_equal(found["clean"], counts["clean"])


def test_a_dataset_that_holds_no_counts_says_so_in_its_noise(tmp_path):
    path = make_dataset(tmp_path / "a.h5")
    with h5py.File(path, "r+") as file:
        settings = json.loads(file.attrs["config"])
        settings["detector"] |= {"gain_low": 2.0, "gain_high": 2.0, "offset_low": 0.5, "offset_high": 0.5}
        file.attrs["config"] = json.dumps(settings)
    (answer,) = serve(tmp_path, {"cmd": "noise", "dataset": str(path), "image": 0, "dose_e_per_px": DOSE})
    assert (answer["contrast"]["gain"], answer["contrast"]["offset"]) == (2.0, 0.5)
    # 4,096 pixels of 1 with a variance of 1/40, doubled: the mean within five standard errors
    assert arrays(answer)["noisy"].mean() == pytest.approx(2.5, abs=5 * 2 / np.sqrt(40 * 4096))


@pytest.mark.parametrize(
    ("section", "values", "field", "words"),
    [
        ("specimen", {"structure": "no.cif"}, "specimen.structure", "cannot be read"),
        ("specimen", {"structure": "gone.cif"}, "specimen.structure", "not found"),
        ("specimen", {"structure": "o.xyz"}, "specimen.structure", "no crystal cell"),
        ("specimen", {"structure": "cu.cif", "zone_axis": (19, 17, 13)}, "specimen.zone_axis", "repeats only every"),
        ("detector", {"mtf": "file", "mtf_file": "no.cif"}, "detector.mtf_file", "no heading"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_at_its_field(section, values, field, words, tmp_path):
    (tmp_path / "no.cif").write_text("nothing of the kind")
    ase.io.write(tmp_path / "o.xyz", ase.Atoms("O"))
    ase.io.write(tmp_path / "cu.cif", bulk("Cu"))
    there = {key: str(tmp_path / value) if "." in str(value) else value for key, value in values.items()}
    settings = {**SMALL, section: there}
    refused, good = serve(tmp_path, specimen(settings=settings), specimen())
    assert refused["field"] == field
    assert words in refused["problem"]
    assert "paths" in good


def test_stepping_and_another_dose_simulate_nothing_again(tmp_path, monkeypatch):
    calls = []
    original = preview._Desk._simulator

    def counting(self, config):
        simulate, device = original(self, config)
        return lambda *given: calls.append(1) or simulate(*given), device

    monkeypatch.setattr(preview._Desk, "_simulator", counting)
    again = {**SMALL, "validation_share": 0.3, "preset": "x"}
    first, _, second, dosed, _ = serve(
        tmp_path,
        specimen(),
        specimen(number=1),
        specimen(image=1),
        specimen() | {"dose_e_per_px": 40},
        specimen(settings=again),
    )
    assert len(calls) <= 3  # specimens 0 and 1; the last may be planned with another split, but no other image
    assert first["optics"]["c1_nm"] != second["optics"]["c1_nm"]
    assert arrays(dosed)["noisy"].std() < arrays(first)["noisy"].std()


def test_maps_that_the_window_has_are_not_sent_again(tmp_path):
    first, second, other = serve(tmp_path, specimen(), specimen(image=1, have=1), specimen(number=1, have=1))
    assert set(first["paths"]) == {"clean", "noisy", "depth", "weight", "columns"}
    assert (first["serial"], second["serial"], other["serial"]) == (1, 1, 2)
    assert set(second["paths"]) == {"clean", "noisy"}
    assert set(other["paths"]) == set(first["paths"])


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (specimen(settings={**SMALL, "n_defoci": "0"}), "n_defoci"),
        (specimen(settings={**SMALL, "optics": {"c1_low_nm": 8, "c1_high_nm": 2}}), "defocus range"),
        (specimen(settings={**SMALL, "specimen": {"structure": "gone.cif"}}), "gone.cif"),
        (specimen(dose_e_per_px=0), "cannot be counted"),
        (specimen(number="three"), "number = 'three'"),
        ({"cmd": "maps", "dataset": "gone.h5", "specimen": 0}, "gone.h5"),
        ({"cmd": "dance"}, "'dance'"),
    ],
)
def test_what_cannot_be_done_is_an_answer_and_not_the_end(tmp_path, request_, words):
    refused, answered = serve(tmp_path, request_, specimen())
    assert words in refused["problem"]
    assert "paths" in answered


def test_a_fault_nobody_thought_of_is_an_answer_too(tmp_path, monkeypatch):
    def fail(self, config):
        raise ZeroDivisionError("no atoms")

    monkeypatch.setattr(preview._Desk, "_planned", fail)
    (answer,) = serve(tmp_path, specimen())
    assert "ZeroDivisionError: no atoms" in answer["problem"]


def test_maps_and_noise_of_a_finished_dataset(tmp_path):
    path = str(make_dataset(tmp_path / "a.h5"))
    maps, noise, beyond = serve(
        tmp_path,
        {"cmd": "maps", "dataset": path, "specimen": 2},
        {"cmd": "noise", "dataset": path, "image": 3, "dose_e_per_px": DOSE},
        {"cmd": "noise", "dataset": path, "image": 8, "dose_e_per_px": DOSE},
    )
    assert sorted(np.unique(arrays(maps)["depth"])) == [0, 1, 2, 3, 4, 5]  # rings of columns of 4, 5 and no atoms
    assert arrays(maps)["weight"].max() <= 1
    level = DOSE * 4**2
    noisy = arrays(noise)["noisy"]
    np.testing.assert_allclose(noisy * level, np.round(noisy * level), atol=1e-2)
    assert noisy.mean() == pytest.approx(1.1, abs=5 * np.sqrt(1.1 / level / noisy.size))
    assert "Images run from 0 to 7" in beyond["hint"]


def test_of_waiting_requests_of_a_kind_only_the_newest_is_served():
    """While the first is worked on, three more come; of the two of its kind the newer one is left."""
    all_in = Event()

    def requests():
        yield {"cmd": "specimen", "id": 1}
        assert started.wait(10)
        yield {"cmd": "specimen", "id": 2}
        yield {"cmd": "maps", "id": 3}
        yield {"cmd": "specimen", "id": 4}
        all_in.set()

    started = Event()
    served = []
    for request in newest_of_each_kind(requests()):
        served.append(request["id"])
        started.set()
        assert all_in.wait(10)
    assert served == [1, 3, 4]


def plan_of(kinds):
    config = SimulateConfig(out="x.h5", n_specimens=len(kinds))
    made = plan_dataset(config)
    return [
        type(item)(id=i, split=item.split, plan=type(item.plan)(**{**vars(item.plan), "kind": kind}))
        for i, (item, kind) in enumerate(zip(made, kinds, strict=True))
    ]


@pytest.mark.parametrize(
    ("number", "kind", "step", "found"),
    [(2, "", 1, 2), (0, "rough", 1, 1), (2, "rough", 1, 4), (3, "rough", -1, 1), (5, "rough", 1, 4), (99, "", 1, 5)],
)
def test_the_next_of_a_kind_is_found(number, kind, step, found):
    plan = plan_of(["wedge", "rough", "wedge", "wedge", "rough", "wedge"])
    assert pick(plan, number, kind, step).id == found


def test_a_kind_that_does_not_occur_is_told():
    with pytest.raises(InputError, match="None of the 2 specimens is shuffled"):
        pick(plan_of(["wedge", "rough"]), 0, "shuffled", 1)


def test_maps_come_without_torch(tmp_path):
    path = str(make_dataset(tmp_path / "a.h5"))
    request = {"cmd": "maps", "id": 1, "dataset": path, "specimen": 0}
    lines = [{"cmd": "run", "job": "preview", "config": {"folder": str(tmp_path / "a")}}, request]
    code = (
        "import sys, segdepth_app.datasets.preview as preview; original = preview._Desk.maps\n"
        "def maps(self, request): found = original(self, request); assert 'torch' not in sys.modules; return found\n"
        "preview._Desk.maps = maps\n"
        "from segdepth_app.jobs.worker import main; sys.exit(main())"
    )
    text = "\n".join(json.dumps(line) for line in lines) + "\n"
    done = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    done.stdin.write(text)
    done.stdin.flush()
    events = []
    while not events or events[-1]["event"] != "answer":
        events.append(json.loads(done.stdout.readline()))
    done.communicate(timeout=30)
    assert "problem" not in events[-1], events[-1]
