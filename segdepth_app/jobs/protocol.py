"""The lines that a window and a job's process send each other: one JSON object a line, UTF-8.

Child to parent: `{"v": 1, "t": <unix seconds>, "event": …}`. Parent to child: `{"cmd": …}`.
Whatever arrives and is no such line becomes a `log` event: a print of some library never breaks a job.
"""

import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

PROTOCOL_VERSION = 1
MAX_LINE_BYTES = 1_000_000
SHOWN_CHARACTERS = 2_000

Message = dict[str, Any]

NUMBER = (int, float)
EVENTS: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "started": {},
    "progress": {"done": int, "total": int, "unit": str},
    "epoch": {},
    "checkpoint": {"path": str},
    "artifact": {"path": str},
    "warning": {"message": str},
    "error": {"kind": str, "message": str, "hint": str, "traceback": str},
    "table": {"name": str, "rows": list},
    "answer": {"id": int},
    "end": {"reason": str},
    "log": {"text": str},
}
"""Every event and the fields it must have."""

END_REASONS = frozenset({"done", "stopped", "paused", "cancelled", "failed"})


class ProtocolError(ValueError):
    """A command line that cannot be understood."""


def encode(message: Mapping[str, Any]) -> bytes:
    """One line, ended by a newline; paths become text, NaN and infinity null."""
    return json.dumps(_plain(message), ensure_ascii=False, allow_nan=False).encode("utf-8", "replace") + b"\n"


def encode_event(event: str, time: float, **values: Any) -> bytes:
    """One line of an event; a job's own figure cannot displace the frame."""
    frame = {"v": PROTOCOL_VERSION, "t": round(time, 3), "event": event}
    return encode({**frame, **values, **frame})


def decode_event(line: bytes) -> Message:
    """The event in a line, or a `log` event that carries whatever else the line holds."""
    text = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return log_event(text)
    if not isinstance(message, dict) or message.get("v") != PROTOCOL_VERSION:
        return log_event(text)
    fields = EVENTS.get(str(message.get("event")))
    if fields is None or not all(_has(message, name, kind) for name, kind in fields.items()):
        return log_event(text)
    if message["event"] == "end" and message["reason"] not in END_REASONS:
        return log_event(text)
    return message


def log_event(text: str) -> Message:
    """A line for the log, cut to a length that can be shown."""
    if len(text) > SHOWN_CHARACTERS:
        text = f"{text[:SHOWN_CHARACTERS]} … ({len(text)} characters)"
    return {"v": PROTOCOL_VERSION, "event": "log", "text": text}


def decode_command(line: bytes) -> Message:
    """The command in a line. Raises: ProtocolError where there is none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"No JSON: {line[:80]!r}") from error
    if not isinstance(message, dict) or not isinstance(message.get("cmd"), str):
        raise ProtocolError(f"No command in {line[:80]!r}")
    return message


class LineReader:
    """Bytes in, whole lines out. What exceeds MAX_LINE_BYTES comes out in pieces of that size."""

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their line ends; empty lines are dropped."""
        self._rest += data
        *lines, rest = self._rest.split(b"\n")
        while len(rest) > self._max_bytes:
            lines.append(rest[: self._max_bytes])
            rest = rest[self._max_bytes :]
        self._rest = bytearray(rest)
        return [bytes(line) for line in lines if line.strip()]

    def rest(self) -> list[bytes]:
        """What is left when no more bytes will come."""
        rest, self._rest = bytes(self._rest), bytearray()
        return [rest] if rest.strip() else []


def _has(message: Message, name: str, kind: type | tuple[type, ...]) -> bool:
    # bool is an int for Python, not for us
    value = message.get(name)
    return isinstance(value, kind) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """The value in JSON's own types."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):  # numpy numbers and arrays, torch tensors
        return _plain(value.tolist())
    return str(value)
