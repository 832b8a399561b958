"""Writes the model file of a run: at every new best, and with its temperatures at the end."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app import __version__
from segdepth_app.commands import repeating_command
from segdepth_app.config import OpticsConfig, SimulateConfig, TrainConfig
from segdepth_app.datasets.batches import CropSource, middle_dose
from segdepth_app.datasets.store import Dataset
from segdepth_app.models.card import ModelCard, find_model, read_card
from segdepth_app.models.model_file import save_model
from segdepth_app.models.networks import DepthNetwork, count_parameters
from segdepth_app.reporting import Reporter
from segdepth_app.training.folder import RunFolder, versions
from segdepth_app.training.identity import identify
from segdepth_app.training.metrics import Tally
from segdepth_app.training.module import DepthModule, ImageGroups, log_probabilities
from segdepth_app.training.place import Place
from segdepth_app.training.temperature import centre_pixels, fit_temperature, fitted_doses

CALIBRATION_IMAGES = 96
PLACES = {"out", "dataset", "workers", "device", "devices", "nodes", "resume"}


class ModelWriter:
    """Knows everything a model card says about a run."""

    def __init__(
        self,
        config: TrainConfig,
        folder: RunFolder,
        train: CropSource,
        validation: CropSource,
        *,
        device: str,
    ) -> None:
        self.config, self.folder, self.train, self.validation, self.device = config, folder, train, validation, device
        self._training_set = training_set_facts(train.dataset, len(train), len(validation))
        self._training_set["sha256"] = identify(train.dataset, folder.path).sha256
        self._class_prior = train.class_prior()
        # how the weights came about that this training starts from
        self._earlier = read_card(find_model(config.initial_model)).training if config.initial_model else None

    def save(self, module: DepthModule, shares: dict[str, float]) -> None:
        """Writes the averaged network of now, not yet calibrated."""
        dose = middle_dose(self.config.dose_low_e_per_px, self.config.dose_high_e_per_px)
        card = self.card(module.average, module.place, temperatures={}, metrics={f"{dose:g}": rounded(shares)})
        save_model(self.folder.model, module.average, card)

    def finish(self, network: DepthNetwork, place: Place, reporter: Reporter) -> None:
        """Fits the temperatures, judges the network at their doses, and writes the final model file."""
        temperatures, metrics = {}, {}
        for dose in fitted_doses(self.config):
            images = self.validation.whole_images(dose_e_per_px=dose, seed=self.config.seed, limit=CALIBRATION_IMAGES)
            tally, pairs = Tally(), []
            for group in ImageGroups(images):
                pairs += list(zip(log_probabilities(network, group), group, strict=True))
            for log_probability, truth in pairs:
                tally.add(log_probability, truth)
            temperature = fit_temperature(*centre_pixels(pairs, np.random.default_rng(self.config.seed)))
            temperatures[f"{dose:g}"] = round(temperature, 4)
            metrics[f"{dose:g}"] = rounded(tally.shares())
        save_model(self.folder.model, network, self.card(network, place, temperatures=temperatures, metrics=metrics))
        self.folder.log(f"Temperatures {temperatures}")
        reporter.artifact(self.folder.model)

    def card(
        self, network: DepthNetwork, place: Place, *, temperatures: dict[str, float], metrics: dict[str, Any]
    ) -> ModelCard:
        """The card of a network of this run."""
        config, dataset = self.config, self.train.dataset
        start = Path(config.initial_model).name if config.initial_model else None
        named = config.model_copy(update={"initial_model": start})  # the card travels, the folder does not
        return ModelCard(
            name=self.folder.path.name,
            version=__version__,
            network=config.network,
            parameters=count_parameters(network),
            pixel_size_pm=dataset.pixel_size_pm,
            binning=network.input_binning,
            output_binning=network.output_binning,
            dose_low_e_per_px=config.dose_low_e_per_px,
            dose_high_e_per_px=config.dose_high_e_per_px,
            labels=config.labels,
            optics=OpticsConfig.model_validate(dataset.config["optics"]),
            training_set=self._training_set,
            training={
                "settings": config.model_dump(mode="json", exclude={"dataset", "out", "initial_model", "resume"}),
                "initial_model": start,
                "earlier": self._earlier,
                "command": repeating_command(
                    "train", named, leave_out=PLACES, dataset=config.dataset.name, out=config.out.name
                ),
                "epochs": place.epoch,
                "best_epoch": place.best_epoch,
                "seconds": round(place.seconds, 1),
                "device": self.device,
                "threads": config.threads,
                "versions": versions(),
                "weights": "running average over the steps",
            },
            temperatures=temperatures,
            class_prior=self._class_prior,
            metrics={"split": "validation", "by_dose_e_per_px": metrics},
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def training_set_facts(dataset: Dataset, n_train: int, n_validation: int) -> dict[str, Any]:
    """What a card says about the dataset."""
    return {
        "preset": dataset.preset,
        "seed": dataset.config.get("seed"),
        "n_specimens": len(dataset.specimens),
        "n_images": len(dataset),
        "n_training_images": n_train,
        "n_validation_images": n_validation,
        "binning": dataset.binning,
        "version": dataset.version,
        "command": repeating_command(
            "simulate", SimulateConfig.model_validate(dataset.config), leave_out=PLACES, out=dataset.path.name
        ),
    }


def rounded(shares: dict[str, float]) -> dict[str, float]:
    """Figures as a card shows them."""
    return {name: round(value, 5) for name, value in shares.items()}
