"""How long the trainings of a study take, to the order of magnitude. No Qt.

Measured on a processor with two cores (tests/benchmarks/RESULTS.md): a step of 8 crops of 128² with the fast network of
32 channels, and one of 4 crops of 512² with the paper's of 16. Arithmetic grows with the square of the channels.
"""

from math import ceil, floor, log10

from segdepth_app.config import TrainConfig

SECONDS_PER_PIXEL = {"fast": 0.337 / (8 * 128**2 * 32**2), "paper": 0.766 / (4 * 512**2 * 16**2)}
"""Of the network's input, for one channel of the first block (squared)."""
UNITS = (
    ("year", 365 * 86400),
    ("month", 30 * 86400),
    ("week", 7 * 86400),
    ("day", 86400),
    ("hour", 3600),
    ("minute", 60),
)


def training_seconds(config: TrainConfig, n_images: int) -> float:
    """Seconds of one training on two cores, if it takes all of its epochs."""
    n_networks = 1 if config.network.denoiser == "none" else 2
    crops = config.batch_size * (config.steps_per_epoch or ceil(n_images / config.batch_size))
    pixels = config.max_epochs * crops * config.crop_px**2
    return SECONDS_PER_PIXEL[config.network.kind] * pixels * config.network.width**2 * n_networks


def rough(seconds: float) -> str:
    """A time in words with one digit: 4 minutes, 20 days, 3 months."""
    for name, length in UNITS:
        if seconds >= length:
            number = seconds / length
            scale = 10 ** floor(log10(number))
            number = round(number / scale) * scale
            return f"{number:.0f} {name}" + ("" if number == 1 else "s")
    return "a minute"


def sentence(trainings: list[TrainConfig], n_images: int) -> str:
    """How many trainings, and their time on a processor."""
    if not trainings:
        return ""
    epochs = trainings[0].max_epochs
    times = [training_seconds(config, n_images) for config in trainings]
    models = "1 model is" if len(times) == 1 else f"{len(times)} models are"
    text = f"{models} trained first, {epochs} epochs each at most, on {n_images:,} images. "
    text += f"On a processor with two cores this takes in the order of {rough(sum(times))}"
    if len(times) > 1 and max(times) > 0.5 * sum(times):
        text += f", most of it for the largest ({trainings[times.index(max(times))].network.width} channels)"
    return text + "; on a GPU far less. Each model is kept once it is trained: the study can be paused and resumed."
