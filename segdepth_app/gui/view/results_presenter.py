"""Which result of the open series is shown: found by its hash, chosen, or growing while its job runs. No widgets."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.view.analysis_run import AnalysisRun
from segdepth_app.gui.view.analysis_state import ResultEntry
from segdepth_app.gui.view.chores import Chores
from segdepth_app.gui.view.laying import fits, refusal, same_images
from segdepth_app.gui.view.result_view import NOT_KEPT, ResultView
from segdepth_app.gui.view.scene import Scene
from segdepth_app.gui.view.shelf import Shelf


class ResultsPresenter:
    """The results of a series, the newest first, and the one on the table."""

    def __init__(
        self,
        view: Any,
        context: Any,
        scene: Scene,
        run: AnalysisRun,
        shelf: Shelf,
        chores: Chores,
        *,
        on_loaded: Callable[[], None],
        on_growth: Callable[[], None],
        on_reopen: Callable[[], None],
    ) -> None:
        """`on_reopen`: the series is to be opened anew, since its frames are to stand as a result's maps."""
        self._view, self._context, self._scene, self._run = view, context, scene, run
        self._shelf, self._chores = shelf, chores
        self._on_loaded, self._on_growth, self._on_reopen = on_loaded, on_growth, on_reopen
        self.entries: list[ResultEntry] = []

    # --- found

    def look(self, fingerprint: str) -> None:
        """Looks for results and unfinished analyses of this series; the newest result is shown if there is none yet."""
        self._run.offer(self._shelf.waiting(fingerprint))
        self._chores.run("results", self._search(fingerprint))

    def _search(self, fingerprint: str) -> Iterator[None]:
        entries: list[ResultEntry] = []
        for entry in self._shelf.results(fingerprint):
            yield None
            if entry is None:
                continue
            entries.append(entry)
            if self._scene.result is None and not self._run.is_running:
                yield from self._put_next(self._found(entry, follow=True), unless_there=True)
        self.entries = entries
        if self._scene.result is None and self._run.waiting is not None:
            self.grow(self._run.waiting.path, follow=True)
        self.show_entries()

    def _found(self, entry: ResultEntry, *, follow: bool = False) -> ResultView | None:
        """A result from the list, if it can be laid over the series."""
        try:
            result = ResultView(entry.path)
        except SegDepthError as error:
            self._context.report(error)
            return None
        if not self._fits(result, follow):
            result.close()  # made with other sums, or moved otherwise: it is in the list
            return None
        self._context.status(f"Showing the result found for this series: {result.path.name}")
        return result

    def _fits(self, result: ResultView, follow: bool) -> bool:
        """`follow`: the frames may be moved as the result's were, where nobody asked for an alignment."""
        facts = self._scene.file_facts
        if facts is None or fits(result.facts, facts):
            return True
        may_follow = follow and self._scene.typed.align == "none" and result.facts.drift != NOT_KEPT
        return may_follow and same_images(result.facts, facts)

    def _put_next(self, result: ResultView | None, *, unless_there: bool = False) -> Iterator[None]:
        """Shows an opened result in the next turn; closes it where that turn never comes, or has another result."""
        if result is None:
            return
        is_shown = False
        try:
            yield
            if not (unless_there and self._scene.result):
                is_shown = True
                self._put(result)
        finally:
            if not is_shown:
                result.close()

    def show_entries(self) -> None:
        """The list, with the result that is shown now."""
        shown = str(self._scene.result.path) if self._scene.result else ""
        self._view.show_results([replace(entry, chosen=entry.path == shown) for entry in self.entries])

    def forget(self) -> None:
        """Another series is opened."""
        self._chores.drop("results")
        self.entries = []
        self._view.show_results([])

    # --- chosen, or finished

    def load(self, path: str | Path) -> None:
        """Shows a result of the series that is open."""
        result = self._fitting(path)
        if result is not None:
            self._put(result)

    def _fitting(self, path: str | Path) -> ResultView | None:
        """Opens a result; where it cannot be laid over the series, says why."""
        try:
            result = ResultView(path)
        except SegDepthError as error:
            self._context.report(error)
            return None
        facts = self._scene.file_facts
        if facts and (not same_images(result.facts, facts) or result.facts.drift == NOT_KEPT):
            self._context.report(*refusal(result, facts))
            result.close()
            self.show_entries()
            return None
        return result

    def finished(self, path: Path) -> None:
        """An analysis made its result: it is shown, and joins the list."""
        self._chores.run("finished", self._take(path))

    def _take(self, path: Path) -> Iterator[None]:
        yield
        yield from self._put_next(self._fitting(path))
        yield
        facts = self._scene.file_facts
        if facts and facts.fingerprint:
            self.look(facts.fingerprint)

    def _put(self, result: ResultView) -> None:
        if self._scene.result:
            self._scene.result.close()
        self._scene.result = result
        self._move_frames(result)
        self.show_entries()
        self._on_loaded()

    def _move_frames(self, result: ResultView) -> None:
        """The frames are shown as the maps of the result saw them: moved by its drift, or not at all."""
        facts = self._scene.file_facts
        if facts is not None and facts.drift != result.facts.drift:
            self._scene.follow(result)
            self._on_reopen()

    # --- growing

    def grow(self, folder: Path, *, follow: bool = False) -> None:
        """Looks at what an analysis has done so far; it takes the place of an earlier result with its first frame."""
        result = self._scene.result
        if result is not None and result.is_partial and result.path == folder:
            if result.refresh():
                self._on_growth()
            return
        if not folder.is_dir():
            return
        try:
            found = ResultView(folder)
        except SegDepthError:  # it has not written its plan yet
            return
        if found.n_done and self._fits(found, follow):
            self._put(found)

    def fall_back(self) -> None:
        """What an analysis had done was discarded: the newest result is shown, or none."""
        result = self._scene.result
        if result is None or not result.is_partial or result.path.is_dir():
            return
        self._scene.result = None
        for entry in self.entries:
            found = self._found(entry)
            if found is not None:
                self._put(found)
                return
        self._on_loaded()
