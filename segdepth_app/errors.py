"""Faults that a user can mend. Programmers' mistakes stay ValueError or TypeError."""


class SegDepthError(Exception):
    """Something went wrong that the user should read about. The CLI exits with 1."""

    kind = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """One line: what happened, then what to do."""
        return f"{self.message} {self.hint}".strip()


class InputError(SegDepthError):
    """A file or value that cannot be used. The CLI exits with 2."""

    kind = "input"


class SeriesError(InputError):
    """A TEM series that cannot be opened or lacks what is needed."""


class DatasetError(InputError):
    """A training dataset that is missing, damaged or of another kind."""


class ModelError(InputError):
    """A model file that is missing, damaged or unsuitable."""


class ResultError(InputError):
    """A result file that is missing, damaged or of another kind."""


class Cancelled(SegDepthError):
    """The user cancelled the job. The CLI exits with 130."""

    kind = "cancelled"


def is_out_of_memory(error: BaseException) -> bool:
    """Python's, torch's (any device) and numpy's ways to say it; torch itself is not needed to know."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("can't allocate memory" in text or "out of memory" in text)
