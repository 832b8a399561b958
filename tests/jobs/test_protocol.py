"""Lines between parent and child: what is understood, what becomes a log line, what never happens."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdepth_app.jobs.protocol import LineReader, ProtocolError, decode_command, decode_event, encode, encode_event


def test_an_event_comes_back_as_it_went():
    line = encode_event("progress", 12.34567, done=3, total=7, unit="Größe µm/试样")
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    expected = {"v": 1, "t": 12.346, "event": "progress", "done": 3, "total": 7, "unit": "Größe µm/试样"}
    assert decode_event(line) == expected


def test_a_figure_named_like_the_frame_does_not_displace_it():
    event = decode_event(encode_event("epoch", 1.0, v=9, t=0, loss=0.5))
    assert (event["v"], event["t"], event["event"], event["loss"]) == (1, 1.0, "epoch", 0.5)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.array([[1, 2]]), [[1, 2]]),
        (Path("a") / "b.h5", str(Path("a") / "b.h5")),
        ((1, {2: Path("c")}), [1, {"2": "c"}]),
    ],
)
def test_values_become_plain_json(value, expected):
    assert json.loads(encode({"x": value}))["x"] == expected


@pytest.mark.parametrize(
    "line",
    [
        b"Epoch 3: 100%",
        b"\xff\xfe\x00",
        b"[1, 2]",
        b"null",
        b'{"event": "end", "reason": "done"}',  # no version
        b'{"v": 2, "event": "end", "reason": "done"}',  # of a later version
        b'{"v": 1, "event": "dance"}',
        b'{"v": 1, "event": "end", "reason": "bored"}',
        b'{"v": 1, "event": "progress", "done": "3", "total": 7, "unit": "steps"}',
        b'{"v": 1, "event": "progress", "done": true, "total": 7, "unit": "steps"}',
        b'{"v": 1, "event": "progress", "done": 3}',
        b"[" * 100_000,
    ],
)
def test_whatever_is_no_event_goes_to_the_log(line):
    event = decode_event(line)
    assert event["event"] == "log"
    assert event["text"][:10] == line.decode("utf-8", "replace")[:10]
    assert len(event["text"]) < 2100


@given(st.binary(max_size=300))
def test_no_line_breaks_the_reader(line):
    assert decode_event(line)["event"] in ("log", "started", "epoch")


@given(st.lists(st.text(st.characters(blacklist_characters="\n", blacklist_categories=["Cs"]), max_size=20)), st.data())
def test_lines_arrive_whole_however_the_pipe_cuts_them(texts, data):
    sent = [text.encode() for text in texts]
    stream = b"".join(line + b"\n" for line in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = LineReader()
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    got = [line for piece in pieces for line in reader.feed(piece)]
    assert got == [line for line in sent if line.strip()]
    assert reader.rest() == []


def test_an_endless_line_does_not_fill_the_memory():
    reader = LineReader(max_bytes=10)
    assert reader.feed(b"a" * 25) == [b"a" * 10, b"a" * 10]
    assert reader.rest() == [b"a" * 5]


@pytest.mark.parametrize("line", [b"", b"stop", b"[]", b'{"cmd": 3}', b'{"command": "stop"}', b"\xff"])
def test_a_line_that_is_no_command_is_refused(line):
    with pytest.raises(ProtocolError):
        decode_command(line)
