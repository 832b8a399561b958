"""Settings of every job, in users' units (pm, nm, kV, electrons per pixel).

One frozen, closed model per job. The wizard, the CLI, the guide and the run folder share them; each
field carries its unit in its name, its range, and a help sentence. Dose λ is in electrons per pixel of
the *reference* pixel size (`pixel_size_pm`), in vacuum, whatever binning is stored or used later.
"""

from segdepth_app.config.analysis import (
    PANES,
    DemoConfig,
    ExploreConfig,
    ExportResultConfig,
    InferConfig,
    SaliencyConfig,
)
from segdepth_app.config.base import (
    N_CLASSES,
    Config,
    Device,
    Potential,
    build,
    explain,
    preset_values,
    presets,
    read_values,
    set_value,
)
from segdepth_app.config.imaging import (
    ImageConfig,
    MovieConfig,
)
from segdepth_app.config.judging import (
    STUDIES,
    EvaluateConfig,
    ReportConfig,
    StudyConfig,
    StudyFacts,
    StudyKind,
)
from segdepth_app.config.learning import (
    ClusterConfig,
    LabelConfig,
    NetworkConfig,
    TrainConfig,
)
from segdepth_app.config.series import (
    AlignConfig,
    CalibrateConfig,
    SeriesOptions,
)
from segdepth_app.config.simulation import (
    ConvergenceConfig,
    DetectorConfig,
    ExportConfig,
    GridConfig,
    OpticsConfig,
    PreviewConfig,
    SimulateConfig,
    SpecimenConfig,
    VerifyConfig,
)

__all__ = [
    "N_CLASSES",
    "PANES",
    "STUDIES",
    "AlignConfig",
    "CalibrateConfig",
    "ClusterConfig",
    "Config",
    "ConvergenceConfig",
    "DemoConfig",
    "DetectorConfig",
    "Device",
    "EvaluateConfig",
    "ExploreConfig",
    "ExportConfig",
    "ExportResultConfig",
    "GridConfig",
    "ImageConfig",
    "InferConfig",
    "LabelConfig",
    "MovieConfig",
    "NetworkConfig",
    "OpticsConfig",
    "Potential",
    "PreviewConfig",
    "ReportConfig",
    "SaliencyConfig",
    "SeriesOptions",
    "SimulateConfig",
    "SpecimenConfig",
    "StudyConfig",
    "StudyFacts",
    "StudyKind",
    "TrainConfig",
    "VerifyConfig",
    "build",
    "explain",
    "preset_values",
    "presets",
    "read_values",
    "set_value",
]
