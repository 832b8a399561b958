"""The verify job: is a dataset file what it says it is?

One line per check (a table, in the order of `datasets.checks.CHECKS`): what was found, and what is wrong. The last
check simulates some specimens again from settings and seed and compares them. A file without faults ends the job
well; one with faults ends it with a DatasetError that names the first (exit code 2 of the command line).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import VerifyConfig
from segdepth_app.datasets.checks import Findings, Subject, check_images, check_tables
from segdepth_app.datasets.plan import PlannedSpecimen, plan_dataset
from segdepth_app.datasets.store import FORMAT, Dataset, SimulatedSpecimen
from segdepth_app.errors import DatasetError, SegDepthError
from segdepth_app.reporting import Reporter

SAME_WITHIN_ULPS = 2
"""Other processors round float32 otherwise, and that shows in the last bit of float16."""


def run(config: VerifyConfig, reporter: Reporter) -> None:
    """Checks the file and gives the table of checks.

    Raises: DatasetError where it cannot be opened, or anything in it is wrong; InputError for an unusable device.
    """
    if config.recompute:
        from segdepth_app.microscope.device import pick_device

        pick_device(config.device)  # an unusable one is no fault of the file
    with Dataset(config.dataset) as dataset:
        reporter.started(folder=str(dataset.path.parent), version=__version__)
        findings = verified(dataset, config, reporter)
    reporter.table("checks", [finding.row() for finding in findings.all])
    if findings.faults:
        first = findings.faults[0]
        others = ", ".join(fault.check for fault in findings.faults[1:])
        more = f" Also wrong: {others}." if others else ""
        raise DatasetError(
            f"{config.dataset} is not sound. {first.check}: {first.text}.{more}", "Simulate it or copy it again."
        )


def verified(dataset: Dataset, config: VerifyConfig, reporter: Reporter) -> Findings:
    """All checks, one after the other."""
    findings = Findings()
    subject = Subject.of(dataset, findings)
    if subject is None:
        return findings
    check_tables(subject, findings)
    chosen = _chosen(subject, config.recompute)
    total = len(dataset) + len(chosen)
    for done in check_images(subject, findings):
        reporter.raise_if_cancelled()
        reporter.progress(done, total, "images")
    if chosen:
        differences = []
        for done, item in enumerate(chosen, start=1):
            reporter.raise_if_cancelled()
            differences.append(_difference(subject, item, config.device))
            reporter.progress(len(dataset) + done, total, "images")
        _judge(subject, differences, findings)
    return findings


def _chosen(subject: Subject, n: int) -> list[PlannedSpecimen]:
    """Specimens to make again, spread over the dataset; those whose rows are in order."""
    planned = [item for item in plan_dataset(subject.config) if item.id in subject.sound_ids]
    if not n or not planned:
        return []
    return [planned[i] for i in np.unique(np.linspace(0, len(planned) - 1, n).round().astype(int))]


@dataclass(frozen=True)
class _Difference:
    """How a specimen that was made again differs from the stored one."""

    specimen: int
    problem: str = ""
    columns: bool = False
    """The columns are not the same."""
    share_of_std: float = 0.0
    """Root mean square of the images' difference over the images' standard deviation."""
    beyond_rounding: bool = False


def _difference(subject: Subject, item: PlannedSpecimen, device_name: str) -> _Difference:
    from segdepth_app.datasets.makers import simulate_group

    settings = subject.config.model_copy(update={"device": device_name})
    try:
        made = simulate_group(settings, [item])[0]
    except SegDepthError as error:
        return _Difference(item.id, problem=str(error))
    stored = subject.dataset.columns(item.id)
    images = subject.images_of(item.id)
    if images.shape != made.images.shape:
        return _Difference(item.id, columns=True, beyond_rounding=True)
    before, after = images.astype(np.float32), made.images.astype(np.float32)
    ulp = np.spacing(np.maximum(np.abs(before), 1).astype(np.float16)).astype(np.float32)
    apart = np.abs(after - before)
    return _Difference(
        item.id,
        columns=not _same_columns(stored, made),
        share_of_std=float(np.sqrt(np.mean(apart.astype(float) ** 2)) / max(before.std(dtype=float), 1e-9)),
        beyond_rounding=bool((apart > SAME_WITHIN_ULPS * ulp).any() | ~np.isfinite(apart).all()),
    )


def _same_columns(stored: np.ndarray, made: SimulatedSpecimen) -> bool:
    """Same columns in the same order; positions within 0.001 Å. A first-format file's sites are not compared."""
    fields = ("element", "count", "first", "plane", "deviation")
    if len(stored) != len(made.columns):
        return False
    near = all(np.allclose(stored[axis], made.columns[axis], rtol=0, atol=1e-3) for axis in "xy")
    return near and all(np.array_equal(stored[name], made.columns[name]) for name in fields)


def _judge(subject: Subject, differences: Sequence[_Difference], findings: Findings) -> None:
    """A difference is a fault where the same version made the file, else a note."""
    check = "made again"
    wrong = [item for item in differences if item.problem or item.columns or item.beyond_rounding]
    if not wrong:
        findings.good(check, f"{len(differences)} specimen(s), the same columns and images")
        return
    worst = max(wrong, key=lambda item: (bool(item.problem), item.columns, item.share_of_std))
    if worst.problem:
        findings.note(check, f"specimen {worst.specimen} cannot be made again: {worst.problem}")
        return
    text = (
        f"{len(wrong)} of {len(differences)} specimen(s) differ; specimen {worst.specimen}: "
        f"{'other' if worst.columns else 'the same'} columns, images {worst.share_of_std:.2%} of their spread apart"
    )
    made_by = f"the file was made by version {subject.dataset.version}"
    if subject.dataset.format != FORMAT:
        made_by += f" in the format {subject.dataset.format}"
    if subject.dataset.version == __version__ and subject.dataset.format == FORMAT:
        findings.fault(check, text)
    else:
        findings.note(check, f"{text}; {made_by}, this is {__version__}")
