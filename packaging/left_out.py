"""What the frozen program leaves out, and why that is safe. Read by segdepth.spec and by the package's own notes.

Everything here is imported by some library for a purpose SegDepth does not have; the installed program's self-test
walks through every job and every reader without it.
"""

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "tools of developers and tests": (
        "pytest", "pytestqt", "hypothesis", "sklearn", "abtem", "mypy", "ruff", "importlinter", "grimp", "PyInstaller",
        "setuptools", "pip", "wheel", "pkg_resources", "pydoc_data", "lib2to3", "unittest.mock",
    ),
    "notebooks and consoles": (
        "IPython", "ipykernel", "ipywidgets", "jupyter", "jupyter_client", "notebook", "traitlets", "jedi", "nbformat",
    ),
    "other toolkits for windows": ("tkinter", "_tkinter", "PyQt5", "PyQt6", "PySide2", "wx", "gi"),
    "calculators on clusters (the extra `cluster`; an installed program computes on its own machine)": (
        "distributed", "bokeh", "tornado", "dask.distributed",
    ),
    "compilers of networks, which start Python programs that a frozen one cannot": (
        "torch._inductor.codegen.cuda", "triton", "torch.utils.tensorboard", "tensorboard", "torch.testing._internal",
        "functorch.experimental", "torch.utils.benchmark",
    ),
    "modules of Qt that the window does not use": (
        "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickWidgets", "PySide6.QtQuickControls2", "PySide6.QtNetwork",
        "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtXml", "PySide6.QtDesigner", "PySide6.QtHelp",
        "PySide6.QtUiTools", "PySide6.QtPrintSupport", "PySide6.QtConcurrent", "pyqtgraph.opengl", "pyqtgraph.examples",
    ),
    "tables, databases and web clients": (
        "pandas", "pyarrow", "sqlalchemy", "psycopg2", "boto3", "botocore", "s3fs", "fsspec.implementations.http",
        "zarr", "numcodecs", "sparse", "numba", "llvmlite", "flask", "tables",
    ),
    "editors and viewers of other libraries": (
        "ase.gui", "ase.db", "ase.visualize", "matplotlib.backends.backend_qt5agg", "matplotlib.backends.backend_tkagg",
        "matplotlib.backends.backend_gtk3agg", "matplotlib.backends.backend_wxagg", "matplotlib.tests", "scipy.tests",
        "numpy.tests", "numpy.f2py.tests",
    ),
}  # fmt: skip

LEFT_OUT_LIBRARIES: dict[str, str] = {
    "libqgtk3": "a theme of GTK; it would bring the whole of GTK, pango and cairo along",
    "libgtk-3": "see libqgtk3",
    "libgdk-3": "see libqgtk3",
    "libQt6Quick": "no Qt Quick",
    "libQt6Qml": "no QML",
    "libQt6Pdf": "no PDF viewer",
    "libQt6VirtualKeyboard": "no on-screen keyboard",
    "libcups": "the window does not print",
}


def modules() -> list[str]:
    """All names, for PyInstaller."""
    return [name for names in LEFT_OUT.values() for name in names]


def is_left_out(file_name: str) -> bool:
    """Is this a library file that stays out?"""
    return any(part in file_name for part in LEFT_OUT_LIBRARIES)
