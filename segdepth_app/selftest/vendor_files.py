"""The smallest files of formats that no library here writes: DM3 (Gatan), SER (FEI TIA) and MRC, as bytes.

Only for the self-test, which opens one file of each format without shipping any. Layouts: Gatan's tags as described
by Schaffer and Mitchell (dmscript.tavernmaker.de), SER as described by Boothroyd (ER-C, TIA files), MRC as in
the MRC2014 standard; RosettaSciIO, which reads them back, knows nothing of this module.
"""

import struct
from collections.abc import Sequence

import numpy as np

_DM_FLOAT, _DM_ULONG, _DM_ARRAY, _DM_USHORT, _DM_SHORT = 6, 5, 20, 4, 2
_DM_INT16_IMAGE = 1
"""Gatan's number for images of signed 16-bit integers."""


def dm3(image: np.ndarray, pixel_nm: float) -> bytes:
    """A DM3 file with one image (H, W) of int16."""
    height, width = image.shape
    axis = _group({"Origin": _number(_DM_FLOAT, 0.0), "Scale": _number(_DM_FLOAT, pixel_nm), "Units": _text("nm")})
    brightness = _group({"Origin": _number(_DM_FLOAT, 0.0), "Scale": _number(_DM_FLOAT, 1.0), "Units": _text("")})
    calibrations = _group({"Brightness": brightness, "Dimension": _list([axis, axis])})
    data = _group(
        {
            "Calibrations": calibrations,
            "Data": _array(_DM_SHORT, image.astype("<i2").tobytes(), image.size),
            "DataType": _number(_DM_ULONG, _DM_INT16_IMAGE),
            "Dimensions": _list([_number(_DM_ULONG, width), _number(_DM_ULONG, height)]),
            "PixelDepth": _number(_DM_ULONG, 2),
        }
    )
    entry = _group({"ImageData": data, "ImageTags": _group({}), "Name": _text("self-test")})
    objects = _list([_group({"ImageSource": _number(_DM_ULONG, 0)})])
    sources = _list([_group({"ClassName": _text("ImageSource:Simple"), "ImageRef": _number(_DM_ULONG, 0)})])
    root = _body(_group({"DocumentObjectList": objects, "ImageList": _list([entry]), "ImageSourceList": sources}))
    return struct.pack(">iii", 3, len(root) - 4, 1) + root + bytes(8)


_Node = tuple[bool, bytes]
"""Is it a group of tags? And its bytes after the name."""


def _group(tags: dict[str, _Node]) -> _Node:
    body = b"".join(_tag(name, node) for name, node in sorted(tags.items()))
    return True, struct.pack(">bbi", 1, 0, len(tags)) + body


def _list(nodes: Sequence[_Node]) -> _Node:
    return True, struct.pack(">bbi", 0, 0, len(nodes)) + b"".join(_tag("", node) for node in nodes)


def _tag(name: str, node: _Node) -> bytes:
    is_group, body = node
    return struct.pack(">bH", 20 if is_group else 21, len(name)) + name.encode("latin-1") + body


def _body(node: _Node) -> bytes:
    return node[1]


def _value(information: Sequence[int], data: bytes) -> _Node:
    return False, b"%%%%" + struct.pack(f">i{len(information)}i", len(information), *information) + data


def _number(kind: int, value: float) -> _Node:
    data = struct.pack("<f", value) if kind == _DM_FLOAT else struct.pack("<I", int(value))
    return _value([kind], data)


def _array(kind: int, data: bytes, length: int) -> _Node:
    return _value([_DM_ARRAY, kind, length], data)


def _text(text: str) -> _Node:
    return _array(_DM_USHORT, text.encode("utf-16-le"), len(text))


def ser(frames: np.ndarray, pixel_m: float) -> bytes:
    """A SER file (version 0x0210) with frames (N, H, W) of uint16, one after the other."""
    n, height, width = frames.shape
    description = b"Number"
    dimension = struct.pack("<iddii", n, 0.0, 1.0, 0, len(description)) + description + struct.pack("<i", 0)
    head_bytes = 30  # what is packed below
    first = head_bytes + len(dimension) + 2 * 4 * n
    element = struct.pack("<ddi", 0.0, pixel_m, 0) * 2 + struct.pack("<hii", 2, width, height)
    size = len(element) + 2 * height * width
    tag = struct.pack("<HHI", 0x4152, 0, 0)
    offsets = [first + i * size for i in range(n)]
    tags = [first + n * size + i * len(tag) for i in range(n)]
    head = struct.pack("<hhhiiiiii", 0x4949, 0x0197, 0x0210, 0x4122, 0x4152, n, n, head_bytes + len(dimension), 1)
    # images are stored from the lowest row up
    pictures = b"".join(element + frame[::-1].astype("<u2").tobytes() for frame in frames)
    return head + dimension + struct.pack(f"<{n}i", *offsets) + struct.pack(f"<{n}i", *tags) + pictures + tag * n


def mrc(frames: np.ndarray, pixel_angstrom: float) -> bytes:
    """An MRC file with a stack of frames (N, H, W) as int16."""
    n, height, width = frames.shape
    head = bytearray(1024)
    struct.pack_into("<10i", head, 0, width, height, n, 1, 0, 0, 0, width, height, n)
    cell = (width * pixel_angstrom, height * pixel_angstrom, n * pixel_angstrom)
    struct.pack_into("<6f", head, 40, *cell, 90, 90, 90)
    struct.pack_into("<3i", head, 64, 1, 2, 3)  # columns, rows, sections
    struct.pack_into("<3f", head, 76, frames.min(), frames.max(), frames.mean())
    struct.pack_into("<4s4B", head, 208, b"MAP ", 0x44, 0x44, 0, 0)
    return bytes(head) + frames.astype("<i2").tobytes()
