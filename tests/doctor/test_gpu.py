"""Why there is no GPU. Facts of torch and of cards are pretended: there was no GPU to see a reason for real."""

import sys
import warnings
from pathlib import Path

import pytest
import torch

from segdepth_app.doctor import gpu
from segdepth_app.doctor.gpu import Torch, devices, why_no_gpu, why_not_this_one
from segdepth_app.doctor.graphics import Graphics, look, makers_on_bus
from segdepth_app.errors import InputError
from segdepth_app.machine import runs_on
from segdepth_app.microscope.device import pick_device

# as torch 2.9 is built for CUDA 12.8 and 13.0
CU128 = ("sm_70", "sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120")
CU130 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120")
# as torch 2.x warns
TOO_OLD = (
    "CUDA initialization: The NVIDIA driver on your system is too old (found version 11040). Please update your GPU "
    "driver by downloading and installing a new version from the URL: http://www.nvidia.com/Download/index.aspx "
    "(Triggered internally at ../c10/cuda/CUDAFunctions.cpp:108.)"
)
CPU, CUDA = Torch(None), Torch("12.8", CU128)
NOTHING = Graphics()
NO_DRIVER = Graphics(makers=("NVIDIA",))
CARD = Graphics(makers=("Intel", "NVIDIA"), names=("NVIDIA RTX A4000",), driver="535.54")
UPDATED = Graphics(makers=("NVIDIA",), complaint="Failed to initialize NVML: Driver/library version mismatch")


@pytest.mark.parametrize(
    ("built", "graphics", "visible", "frozen", "reason", "advice"),
    [
        (CPU, NOTHING, None, False, "no NVIDIA GPU", "nothing is wrong"),
        (CUDA, NOTHING, None, True, "no NVIDIA GPU", "nothing is wrong"),
        (CUDA, Graphics(makers=("AMD",)), None, True, "of AMD", "nothing is wrong"),
        (CPU, Graphics(makers=("AMD", "Intel")), None, False, "of AMD and Intel", "nothing is wrong"),
        (CPU, CARD, None, False, "a build for processors only, though there is a GPU (NVIDIA RTX A4000)", "CUDA index"),
        (CPU, CARD, None, True, "the CPU variant of SegDepth, though", "install the CUDA variant of SegDepth"),
        (CPU, NO_DRIVER, None, True, "driver does not answer", "install the driver, then install the CUDA variant"),
        (CUDA, NO_DRIVER, None, True, "driver does not answer", "install the driver"),
        (CUDA, UPDATED, None, True, "updated while it was in use", "restart"),
        (CPU, UPDATED, None, True, "updated while it was in use", "restart"),
        (CUDA, CARD, "", True, 'CUDA_VISIBLE_DEVICES is "" and hides every GPU', "unset"),
        (CUDA, CARD, "-1", True, 'CUDA_VISIBLE_DEVICES is "-1" and hides every GPU', "unset"),
        (CUDA, CARD, "7", True, 'CUDA_VISIBLE_DEVICES is "7" and names no GPU', "correct it"),
        (
            Torch("12.8", CU128, TOO_OLD),
            CARD,
            None,
            True,
            "535.54 is too old: it knows CUDA up to 11.4",
            "newer driver",
        ),
        (Torch("12.8", CU128, "unknown error"), CARD, None, True, "(torch says: unknown error)", "restart"),
        (CUDA, CARD, None, True, "CUDA 12.8, cannot use NVIDIA's driver 535.54;", "restart"),
    ],
)
def test_the_reason_fits_what_is_there_and_says_what_to_do(built, graphics, visible, frozen, reason, advice):
    """In one sentence, which goes on after "because" and has no full stop of its own."""
    said = why_no_gpu(built, graphics, visible=visible, frozen=frozen)
    assert reason in said
    assert advice in said.partition(";")[2]
    assert ". " not in said
    assert not said.endswith(".")
    assert ("index" in said) <= (not frozen)


@pytest.mark.parametrize(
    ("built_for", "capability", "fits"),
    [
        (CU128, (7, 0), True),  # V100
        (CU128, (8, 9), True),  # RTX 4090: of the generation of sm_86
        (CU128, (9, 0), True),  # H200
        (CU128, (12, 0), True),  # RTX 5090
        (CU128, (6, 1), False),  # GTX 1080
        (CU128, (12, 1), True),
        (CU128, (13, 0), False),
        (CU130, (7, 0), False),
        (CU130, (13, 0), True),  # from compute_120
        (("sm_86",), (8, 0), False),
        (("sm_90a",), (9, 0), True),
        (("sm_90a", "sm_100a"), (10, 3), False),
        ((), (3, 5), True),  # nothing is known
        (("gfx90a",), (9, 0), True),  # AMD's names
    ],
)
def test_code_runs_on_its_own_generation(built_for, capability, fits):
    """By NVIDIA's rules: binaries on the same major version from their minor one on, intermediate code on all later."""
    assert runs_on(built_for, capability) == fits


@pytest.mark.parametrize(
    ("capability", "words"), [([6, 1], "too old for this torch"), ([13, 0], "install a newer SegDepth")]
)
def test_a_gpu_that_torch_is_not_built_for_is_named(capability, words):
    said = why_not_this_one({"name": "GTX", "capability": capability}, CUDA)
    assert said.startswith(f"GTX has the compute capability {capability[0]}.{capability[1]}, ")
    assert words in said


class Card:
    """As torch.cuda describes one."""

    name, total_memory = "NVIDIA GeForce GTX 1080", 8 * 2**30

    def __init__(self, major, minor):
        self.major, self.minor = major, minor


def pretend(monkeypatch, capability, built_for=CU128):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: Card(*capability))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: Card.name)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: list(built_for))


def test_a_gpu_of_today_is_listed_and_taken(monkeypatch):
    pretend(monkeypatch, (8, 6))
    found = devices()
    assert [(card["name"], card["memory_gib"]) for card in found["gpus"]] == [("NVIDIA GeForce GTX 1080", 8.0)]
    assert found["no_gpu_because"] is None
    assert [pick_device(name).type for name in ("auto", "cuda", "cpu")] == ["cuda", "cuda", "cpu"]


def test_a_gpu_that_is_too_old_is_neither_listed_nor_taken(monkeypatch):
    """torch calls it available, and fails at the first thing it computes."""
    pretend(monkeypatch, (6, 1))
    found = devices()
    assert found["gpus"] == []
    assert "NVIDIA GeForce GTX 1080 has the compute capability 6.1" in found["no_gpu_because"]
    assert pick_device("auto").type == "cpu"
    with pytest.raises(InputError, match="not built for the GPU here, NVIDIA GeForce GTX 1080"):
        pick_device("cuda")


def test_what_torch_warns_of_becomes_the_reason(monkeypatch):
    """And no warning gets out."""

    def warn():
        warnings.warn(TOO_OLD, UserWarning, stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", warn)
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(gpu, "look", lambda: CARD)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    found = devices()
    assert found["gpus"] == []
    assert "it knows CUDA up to 11.4, torch is built for 12.8; install a newer driver" in found["no_gpu_because"]


def test_a_gpu_that_does_not_answer_is_a_reason_too(monkeypatch):
    pretend(monkeypatch, (8, 6))

    def busy(_index):
        raise RuntimeError("CUDA error: CUDA-capable device(s) is/are busy or unavailable\nCompile with …")

    monkeypatch.setattr(torch.cuda, "get_device_properties", busy)
    monkeypatch.setattr(torch.version, "cuda", "12.8")
    monkeypatch.setattr(gpu, "look", lambda: CARD)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert "busy or unavailable" in devices()["no_gpu_because"]


def test_the_devices_here_are_told():
    found = devices()
    assert bool(found["gpus"]) != bool(found["no_gpu_because"])
    assert found["cpu_threads"] == torch.get_num_threads()


@pytest.mark.skipif(sys.platform != "linux", reason="Linux's bus")
def test_makers_are_read_from_the_bus(tmp_path):
    """Display cards only: a network card of Intel's is none."""
    for number, (kind, vendor) in enumerate(
        [("0x030000", "0x10de"), ("0x038000", "0x1002"), ("0x020000", "0x8086"), ("0x030000", "0x1af4")]
    ):
        device = tmp_path / f"0000:0{number}:00.0"
        device.mkdir()
        (device / "class").write_text(f"{kind}\n")
        (device / "vendor").write_text(f"{vendor}\n")
    (tmp_path / "broken").mkdir()
    assert list(makers_on_bus(tmp_path)) == ["NVIDIA", "AMD"]
    assert list(makers_on_bus(tmp_path / "gone")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script takes the place of nvidia-smi")
@pytest.mark.parametrize(
    ("script", "driver", "names", "complaint"),
    [
        ("echo 'NVIDIA RTX A4000, 535.54'; echo 'Tesla T4, 535.54'", "535.54", ("NVIDIA RTX A4000", "Tesla T4"), ""),
        ("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", None, (), UPDATED.complaint),
        ("echo 'No devices were found'", None, (), "No devices were found"),
        (None, None, (), ""),
    ],
    ids=["two cards", "updated", "none", "no driver"],
)
def test_nvidias_tool_is_asked(script, driver, names, complaint, tmp_path, monkeypatch):
    """A real process of that name, which says what the tool says."""
    if script is not None:
        tool = tmp_path / "nvidia-smi"
        tool.write_text(f"#!/bin/sh\n{script}\n")
        tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("segdepth_app.doctor.graphics.PCI", Path(tmp_path / "no bus"))
    found = look()
    assert (found.driver, found.names, found.complaint) == (driver, names, complaint)
    assert ("NVIDIA" in found.makers) == (driver is not None)
