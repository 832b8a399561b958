"""Versions of all that makes numbers or reads files, and what of the system numbers and file names may hang on."""

import locale
import os
import platform
import sys
from contextlib import suppress
from importlib import metadata
from typing import Any

PACKAGES = (
    "torch",
    "lightning",
    "torchmetrics",
    "safetensors",
    "PySide6_Essentials",
    "pyqtgraph",
    "rosettasciio",
    "dask",
    "h5py",
    "tifffile",
    "imagecodecs",
    "av",
    "pillow",
    "numpy",
    "scipy",
    "ase",
    "pydantic",
    "platformdirs",
    "matplotlib",
    "tqdm",
)
"""Packages whose versions are told; packaging/segdepth.spec ships their metadata."""

NOT_LOADED = "cannot be loaded"
THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY")


def packages() -> dict[str, str | None]:
    """Version of each package, None where it is not installed."""
    return {name: _version(name) for name in PACKAGES}


def libraries() -> dict[str, str]:
    """Versions of what the packages bring along: Qt, FFmpeg, HDF5, BLAS. A fault takes the place of a version."""
    return {"Qt": qt_version() or NOT_LOADED, "FFmpeg": _ffmpeg(), "HDF5": _hdf5(), "BLAS of numpy": _blas()}


def qt_version() -> str | None:
    """Qt's own version; None where its libraries cannot be loaded, and no window can open."""
    try:
        from segdepth_app.gui.qt_version import QT_VERSION
    except (ImportError, OSError):
        return None
    return QT_VERSION


def system() -> dict[str, Any]:
    """The system, and how it writes text."""
    return {
        "name": _system_name(),
        "locale": ".".join(part or "?" for part in locale.getlocale()),
        "file_names": sys.getfilesystemencoding(),
        "text": sys.stdout.encoding if sys.stdout else None,
        "threads": {name: os.environ[name] for name in THREAD_SETTINGS if name in os.environ},
    }


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _system_name() -> str:
    with suppress(OSError):  # Linux tells its distribution here only
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{platform.system()} {platform.release()}"


def _ffmpeg() -> str:
    try:
        import av
    except (ImportError, OSError) as error:
        return _unloaded(error)
    return str(getattr(av, "ffmpeg_version_info", "unknown"))


def _hdf5() -> str:
    try:
        import h5py
    except (ImportError, OSError) as error:
        return _unloaded(error)
    return str(h5py.version.hdf5_version)


def _blas() -> str:
    try:
        import numpy as np

        told = np.show_config(mode="dicts")
        blas = told["Build Dependencies"]["blas"] if told else {}
    except (ImportError, OSError, KeyError) as error:
        return _unloaded(error)
    return f"{blas.get('name', 'unknown')} {blas.get('version', '')}".strip()


def _unloaded(error: Exception) -> str:
    return f"{NOT_LOADED}: {' '.join(str(error).split())}"
