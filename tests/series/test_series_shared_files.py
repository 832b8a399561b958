"""Every file that other projects wrote opens with the right numbers, or is refused in one clear line.

The expected values are those that the data's own description and the files' authors give.
"""

import importlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdepth_app.errors import SeriesError

SHARED = Path(__file__).parents[2] / "../shared/data"
pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the data that are not part of the project are not here"),
]

OPENED = [
    # file, (frames, height, width), pixel size in pm or None, frame time in s or None
    ("readers/dm3_2d_int16.dm3", (1, 2, 2), None, None),
    ("readers/dm4_2d_float32.dm4", (1, 2, 2), None, None),
    ("readers/dm4_3d.dm4", (2, 2, 2), None, None),
    ("readers/multi_signal.dm3", (1, 512, 512), 17.7516, None),
    ("readers/test_STEM_image.dm3", (1, 68, 68), 248.538, None),
    ("readers/test_stackbuilder_imagestack.dm3", (3, 2, 16), 59982.9, None),
    ("readers/fei_example_tem_stack.emd", (2, 3, 3), 8.17288, 0.8),
    ("readers/example_image.emd", (1, 3, 3), None, None),
    ("readers/16_STOimage_1.ser", (1, 1024, 1024), 10.0127, None),
    ("readers/64x64x5_TEM_preview_1.ser", (5, 64, 64), 6281.83, None),
    ("readers/64x64x5_TEM_preview.emi", (5, 64, 64), 6281.83, None),
    ("readers/Custom_movie.mrc", (30, 16, 16), None, None),
    ("readers/temp.mrc", (3, 128, 128), 200.0, None),
    ("readers/test_loading_image_saved_with_DM.tif", (1, 68, 68), 168674.7, None),
    ("readers/test_loading_image_saved_with_imageJ.tif", (1, 68, 68), 168674.7, None),
    ("readers/test_loading_image_saved_with_imageJ_stack.tif", (2, 68, 68), 168674.7, None),
    ("readers/test_loading_image_saved_with_imageJ_no_scale.tif", (1, 68, 68), None, None),
    ("readers/test_loading_image_saved_with_imageJ_stack_no_scale.tif", (2, 68, 68), None, None),
    ("real/ceo2_110_particle_8.86pm.png", (1, 2048, 2048), None, None),
    ("real/pt_ceo2_counts_40x100x100_12pm.npy", (40, 100, 100), None, None),
    ("real/pt_ceo2_counts_40x100x100_12pm.tif", (40, 100, 100), None, None),
    ("drprobe/A_wedge_df3.npz", (1, 1024, 1024), None, None),
    ("drprobe/A_wedge_df6.npz", (1, 1024, 1024), None, None),
]
REFUSED = [
    ("readers/08_carbon.dm3", "spectrum"),
    ("readers/test_fft_packed_complex8.dm4", "complex numbers"),
    ("readers/dmTest_float32_nonSquare_diffPixelSize.dm3", "1000 pm wide and 200 pm high"),
    ("readers/test_loading_image_saved_with_DM_stack.tif", "not square"),
    ("readers/example2_v3.1.hspy", "1/nm"),
    ("readers/test_tvips_2345_000.tvips", "1/nm"),
    ("readers/EMD-3197.map", "density map"),
    ("readers/Custom_info.txt", "cannot be opened"),
    ("drprobe/A_wedge_columns.csv", "cannot be opened"),
    ("drprobe/A_wedge_df3.json", "cannot be opened"),
    ("drprobe/A_wedge_df6.json", "cannot be opened"),
]


@pytest.mark.parametrize(("name", "shape", "pixel_pm", "frame_time"), OPENED, ids=[row[0] for row in OPENED])
def test_a_real_file_opens_with_its_shape_pixel_size_and_frame_time(opened, name, shape, pixel_pm, frame_time):
    series = opened(SHARED / name)
    assert (series.n_frames, series.height_px, series.width_px) == shape
    # the description gives at least six digits
    assert series.pixel_size_pm == (None if pixel_pm is None else pytest.approx(pixel_pm, rel=1e-5))
    assert series.pixel_size_source == ("missing" if pixel_pm is None else "from file")
    assert series.frame_time_s == frame_time
    last = series.frame(series.n_frames - 1)
    assert last.shape == shape[1:]
    assert last.dtype == np.float32


@pytest.mark.parametrize(("name", "reason"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_file_that_is_no_image_series_is_refused_in_one_line(opened, name, reason):
    with pytest.raises(SeriesError) as fault:
        opened(SHARED / name)
    assert reason in fault.value.message
    assert Path(name).name in fault.value.message
    assert "\n" not in str(fault.value)
    assert fault.value.hint


def test_no_file_is_left_out_of_the_two_tables():
    files = {path.relative_to(SHARED).as_posix() for path in SHARED.glob("*/*")}
    assert files == {row[0] for row in OPENED} | {row[0] for row in REFUSED}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("dm3_2d_int16.dm3", [[[1, 2], [3, 4]]]),
        ("dm4_2d_float32.dm4", [[[1, 2], [3, 4]]]),
        ("dm4_3d.dm4", [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
        # Velox keeps the frames on the last axis
        ("fei_example_tem_stack.emd", np.arange(18).reshape(3, 3, 2).transpose(2, 0, 1)),
    ],
)
def test_values_and_their_order_are_those_the_file_was_written_with(opened, name, values):
    series = opened(SHARED / "readers" / name)
    for index, frame in enumerate(values):
        np.testing.assert_array_equal(series.frame(index), frame)


def test_of_several_signals_the_image_is_taken_and_the_others_are_named(opened):
    series = opened(SHARED / "readers/multi_signal.dm3")
    assert any("HAADF" in text and "Plot" in text for text in series.warnings)


def test_real_counts_below_poisson_variance_are_counts(opened):
    """Mean 0.82 and variance 0.64 in vacuum, says the description."""
    series = opened(SHARED / "real/pt_ceo2_counts_40x100x100_12pm.npy")
    assert series.is_counts
    assert series.vacuum == pytest.approx(0.82, abs=0.01)
    assert series.dose_e_per_px == series.vacuum
    assert series.dose_source == "vacuum level of counts"
    assert series.hinted_pixel_size_pm == 12


def test_the_two_copies_of_the_real_counts_hold_the_same_frames(opened):
    npy, tif = (opened(SHARED / f"real/pt_ceo2_counts_40x100x100_12pm{end}") for end in (".npy", ".tif"))
    for index in (0, 17, 39):
        np.testing.assert_array_equal(npy.frame(index), tif.frame(index))


def test_a_display_picture_gives_no_dose_and_an_uncertain_level_near_its_grey(opened):
    """Vacuum grey is about 125, says the description; correlated noise makes it uncertain."""
    series = opened(SHARED / "real/ceo2_110_particle_8.86pm.png")
    assert series.dose_e_per_px is None
    assert series.vacuum == pytest.approx(125, rel=0.06)
    assert any("uncertain" in text for text in series.warnings)
    assert any("saturated" in text for text in series.warnings)


@pytest.mark.parametrize("name", ["drprobe/A_wedge_df3.npz", "drprobe/A_wedge_df6.npz"])
def test_noise_free_dr_probe_images_have_vacuum_one(opened, name):
    assert opened(SHARED / name).vacuum == pytest.approx(1, abs=0.005)


OTHER_READERS = [
    ("16_STOimage_1.ser", "tia"),
    ("64x64x5_TEM_preview_1.ser", "tia"),
    ("64x64x5_TEM_preview.emi", "tia"),
    ("Custom_movie.mrc", "mrc"),
    ("temp.mrc", "mrc"),
    ("multi_signal.dm3", "digitalmicrograph"),
    ("test_STEM_image.dm3", "digitalmicrograph"),
    ("test_stackbuilder_imagestack.dm3", "digitalmicrograph"),
    ("fei_example_tem_stack.emd", "emd"),
]


@pytest.mark.parametrize(("name", "module"), OTHER_READERS, ids=[row[0] for row in OTHER_READERS])
@pytest.mark.filterwarnings("ignore")  # of the other reader
def test_numbers_are_those_of_another_reader(opened, name, module):
    """Our frame-by-frame reading beside RosettaSciIO's own reading of the whole file, without dask."""
    signals = importlib.import_module(f"rsciio.{module}").file_reader(str(SHARED / "readers" / name))
    expected = max((signal["data"] for signal in signals), key=lambda data: data.size if data.ndim > 1 else 0)
    series = opened(SHARED / "readers" / name)
    expected = expected.reshape(series.n_frames, series.height_px, series.width_px)
    for index, frame in enumerate(expected):
        np.testing.assert_array_equal(series.frame(index), frame.astype(np.float32))


@pytest.mark.parametrize(
    "name",
    [
        "readers/test_loading_image_saved_with_DM.tif",
        "readers/test_loading_image_saved_with_imageJ_stack.tif",
        "real/pt_ceo2_counts_40x100x100_12pm.tif",
        "real/ceo2_110_particle_8.86pm.png",
    ],
)
def test_pictures_and_stacks_have_the_numbers_that_pillow_reads(opened, name):
    series = opened(SHARED / name)
    with Image.open(SHARED / name) as file:
        assert getattr(file, "n_frames", 1) == series.n_frames
        for index in range(series.n_frames):
            file.seek(index)
            np.testing.assert_array_equal(series.frame(index), np.asarray(file, dtype=np.float32))


def test_gatans_in_situ_folders_open_as_one_series(opened, tmp_path):
    """Hour, minute and second are folders; frame 10 comes after frame 9, and frame 0 of a second after the last."""
    source = (SHARED / "readers/dm4_2d_float32.dm4").read_bytes()
    value = np.float32([1, 2, 3, 4]).tobytes()
    assert source.count(value) == 1
    for number in range(14):
        second, frame = divmod(number, 12)
        folder = tmp_path / f"Hour_00/Minute_00/Second_{second:02}"
        folder.mkdir(parents=True, exist_ok=True)
        changed = source.replace(value, np.float32([number + 1, 2, 3, 4]).tobytes())
        (folder / f"CeO2_Hour_00_Minute_00_Second_{second:02}_Frame_{frame}.dm4").write_bytes(changed)
    series = opened(tmp_path)
    assert [float(series.frame(index)[0, 0]) for index in range(14)] == [number + 1 for number in range(14)]
