"""The New run wizard without Qt: what opens and closes each step, row by row."""

import pytest
from lab_files import make_dataset

from segdepth_app.config import TrainConfig
from segdepth_app.errors import InputError
from segdepth_app.gui.train.review import free_name
from segdepth_app.gui.train.wizard import Wizard


@pytest.fixture
def dataset(tmp_path):
    return make_dataset(tmp_path / "Größe µm" / "试样 1.h5")


@pytest.fixture
def wizard(tmp_path):
    return Wizard(tmp_path / "runs")


def go_to(wizard, dataset, page):
    wizard.data.set("dataset", str(dataset))
    go_on(wizard, page)


def go_on(wizard, page):
    while wizard.current.name != page:
        wizard.next()


def test_without_data_the_first_page_holds_the_wizard_back(wizard):
    assert wizard.current.name == "data"
    assert not wizard.can_go_on
    assert not wizard.can_go_back
    assert wizard.current.error == "Choose a dataset."
    with pytest.raises(InputError, match="Choose a dataset"):
        wizard.next()
    assert wizard.current.name == "data"


@pytest.mark.parametrize(
    ("what", "reason"),
    [("missing", "not found"), ("empty", "is empty"), ("text", "not a readable HDF5"), ("folder", "is a folder")],
)
def test_a_file_that_is_no_dataset_is_refused_at_its_field(wizard, tmp_path, what, reason):
    path = tmp_path / "x.h5"
    if what == "folder":
        path.mkdir()
    elif what != "missing":
        path.write_text("" if what == "empty" else "no dataset")

    wizard.data.set("dataset", str(path))

    assert reason in wizard.data.complaints["dataset"]
    assert not wizard.can_go_on


def test_a_dataset_without_validation_images_is_refused(wizard, tmp_path):
    wizard.data.set("dataset", str(make_dataset(tmp_path / "a.h5", splits=("train", "test"))))
    assert "2 training and 0 validation images" in wizard.current.error


def test_the_way_through_all_pages_gives_the_settings(wizard, dataset, tmp_path):
    wizard.data.set("dataset", str(dataset))
    seen = [wizard.current.name]
    while not wizard.is_last:
        wizard.next()
        seen.append(wizard.current.name)
        if wizard.current.name == "schedule":
            wizard.schedule.set("crop_px", "64")
            wizard.schedule.set("max_epochs", " 7 ")
            wizard.schedule.set("learning_rate", "1e-3")
    wizard.review.set("name", "first try")

    config = wizard.finish()

    assert seen == ["data", "network", "schedule", "where", "review"]
    assert isinstance(config, TrainConfig)
    assert (config.dataset, config.out) == (dataset, tmp_path / "runs" / "first try")
    assert (config.crop_px, config.max_epochs, config.learning_rate) == (64, 7, 1e-3)


def test_start_counts_once(wizard, dataset):
    go_to(wizard, dataset, "review")
    assert wizard.can_go_on

    wizard.finish()

    assert wizard.review.busy
    assert not wizard.can_go_on
    assert not wizard.can_go_back


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("max_epochs", "0", "greater than or equal to 1"),
        ("max_epochs", "many", "a whole number"),
        ("batch_size", "513", "less than or equal to 512"),
        ("learning_rate", "-1", "greater than 0"),
        ("learning_rate", "", "a number"),
        ("crop_px", "31", "greater than or equal to 32"),
    ],
)
def test_a_bad_value_is_refused_at_its_field_with_the_reason(wizard, dataset, field, value, reason):
    go_to(wizard, dataset, "schedule")
    assert wizard.can_go_on

    wizard.schedule.set(field, value)

    assert list(wizard.schedule.complaints) == [field]
    assert reason in wizard.schedule.complaints[field]
    assert not wizard.can_go_on


def test_a_rule_over_two_fields_is_said_for_the_page(wizard, dataset):
    go_to(wizard, dataset, "schedule")
    wizard.schedule.set("dose_low_e_per_px", "9")
    wizard.schedule.set("dose_high_e_per_px", "2")
    assert wizard.schedule.complaints == {"": "The dose range runs from 9 to 2. Swap the two values."}


@pytest.mark.parametrize(("binning", "refused"), [(4, True), (1, False)])
def test_the_papers_network_needs_images_that_were_not_binned(tmp_path, binning, refused):
    wizard = Wizard(tmp_path)
    go_to(wizard, make_dataset(tmp_path / "a.h5", binning=binning), "network")
    wizard.network.set("network.kind", "paper")
    assert ("network.kind" in wizard.network.complaints) is refused


def test_going_back_keeps_what_was_typed(wizard, dataset):
    go_to(wizard, dataset, "schedule")
    wizard.schedule.set("max_epochs", "bad")
    wizard.back()
    wizard.back()
    go_to(wizard, dataset, "schedule")
    assert wizard.schedule.typed["max_epochs"] == "bad"


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a\\b", "con?", "end."])
def test_a_name_no_file_system_takes_is_refused(wizard, dataset, name):
    go_to(wizard, dataset, "review")
    wizard.review.set("name", name)
    assert "name" in wizard.review.complaints


def test_a_run_is_never_written_over(wizard, dataset, tmp_path):
    (tmp_path / "runs" / "run 1").mkdir(parents=True)
    go_to(wizard, dataset, "review")
    wizard.review.set("name", "run 1")
    assert "run 2" in wizard.review.complaints["name"]


def test_free_names_count_up(tmp_path):
    for name in ("run 1", "run 2"):
        (tmp_path / name).mkdir()
    assert free_name(tmp_path) == "run 3"


def test_the_review_names_the_steps_an_epoch_takes(wizard, dataset):
    """4 training images, batches of 8: one step."""
    go_to(wizard, dataset, "schedule")
    wizard.schedule.set("batch_size", "3")
    go_on(wizard, "review")
    assert wizard.review.summary().lines("Run")["Steps"] == "2 per epoch, 3 crops of 64 px each"


def test_more_halvings_than_the_images_have_room_for_are_refused(wizard, dataset):
    """64 px wide: six halvings end at one pixel, seven do not fit."""
    go_to(wizard, dataset, "network")
    wizard.network.set("network.scales", "6")
    assert wizard.network.valid
    wizard.network.set("network.scales", "7")
    assert "need 128 px" in wizard.network.complaints["network.scales"]
