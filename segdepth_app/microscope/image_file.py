"""Writing one image with the facts it was made from: TIFF and PNG carry them, NPY has a card beside it."""

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from segdepth_app.paths import written_whole

SUFFIXES = (".tif", ".tiff", ".npy", ".png")


def save_image(out: Path, image: np.ndarray, facts: dict[str, Any]) -> list[Path]:
    """Writes the image, and what else it needs; the files written. `facts` has pixel_size_pm."""
    suffix = out.suffix.lower()
    with written_whole(out) as temporary, temporary.open("wb") as stream:
        if suffix == ".npy":
            np.save(stream, image)
        elif suffix == ".png":
            _write_png(stream, image, facts)
        else:
            _write_tiff(stream, image, facts)
    if suffix != ".npy":
        return [out]
    card = out.with_name(f"{out.stem}_card.json")
    with written_whole(card) as temporary:
        temporary.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [out, card]


def _write_png(stream: BinaryIO, image: np.ndarray, facts: dict[str, Any]) -> None:
    from PIL import Image, PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text("segdepth", json.dumps(facts))
    low, high = float(image.min()), float(image.max())
    grey = np.rint((image - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
    Image.fromarray(grey).save(stream, format="png", pnginfo=info)


def _write_tiff(stream: BinaryIO, image: np.ndarray, facts: dict[str, Any]) -> None:
    import tifffile

    if image.dtype == np.uint32:
        # ImageJ's TIFF has no such integers; float32 holds whole numbers up to 16.7 million
        image = image.astype(np.float32)
    nm = facts["pixel_size_pm"] / 1000
    tifffile.imwrite(
        stream,
        image,
        imagej=True,
        resolution=(1 / nm, 1 / nm),
        metadata={"axes": "YX", "unit": "nm", "Info": json.dumps(facts)},
    )
