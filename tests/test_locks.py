"""A folder is locked as long as its process lives, and looking changes nothing."""

import signal
import subprocess
import sys

import pytest

from segdepth_app.errors import InputError
from segdepth_app.locks import is_locked, locked

HOLD = """
import sys
from pathlib import Path
from segdepth_app.locks import locked

with locked(Path(sys.argv[1]), "study"):
    print("held", flush=True)
    sys.stdin.read()
"""
TRY = """
import sys
from pathlib import Path
from segdepth_app.locks import is_locked

print(is_locked(Path(sys.argv[1])))
"""


def seen_by_another(folder) -> str:
    answer = subprocess.run([sys.executable, "-c", TRY, str(folder)], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def test_a_folder_that_nobody_works_on_is_free_with_and_without_the_file(tmp_path):
    assert is_locked(tmp_path) is False
    with locked(tmp_path, "study"):
        pass
    assert is_locked(tmp_path) is False


def test_looking_at_a_lock_of_ones_own_does_not_let_go_of_it(tmp_path):
    """POSIX frees a process's locks when it closes any descriptor of the file."""
    with locked(tmp_path, "study"):
        assert is_locked(tmp_path) is True
        assert seen_by_another(tmp_path) == "True"
    assert seen_by_another(tmp_path) == "False"


def test_a_killed_process_leaves_a_folder_that_is_free(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "held\n"
        assert is_locked(tmp_path) is True
        with pytest.raises(InputError, match="Another process is working on the study"), locked(tmp_path, "study"):
            pass
        child.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
        child.wait()
    assert is_locked(tmp_path) is False
