"""Movies (AVI, MP4, …) as series: the brightness of every frame, found exactly whatever is asked for first.

Such movies are made for the eye: compressed, stretched, at the speed of a player. They can be looked at, but they are
no electron counts, and a Source says so. A compressed frame needs those before it, back to a key frame; so
frames are found by their time stamps, from the key frame before them, and those decoded on the way are kept for a
while. Grey is the luma the movie stores; RGB becomes luminance.
"""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.arrays import GREY_WEIGHTS
from segdepth_app.series.calibration import SQUARE_TOLERANCE
from segdepth_app.series.source import Calibration, Source, foreign_faults

KEPT_BYTES = 64 << 20
UNEVEN = 0.05
"""Steps of time between frames that differ by more than this share are said to be uneven."""


@dataclass
class MovieSource(Source):
    """Frames of a movie file."""

    container: Any = None
    stream: Any = None
    stamps: list[int] = field(default_factory=list)
    """Time stamp of every frame, ascending; empty where the file has none that can be believed."""
    _coming: Iterator[tuple[int, Any]] | None = None
    _last: int = -1
    """The frame that was decoded last; it goes on from there."""
    _kept: OrderedDict[int, np.ndarray] = field(default_factory=OrderedDict)

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W), uint8 or uint16."""
        if index not in self._kept:
            with foreign_faults(self.paths[0], f"read frame {index} of"):
                self._decode_to(index)
        self._kept.move_to_end(index)
        return self._kept[index]

    def _decode_to(self, index: int) -> None:
        start = self.landmarks[bisect_right(self.landmarks, index) - 1]
        # a frame that stands alone is sought at once: its place is in the index, whatever became of those before it
        if self._coming is None or start == index or not start <= self._last + 1 <= index:
            self._coming = self._from(start)
        for number, frame in self._coming:
            self._last = number
            self._keep(number, frame)
            if number == index:
                return
            if number > index:
                break
        else:
            self._coming = None
        raise self._lost(index, "its data are damaged or missing")

    def _from(self, start: int) -> Iterator[tuple[int, Any]]:
        """Numbered frames from a key frame on; frames that cannot be decoded are left out."""
        import av

        # a seek may end behind the frame where the file's index is off: then further back, at last the beginning
        earlier = [start, *reversed([mark for mark in self.landmarks if mark < start])]
        for mark in [*earlier[:2], 0] if self.stamps else [0]:
            self.container.seek(self.stamps[mark] if mark else self._beginning(), stream=self.stream)
            frames = self._frames(av.FFmpegError)
            if not self.stamps:
                yield from enumerate(frames)
                return
            first = next(frames, None)
            if first is not None and self._number(first) <= start:
                yield self._number(first), first
                yield from ((self._number(frame), frame) for frame in frames)
                return

    def _beginning(self) -> int:
        return min(0, self.stamps[0]) if self.stamps else 0

    def _number(self, frame: Any) -> int:
        """Number of the frame of this time stamp; -1 for one that is before the first."""
        return bisect_right(self.stamps, frame.pts) - 1

    def _frames(self, fault: type[Exception]) -> Iterator[Any]:
        """Decoded frames. Behind a damaged one all are left out up to the next key frame: they are made from it."""
        is_broken = False
        for packet in self.container.demux(self.stream):
            try:
                frames = [] if packet.is_corrupt else packet.decode()
            except fault:
                # without time stamps the frames behind it would get wrong numbers
                if not self.stamps:
                    raise
                frames, is_broken = [], True
            is_broken |= packet.is_corrupt
            for frame in frames:
                is_broken = (is_broken and not frame.key_frame) or frame.is_corrupt
                if not is_broken:
                    yield frame

    def _keep(self, number: int, frame: Any) -> None:
        if number in self._kept or not 0 <= number < self.n_frames:
            return
        grey = grey_of(frame)
        if grey.shape != (self.height_px, self.width_px) or grey.dtype != self.dtype:
            raise SeriesError(
                f"Frame {number} of {self.paths[0].name} is {grey.shape[0]} × {grey.shape[1]} px {grey.dtype.name}; "
                f"the series began with {self.height_px} × {self.width_px} px {self.dtype.name}.",
                "Cut the movie into parts of one kind.",
            )
        self._kept[number] = grey
        while len(self._kept) > max(2, KEPT_BYTES // grey.nbytes):
            self._kept.popitem(last=False)

    def _lost(self, index: int, why: str) -> SeriesError:
        return SeriesError(f"Frame {index} of {self.paths[0].name} cannot be read: {why}.", "Leave this frame out.")

    def close(self) -> None:
        """Closes the file."""
        self._coming = None
        self._kept.clear()
        self.container.close()


def open_video(path: Path) -> Source:
    """A movie; its index is read and one frame is decoded. Raises: SeriesError where it holds no frames."""
    import av

    with foreign_faults(path):
        try:
            container = av.open(str(path))
        except av.FFmpegError as error:
            raise SeriesError(
                f"{path.name} is no movie that can be read ({str(error.strerror).lower().rstrip('.')}).",
                "It may be cut short or damaged; convert it to TIFF where another program plays it.",
            ) from error
        try:
            return _opened(container, path)
        except BaseException:
            container.close()
            raise


def _opened(container: Any, path: Path) -> MovieSource:
    if not container.streams.video:
        raise SeriesError(f"{path.name} holds no pictures.", "Choose a movie.")
    stream = container.streams.video[0]
    _refuse_long_pixels(stream, path)
    stamps, keys = _indexed(container, stream)
    n = len(stamps)
    # AVI keeps no time stamps of presentation; where frames are stored in another order, only counting helps
    in_order = None not in stamps and not (container.format.name == "avi" and stream.codec_context.has_b_frames)
    ordered = sorted(stamps) if in_order else []
    in_order = in_order and len(set(ordered)) == n
    container.seek(min([0, *ordered[:1]]), stream=stream)
    first = next(container.decode(stream), None) if n else None
    if first is None:
        raise SeriesError(f"{path.name} holds no frame that can be read.", "It may be cut short or damaged.")
    grey = grey_of(first)
    time, remarks = _frame_time(ordered if in_order else [], stream)
    if not in_order:
        remarks.append(f"{path.name} can only be read from its beginning; jumping to late frames takes a while.")
    marks = sorted({bisect_right(ordered, key) - 1 for key in keys} | {0}) if in_order else [0]
    return MovieSource(
        (path,),
        n,
        grey.shape[0],
        grey.shape[1],
        grey.dtype,
        Calibration(frame_time_s=time),
        _remarks(container, path, first) + remarks,
        is_display=True,
        container=container,
        stream=stream,
        stamps=ordered if in_order else [],
        landmarks=tuple(marks),
    )


def _indexed(container: Any, stream: Any) -> tuple[list[Any], list[Any]]:
    """Time stamps of all frames, and of the key frames: from the file's index, or by walking through its packets."""
    entries = stream.index_entries
    if stream.frames and len(entries) == stream.frames and not stream.codec_context.has_b_frames:
        listed = list(entries)
        return [one.timestamp for one in listed], [one.timestamp for one in listed if one.is_keyframe]
    stamps, keys = [], []
    for packet in container.demux(stream):
        if packet.size and not packet.is_discard:
            stamps.append(packet.pts)
            if packet.is_keyframe and packet.pts is not None:
                keys.append(packet.pts)
    return stamps, keys


def _refuse_long_pixels(stream: Any, path: Path) -> None:
    ratio = stream.sample_aspect_ratio
    if ratio and abs(float(ratio) - 1) > SQUARE_TOLERANCE:
        raise SeriesError(
            f"The pixels of {path.name} are not square: {float(ratio):.4g} times as wide as high.",
            "Convert it to square pixels first.",
        )


def _frame_time(stamps: list[int], stream: Any) -> tuple[float | None, list[str]]:
    """Time from frame to frame in s, by the time stamps or else the rate that the file names."""
    if len(stamps) > 1 and stream.time_base:
        steps = np.diff(np.array(stamps)) * float(stream.time_base)
        mean = float(steps.mean())
        uneven = float(np.ptp(steps)) > UNEVEN * mean + 2 * float(stream.time_base)
        return mean, ["The frames of the movie are not evenly spaced in time; the mean is taken."] if uneven else []
    rate = stream.average_rate
    return (1 / float(rate) if rate else None), []


def _remarks(container: Any, path: Path, first: Any) -> list[str]:
    texts = [
        f"{path.name} is a movie for display, not a record of electron counts: its grey scale is stretched and "
        "compressed, and its frame time is that of the player."
    ]
    if len(container.streams.video) > 1:
        texts.append(f"{path.name} holds {len(container.streams.video)} movies; the first was taken.")
    if _has_colours(first):
        texts.append(f"{path.name} is in colour; its brightness is used.")
    return texts


def _has_colours(frame: Any) -> bool:
    pixels = frame.to_ndarray(format="rgb24").astype(np.int16)
    # a grey picture in YUV comes back within rounding
    return bool(np.ptp(pixels, axis=-1).max() > 4)


def grey_of(frame: Any) -> np.ndarray:
    """Brightness (H, W) of a decoded frame: its luma as stored, uint8 or uint16; luminance of RGB and palettes."""
    kind = frame.format
    if kind.is_rgb or kind.has_palette or kind.is_bit_stream:
        pixels = frame.to_ndarray(format="rgb24")
        if (pixels == pixels[..., :1]).all():
            return np.ascontiguousarray(pixels[..., 0])
        return np.rint(pixels @ np.array(GREY_WEIGHTS)).astype(np.uint8)
    if len(kind.components) > 1 and not kind.is_planar:
        # luma and colour take turns there; only their places change
        frame = frame.reformat(format="yuv422p")
        kind = frame.format
    luma = kind.components[0]
    plane = frame.planes[luma.plane]
    stored = np.dtype("u1") if luma.bits <= 8 else np.dtype(">u2" if kind.is_big_endian else "<u2")
    rows = np.frombuffer(plane, stored).reshape(-1, plane.line_size // stored.itemsize)
    return rows[: frame.height, : frame.width].astype(stored.newbyteorder("="))
