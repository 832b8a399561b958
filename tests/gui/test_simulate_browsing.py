"""Looking at a dataset: which image, which contrast, and where the columns lie."""

import numpy as np
import pytest

from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError, InputError
from segdepth_app.gui.simulate.browser import BrowserView
from segdepth_app.gui.simulate.browsing import BrowserPresenter, levels
from segdepth_app.gui.simulate.columns import column_text, column_texts, order, placed
from segdepth_app.gui.simulate.noise import with_noise
from segdepth_app.gui.simulate.preview_client import PreviewClient, Served
from tests.gui.lab_fakes import last, spec_of
from tests.gui.lab_files import make_dataset


@pytest.fixture
def path(tmp_path):
    return make_dataset(tmp_path / "试样 1.h5")


@pytest.fixture
def view():
    return spec_of(BrowserView)


@pytest.fixture
def client():
    return spec_of(PreviewClient)


@pytest.fixture
def browser(view, client):
    presenter = BrowserPresenter(view, client)
    yield presenter
    presenter.close()


def test_a_dataset_opens_at_its_first_specimen_and_image(browser, view, path):
    browser.open(path)
    view.set_specimens.assert_called_once_with(4)
    view.set_images.assert_called_once_with(2)
    assert last(view.show_specimen) == "wedge, flat surface, mean 4.0 atoms, train split"
    image, name, _ = view.show_picture.call_args.args
    assert (image.dtype, name) == (np.float32, "clean")
    assert last(view.show_optics).startswith("defocus +3.00 nm")


def test_stepping_shows_the_other_defocus_of_the_same_specimen(browser, view, path):
    browser.open(path)
    browser.choose_specimen(2)
    browser.choose_image(1)
    image = last(view.show_picture)
    np.testing.assert_allclose(image, 1.1, atol=1e-3)  # the tiny dataset's second images are 1.1 throughout
    assert last(view.show_optics).startswith("defocus +6.00 nm")


@pytest.mark.parametrize("number", [-1, 4])
def test_specimens_that_are_not_there_change_nothing(browser, view, path, number):
    browser.open(path)
    view.show_picture.reset_mock()
    browser.choose_specimen(number)
    view.show_picture.assert_not_called()


def test_opening_the_same_file_again_keeps_the_place(browser, view, path):
    browser.open(path)
    browser.choose_specimen(3)
    view.reset_mock()
    browser.open(path)
    view.set_specimens.assert_not_called()


def test_a_file_that_changed_is_opened_anew(browser, view, path):
    browser.open(path)
    make_dataset(path, splits=("train",))
    browser.open(path)
    view.set_specimens.assert_called_with(1)


def test_what_is_no_dataset_is_refused(browser, tmp_path):
    (tmp_path / "x.h5").write_text("no")
    with pytest.raises(DatasetError, match="not a readable HDF5"):
        browser.open(tmp_path / "x.h5")


def test_a_vanished_file_is_refused(browser, tmp_path):
    with pytest.raises((InputError, FileNotFoundError)):
        browser.open(tmp_path / "gone.h5")


def test_the_contrast_is_that_of_the_whole_dataset(path):
    """Images are 1.0 or 1.1 throughout, half of each."""
    with Dataset(path) as dataset:
        low, high = levels(dataset)
    assert (low, high) == pytest.approx((1.0, 1.1), abs=1e-3)


def test_columns_lie_on_the_pixels_they_were_simulated_at(path):
    """A column at 5 Å is at 500/5.3 = 94.34 reference pixels; binned by four, its centre is (94.34 + ½)/4 - ½."""
    with Dataset(path) as dataset:
        columns = placed(dataset.columns(0), pixel_size_pm=5.3, binning=4)
    assert columns.x_px[1] == pytest.approx((5 * 100 / 5.3 + 0.5) / 4 - 0.5)
    assert columns.y_px[1] == pytest.approx((6 * 100 / 5.3 + 0.5) / 4 - 0.5)


@pytest.mark.parametrize("picture", ["depth", "weight"])
def test_maps_come_from_the_child_for_the_chosen_specimen(browser, view, client, path, picture):
    browser.open(path)
    browser.choose_picture(picture)
    browser.choose_specimen(2)
    command, wish = client.ask.call_args.args
    assert (command, wish) == ("maps", {"dataset": str(path), "specimen": 2})

    rings = {"depth": np.full((64, 64), 3, np.uint8), "weight": np.full((64, 64), 0.5, np.float32)}
    browser._on_ready(Served(wish, {}, rings))
    shown, name, levels = view.show_picture.call_args.args
    assert shown is rings[picture]
    assert (name, levels) == (picture, {"depth": (0, 255), "weight": (0, 1)}[picture])


def test_noise_is_asked_of_the_child_with_the_typed_dose(browser, view, client, path):
    browser.open(path)
    browser.choose_picture("noisy")
    browser.type_dose("4")
    browser.choose_specimen(1)
    browser.choose_image(1)
    command, wish = client.ask.call_args.args
    assert (command, wish) == ("noise", {"dataset": str(path), "image": 3, "dose_e_per_px": 4.0})


def test_a_refused_dose_asks_for_nothing(browser, view, client, path):
    browser.open(path)
    browser.choose_picture("noisy")
    client.ask.reset_mock()
    browser.type_dose("-1")
    assert "above 0" in view.show_dose.call_args.args[2]
    client.ask.assert_not_called()


def test_a_map_that_is_no_longer_wanted_is_not_shown(browser, view, client, path):
    browser.open(path)
    browser.choose_picture("depth")
    browser.choose_picture("noisy")
    view.show_picture.reset_mock()
    browser._on_ready(Served({}, {}, {"depth": np.zeros((2, 2), np.uint8)}))
    view.show_picture.assert_not_called()


def test_the_child_ends_with_the_file(browser, client, path):
    browser.open(path)
    client.close.reset_mock()
    browser.close()
    client.close.assert_called_once_with()


def test_the_contrast_of_counts_has_room_for_their_noise():
    """At 100 counts in vacuum one standard deviation is 0.1 where the picture is 1, and 0.2 where it is 4."""
    assert with_noise((1, 4), 100) == pytest.approx((1 - 2 * 0.1, 4 + 2 * 0.2))
    assert with_noise((0.01, 1), 1)[0] == 0


def test_a_click_marks_the_nearest_column(browser, view, path):
    browser.open(path)
    x, y = (5 * 100 / 5.3 + 0.5) / 4 - 0.5, (6 * 100 / 5.3 + 0.5) / 4 - 0.5
    browser.pick(x + 2, y - 2)
    assert last(view.mark_column) == 1


def test_a_click_far_from_any_column_marks_none(browser, view, path):
    browser.open(path)
    browser.pick(60, 5)
    view.mark_column.assert_not_called()


def test_a_line_of_the_table_reads_like_the_column(path):
    with Dataset(path) as dataset:
        rows = dataset.columns(0)
    assert column_texts(rows[1]) == ("O", "5", "0", "5.00", "6.00")
    rows = rows.copy()
    rows["deviation"][0] = -2
    assert column_texts(rows[0]) == ("Ce", "4", "-2", "1.00", "2.00")


def test_a_column_is_put_into_words(path):
    with Dataset(path) as dataset:
        rows = dataset.columns(0).copy()
    rows["deviation"][1] = 2
    assert column_text(rows[1]) == "O column at x 5.00 Å, y 6.00 Å: 5 atoms, +2 off its plane"
    assert column_text(rows[2]).endswith("vacancy, on its plane")


def test_rows_are_put_in_order_by_deviation(path):
    with Dataset(path) as dataset:
        rows = dataset.columns(0).copy()
    rows["deviation"] = (1, -2, 1)
    assert order(rows, 2, descending=False).tolist() == [1, 0, 2]
    assert order(rows, 2, descending=True).tolist() == [0, 2, 1]
