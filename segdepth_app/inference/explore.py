"""The explore job: answers requests about one series while the View tab shows it.

Requests come through `reporter.requests()` as `{"cmd": …, "id": …}`; answers name .npy files in the config's folder.
The first answer, id 0, describes the series. A request that cannot be answered is answered with `error` and `hint`;
the child goes on. What is asked for and answered stands in explore_answers.py.
"""

from segdepth_app.config import ExploreConfig
from segdepth_app.errors import Cancelled, InputError, SegDepthError
from segdepth_app.inference.explore_answers import Desk, describe, drift_undone_in
from segdepth_app.reporting import Reporter
from segdepth_app.series.opener import open_series


def run(config: ExploreConfig, reporter: Reporter) -> None:
    """Answers requests until they end. Raises: InputError where series, folder or drift cannot be used."""
    try:
        config.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot write to {config.folder}: {error.strerror or error}.") from error
    with open_series(config, shift_px=drift_undone_in(config.drift_of)) as series:
        reporter.started(folder=str(config.folder))
        reporter.answer(0, **describe(series))
        desk = Desk(config, series)
        try:
            for request in reporter.requests():
                number = request.get("id")
                if isinstance(number, int):
                    _serve(desk, number, request, reporter)
        finally:
            desk.close()


def _serve(desk: Desk, number: int, request: dict[str, object], reporter: Reporter) -> None:
    """Answers one request; commands that are unknown stay unanswered, as before there were any."""
    command = str(request.get("cmd"))
    answer = desk.commands.get(command)
    if answer is None:
        return
    try:
        values = answer(number, request)
    except Cancelled:
        raise
    except SegDepthError as error:
        values = {"error": error.message, "hint": error.hint}
    except Exception as error:  # noqa: BLE001 (one request that fails must not take the picture away)
        values = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}", "hint": "Please report it."}
    reporter.answer(number, cmd=command, **values)
