"""Exports of a result whose maps are known: what other programs read is what was written into it."""

import csv
import json

import h5py
import numpy as np
import pytest
import tifffile
from export_results import FRAME_TIME_S, HEIGHT, N_FRAMES, WIDTH, confidence_at, depth_at, write_result
from inference_toys import PIXEL_PM
from PIL import Image

from segdepth_app.config import ExportResultConfig, SeriesOptions
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.inference.export_job import run
from segdepth_app.inference.results import OUTSIDE, Result
from segdepth_app.reporting import Command, Reporter
from segdepth_app.series.opener import open_series


class Told(Reporter):
    """Keeps what the job says; cancels after so many steps."""

    def __init__(self, cancel_after: int | None = None) -> None:
        self.artifacts, self.warnings, self.steps = [], [], []
        self._cancel_after = cancel_after

    def artifact(self, path):
        self.artifacts.append(path)

    def warning(self, message):
        self.warnings.append(message)

    def progress(self, done, total, unit):
        self.steps.append((done, total))

    def command(self):
        is_over = self._cancel_after is not None and len(self.steps) >= self._cancel_after
        return Command.CANCEL if is_over else None


def export(result, reporter=None, **values):
    reporter = reporter or Told()
    run(ExportResultConfig(result=result, **values), reporter)
    return reporter


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    return write_result(tmp_path_factory.mktemp("straight"))


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    return write_result(tmp_path_factory.mktemp("turned"), rotation_deg=30.0)


@pytest.mark.parametrize("which", ["result", "turned"])
def test_tiff_stacks_open_in_our_own_reader_with_pixel_size_frame_time_and_maps(request, tmp_path, which):
    path = request.getfixturevalue(which)
    told = export(path, tiff=tmp_path / "d.tif")
    assert told.artifacts == [tmp_path / "d.tif", tmp_path / "d_confidence.tif"]
    with Result(path) as one:
        grid = one.grid
    for name, expected, missing in (("d.tif", depth_at, OUTSIDE), ("d_confidence.tif", confidence_at, 0)):
        with open_series(SeriesOptions(series=(tmp_path / name,), vacuum="1")) as series:
            # the maps have pixels of two pixels of the source; TIFF keeps fractions of 32-bit numbers
            assert series.pixel_size_pm == pytest.approx(2 * PIXEL_PM, rel=1e-6)
            assert series.pixel_size_source == "from file"
            assert series.frame_time_s == pytest.approx(FRAME_TIME_S)
            assert series.n_frames == N_FRAMES
            for t in range(N_FRAMES - 1):
                np.testing.assert_array_equal(series.frame(t), expected(t, grid))
            assert (series.frame(N_FRAMES - 1) == missing).all()


def test_imagej_is_told_unit_spacing_interval_and_how_maps_lie_on_the_frame(turned, tmp_path):
    export(turned, tiff=tmp_path / "d.tif")
    with tifffile.TiffFile(tmp_path / "d.tif") as file:
        about = file.imagej_metadata
    assert (about["unit"], about["spacing"], about["finterval"]) == ("nm", 1.0, FRAME_TIME_S)
    note = json.loads(about["Info"])
    with Result(turned) as one:
        np.testing.assert_allclose(note["frame to map (x, y, 1)"], one.grid.matrix(), atol=1e-6)


def test_stacks_beyond_imagej_keep_their_pixel_size(result, tmp_path, monkeypatch):
    """With the limit put down to 1000 bytes instead of 4 GB."""
    monkeypatch.setattr("segdepth_app.inference.export_maps.IMAGEJ_BYTES", 1000)
    export(result, tiff=tmp_path / "d.tif")
    with open_series(SeriesOptions(series=(tmp_path / "d.tif",), vacuum="1")) as series:
        assert series.pixel_size_pm == pytest.approx(2 * PIXEL_PM, rel=1e-6)
        assert series.n_frames == N_FRAMES


def test_events_have_times_places_in_nm_and_probabilities(result, tmp_path):
    export(result, events=tmp_path / "e.csv")
    with (tmp_path / "e.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == "frame time_s column element x_px y_px x_nm y_nm from to probability".split()
    # frame 4 of 0.13 s; 70.5 px and 10.75 px of 5.3 pm
    assert rows[1:] == [["4", "0.52", "1", "O", "70.5", "10.75", "0.37365", "0.056975", "2", "0", "0.9375"]]


def test_plain_hdf5_explains_itself_and_has_every_number(turned, tmp_path):
    export(turned, hdf5=tmp_path / "plain.h5")
    with Result(turned) as one, h5py.File(tmp_path / "plain.h5") as file:
        assert file["depth"].attrs["unit"] == "atoms"
        assert file.attrs["pixel_size_nm"] == pytest.approx(2 * PIXEL_PM / 1000)
        np.testing.assert_allclose(file.attrs["frame_to_map"], one.grid.matrix())
        np.testing.assert_array_equal(file["depth"][3], depth_at(3, one.grid))
        np.testing.assert_allclose(file["confidence"][3].max(), 103 / 255, rtol=1e-6)
        assert (file["depth"][N_FRAMES - 1] == OUTSIDE).all()
        np.testing.assert_allclose(file["time_s"], FRAME_TIME_S * np.arange(N_FRAMES))
        np.testing.assert_array_equal(file["columns/hmm_count"], one.columns_table()["hmm_count"])
        np.testing.assert_allclose(file["columns/x_nm"][:2], [0.107325, 0.37365], rtol=1e-6)
        assert file["events/to"][0] == 0


def test_plain_hdf5_has_all_probabilities_as_traces_show_them(tmp_path):
    """Every class of every pixel and frame, against the trace of the result; the last frame was not analysed."""
    path = write_result(tmp_path)
    rng = np.random.default_rng(2)
    with h5py.File(path, "r+") as file:
        shape, done = file["probability"].shape, file["done"][:]
        del file["probability"]
        values = np.rint(255 * np.moveaxis(rng.dirichlet(np.full(11, 0.3), (shape[0], *shape[2:])), -1, 1))
        values[~done] = 0
        file.create_dataset("probability", data=values.astype(np.uint8), chunks=(3, 11, 8, 8))
    told = export(path, hdf5=tmp_path / "plain.h5")
    assert told.steps == [(n, N_FRAMES) for n in range(1, N_FRAMES + 1)]
    with Result(path) as one, h5py.File(tmp_path / "plain.h5") as file:
        plain = file["probability"]
        assert plain.shape == (N_FRAMES, 11, *one.shape)
        assert plain.dtype == np.uint8
        assert plain.chunks == (3, 11, 8, 8)
        shares = plain[:] * plain.attrs["scale_factor"]
        assert "255ths" in plain.attrs["description"]
        for x_px, y_px in ((0, 0), (70, 10), (WIDTH - 1, HEIGHT - 1)):
            x, y = one.to_result_px(x_px, y_px)
            trace = shares[done, :, y, x]
            np.testing.assert_allclose(trace / trace.sum(axis=1, keepdims=True), one.trace(x_px, y_px)[done], rtol=1e-6)
        assert not plain[~done].any()


@pytest.mark.parametrize(("which", "kind"), [("turned", ".png"), ("result", ".svg"), ("result", ".pdf")])
def test_figures_show_all_panes(request, tmp_path, kind, which):
    panes = ("frame", "depth", "confidence", "columns", "activity")
    path = tmp_path / f"f{kind}"
    told = export(
        request.getfixturevalue(which), figure=path, panes=panes, frame=2, pixels=((20, 30), (70, 10), (5, 5))
    )
    assert told.warnings == []
    assert path.read_bytes().startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[kind])


def test_the_depth_of_a_figure_lies_on_the_frame_where_the_grid_is_turned(turned):
    """The left half of the frame has class 2, the right half class 8, whatever way the grid is turned."""
    from segdepth_app.inference.figure import result_sheet

    with Result(turned) as one:
        sheet = result_sheet(one, frame=2)
    assert sheet.depth.shape == (HEIGHT, WIDTH)
    # along the middle a result pixel of two frame pixels may reach over
    assert set(np.unique(sheet.depth[2:-2, 2 : WIDTH // 2 - 2])) == {2}
    assert set(np.unique(sheet.depth[2:-2, WIDTH // 2 + 2 : -2])) == {8}


def test_without_a_frame_the_middle_one_is_shown_and_without_pixels_the_column_that_changes(result):
    from segdepth_app.inference.figure import result_sheet

    with Result(result) as one:
        sheet = result_sheet(one)
    assert sheet.frame == 3
    assert [(trace.x_px, trace.y_px) for trace in sheet.traces] == [(70.5, 10.75)]


def test_several_files_are_written_by_one_job_with_its_progress(result, tmp_path):
    told = export(result, tiff=tmp_path / "d.tif", csv=tmp_path / "c.csv", hdf5=tmp_path / "p.h5")
    assert [path.name for path in told.artifacts] == ["d.tif", "d_confidence.tif", "c.csv", "p.h5"]
    # two stacks and the HDF5 of seven frames, and a table
    assert told.steps == [(n, 22) for n in range(1, 23)]


@pytest.mark.parametrize("after", [1, 10, 20, 22])
def test_a_cancelled_export_leaves_nothing_new_and_what_was_there(result, tmp_path, after):
    (tmp_path / "d.tif").write_bytes(b"older")
    with pytest.raises(Cancelled):
        export(result, Told(after), tiff=tmp_path / "d.tif", csv=tmp_path / "c.csv", hdf5=tmp_path / "p.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["d.tif"]
    assert (tmp_path / "d.tif").read_bytes() == b"older"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "Nothing to export"),
        ({"tiff": "a.png"}, r"a\.png"),
        ({"figure": "f.doc"}, r"f\.doc"),
        ({"movie": "m.avi"}, r"m\.avi"),
        ({"csv": "t.csv", "events": "t.csv"}, "written over"),
        ({"hdf5": "RESULT"}, "written over"),
        ({"movie": "m.mp4", "last": 7}, "no frame 7"),
        ({"movie": "m.mp4", "first": 4, "last": 3}, "would end"),
        ({"figure": "f.png", "frame": 99}, "no frame 99"),
        ({"figure": "f.png", "frame": 6}, "not analysed"),
        ({"figure": "f.png", "pixels": [(96, 0)]}, "outside the frame"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_leaves_nothing(result, tmp_path, values, reason):
    paths = {
        name: result if text == "RESULT" else tmp_path / text if isinstance(text, str) else text
        for name, text in values.items()
    }
    with pytest.raises(InputError, match=reason):
        export(result, **paths)
    assert list(tmp_path.iterdir()) == []


def test_a_series_that_is_gone_or_changed_leaves_its_pane_out_and_says_so(tmp_path):
    path = write_result(tmp_path, ending=".npy")
    source = tmp_path / "series.npy"
    frames = np.load(source)
    frames[3, 3, 3] += 1
    np.save(source, frames)
    told = export(path, figure=tmp_path / "f.png")
    assert "not the series" in told.warnings[0]
    source.unlink()
    assert "no file" in export(path, figure=tmp_path / "f.png").warnings[0]
    with pytest.raises(InputError):
        export(path, figure=tmp_path / "f.png", panes=("frame",))


def test_a_series_that_moved_along_with_its_result_is_found(tmp_path):
    (tmp_path / "old").mkdir()
    write_result(tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    told = export(tmp_path / "new/result.h5", figure=tmp_path / "f.png", panes=("frame",))
    assert told.warnings == []


def test_the_verb_export_writes_several_files_at_once_and_prints_their_paths(result, tmp_path, capsys):
    from segdepth_app import cli

    names = ["d.tif", "c.csv", "e.csv", "p.h5", "m.gif"]
    flags = ["--tiff", "--csv", "--events", "--hdf5", "--movie"]
    arguments = [text for flag, name in zip(flags, names, strict=True) for text in (flag, str(tmp_path / name))]
    assert cli.main(["export", str(result), *arguments, "--panes", "depth,columns", "--first", "2", "--last", "4"]) == 0
    printed = capsys.readouterr().out.split()
    assert printed == [
        str(tmp_path / name) for name in ("d.tif", "d_confidence.tif", "c.csv", "e.csv", "p.h5", "m.gif")
    ]
    with Image.open(tmp_path / "m.gif") as file:
        assert file.n_frames == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Nothing to export is named"),
        (["--movie", "m.mp4", "--panes", "deepness"], "deepness"),
        (["--figure", "f.png", "--pixel", "3"], "--pixel needs 2 whole numbers"),
    ],
)
def test_the_verb_export_complains_in_one_line(result, tmp_path, capsys, monkeypatch, arguments, words):
    from segdepth_app import cli

    monkeypatch.chdir(tmp_path)
    assert cli.main(["export", str(result), *arguments]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []
