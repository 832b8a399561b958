"""A scene, a helper child played by hand, and what the calibration did with them."""

from unittest.mock import Mock

import numpy as np

from segdepth_app.gui.settings import Settings
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.scene import Scene
from segdepth_app.gui.view.series_facts import SeriesFacts
from tests.gui.view_fakes import ScriptedJobs

FACTS = SeriesFacts(
    name="a.tif",
    n_frames=1000,
    height_px=64,
    width_px=64,
    frame_time_s=0.0125,
    frame_time_source="from file",
    vacuum=1.83,
    vacuum_source="automatic",
    dose_e_per_px=1.83,
    dose_source="vacuum level of counts",
    is_counts=True,
    fingerprint="f",
)
SPOT = {"hkl": "111", "u": 0.02, "v": 0.01, "u_fit": 0.0201, "v_fit": 0.0099, "strength": 30.0}
FIT = {
    "fits": True,
    "reason": "11 pairs fit.",
    "pixel_size_pm": 8.83,
    "rotation_deg": -61.9,
    "spots": [SPOT],
    "rms_percent": 0.64,
    "anisotropy": 0.034,
    "confidence": 0.79,
    "power_step": 0.002,
}


class CalibrationBench:
    """Everything around a presenter of the calibration."""

    def __init__(self, folder, **facts):
        self.jobs = ScriptedJobs()
        self.helper = HelperClient(self.jobs)
        self.context = Mock(jobs=self.jobs, settings=Settings(folder / "settings.ini"))
        self.scene = Scene(paths=("a.tif",))
        self.scene.file_facts = SeriesFacts(**{**vars(FACTS), **facts})
        self.drawn = None
        self.changes = []

    def type_values(self, **values):
        self.changes.append(values)
        self.scene.typed = self.scene.typed.changed(**values)

    @property
    def job(self):
        return self.jobs.started[-1]

    def open_child(self):
        self.job.open_series()

    def sent(self, command):
        return [message for message in self.job.sent if message["cmd"] == command]

    def answer(self, command, **values):
        self.job.told.emit({"event": "answer", "id": self.sent(command)[-1]["id"], **values})

    def answer_lattice(self, **values):
        power = np.zeros((8, 8), np.uint8)
        self.job.answer(self.sent("lattice")[-1], power, **{**FIT, **values})
