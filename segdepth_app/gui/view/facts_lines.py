"""What made a result, line by line: the text of the facts card. No Qt."""

from dataclasses import dataclass

from segdepth_app.config import OpticsConfig
from segdepth_app.gui.texts import signed
from segdepth_app.gui.view.result_view import ResultView
from segdepth_app.inference.result_info import ResultInfo
from segdepth_app.models.card import ModelCard
from segdepth_app.units import dose_per_area

SHA_LENGTH = 12


@dataclass(frozen=True)
class FactLine:
    """A name, its value, and where the value comes from."""

    name: str
    value: str
    source: str = ""
    is_warning: bool = False


def fact_lines(result: ResultView) -> list[FactLine]:
    """All that is known of how the result was made."""
    info = result.info
    n_done = result.n_done
    state = "in the making" if result.is_partial else "finished" if n_done == result.n_frames else "stopped early"
    return [
        FactLine("Result", result.path.name, f"{state}; {n_done} of {result.n_frames} frames analysed"),
        FactLine("Series", "\n".join(result.sources), f"{info.width_px} × {info.height_px} px"),
        *_model_lines(result),
        *_calibration_lines(info),
        *_settings_lines(info),
        FactLine("Made by", f"SegDepth {result.version}"),
        *(FactLine("Warning", text, is_warning=True) for text in info.warnings),
    ]


def _model_lines(result: ResultView) -> list[FactLine]:
    card, info = result.card, result.info
    return [
        FactLine("Model", f"{card.name} (version {card.version})", f"sha256 {info.model_sha256[:SHA_LENGTH]}"),
        FactLine("Trained on", _optics_text(card.optics), f"{card.pixel_size_pm:g} pm, {_dose_range(card)}"),
        FactLine("Temperature", f"{info.temperature:.3g}", "of the model, for this dose"),
    ]


def _dose_range(card: ModelCard) -> str:
    return f"{card.dose_low_e_per_px:g} to {card.dose_high_e_per_px:g} e/px"


def _optics_text(optics: OpticsConfig) -> str:
    def span(low: float, high: float, unit: str) -> str:
        return f"{low:z.6g} {unit}" if low == high else f"{low:z.6g} to {high:z.6g} {unit}"

    parts = (
        f"{optics.voltage_kv:g} kV",
        f"defocus {span(optics.c1_low_nm, optics.c1_high_nm, 'nm')}",
        f"C3 {signed(optics.c3_um, 'g')} µm",
        f"focal spread {span(optics.focal_spread_1e_low_nm, optics.focal_spread_1e_high_nm, 'nm')} (1/e)",
        f"image spread {span(optics.image_spread_low_pm, optics.image_spread_high_pm, 'pm')}",
    )
    return ", ".join(parts)


def _calibration_lines(info: ResultInfo) -> list[FactLine]:
    area = dose_per_area(info.dose_e_per_px, info.pixel_size_pm)
    lines = [
        FactLine("Pixel size", f"{info.pixel_size_pm:.4g} pm", info.pixel_size_source),
        FactLine("Dose", f"{info.dose_e_per_px:.4g} e/px, {area:.3g} e/Å² a frame", info.dose_source),
        FactLine("Vacuum", signed(info.vacuum), info.vacuum_source),
        FactLine("Gain", _known(info.gain, "per electron"), info.gain_source),
        FactLine("Offset", _known(info.offset, ""), info.offset_source),
        FactLine("Rotation", f"{signed(info.rotation_deg)}°", "of [001] from +x, undone before the network"),
        FactLine("Drift", "undone, rigid" if info.align == "rigid" else "left as it is"),
        FactLine("Sums", f"{info.sum_frames} frames of the file an image" if info.sum_frames > 1 else "none"),
    ]
    time = "unknown" if info.frame_time_s is None else f"{info.frame_time_s:.4g} s"
    return [*lines, FactLine("Frame time", time, info.frame_time_source)]


def _known(value: float | None, unit: str) -> str:
    return "unknown" if value is None else f"{signed(value)} {unit}".strip()


def _stay_text(info: ResultInfo) -> str:
    # an analysis in the making does not know yet what will be fitted
    stay: float | None = info.stay_probability
    return "found when the analysis ends" if stay is None else f"{stay:.4g} from frame to frame"


def _settings_lines(info: ResultInfo) -> list[FactLine]:
    return [
        FactLine("Mirror averaging", "on" if info.mirror else "off"),
        FactLine("Chance to stay", _stay_text(info), info.stay_source),
        FactLine("Longest sum", f"{info.longest_sum_frames} frames" if info.longest_sum_frames > 1 else "none"),
        FactLine("Arithmetic", info.precision),
    ]


def result_text(info: ResultInfo, made: str, model: str) -> str:
    """A result in a list to choose from: when, with what model and which settings."""
    settings = [f"{info.pixel_size_pm:.4g} pm", f"{info.dose_e_per_px:.3g} e/px"]
    settings += ["mirror"] if info.mirror else []
    settings += [f"{signed(info.rotation_deg, '.3g')}°"] if info.rotation_deg else []
    settings += ["aligned"] if info.align != "none" else []
    settings += [f"sums of {info.sum_frames}"] if info.sum_frames > 1 else []
    stay: float | None = info.stay_probability
    settings += [f"stay {stay:.3g} {info.stay_source}"] if stay is not None else []
    return f"{made} · {model} · {', '.join(settings)}"
