"""Movies: frames are found by time stamps, whatever is asked for first, and are never taken for counts."""

import os
from fractions import Fraction

import av
import numpy as np
import pytest
from series_faults import tried

from segdepth_app.errors import SeriesError

N_FRAMES, HEIGHT, WIDTH = 60, 64, 96

KINDS = {
    # file, codec, pixel format, error of the codec (0: lossless)
    "h264 with frames out of order": ("a.mp4", "libx264", "yuv420p", 4),
    "h264, key frames every 12": ("b.mkv", "libx264", "yuv420p", 4),
    "motion jpeg": ("c.avi", "mjpeg", "yuvj420p", 4),
    "motion jpeg, quicktime": ("d.mov", "mjpeg", "yuvj422p", 4),
    "mpeg-4": ("e.avi", "mpeg4", "yuv420p", 8),
    "ffv1": ("f.avi", "ffv1", "gray", 0),
    "ffv1, 16 bit": ("g.mkv", "ffv1", "gray16le", 0),
    "uncompressed rgb": ("h.avi", "rawvideo", "bgr24", 0),
    "uncompressed grey": ("i.avi", "rawvideo", "gray", 0),
    "h264 without time stamps": ("j.avi", "libx264", "yuv420p", 4),
}


def pattern() -> np.ndarray:
    """Frame i has i + 1 bright columns of 200 beside a grey of 60."""
    frames = np.full((N_FRAMES, HEIGHT, WIDTH), 60, np.uint8)
    for index in range(N_FRAMES):
        frames[index, :, : index + 1] = 200
    return frames


def write(path, codec, pixel_format, *, rate=Fraction(25, 2), frames=None):
    """A movie of the pattern whose luma is the pattern's grey."""
    container = av.open(str(path), "w")
    options = {"g": "12", "bf": "0", "sc_threshold": "0"} if path.suffix == ".mkv" and codec == "libx264" else {}
    stream = container.add_stream(codec, rate=rate, options=options)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
    if codec in ("mjpeg", "mpeg4"):
        stream.codec_context.bit_rate = 20_000_000
    for frame in pattern() if frames is None else frames:
        for packet in stream.encode(_picture(frame, pixel_format)):
            container.mux(packet)
    for packet in stream.encode():
        container.mux(packet)
    container.close()


def _picture(frame: np.ndarray, pixel_format: str) -> av.VideoFrame:
    if pixel_format == "bgr24":
        return av.VideoFrame.from_ndarray(np.repeat(frame[..., None], 3, axis=2), format="bgr24")
    if pixel_format == "gray16le":
        return av.VideoFrame.from_ndarray(frame.astype(np.uint16) * 256, format="gray16le")
    if pixel_format == "gray":
        return av.VideoFrame.from_ndarray(frame, format="gray")
    # grey put straight into the luma plane, so that no conversion comes between
    picture = av.VideoFrame(WIDTH, HEIGHT, pixel_format)
    for plane, value in zip(picture.planes, (frame, 128, 128), strict=True):
        rows = np.zeros((plane.height, plane.line_size), np.uint8)
        rows[:, : plane.width] = value
        plane.update(rows.tobytes())
    return picture


@pytest.mark.parametrize("kind", KINDS)
def test_every_frame_of_a_movie_is_found_in_any_order(opened, tmp_path, kind):
    """The bright columns of a frame count its number; a neighbour's frame would be off by one column."""
    name, codec, pixel_format, error = KINDS[kind]
    write(tmp_path / name, codec, pixel_format)
    series = opened(tmp_path / name)
    assert (series.n_frames, series.height_px, series.width_px) == (N_FRAMES, HEIGHT, WIDTH)
    assert series.frame_time_s == pytest.approx(0.08, rel=1e-3)
    scale = 256 if pixel_format == "gray16le" else 1
    expected = pattern().astype(np.float32)
    order = [59, 0, 31, 30, 29, 45, 58, 1, *np.random.default_rng(0).permutation(N_FRAMES)]
    for index in order:
        frame = series.frame(int(index)) / scale
        assert np.count_nonzero(frame[32] > 130) == index + 1
        # codecs blur the edge: 8 × 8 blocks beside it are left out
        away = np.abs(np.arange(WIDTH) - index) > 8
        assert np.abs(frame[:, away] - expected[index][:, away]).max() <= error


def test_a_movie_is_a_display_and_no_record_of_counts(opened, tmp_path):
    write(
        tmp_path / "a.avi", "ffv1", "gray", frames=np.random.default_rng(0).poisson(3, (9, HEIGHT, WIDTH)).astype("u1")
    )
    series = opened(tmp_path / "a.avi")
    assert not series.is_counts
    assert series.dose_e_per_px is None
    assert series.pixel_size_pm is None
    assert any("movie for display" in text for text in series.warnings)


def test_colours_become_luminance_and_are_said(opened, tmp_path):
    path = tmp_path / "a.avi"
    container = av.open(str(path), "w")
    stream = container.add_stream("rawvideo", rate=10)
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "bgr24"
    colours = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    colours[..., 0], colours[..., 1] = 200, 100
    for packet in [*stream.encode(av.VideoFrame.from_ndarray(colours, format="rgb24")), *stream.encode()]:
        container.mux(packet)
    container.close()
    series = opened(path)
    # 0.299 · 200 + 0.587 · 100 = 118.5, and movies keep whole numbers
    np.testing.assert_allclose(series.frame(0), 118.5, atol=0.51)
    assert any("in colour" in text for text in series.warnings)


def test_pixels_that_are_not_square_are_refused(opened, tmp_path):
    path = tmp_path / "long.mp4"
    container = av.open(str(path), "w")
    stream = container.add_stream("libx264", rate=10, options={"x264-params": "sar=4/3"})
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    for packet in [*stream.encode(_picture(pattern()[0], "yuv420p")), *stream.encode()]:
        container.mux(packet)
    container.close()
    with pytest.raises(SeriesError, match=r"not square: 1\.333 times as wide"):
        opened(path)


def test_damaged_data_cost_their_frames_only(opened, tmp_path):
    """Every frame of a motion-JPEG movie stands alone; the pictures of frames 20 and 21 are overwritten."""
    path = tmp_path / "a.avi"
    write(path, "mjpeg", "yuvj420p")
    with av.open(str(path)) as container:
        pictures = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    whole = path.read_bytes()
    for picture in pictures[20:22]:
        assert whole.count(picture) == 1
        whole = whole.replace(picture, b"\x00" * len(picture))
    path.write_bytes(whole)
    series = opened(path, vacuum="60")
    for index in (20, 21):
        with pytest.raises(SeriesError, match=rf"rame {index} of a\.avi"):
            series.frame(index)
    for index in (19, 22, 0, 59):
        assert np.count_nonzero(series.frame(index)[32] > 130) == index + 1


def test_behind_a_damaged_frame_those_made_from_it_are_refused_too(opened, tmp_path):
    """Key frames are 0, 12, 24, …; where 14 is destroyed, 15 to 23 would be pictures of something else."""
    path = tmp_path / "b.mkv"
    write(path, "libx264", "yuv420p")
    with av.open(str(path)) as container:
        pictures = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    whole = path.read_bytes()
    assert whole.count(pictures[14]) == 1
    path.write_bytes(whole.replace(pictures[14], b"\x00" * len(pictures[14])))
    series = opened(path, vacuum="60")
    for index in (23, 14, 18):
        with pytest.raises(SeriesError, match=rf"rame {index} of b\.mkv"):
            series.frame(index)
    for index in (24, 0, 12, 59):
        assert np.count_nonzero(series.frame(index)[32] > 130) == index + 1


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7])
@pytest.mark.parametrize("name", ["a.mp4", "c.avi"])
def test_of_a_movie_that_is_cut_short_every_frame_is_right_or_refused(opened, tmp_path, name, share):
    path = tmp_path / name
    write(path, "libx264" if name == "a.mp4" else "mjpeg", "yuv420p" if name == "a.mp4" else "yuvj420p")
    os.truncate(path, int(share * path.stat().st_size))
    series, refused = tried(lambda: opened(path, vacuum="60"))
    if refused is not None:
        assert name in refused.message
        return
    n_right = 0
    for index in range(series.n_frames):
        frame, lost = tried(lambda index=index: series.frame(index))
        if lost is None:
            assert np.count_nonzero(frame[32] > 130) == index + 1
            n_right += 1
        else:
            assert f"rame {index} of {name}" in lost.message
    assert 0 < n_right < N_FRAMES


def test_opening_a_movie_samples_its_key_frames(opened, tmp_path):
    """Other frames would have to be decoded from the key frame before them."""
    from segdepth_app.series.dispatch import open_source
    from segdepth_app.series.sampling import sampled_indices

    path = tmp_path / "b.mkv"
    write(path, "libx264", "yuv420p")
    source = open_source([path])
    try:
        assert source.landmarks == (0, 12, 24, 36, 48)
        assert set(sampled_indices(N_FRAMES, HEIGHT, WIDTH, source.landmarks)) == set(source.landmarks)
    finally:
        source.close()
