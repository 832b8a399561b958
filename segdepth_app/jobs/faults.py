"""From an exception to the `error` event that a user can read."""

import errno
import traceback
from typing import Any

from segdepth_app.errors import SegDepthError, is_out_of_memory

MEMORY_HINT = "Close other programs, or take a smaller batch, crop, tile or fewer processes."


def describe(error: BaseException) -> dict[str, Any]:
    """kind, message, hint and traceback of an exception."""
    if isinstance(error, SegDepthError):
        return _fault(error.kind, error.message, error.hint)
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
    trace = "".join(traceback.format_exception(error))
    if is_out_of_memory(error):
        where = "graphics card" if "cuda" in f"{type(error).__module__} {first_line}".lower() else "computer"
        return _fault("memory", f"The {where} ran out of memory: {first_line}", MEMORY_HINT, trace)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _fault("disk", f"The disk is full: {_file_of(error)}", "Make room, then start the job again.", trace)
    if isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        message = f"No permission to use {_file_of(error)}."
        return _fault(
            "input", message, "Choose another place, close the programs that use it, or change its permissions.", trace
        )
    if type(error).__name__ == "BrokenProcessPool":
        message = "A process of the job was killed, likely because the computer ran out of memory."
        return _fault("memory", message, MEMORY_HINT, trace)
    hint = "This is a fault of the program. Copy the details and report it."
    return _fault("internal", f"{type(error).__name__}: {first_line}", hint, trace)


def _file_of(error: OSError) -> str:
    # of a file that is moved into place, the second is the one the user knows
    return str(error.filename2 or error.filename or error.strerror or error)


def _fault(kind: str, message: str, hint: str, trace: str = "") -> dict[str, Any]:
    return {"kind": kind, "message": message, "hint": hint, "traceback": trace}
