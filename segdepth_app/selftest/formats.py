"""One small file of each format, written and opened again: frames, numbers, and pixel size where the format has one.

In a frozen program every reader is a module that may have been left behind; this finds it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.config import SeriesOptions, build
from segdepth_app.errors import SegDepthError
from segdepth_app.selftest import vendor_files
from segdepth_app.series.opener import open_series

PIXEL_PM = 5.3
SHAPE = (3, 32, 48)

Counts = np.ndarray


@dataclass(frozen=True)
class Format:
    """How a file of one format is made, and what it keeps."""

    ending: str
    write: Callable[[Path, Counts], object]
    n_frames: int = SHAPE[0]
    keeps_pixel_size: bool = True
    keeps_numbers: bool = True
    options: dict[str, Any] | None = None


def check_all(folder: Path) -> str:
    """Every format in turn, in `folder`. Raises: SegDepthError that names all that failed."""
    counts = np.random.default_rng(7).poisson(2.0, SHAPE).astype(np.uint8)
    faults = []
    for name, kind in FORMATS.items():
        path = folder / f"{name.replace(' ', '-')}{kind.ending}"
        try:
            kind.write(path, counts)
            _check(kind, path, counts)
        except Exception as error:  # noqa: BLE001 (a format's fault is a finding, the next one is tried all the same)
            faults.append(f"{name}: {error if isinstance(error, SegDepthError) else repr(error)}")
    if faults:
        raise SegDepthError(f"{len(faults)} of {len(FORMATS)} formats do not open: {'; '.join(faults)}.")
    return f"{len(FORMATS)} formats: {', '.join(FORMATS)}"


def _check(kind: Format, path: Path, counts: Counts) -> None:
    options = build(SeriesOptions, {"series": (path,), "vacuum": "2", **(kind.options or {})})
    with open_series(options) as series:
        found = (series.n_frames, series.height_px, series.width_px)
        if found != (kind.n_frames, *SHAPE[1:]):
            raise SegDepthError(f"{found} instead of {(kind.n_frames, *SHAPE[1:])}")
        if kind.keeps_numbers:
            for index in range(kind.n_frames):
                if not np.array_equal(series.frame(index), counts[index]):
                    raise SegDepthError(f"frame {index} holds other numbers")
        if kind.keeps_pixel_size and (series.pixel_size_pm is None or abs(series.pixel_size_pm / PIXEL_PM - 1) > 1e-4):
            raise SegDepthError(f"{series.pixel_size_pm} pm per pixel instead of {PIXEL_PM}")


def _imagej(path: Path, counts: Counts) -> None:
    import tifffile

    per_um = 1e6 / PIXEL_PM
    tifffile.imwrite(path, counts, imagej=True, resolution=(per_um, per_um), metadata={"unit": "um", "axes": "TYX"})


def _ome(path: Path, counts: Counts) -> None:
    import tifffile

    size = {"PhysicalSizeX": PIXEL_PM / 1000, "PhysicalSizeXUnit": "nm"}
    size |= {"PhysicalSizeY": PIXEL_PM / 1000, "PhysicalSizeYUnit": "nm"}
    tifffile.imwrite(path, counts, ome=True, metadata={"axes": "TYX", **size})


def _lzw(path: Path, counts: Counts) -> None:
    import tifffile

    tifffile.imwrite(path, counts, compression="lzw", photometric="minisblack")


def _folder(path: Path, counts: Counts) -> None:
    path.mkdir()
    for index, frame in enumerate(counts):
        np.save(path / f"frame_{index:04d}.npy", frame)


def _png(path: Path, counts: Counts) -> None:
    from PIL import Image

    Image.fromarray(counts[0]).save(path)


def _with_rosetta(module: str) -> Callable[[Path, Counts], None]:
    """A writer of RosettaSciIO."""

    def write(path: Path, counts: Counts) -> None:
        from importlib import import_module

        from segdepth_app.series.rosetta import quiet

        frames, height, width = counts.shape
        names = (
            ("time", frames, 1.0, "s", True),
            ("y", height, PIXEL_PM / 1000, "nm", False),
            ("x", width, PIXEL_PM / 1000, "nm", False),
        )
        axes = [
            {"name": name, "size": size, "offset": 0.0, "scale": scale, "units": unit, "navigate": navigate,
             "index_in_array": place, "_type": "UniformDataAxis", "is_binned": False}
            for place, (name, size, scale, unit, navigate) in enumerate(names)
        ]  # fmt: skip
        signal: dict[str, Any] = {
            "data": counts,
            "axes": axes,
            "metadata": {"General": {"title": "self-test"}, "Signal": {"signal_type": ""}},
            "original_metadata": {},
            "attributes": {"_lazy": False},
            "package": "",
            "package_version": "",
            "package_info": "",
            "tmp_parameters": {},
            "learning_results": {},
            "models": {},
        }
        with quiet():
            import_module(f"rsciio.{module}").file_writer(str(path), signal)

    return write


def _movie(path: Path, counts: Counts) -> None:
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mjpeg", rate=25)
        stream.height, stream.width, stream.pix_fmt = *counts.shape[1:], "yuvj420p"
        for frame in counts:
            picture = av.VideoFrame.from_ndarray(frame * 40, format="gray")
            for packet in stream.encode(picture.reformat(format="yuvj420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


FORMATS: dict[str, Format] = {
    "TIFF of ImageJ": Format(".tif", _imagej),
    "TIFF with OME": Format(".ome.tif", _ome),
    "TIFF with LZW": Format(".tif", _lzw, keeps_pixel_size=False),
    "NumPy": Format(".npy", lambda path, counts: np.save(path, counts), keeps_pixel_size=False),
    "raw": Format(
        ".raw",
        lambda path, counts: counts.tofile(path),
        keeps_pixel_size=False,
        options={"raw": f"{SHAPE[1]},{SHAPE[2]},uint8"},
    ),
    "folder": Format("", _folder, keeps_pixel_size=False),
    "PNG": Format(".png", _png, n_frames=1, keeps_pixel_size=False),
    "DM3": Format(
        ".dm3", lambda path, counts: path.write_bytes(vendor_files.dm3(counts[0], PIXEL_PM / 1000)), n_frames=1
    ),
    "SER": Format(".ser", lambda path, counts: path.write_bytes(vendor_files.ser(counts, PIXEL_PM * 1e-12))),
    "MRC": Format(".mrc", lambda path, counts: path.write_bytes(vendor_files.mrc(counts, PIXEL_PM / 100))),
    "HyperSpy": Format(".hspy", _with_rosetta("hspy")),
    "EMD (NCEM)": Format(".emd", _with_rosetta("emd")),
    "TVIPS": Format("_000.tvips", _with_rosetta("tvips"), keeps_pixel_size=False),
    "AVI": Format(".avi", _movie, keeps_pixel_size=False, keeps_numbers=False),
}
