"""Every kind of study and its module. A new kind: its entry in config.STUDIES, its module, and a line here."""

from segdepth_app.config import StudyKind
from segdepth_app.evaluation.studies import (
    compare,
    denoising,
    gradient,
    model_size,
    noise,
    observer,
    shuffled,
    spread,
)
from segdepth_app.evaluation.studies.kinds import Kind

KINDS: dict[StudyKind, Kind] = {
    "compare": compare,
    "model-size": model_size,
    "noise": noise,
    "denoising": denoising,
    "shuffled": shuffled,
    "spread": spread,
    "gradient": gradient,
    "observer": observer,
}
