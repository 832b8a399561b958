"""The house rules that no linter knows."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from segdepth_app.models.card import read_card

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "segdepth_app").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEXTS = [
    *SOURCES,
    *TESTS,
    *(path for path in sorted(ROOT.glob("*")) if path.is_file() and path.suffix in {".md", ".toml", ""}),
    *(path for path in sorted((ROOT / "packaging").rglob("*")) if path.is_file() and path.suffix != ".pyc"),
    *(
        path
        for path in sorted((ROOT / "resources").rglob("*"))
        if path.suffix in {".json", ".md", ".csv", ".txt", ".svg"}
    ),
]
SCIENCE = ("specimen", "microscope", "datasets", "models", "training", "evaluation", "series", "inference")
MAX_LINES, MAX_MAIN_WINDOW_LINES, MAX_FUNCTION_LINES = 400, 250, 60
# a class of one letter each, so that this line does not find itself
MACHINE_PATHS = re.compile(r"/wor[k]/|/hom[e]/[a-z]|/User[s]/[A-Za-z]|/roo[t]/|[A-Z]:.User[s]")

by_path = pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions_in(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_names_a_folder_of_one_machine(path):
    found = MACHINE_PATHS.findall(path.read_text(encoding="utf-8"))
    assert not found


@by_path
def test_files_and_functions_stay_short(path):
    text = path.read_text(encoding="utf-8")
    limit = MAX_MAIN_WINDOW_LINES if path.name == "main_window.py" else MAX_LINES
    assert len(text.splitlines()) < limit
    long = {
        function.name: function.end_lineno - function.lineno + 1
        for function in functions_in(ast.parse(text))
        if function.end_lineno - function.lineno >= MAX_FUNCTION_LINES
    }
    assert not long


@by_path
def test_no_function_is_shadowed_by_a_later_one_of_its_name(path):
    """The first of two tests of the same name never runs, and nothing says so."""
    shadowed = []
    for scope in [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Module | ast.ClassDef)]:
        seen = set()
        for node in scope.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef):
                continue
            # a property's setter and an overload share a name on purpose
            if node.name in seen and not node.decorator_list:
                shadowed.append(node.name)
            seen.add(node.name)
    assert not shadowed


@by_path
def test_no_comparison_is_made_and_dropped(path):
    """`x == y` alone on a line is an assert that lost its word."""
    dropped = [
        node.lineno
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare)
    ]
    assert not dropped


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.relative_to(ROOT / "segdepth_app").parts[0] in SCIENCE],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_public_functions_of_the_science_rooms_say_what_they_do(path):
    tree = tree_of(path)
    assert ast.get_docstring(tree)
    silent = [
        function.name
        for scope in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_")]
        for function in scope.body
        if isinstance(function, ast.FunctionDef)
        and not function.name.startswith("_")
        and not ast.get_docstring(function)
    ]
    assert not silent


@pytest.mark.parametrize("path", sorted((ROOT / "resources/models").glob("*.safetensors")), ids=lambda path: path.name)
def test_a_shipped_models_card_names_no_folder_of_one_machine(path):
    assert not MACHINE_PATHS.findall(read_card(path).model_dump_json())


@by_path
def test_package_files_import_nothing(path):
    """Else a light reader would drag in its whole room."""
    if path.name == "__init__.py":
        imports = [
            ast.unparse(node) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        if path.parent.name == "config":  # one name for the settings of all rooms; all of them are light
            assert all(line.startswith("from segdepth_app.config.") for line in imports)
            return
        # the root sets an environment variable before anything can load torch
        allowed = ["import os"] if path.parent == ROOT / "segdepth_app" else []
        assert imports == allowed


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_helpers_beside_tests_have_names_of_their_own(path):
    """Tests import helpers by bare name, from several folders."""
    if not path.name.startswith(("test_", "conftest", "__")):
        assert [other for other in TESTS if other.name == path.name] == [path]


def test_every_room_stands_in_the_import_contracts():
    """A new room would escape them without a word."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    floors = {name for layer in contracts[0]["layers"] for name in layer.split(" | ")}
    without_qt = {*contracts[1]["source_modules"], "segdepth_app.gui"}
    rooms = {
        f"segdepth_app.{path.stem}"
        for path in (ROOT / "segdepth_app").iterdir()
        if path.name not in ("__init__.py", "__pycache__") and (path.suffix == ".py" or path.is_dir())
    }
    assert rooms == floors == without_qt


def test_every_dependency_is_pinned_for_the_set_up():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pinned = {
        _normal(line.split("==")[0])
        for line in (ROOT / "packaging/constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and not line.startswith("#")
    }
    names = {_normal(re.match(r"[A-Za-z0-9_.-]+", requirement)[0]) for requirement in wanted}
    assert names - pinned == set()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
