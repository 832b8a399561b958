"""Movies of a result whose maps are known: colours, places and times in the pictures that come out."""

import numpy as np
import pytest
from export_results import HEIGHT, N_FRAMES, WIDTH, write_result
from inference_toys import PIXEL_PM
from PIL import Image

from segdepth_app.colours import CLASS_COLOURS, NOTHING, rgb
from segdepth_app.config import ExportResultConfig, SeriesOptions
from segdepth_app.errors import Cancelled
from segdepth_app.inference.export_job import run
from segdepth_app.inference.pictures import Pictures
from segdepth_app.inference.results import Result
from segdepth_app.inference.source_frames import open_source_of
from segdepth_app.reporting import Command, Reporter
from segdepth_app.series.dispatch import open_source

ALL = ("frame", "depth", "confidence", "columns", "activity")
ZOOM = 5
"""480 picture pixels across for 96 px of the frame."""


@pytest.fixture(scope="module", params=[0.0, 30.0], ids=["straight", "turned"])
def result_path(request, tmp_path_factory):
    return write_result(tmp_path_factory.mktemp("movie"), rotation_deg=request.param)


@pytest.fixture
def pictures(result_path):
    with Result(result_path) as result, open_source_of(result) as series:
        yield Pictures(result, series, ALL, range(N_FRAMES))


def pane(pictures: Pictures, picture: np.ndarray, name: str) -> np.ndarray:
    y, x = pictures.place(name)
    return picture[y : y + ZOOM * HEIGHT, x : x + ZOOM * WIDTH]


def at(shown: np.ndarray, x_px: float, y_px: float) -> tuple[int, ...]:
    """The colour at a pixel of the frame."""
    return tuple(int(value) for value in shown[int((y_px + 0.5) * ZOOM), int((x_px + 0.5) * ZOOM)])


@pytest.mark.parametrize("t", [0, 2, 5])
def test_depth_has_the_windows_colours_at_the_right_place_of_the_frame(pictures, t):
    """Class t in the left half of the frame, 10 − t in the right, also where the grid is turned by 30°."""
    shown = pane(pictures, pictures.picture(t), "depth")
    for x, y in ((5, 5), (40, 30), (5, 30)):
        assert at(shown, x, y) == rgb(CLASS_COLOURS[t])
    for x, y in ((90, 5), (55, 30), (90, 30)):
        assert at(shown, x, y) == rgb(CLASS_COLOURS[10 - t])


def test_the_contrast_of_frames_is_the_same_all_through_the_series(pictures, result_path):
    """Pixels of one count have one grey in every frame, and more counts are never darker."""
    with Result(result_path) as result, open_source_of(result) as series:
        greys: dict[int, set[int]] = {}
        for t in range(N_FRAMES):
            shown = pane(pictures, pictures.picture(t), "frame")[: 30 * ZOOM : ZOOM, ::ZOOM, 0]
            for count in range(8):
                greys.setdefault(count, set()).update(shown[series.frame(t)[:30] == count].tolist())
    assert all(len(values) == 1 for values in greys.values())
    ordered = [next(iter(greys[count])) for count in range(8)]
    assert ordered == sorted(ordered)
    assert len(set(ordered)) > 4


def test_columns_are_discs_of_their_smoothed_count_and_empty_sites_are_rings(pictures):
    """Ce of 3 atoms at 20.25, 30.5; O at 70.5, 10.75 goes from 2 to 0 atoms in frame 4."""
    before, after = (pane(pictures, pictures.picture(t), "columns") for t in (3, 4))
    for shown in (before, after):
        assert at(shown, 20.25, 30.5) == rgb(CLASS_COLOURS[3])
    assert at(before, 70.5, 10.75) == rgb(CLASS_COLOURS[2])
    grey = at(after, 70.5, 10.75)
    assert len(set(grey)) == 1  # the darkened frame is seen through


def test_a_frame_that_was_not_analysed_shows_nothing_but_the_frame(pictures):
    picture = pictures.picture(N_FRAMES - 1)
    for name in ("depth", "confidence", "columns"):
        # the scale bar stands in the lower left corner
        assert (pane(pictures, picture, name)[:, WIDTH * ZOOM // 2 :] == NOTHING).all()
    assert np.ptp(pane(pictures, picture, "frame")[:, WIDTH * ZOOM // 2 :]) > 0


def test_the_scale_bar_has_the_length_it_says(pictures):
    """96 px of 5.3 pm are 0.51 nm; 0.1 nm is the longest round length within a quarter of that."""
    shown = pane(pictures, pictures.picture(6), "depth")
    row = shown[HEIGHT * ZOOM - 10]
    assert np.count_nonzero((row == 255).all(axis=1)) == pytest.approx(100 / PIXEL_PM * ZOOM, abs=1)


def test_the_legend_has_every_class_from_left_to_right(pictures):
    picture = pictures.picture(0)
    row = picture[pictures.size[0] - 2 * 22 + 10]
    places = [np.flatnonzero((row == rgb(colour)).all(axis=1)).min() for colour in CLASS_COLOURS]
    assert places == sorted(places)


def test_an_mp4_has_the_pictures_and_times_that_were_asked_for(result_path, tmp_path):
    path = tmp_path / "movie.mp4"
    config = ExportResultConfig(
        result=result_path, movie=path, panes=("depth", "frame"), first=1, last=5, frames_per_second=8
    )
    run(config, Reporter())
    assert [entry.name for entry in tmp_path.iterdir()] == ["movie.mp4"]
    source = open_source([path])
    try:
        assert source.n_frames == 5
        assert source.calibration.frame_time_s == pytest.approx(1 / 8)
        with Result(result_path) as result:
            pictures = Pictures(result, None, ("depth",), range(1, 6))
            y, x = pictures.place("depth")
        for index in range(5):
            frame = source.read(index)
            # luma (BT.601, 16 to 235) of the colours of class t and 10 − t; H.264 is off by a few grey levels
            for at_x, number in ((20, index + 1), (70, 9 - index)):
                red, green, blue = rgb(CLASS_COLOURS[number])
                luma = 16 + (65.5 * red + 128.6 * green + 25.0 * blue) / 255
                assert frame[y + 20 * ZOOM, x + at_x * ZOOM] == pytest.approx(luma, abs=6)
    finally:
        source.close()


def test_a_gif_has_the_pictures_and_times_that_were_asked_for(result_path, tmp_path):
    path = tmp_path / "movie.gif"
    run(ExportResultConfig(result=result_path, movie=path, panes=("depth",), last=3, frames_per_second=5), Reporter())
    with Result(result_path) as result:
        pictures = Pictures(result, None, ("depth",), range(4))
    with Image.open(path) as file:
        assert file.n_frames == 4
        assert file.info["loop"] == 0
        for t in range(4):
            file.seek(t)
            assert file.info["duration"] == 200
            shown = pane(pictures, np.asarray(file.convert("RGB")), "depth")
            # a palette of 256 colours per picture; grey text shares it
            np.testing.assert_allclose(at(shown, 20, 20), rgb(CLASS_COLOURS[t]), atol=12)
            np.testing.assert_allclose(at(shown, 70, 20), rgb(CLASS_COLOURS[10 - t]), atol=12)


@pytest.mark.parametrize("ending", [".mp4", ".gif"])
def test_a_cancelled_movie_leaves_nothing(result_path, tmp_path, ending):
    class Cancels(Reporter):
        done = 0

        def progress(self, done, total, unit):
            self.done = done

        def command(self):
            return Command.CANCEL if self.done >= 2 else None

    with pytest.raises(Cancelled):
        run(ExportResultConfig(result=result_path, movie=tmp_path / f"m{ending}", panes=("depth",)), Cancels())
    assert list(tmp_path.iterdir()) == []


def test_a_movie_opens_again_as_a_series_for_display(result_path, tmp_path):
    from segdepth_app.series.opener import open_series

    path = tmp_path / "movie.gif"
    run(ExportResultConfig(result=result_path, movie=path, panes=("depth",), frames_per_second=10), Reporter())
    with open_series(SeriesOptions(series=(path,))) as series:
        assert series.n_frames == N_FRAMES
        assert not series.is_counts
