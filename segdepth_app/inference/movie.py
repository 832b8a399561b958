"""A result as a movie: MP4 (H.264) or GIF of its panes."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import InputError
from segdepth_app.inference.pictures import Pictures

MOVIE_ENDINGS = (".mp4", ".gif")
CODECS = ("libx264", "mpeg4")
"""The first that this PyAV has; H.264 plays everywhere."""
GIF_STEP_MS = 10
FASTEST_GIF_FPS = 50.0
"""GIF counts hundredths of a second, and players slow down what is faster."""


def write_movie(
    path: Path, kind: str, pictures: Pictures, frames: range, frames_per_second: float, tick: Callable[[], None]
) -> None:
    """Writes `frames` as `kind` (an ending of MOVIE_ENDINGS); `tick` is called after every frame and may raise."""

    def drawn() -> Iterator[np.ndarray]:
        for t in frames:
            yield pictures.picture(t)
            tick()

    (_write_gif if kind == ".gif" else _write_mp4)(path, drawn(), pictures.size, frames_per_second)


def _write_mp4(path: Path, pictures: Iterator[np.ndarray], size: tuple[int, int], frames_per_second: float) -> None:
    import av

    codec = next((name for name in CODECS if name in av.codec.codecs_available), None)
    if codec is None:
        raise InputError("This installation has no encoder for MP4.", "Export a GIF instead.")
    container = av.open(str(path), "w", format="mp4", options={"movflags": "faststart"})
    try:
        rate = Fraction(frames_per_second).limit_denominator(1000)
        stream: Any = container.add_stream(codec, rate=rate, options={"crf": "16"} if codec == "libx264" else {})
        stream.height, stream.width = size
        stream.pix_fmt = "yuv420p"
        if codec != "libx264":
            stream.bit_rate = 20_000_000
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    finally:
        container.close()


def _write_gif(path: Path, pictures: Iterator[np.ndarray], size: tuple[int, int], frames_per_second: float) -> None:
    from PIL import Image

    step = GIF_STEP_MS * round(1000 / min(frames_per_second, FASTEST_GIF_FPS) / GIF_STEP_MS)
    images = (Image.fromarray(picture) for picture in pictures)
    # Pillow takes the first and then the others as they come: one picture is in memory at a time
    next(images).save(path, format="GIF", save_all=True, append_images=images, duration=step, loop=0)
