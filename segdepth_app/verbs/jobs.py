"""The verbs that run a job: parse, make its config, run it in this process.

Nothing here imports a room: the registry does, once the settings are known to be good.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segdepth_app import config
from segdepth_app.config import Config
from segdepth_app.errors import InputError
from segdepth_app.verbs.align import align_options, align_values
from segdepth_app.verbs.calibrate import calibrate_options, calibrate_values
from segdepth_app.verbs.checking import convergence_options, convergence_values, verify_options, verify_values
from segdepth_app.verbs.cluster import export_cluster_options, export_cluster_values
from segdepth_app.verbs.options import add_field, dose, given, integers, settings_given
from segdepth_app.verbs.report import report_options, report_values
from segdepth_app.verbs.series import series_options, series_values
from segdepth_app.verbs.study import study_options, study_values

Values = dict[str, Any]
OPTICS = (
    "defocus_nm",
    "focal_spread_nm",
    "image_spread_pm",
    "c3_um",
    "c5_mm",
    "c12_nm",
    "c12_angle_deg",
    "c21_nm",
    "c21_angle_deg",
    "tilt_x_deg",
    "tilt_y_deg",
    "beam_tilt_x_mrad",
    "beam_tilt_y_mrad",
    "temperature_k",
    "n_phonons",
    "thickness_nm",
    "mtf_file",
    "voltage_kv",
    "semiangle_1e_mrad",
    "potential",
    "seed",
)


@dataclass(frozen=True)
class JobVerb:
    """One verb: its config, its own options, and how the options become the config's values."""

    name: str
    model: type[Config]
    options: Callable[[argparse.ArgumentParser, type[Config]], None]
    values: Callable[[argparse.Namespace], Values]

    def settings(self, arguments: argparse.Namespace) -> Config:
        """The validated config. Raises: InputError."""
        return config.build(self.model, self.values(arguments))


def _preset_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="Settings file (JSON), as kept in a run folder.")
    known = ", ".join(config.presets(parser.prog.split()[-1])) or "none"
    parser.add_argument("--preset", metavar="P", help=f"Shipped settings to start from: {known}.")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="Change one setting, for example specimen.share_wedge=1; may be repeated. See `segdepth schema`.",
    )
    add_field(parser, model, "out", metavar="PATH", required=True)
    if "device" in model.model_fields:
        add_field(parser, model, "device")


def _preset_values(job: str, extra: tuple[str, ...] = ()) -> Callable[[argparse.Namespace], Values]:
    def values(arguments: argparse.Namespace) -> Values:
        result = settings_given(arguments, job) | given(arguments, ("out", "device", *extra))
        for assignment in arguments.set:
            config.set_value(result, assignment)
        return result

    return values


def _train_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    _preset_options(parser, model)
    add_field(parser, model, "dataset", metavar="FILE.h5")
    add_field(parser, model, "resume", action="store_true", default=False)


def _train_values(arguments: argparse.Namespace) -> Values:
    if arguments.resume and not (arguments.config or arguments.preset):
        # a run keeps its settings; going on with it needs no other
        kept = Path(arguments.out) / "config.json"
        arguments.config = kept if kept.exists() else None
    return _preset_values("train", ("dataset", "resume"))(arguments)


def _image_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    add_field(parser, model, "structure", flag="structure", metavar="STRUCTURE")
    add_field(parser, model, "out", metavar="FILE", required=True)
    add_field(parser, model, "pixel_size_pm")
    parser.add_argument("--shape", metavar="H,W", help="Image height and width in pixels (default 1024,1024).")
    for field in OPTICS:
        add_field(parser, model, field)
    add_field(parser, model, "thermal", metavar="debye-waller|frozen-phonon")
    # a leading minus would look like an option: --zone-axis=-1,1,0
    add_field(parser, model, "zone_axis", metavar="U,V,W")
    add_field(parser, model, "dose_e_per_px", flag="--dose", metavar="L|none")
    add_field(parser, model, "device")


def _image_values(arguments: argparse.Namespace) -> Values:
    values = given(arguments, ("structure", "out", "pixel_size_pm", *OPTICS, "thermal", "device"))
    if arguments.shape is not None:
        values["height_px"], values["width_px"] = integers(arguments.shape, 2, "--shape")
    if hasattr(arguments, "zone_axis"):
        values["zone_axis"] = integers(arguments.zone_axis.strip("[]"), 3, "--zone-axis")
    if hasattr(arguments, "dose_e_per_px"):
        values["dose_e_per_px"] = dose(arguments.dose_e_per_px)
    return values


def _evaluate_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    add_field(parser, model, "model", metavar="M", required=True)
    add_field(parser, model, "dataset", metavar="FILE.h5", required=True)
    add_field(parser, model, "doses_e_per_px", flag="--dose", metavar="L", nargs="+", action="extend")
    add_field(parser, model, "out", metavar="DIR", required=True)
    for field in ("split", "max_images", "seed", "device"):
        add_field(parser, model, field)


def _evaluate_values(arguments: argparse.Namespace) -> Values:
    values = given(arguments, ("model", "dataset", "out", "split", "max_images", "seed", "device"))
    if hasattr(arguments, "doses_e_per_px"):
        # several values, several options and commas all mean the same
        doses = [dose(part) for text in arguments.doses_e_per_px for part in text.split(",") if part]
        if None in doses:
            raise InputError("--dose none has no noise to judge at.", "Give electrons per pixel.")
        values["doses_e_per_px"] = doses
    return values


def _model_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    add_field(parser, model, "model", metavar="M", required=True)
    series_options(parser, model)
    add_field(parser, model, "device")


def _model_values(arguments: argparse.Namespace) -> Values:
    return series_values(arguments) | given(arguments, ("model", "device"))


def _infer_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    _model_options(parser, model)
    add_field(parser, model, "out", metavar="RESULT.h5", required=True)
    add_field(parser, model, "mirror", action="store_true")
    add_field(parser, model, "stay_probability", metavar="P")
    add_field(parser, model, "longest_sum_frames", metavar="N")
    add_field(parser, model, "precision", metavar="auto|float32")


def _infer_values(arguments: argparse.Namespace) -> Values:
    own = ("out", "mirror", "stay_probability", "longest_sum_frames", "precision")
    return _model_values(arguments) | given(arguments, own)


def _saliency_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    _model_options(parser, model)
    add_field(parser, model, "frame", metavar="T")
    parser.add_argument("--pixel", metavar="X,Y", required=True, help="Pixel of the source file, from 0.")
    add_field(parser, model, "depth", metavar="D")
    add_field(parser, model, "out", metavar="F", required=True)


def _saliency_values(arguments: argparse.Namespace) -> Values:
    x, y = integers(arguments.pixel, 2, "--pixel")
    return _model_values(arguments) | given(arguments, ("frame", "depth", "out")) | {"x_px": x, "y_px": y}


def _demo_options(parser: argparse.ArgumentParser, model: type[Config]) -> None:
    add_field(parser, model, "out", metavar="DIR", default="segdepth-demo")
    add_field(parser, model, "device")


def _demo_values(arguments: argparse.Namespace) -> Values:
    return given(arguments, ("out", "device"))


JOB_VERBS = (
    JobVerb("demo", config.DemoConfig, _demo_options, _demo_values),
    JobVerb("simulate", config.SimulateConfig, _preset_options, _preset_values("simulate")),
    JobVerb("verify", config.VerifyConfig, verify_options, verify_values),
    JobVerb("convergence", config.ConvergenceConfig, convergence_options, convergence_values),
    JobVerb("movie", config.MovieConfig, _preset_options, _preset_values("movie")),
    JobVerb("image", config.ImageConfig, _image_options, _image_values),
    JobVerb("train", config.TrainConfig, _train_options, _train_values),
    JobVerb("export-cluster", config.ClusterConfig, export_cluster_options, export_cluster_values),
    JobVerb("evaluate", config.EvaluateConfig, _evaluate_options, _evaluate_values),
    JobVerb("study", config.StudyConfig, study_options, study_values),
    JobVerb("report", config.ReportConfig, report_options, report_values),
    JobVerb("align", config.AlignConfig, align_options, align_values),
    JobVerb("calibrate", config.CalibrateConfig, calibrate_options, calibrate_values),
    JobVerb("infer", config.InferConfig, _infer_options, _infer_values),
    JobVerb("saliency", config.SaliencyConfig, _saliency_options, _saliency_values),
)
