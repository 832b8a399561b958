"""The job that writes a result in other programs' formats: what the settings name, one after the other."""

from segdepth_app.config import ExportResultConfig
from segdepth_app.inference import export
from segdepth_app.reporting import Reporter


def run(config: ExportResultConfig, reporter: Reporter) -> None:
    """Writes what is named. Raises: InputError where nothing is named; Cancelled between two files."""
    if config.tiff is not None:
        for path in export.export_tiff(config.result, config.tiff):
            reporter.artifact(path)
    if config.csv is not None:
        reporter.artifact(export.export_columns(config.result, config.csv))
    if config.figure is not None:
        reporter.artifact(export.export_figure(config.result, config.figure, frame=config.frame))
