"""Results, and analyses left half done, of one series in a folder; found by the series' fingerprint. No Qt."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.view.analysis_run import Waiting
from segdepth_app.gui.view.analysis_state import ResultEntry
from segdepth_app.gui.view.facts_lines import result_text
from segdepth_app.gui.view.result_view import ResultView
from segdepth_app.inference.journal import find_partials
from segdepth_app.inference.results import fingerprint_of


class Shelf:
    """A folder of results."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def results(self, fingerprint: str) -> Iterator[ResultEntry | None]:
        """Newest first. None for each file that is something else: looking may take long, so it goes step by step."""
        files = [(path.stat().st_mtime, path) for path in self._folder.glob("*.h5")]
        for changed, path in sorted(files, reverse=True):
            yield _entry(path, changed) if fingerprint_of(path) == fingerprint else None

    def waiting(self, fingerprint: str) -> Waiting | None:
        """The newest analysis that was paused or killed."""
        found = [path for path in find_partials(self._folder, fingerprint) if path.is_dir()]
        for path in sorted(found, key=lambda path: path.stat().st_mtime, reverse=True):
            try:
                partial = ResultView(path)
            except SegDepthError:  # killed before it had said anything
                continue
            with_frames = Waiting(path, partial.n_done, partial.n_frames)
            partial.close()
            return with_frames
        return None


def _entry(path: Path, changed: float) -> ResultEntry | None:
    try:
        result = ResultView(path)
    except SegDepthError:  # damaged: it is said when somebody opens it
        return None
    made = datetime.fromtimestamp(changed).strftime("%d %b %Y %H:%M")
    text = result_text(result.info, made, result.card.name)
    result.close()
    return ResultEntry(str(path), text)
