"""Options of the verb that writes a folder for a cluster: a training's settings, and what the queue is told."""

import argparse
from pathlib import Path
from typing import Any

from segdepth_app import config
from segdepth_app.config import Config, TrainConfig
from segdepth_app.verbs.options import add_field, given, settings_given

Values = dict[str, Any]
QUEUE = ("nodes", "gpus", "cpus", "hours", "partition")


def export_cluster_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    """`export-cluster [CONFIG] --dataset F --out FOLDER`: the settings are those of a training."""
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="Settings file of a training (JSON).")
    parser.add_argument("--preset", metavar="P", help=f"Shipped settings: {', '.join(config.presets('train'))}.")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="Change one setting; may be repeated."
    )
    add_field(parser, TrainConfig, "dataset", metavar="FILE.h5")
    add_field(parser, model, "folder", flag="--out", metavar="FOLDER", required=True)
    for field in QUEUE:
        add_field(parser, model, field, metavar=field[0].upper())


def export_cluster_values(arguments: argparse.Namespace) -> Values:
    """The run there is called as the folder here, unless the settings name it. Raises: InputError."""
    train = settings_given(arguments, "train") | given(arguments, ("dataset",))
    train.setdefault("out", Path(arguments.folder).resolve().name)
    for assignment in arguments.set:
        config.set_value(train, assignment)
    return {"train": train, **given(arguments, ("folder", *QUEUE))}
