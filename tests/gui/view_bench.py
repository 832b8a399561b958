"""A presenter of the View tab with an autospec of its widgets and children played by hand."""

from collections import deque
from unittest.mock import Mock, create_autospec

import numpy as np

from segdepth_app.gui.settings import Settings
from segdepth_app.gui.view.analysis_state import ResultEntry
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.presenter import ViewPresenter
from segdepth_app.gui.view.saliency_client import SaliencyClient
from segdepth_app.gui.view.series_client import SeriesClient
from segdepth_app.gui.view.view import View
from tests.gui.view_fakes import ScriptedJobs
from tests.gui.view_files import tiny_columns, tiny_probability, write_model, write_result

TINY = {"n_frames": 4, "height_px": 12, "width_px": 20}
KNOWN = {
    **TINY,
    "pixel_size_pm": 10.6,
    "pixel_size_source": "from file",
    "dose_e_per_px": 2.0,
    "dose_source": "vacuum level of counts",
    "vacuum": 2.0,
    "vacuum_source": "automatic",
    "frame_time_s": 0.5,
    "fingerprint": "f",
}


class AtOnce:
    """Stands in for Chores: all steps at once, unless a test holds them back."""

    def run(self, name, steps):
        deque(steps, 0)

    def drop(self, name):
        pass

    clear = Mock()


class BenchShelf:
    """Results and unfinished analyses as the test says."""

    def __init__(self, bench):
        self._bench = bench
        self.half_done = None

    def results(self, fingerprint):
        path = self._bench.find_result(fingerprint)
        if path is not None:
            yield ResultEntry(str(path), path.stem)

    def waiting(self, fingerprint):
        return self.half_done


class Bench:
    """A presenter with everything around it."""

    def __init__(self, folder, monkeypatch):
        # what ships must not change what is tested
        monkeypatch.setattr("segdepth_app.gui.view.analysis.shipped_models", dict)
        self.folder = folder
        self.jobs = ScriptedJobs()
        self.view = create_autospec(View, instance=True)
        self.context = Mock(jobs=self.jobs, settings=Settings(folder / "settings.ini"))
        self.find_result = Mock(return_value=None)
        self.series = SeriesClient(self.jobs)
        self.helper = HelperClient(self.jobs)
        self.saliency = SaliencyClient(self.helper)
        self.shelf = BenchShelf(self)
        self.view.side_panel.return_value = "markers"
        self.presenter = ViewPresenter(
            self.view, self.context, self.series, self.saliency, self.helper, self.shelf, AtOnce()
        )
        self.tif = folder / "Größe µm" / "试样 1.tif"
        self.tif.parent.mkdir()
        self.tif.write_bytes(b"x")

    def model(self):
        self.presenter.analysis.choose_model(str(write_model(self.folder / "m.safetensors")))

    def open_series(self, **facts):
        assert self.presenter.open_path(self.tif)
        self.child = self.jobs.started[-1]
        self.child.open_series(**{**KNOWN, **facts})
        self.answer()

    def answer(self):
        for message in self.child.unanswered():
            message["done"] = True
            image = np.full((12, 20), message["frame"], np.float32)
            image[5, 7] = 100 + message["frame"]
            self.child.answer(message, image, frame=message["frame"])
        if self.child.unanswered():
            self.answer()

    def result(self, name="r.h5", **changes):
        changes = {"source": [str(self.tif)], **changes}
        return write_result(self.folder / name, tiny_probability(), tiny_columns(), **changes)

    def state(self):
        return self.view.show_analysis.call_args.args[0]

    def shown_frame(self):
        return float(self.view.show_frame.call_args.args[0][0, 0])


def bench_with_result(folder, monkeypatch):
    """For fixtures: a bench whose series is open and has a result; closed afterwards."""
    bench = Bench(folder, monkeypatch)
    bench.find_result.return_value = bench.result()
    bench.model()
    bench.open_series()
    yield bench
    bench.presenter.close()
