"""What is installed, which devices there are (and why no GPU), and whether everything is in place."""

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from segdepth_app import __version__, paths
from segdepth_app.errors import ModelError
from segdepth_app.machine import processor_name
from segdepth_app.models.card import DEFAULT_MODEL, read_card, shipped_models
from segdepth_app.paths import sha256_of

PACKAGES = (
    "torch",
    "lightning",
    "torchmetrics",
    "safetensors",
    "PySide6_Essentials",
    "pyqtgraph",
    "rosettasciio",
    "h5py",
    "numpy",
    "scipy",
    "ase",
    "pydantic",
    "matplotlib",
)

FOLDERS = {
    "workspace": paths.workspace,
    "datasets": paths.datasets_folder,
    "runs": paths.runs_folder,
    "evaluations": paths.evaluations_folder,
    "results": paths.results_folder,
    "logs": paths.log_folder,
}


def examine() -> dict[str, Any]:
    """Everything `doctor --json` prints; nothing is written anywhere."""
    return {
        "segdepth": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "frozen": bool(getattr(sys, "frozen", False)),
        "versions": {name: _version(name) for name in PACKAGES},
        "devices": devices(),
        "folders": {name: _folder(place()) for name, place in FOLDERS.items()},
        "resources": shipped_resources(),
        "default_model": DEFAULT_MODEL,
        "model": default_model(),
    }


def devices() -> dict[str, Any]:
    """The processor, the GPUs torch can use, and the reason where there is none."""
    found: dict[str, Any] = {"cpu_cores": os.cpu_count(), "cpu": processor_name()}
    try:
        import torch
    except (ImportError, OSError) as error:
        return found | {"gpus": [], "no_gpu_because": f"torch cannot be loaded: {error}"}
    found["cpu_threads"] = torch.get_num_threads()
    gpus = []
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            facts = torch.cuda.get_device_properties(index)
            gpus.append({"name": facts.name, "memory_gib": round(facts.total_memory / 2**30, 1)})
    return found | {"gpus": gpus, "no_gpu_because": None if gpus else _why_no_gpu(torch.version.cuda)}


def _why_no_gpu(cuda_of_torch: str | None) -> str:
    if cuda_of_torch is None:
        reason = "this torch is a build for processors only"
        if _nvidia_driver():
            reason += ", though an NVIDIA driver is there; install torch from PyTorch's CUDA index"
        return reason
    if not _nvidia_driver():
        return f"no NVIDIA driver was found (torch is built for CUDA {cuda_of_torch})"
    return f"torch, built for CUDA {cuda_of_torch}, cannot use the driver; a newer driver may be needed"


def _nvidia_driver() -> bool:
    try:
        done = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and b"GPU" in done.stdout


def shipped_resources() -> dict[str, dict[str, Any]]:
    """Every shipped file with its size and SHA-256, by its path below resources/."""
    root = paths.resources()
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {
        path.relative_to(root).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in files
    }


def default_model() -> dict[str, Any]:
    """The model that is used where none is named."""
    path = shipped_models().get(DEFAULT_MODEL)
    if path is None:
        return {"name": DEFAULT_MODEL, "path": None, "fault": "The shipped model is missing."}
    try:
        card = read_card(path)
    except ModelError as error:
        return {"name": DEFAULT_MODEL, "path": str(path), "fault": str(error)}
    return {
        "name": DEFAULT_MODEL,
        "path": str(path),
        "fault": None,
        "network": card.network.kind,
        "parameters": card.parameters,
        "pixel_size_pm": card.pixel_size_pm,
        "metrics": card.metrics,
    }


def report_lines(findings: dict[str, Any]) -> list[str]:
    """The findings for a person."""
    device = findings["devices"]
    lines = [
        f"SegDepth {findings['segdepth']}, Python {findings['python']}, {findings['platform']}",
        "  ".join(f"{name} {version or 'missing'}" for name, version in findings["versions"].items()),
        f"CPU: {device['cpu']}, {device['cpu_cores']} cores",
    ]
    lines += [f"GPU: {gpu['name']}, {gpu['memory_gib']} GiB" for gpu in device["gpus"]]
    if not device["gpus"]:
        lines.append(f"GPU: none, because {device['no_gpu_because']}")
    for name, folder in findings["folders"].items():
        lines.append(f"{name}: {folder['path']} ({'writable' if folder['writable'] else 'NOT writable'})")
    model = findings["model"]
    lines.append(f"Model: {model['name']} ({model['fault'] or format(model['parameters'], ',') + ' parameters'})")
    lines.append(f"Shipped files: {len(findings['resources'])} (hashes with --json)")
    return lines


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _folder(path: Path) -> dict[str, Any]:
    """A look only: nothing is made. A folder that does not exist yet is judged by its nearest parent."""
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    return {
        "path": str(path),
        "exists": path.is_dir(),
        "writable": nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK),
    }
