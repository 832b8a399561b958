"""The New run dialog's decisions, against an autospec of its view."""

import pytest

from segdepth_app.config import ClusterConfig, TrainConfig
from segdepth_app.gui.train.estimating import MEASURING
from segdepth_app.gui.train.wizard import Wizard
from segdepth_app.gui.train.wizard_presenter import WizardPresenter
from segdepth_app.gui.train.wizard_view import WizardView
from tests.gui.lab_fakes import FakeRunner, last, spec_of
from tests.gui.lab_files import make_dataset

PAGES = ("data", "network", "schedule", "where", "review")


class Bench:
    """A dialog without widgets, with a dataset chosen."""

    def __init__(self, folder):
        self.view, self.jobs = spec_of(WizardView), FakeRunner()
        self.started, self.exported, self.reported = [], [], []
        self.wizard = Wizard(folder / "runs")
        self.wizard.data.set("dataset", str(make_dataset(folder / "wedges.h5")))
        self.presenter = WizardPresenter(
            self.view,
            self.wizard,
            [],
            jobs=self.jobs,
            start=self.started.append,
            export=self.exported.append,
            report=self.reported.append,
        )

    def go_to(self, page):
        while self.wizard.current.name != page:
            self.presenter.go_on()

    @property
    def ways(self):
        return self.view.set_ways.call_args.kwargs


@pytest.fixture
def bench(tmp_path, qapp):
    return Bench(tmp_path / "Größe µm")


WAYS = [
    ("data", {"back": False, "on": True, "last": ""}),
    ("network", {"back": True, "on": True, "last": ""}),
    ("schedule", {"back": True, "on": True, "last": ""}),
    ("where", {"back": True, "on": True, "last": ""}),
    ("review", {"back": True, "on": True, "last": "Start"}),
]


@pytest.mark.parametrize(("page", "ways"), WAYS)
def test_the_ways_open_on_each_page(bench, page, ways):
    bench.go_to(page)
    assert bench.ways == ways


@pytest.mark.parametrize(
    ("page", "field", "value"),
    [
        ("data", "dataset", ""),
        ("network", "network.width", "3"),
        ("data", "labels.plateau_share", "2"),
        ("schedule", "batch_size", "many"),
        ("where", "threads", "-1"),
        ("review", "name", "a/b"),
    ],
)
def test_a_page_that_is_not_valid_holds_the_dialog(bench, page, field, value):
    bench.go_to(page)
    bench.presenter.set(field, value)
    assert bench.ways["on"] is False
    assert field in bench.view.show_complaints.call_args.args[1]
    bench.presenter.go_on()
    assert bench.wizard.current.name == page
    assert bench.started == []


def test_wedges_alone_are_warned_of(bench):
    facts = bench.view.show_facts.call_args.args[0]
    assert facts.warning.startswith("All specimens are wedges.")
    assert dict(facts.lines())["Specimens"] == "4: 4 wedge; 4 atoms thick on average"


def test_the_device_is_asked_for_when_the_dialog_opens(bench):
    (job,) = bench.jobs.of("advise")
    assert job.sent == [{"cmd": "device", "id": 1}]
    job.told.emit({"event": "answer", "about": "device", "id": 1, "gpus": [{"name": "H200", "memory_gib": 140.0}]})
    bench.view.show_device.assert_called_with("GPU: H200 (140 GiB)")


def test_each_network_is_asked_about_once(bench):
    job = bench.jobs.of("advise")[0]
    bench.go_to("network")
    bench.presenter.set("network.width", "64")
    bench.go_to("schedule")
    bench.presenter.go_back()  # the same network
    bench.presenter.set("network.width", "3")  # refused: has no size
    asked = [message["network"].get("width") for message in job.sent if message["cmd"] == "network"]
    assert asked == [32, "64"]
    bench.view.show_network_size.assert_called_with("")


def test_the_labels_are_drawn_as_they_are_typed(bench):
    bench.presenter.set("labels.heavy_radius_pm", "120")
    assert last(bench.view.show_profile).distances_pm[-1] == pytest.approx(150)
    bench.presenter.set("labels.heavy_radius_pm", "wide")
    assert last(bench.view.show_profile) is None


def test_the_review_measures_and_leaving_it_cancels(bench):
    bench.go_to("review")
    (job,) = bench.jobs.of("estimate")
    bench.view.show_estimate.assert_called_with(MEASURING, False)
    assert TrainConfig.model_validate(job.config).batch_size == 8
    bench.presenter.go_back()
    assert job.asked == ["cancel"]


def test_start_hands_the_settings_over_and_ends_the_helpers(bench, tmp_path):
    bench.go_to("review")
    bench.presenter.set("name", "first")
    bench.view.accept.side_effect = bench.presenter.leave
    bench.presenter.go_on()
    (config,) = bench.started
    assert isinstance(config, TrainConfig)
    assert config.out.name == "first"
    assert [job.asked for job in bench.jobs.jobs] == [["cancel"], ["cancel"]]
    bench.presenter.go_on()
    assert len(bench.started) == 1


def test_a_cluster_gets_a_folder_instead(bench, tmp_path):
    bench.go_to("where")
    bench.presenter.set("place", "cluster")
    for field, value in (("folder", str(tmp_path / "job")), ("nodes", "2"), ("gpus", "4"), ("partition", "gpu")):
        bench.presenter.set(f"cluster.{field}", value)
    bench.go_to("review")
    assert bench.ways["last"] == "Export"
    bench.presenter.go_on()
    (config,) = bench.exported
    assert isinstance(config, ClusterConfig)
    assert (config.nodes, config.gpus, config.partition, config.folder) == (2, 4, "gpu", tmp_path / "job")
    assert config.train.dataset.name == "wedges.h5"
    assert bench.started == []


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("nodes", "0", "greater than or equal to 1"),
        ("hours", "0", "greater than 0"),
        ("partition", "a b", "pattern"),
        ("folder", " ", "Choose the folder"),
        ("gpus", "16", "16 GPUs share each batch, which has 8 crops"),
    ],
)
def test_what_no_queue_takes_is_refused_on_its_page(bench, field, value, reason):
    bench.go_to("where")
    bench.presenter.set("place", "cluster")
    assert bench.ways["on"]
    bench.presenter.set(f"cluster.{field}", value)
    assert reason in bench.view.show_complaints.call_args.args[1][f"cluster.{field}"]
    assert not bench.ways["on"]
    bench.presenter.set("place", "here")
    assert bench.ways["on"]


def test_a_folder_in_use_is_refused(bench, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    bench.go_to("where")
    bench.presenter.set("place", "cluster")
    bench.presenter.set("cluster.folder", str(tmp_path / "full"))
    assert "something in this folder" in bench.wizard.where.error


def test_the_review_tells_what_differs_from_the_preset(bench):
    bench.go_to("network")
    bench.presenter.set("network.width", "64")
    bench.go_to("review")
    summary = last(bench.view.show_summary)
    assert summary.lines("Changes to the preset fast") == {"Channels of the first block": "64 instead of 32"}
    assert summary.lines("Schedule")["Dose drawn for each image"] == "0.8 to 8 e/px"
    assert summary.lines("Network")["Channels of the first block"] == "64"


def test_a_duplicate_starts_from_the_runs_own_settings(tmp_path, qapp):
    """Also those that the preset does not have; what an older version knew and this one does not is left out."""
    dataset = make_dataset(tmp_path / "wedges.h5")
    config = TrainConfig(dataset=dataset, out=tmp_path / "runs" / "big 3", preset="fast", batch_size=3, seed=7)
    wizard = Wizard(tmp_path / "runs")
    wizard.take_run("big 3", {**config.model_dump(mode="json"), "forgotten": 1})
    assert wizard.can_go_on
    while not wizard.is_last:
        wizard.next()
    assert wizard.review.run_name == "big 1"
    copied = wizard.finish()
    assert copied == config.model_copy(update={"out": tmp_path / "runs" / "big 1"})


def test_a_duplicate_can_still_take_a_preset(tmp_path):
    config = TrainConfig(dataset=make_dataset(tmp_path / "wedges.h5"), out=tmp_path / "runs" / "a", batch_size=3)
    wizard = Wizard(tmp_path / "runs")
    wizard.take_run("a", config.model_dump(mode="json"))
    assert wizard.data.presets[0] == "as in a"
    wizard.data.take_preset("quick")
    assert wizard.draft.current("batch_size") == 8
    wizard.data.take_preset("as in a")
    assert wizard.draft.current("batch_size") == 3
