"""Saliency against finite differences, its place in the frame, and the files it is written to."""

import numpy as np
import pytest
import torch
from inference_toys import DOSE, PIXEL_PM, toy_counts, toy_model, toy_model_file, toy_series_file

from segdepth_app.config import SaliencyConfig
from segdepth_app.errors import InputError
from segdepth_app.inference import saliency as module
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.saliency import saliency_map
from segdepth_app.inference.saliency_job import run
from segdepth_app.models.gradient import pixel_gradient
from segdepth_app.reporting import Reporter

SETTING = {"pixel_size_pm": PIXEL_PM, "dose_e_per_px": DOSE}


def toy_image(shape=(132, 180)):
    return toy_counts(1, shape)[0].astype(np.float32) / DOSE


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_the_gradient_agrees_with_finite_differences(kind):
    """Central differences in float64; steps of 1e-5 leave an error of about 1e-10."""
    network = toy_model(kind).network.double()
    rng = np.random.default_rng(3)
    image = torch.from_numpy(rng.normal(1, 0.3, (1, 1, 32, 32)))
    place, told, temperature, depth, step = (4, 5), 0.7, 1.4, 3, 1e-5

    def probability(values):
        with torch.inference_mode():
            logits = network(values, torch.tensor([told], dtype=torch.float64))[0, :, *place]
        return float(torch.softmax(logits / temperature, dim=0)[depth])

    gradient, _, value = pixel_gradient(network, image, told, temperature, place, depth)

    assert value == pytest.approx(probability(image))
    strongest = gradient.abs().flatten().argsort(descending=True)[[0, 3, 10, 40]]
    for index in strongest.tolist():
        y, x = divmod(index, 32)
        above, below = image.clone(), image.clone()
        above[..., y, x] += step
        below[..., y, x] -= step
        expected = (probability(above) - probability(below)) / (2 * step)
        assert float(gradient[..., y, x]) == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_the_map_covers_the_frame_and_its_probability_is_the_prediction_s(kind):
    model = toy_model(kind)
    predictor = Predictor(model)
    image = toy_image()
    expected = predictor.predict(image, **SETTING)[:, 15, 25]

    found = saliency_map(predictor, image, **SETTING, x_px=103, y_px=62)

    assert found.map.shape == ((33, 45) if kind == "fast" else (132, 180))
    assert found.scale == (4 if kind == "fast" else 1)
    assert found.depth == expected.argmax()
    assert found.probability == pytest.approx(expected.max(), abs=1e-5)
    y, x = np.unravel_index(found.map.argmax(), found.map.shape)
    assert np.hypot((x + 0.5) * found.scale - 103.5, (y + 0.5) * found.scale - 62.5) < 40
    assert found.map.min() >= 0


def test_a_window_gives_what_the_whole_frame_gives(monkeypatch):
    predictor = Predictor(toy_model())
    image = toy_image((500, 520))
    whole = saliency_map(predictor, image, **SETTING, x_px=300, y_px=260, depth=2)
    monkeypatch.setattr(module, "WINDOW_OUTPUT_PX", 80)

    part = saliency_map(predictor, image, **SETTING, x_px=300, y_px=260, depth=2)

    np.testing.assert_allclose(part.map, whole.map, atol=1e-6)
    assert part.probability == pytest.approx(whole.probability, abs=1e-6)


@pytest.mark.parametrize("kind", ["fast", "paper"])
def test_on_a_turned_grid_the_map_peaks_around_the_pixel(kind):
    """A picture turned by hand by 90° has the same map: quarter turns move nothing between pixels."""
    predictor = Predictor(toy_model(kind))
    image = toy_image((128, 192))
    turned = np.ascontiguousarray(np.rot90(image, -1))

    found = saliency_map(predictor, image, **SETTING, x_px=150, y_px=40, depth=3, rotation_deg=90.0)
    # y = 40 of 128 rows is 127 − 40 from the left, once turned clockwise
    expected = saliency_map(predictor, turned, **SETTING, x_px=87, y_px=150, depth=3)

    np.testing.assert_allclose(found.map, expected.map, atol=1e-6)
    assert found.grid == predictor.input_grid(128, 192, PIXEL_PM, 90.0)
    y, x = np.unravel_index(found.map.argmax(), found.map.shape)
    assert np.hypot(*np.subtract(found.grid.to_source(float(x), float(y)), (150, 40))) < 40


def test_any_angle_gives_the_prediction_s_probability_there():
    predictor = Predictor(toy_model())
    image = toy_image((200, 260))
    grid = predictor.output_grid(200, 260, PIXEL_PM, 33.0)
    column, row = (round(float(value)) for value in grid.to_grid(181.0, 77.0))
    expected = predictor.predict(image, **SETTING, rotation_deg=33.0)[:, row, column]

    found = saliency_map(predictor, image, **SETTING, x_px=181, y_px=77, rotation_deg=33.0)

    assert found.depth == expected.argmax()
    assert found.probability == pytest.approx(expected.max(), abs=1e-5)


def test_the_asked_depth_is_taken():
    found = saliency_map(Predictor(toy_model()), toy_image(), **SETTING, x_px=0, y_px=131, depth=7)

    assert found.depth == 7
    assert found.map[:4].max() == 0  # the pixel is in row 32, the network reaches 28 rows


@pytest.mark.parametrize("pixel", [(180, 0), (0, 132), (-1, 5)])
def test_pixels_outside_are_refused_with_the_range(pixel):
    with pytest.raises(InputError, match="x runs from 0 to 179"):
        saliency_map(Predictor(toy_model()), toy_image(), **SETTING, x_px=pixel[0], y_px=pixel[1])


@pytest.fixture
def job(tmp_path):
    values = {"series": (toy_series_file(tmp_path),), "model": str(toy_model_file(tmp_path)), "vacuum": str(DOSE)}
    return lambda out, **more: run(
        SaliencyConfig(**{**values, "out": tmp_path / out, "frame": 2, "x_px": 103, "y_px": 62, **more}), Reporter()
    )


def test_the_job_writes_the_raw_map_as_npy_and_calibrated_tiff(job, tmp_path):
    import tifffile

    job("map.npy", depth=4)
    job("map.tif", depth=4)

    image = toy_counts()[2].astype(np.float32) / np.float32(DOSE)
    expected = saliency_map(Predictor(toy_model()), image, **SETTING, x_px=103, y_px=62, depth=4).map
    np.testing.assert_allclose(np.load(tmp_path / "map.npy"), expected, atol=1e-6)
    with tifffile.TiffFile(tmp_path / "map.tif") as file:
        np.testing.assert_allclose(file.asarray(), expected, atol=1e-6)
        pixels, units = file.pages[0].tags["XResolution"].value
        assert units / pixels == pytest.approx(0.0212, rel=1e-4)
        assert file.imagej_metadata["unit"] == "nm"


def test_the_job_writes_a_picture(job, tmp_path):
    from PIL import Image

    job("map.png")

    with Image.open(tmp_path / "map.png") as picture:
        assert picture.size == (45, 33)
        assert np.asarray(picture).max() == 255


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"out": "map.jpg"}, "cannot be written as map.jpg"),
        ({"out": "m.npy", "frame": 6}, "Frames run from 0 to 5"),
        ({"out": "m.npy", "y_px": 132}, "y from 0 to 131"),
    ],
)
def test_the_job_refuses_what_does_not_exist(job, tmp_path, settings, words):
    with pytest.raises(InputError, match=words):
        job(settings.pop("out"), **settings)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["series.tif", "toy.safetensors"]
