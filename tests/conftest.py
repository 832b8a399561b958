"""For every test: its own workspace, one thread, no screen, no network."""

import gc
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

# before Qt, numpy or torch are imported
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).parents[1]
SHARED_DATA = ROOT / "../shared/data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need files beside the project skip where there are none."""
    if SHARED_DATA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(pytest.mark.skip(reason="the folder ../shared/data is not here"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What a test of the window leaves is collected here, in the main thread, when pytest has let go of it.

    Python collects garbage in whatever thread happens to allocate. Where that is another one, PySide puts off the
    destruction of Qt's objects to the next turn of the event loop; by then a parent has destroyed some of them, and
    the program ends with a segmentation fault in processEvents, or a thread hangs. (Both happened, in other tests.)
    """
    if "qapp" not in getattr(item, "fixturenames", ()):
        return (yield)
    gc.freeze()  # only what this test makes is looked at: a whole collection takes too long for a thousand tests
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.enable()
        gc.unfreeze()


@pytest.fixture(autouse=True)
def workspace(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of its own: no test sees or changes the user's."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("SEGDEPTH_HOME", str(folder))
    return folder


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The resources of an installed program, with a list of their own: this process takes them for its own."""
    from segdepth_app.paths import resources
    from segdepth_app.shipped import write_list

    copy = tmp_path / "Größe µm" / "resources"
    shutil.copytree(resources(), copy)
    write_list(copy)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(copy.parent), raising=False)
    return copy


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting anywhere but to this machine fails the test."""
    connect = socket.socket.connect

    def only_here(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"A test connects to {address}.")
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", only_here)


@pytest.fixture
def segdepth(workspace: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs the program in a process of its own: segdepth("doctor", "--json")."""

    def run(*arguments: str | Path, **settings: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "segdepth_app", *map(str, arguments)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            **settings,  # type: ignore[call-overload]
        )

    return run
