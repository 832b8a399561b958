"""The program's only entrance: worker, window or command line.

`--worker` goes to the job worker before anything of Qt is imported; no arguments open the window; everything
else is the command line. A frozen program is started the same way, by its own executable.
"""

import io
import multiprocessing
import os
import sys

MUTEX = "SegDepthIsRunning"
"""The name stands in packaging/windows/segdepth.iss as well."""


def main() -> int:
    """Runs what the arguments ask for and returns the exit code."""
    multiprocessing.freeze_support()
    _give_windows_programs_streams()
    _hold_off_the_installer()
    arguments = sys.argv[1:]
    if arguments[:1] == ["--worker"]:
        from segdepth_app.jobs.worker import main as work

        return int(work() or 0)

    from segdepth_app.cli import main as command_line

    code = command_line(arguments)
    if code == 1:
        # after a full disk, HDF5 crashes in its own clean-up at exit, and the exit code would be the crash's
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


def _give_windows_programs_streams() -> None:
    # a windowed executable on Windows has None here, and print, argparse and tqdm would fail
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
    # redirected into a file, Windows writes its old code page: a name it lacks shall be escaped, not end the program
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _hold_off_the_installer() -> None:
    # the Windows installer and uninstaller look for it: they do not touch a program that computes
    if sys.platform == "win32" and getattr(sys, "frozen", False):
        import ctypes

        ctypes.windll.kernel32.CreateMutexW(None, False, MUTEX)  # goes with the process


if __name__ == "__main__":
    sys.exit(main())
