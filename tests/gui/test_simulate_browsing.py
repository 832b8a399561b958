"""Looking at a dataset: which image, which contrast, and where the columns lie."""

import numpy as np
import pytest

from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError, InputError
from segdepth_app.gui.simulate.browser import BrowserView
from segdepth_app.gui.simulate.browsing import BrowserPresenter, column_texts, levels, placed_columns
from tests.gui.lab_fakes import last, spec_of
from tests.gui.lab_files import make_dataset


@pytest.fixture
def path(tmp_path):
    return make_dataset(tmp_path / "试样 1.h5")


@pytest.fixture
def view():
    return spec_of(BrowserView)


@pytest.fixture
def browser(view):
    presenter = BrowserPresenter(view)
    yield presenter
    presenter.close()


def test_a_dataset_opens_at_its_first_specimen_and_image(browser, view, path):
    browser.open(path)
    view.set_specimens.assert_called_once_with(4)
    view.set_images.assert_called_once_with(2)
    assert last(view.show_specimen) == "wedge, flat surface, mean 4.0 atoms, train split"
    image, optics = view.show_image.call_args.args
    assert image.dtype == np.float32
    assert optics.startswith("defocus +3.00 nm")


def test_stepping_shows_the_other_defocus_of_the_same_specimen(browser, view, path):
    browser.open(path)
    browser.choose_specimen(2)
    browser.choose_image(1)
    image, optics = view.show_image.call_args.args
    np.testing.assert_allclose(image, 1.1, atol=1e-3)  # the tiny dataset's second images are 1.1 throughout
    assert optics.startswith("defocus +6.00 nm")


@pytest.mark.parametrize("number", [-1, 4])
def test_specimens_that_are_not_there_change_nothing(browser, view, path, number):
    browser.open(path)
    view.show_image.reset_mock()
    browser.choose_specimen(number)
    view.show_image.assert_not_called()


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
        columns = placed_columns(dataset, 0)
    assert columns.x_px[1] == pytest.approx((5 * 100 / 5.3 + 0.5) / 4 - 0.5)
    assert columns.y_px[1] == pytest.approx((6 * 100 / 5.3 + 0.5) / 4 - 0.5)


def test_a_click_marks_the_nearest_column(browser, view, path):
    browser.open(path)
    x, y = (5 * 100 / 5.3 + 0.5) / 4 - 0.5, (6 * 100 / 5.3 + 0.5) / 4 - 0.5
    browser.pick(x + 2, y - 2)
    view.mark_column.assert_called_once_with(1)


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
