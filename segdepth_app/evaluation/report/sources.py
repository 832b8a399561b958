"""What a report is made of: evaluations and studies, each with a short name that tables and figures use."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from segdepth_app.errors import ResultError
from segdepth_app.evaluation.records import METRICS_FILE, Evaluation, read_evaluation
from segdepth_app.evaluation.study_records import STUDY_FILE, Study, read_study


@dataclass(frozen=True)
class JudgedSource:
    """An evaluation, called E1, E2, …"""

    key: str
    evaluation: Evaluation


@dataclass(frozen=True)
class StudySource:
    """A study, called S1, S2, …"""

    key: str
    study: Study


@dataclass(frozen=True)
class Sources:
    """Everything a report shows."""

    evaluations: tuple[JudgedSource, ...]
    studies: tuple[StudySource, ...]


def read_sources(folders: Sequence[Path]) -> Sources:
    """The folders in their order, each once. Raises: ResultError where one is neither evaluation nor study."""
    evaluations: list[JudgedSource] = []
    studies: list[StudySource] = []
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        if _holds(folder, METRICS_FILE):
            evaluations.append(JudgedSource(f"E{len(evaluations) + 1}", read_evaluation(folder)))
        elif _holds(folder, STUDY_FILE):
            studies.append(StudySource(f"S{len(studies) + 1}", read_study(folder)))
        else:
            raise ResultError(
                f"{folder} is neither an evaluation nor a study: it has no {METRICS_FILE} and no {STUDY_FILE}.",
                "Name folders that `segdepth evaluate` or `segdepth study` have written.",
            )
    return Sources(tuple(evaluations), tuple(studies))


def _holds(folder: Path, name: str) -> bool:
    return folder.name == name or (folder / name).is_file()
