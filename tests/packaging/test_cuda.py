"""The CUDA variant, as far as it can be looked at without CUDA: which files go into the program, which versions."""

import ast
import importlib.util
import re
from pathlib import Path

import cuda
import left_out
import pytest

PACKAGING = Path(cuda.__file__).parent


def torchs_own_list() -> list[str]:
    """Names of the libraries torch opens at its start, read from its source."""
    source = Path(importlib.util.find_spec("torch").origin).read_text(encoding="utf-8")
    names = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    names = [name for name in names if isinstance(name, str)]
    return [name.replace("*[0-9]", "13") for name in names if re.fullmatch(r"lib[\w-]+\.so\.\*\[0-9\]", name)]


def pins(path: Path) -> dict[str, str]:
    """Versions by name, of every line that is no comment."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("==") for line in lines)


@pytest.fixture
def installed(tmp_path):
    """Two packages laid out as CUDA 13's wheels are, and one that is none of NVIDIA's."""
    contents = {
        "nvidia_cublas-13.1.1.3": ["nvidia/cu13/lib/libcublas.so.13", "nvidia/cu13/include/cublas.h"],
        "nvidia_cudnn_cu13-9.20": [
            *("nvidia/cudnn/lib/libcudnn.so.9", "nvidia/cudnn/lib/libcudnn_ops.so.9", "nvidia/cudnn/lib/libcudnn.a"),
        ],
        "other-1.0": ["nvidia/cu13/lib/libother.so.1"],
    }
    for package, files in contents.items():
        folder = tmp_path / f"{package}.dist-info"
        folder.mkdir()
        name, version = package.split("-")
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n")
        (folder / "RECORD").write_text("".join(f"{file},,\n" for file in files))
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
    return tmp_path


def test_shared_libraries_keep_their_folders(installed):
    """torch's libraries look for them at ../../nvidia/cu13/lib, so the folders must be the wheels' own."""
    found = {
        (Path(file).relative_to(installed).as_posix(), folder) for file, folder in cuda.libraries([str(installed)])
    }
    assert found == {
        ("nvidia/cu13/lib/libcublas.so.13", "nvidia/cu13/lib"),
        ("nvidia/cudnn/lib/libcudnn.so.9", "nvidia/cudnn/lib"),
        ("nvidia/cudnn/lib/libcudnn_ops.so.9", "nvidia/cudnn/lib"),
    }


def test_nothing_torch_opens_is_left_out():
    """Names that stay out are parts of names: none of them may be part of one that torch lists as its own."""
    wanted = torchs_own_list()
    assert len(wanted) > 10
    places = [f"nvidia/cu13/lib/{name}" for name in wanted] + ["torch/lib/libtorch_cuda.so", "torch/lib/torch_cuda.dll"]
    assert [place for place in places if left_out.is_left_out(place)] == []
    assert [place for place in places[:-2] if not cuda.LIBRARY.match(place)] == []


def test_links_to_them_go_and_others_stay():
    """PyInstaller's links to libraries in folders of packages: Qt's and numpy's are needed."""
    assert cuda.is_shadow(("libcublas.so.13", "nvidia/cu13/lib/libcublas.so.13", "SYMLINK"))
    assert not cuda.is_shadow(("libgfortran.so.5", "numpy.libs/libgfortran.so.5", "SYMLINK"))
    assert not cuda.is_shadow(("nvidia/cu13/lib/libcublas.so.13", "/x/nvidia/cu13/lib/libcublas.so.13", "BINARY"))


@pytest.mark.parametrize("name", ["constraints-cuda.txt", "windows/constraints.txt"])
def test_further_constraints_only_add(name):
    """pip takes both files: what stands in both, with another version, could not be installed."""
    first, second = pins(PACKAGING / "constraints.txt"), pins(PACKAGING / name)
    assert second
    assert not first.keys() & second.keys()
