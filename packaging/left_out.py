"""What the frozen program leaves out, and why that is safe. Read by segdepth.spec and by the package's own notes.

Everything here is imported by some library for a purpose SegDepth does not have; the installed program's self-test
walks through every job and every reader without it.
"""

LEFT_OUT: dict[str, tuple[str, ...]] = {
    "tools of developers and tests": (
        "pytest", "py", "pytestqt", "hypothesis", "sklearn", "abtem", "mypy", "ruff", "importlinter", "grimp",
        "PyInstaller", "_pytest", "pluggy", "iniconfig", "setuptools", "pip", "wheel", "pkg_resources",
        "pydoc_data", "lib2to3",
    ),
    "notebooks and consoles": (
        "IPython", "ipykernel", "ipywidgets", "jupyter", "jupyter_client", "notebook", "traitlets", "jedi", "nbformat",
        "rich", "pygments", "markdown_it", "mdurl", "tabulate", "wcwidth", "readline",
    ),
    "other toolkits for windows": ("tkinter", "_tkinter", "PyQt5", "PyQt6", "PySide2", "wx", "gi"),
    "calculators on clusters (the extra `cluster`; an installed program computes on its own machine)": (
        "distributed", "bokeh", "tornado", "dask.distributed", "tblib", "psutil", "msgpack", "threadpoolctl",
    ),
    "compilers of networks, which start Python programs that a frozen one cannot": (
        "torch._inductor.codegen.cuda", "triton", "torch.utils.tensorboard", "tensorboard",
        "functorch.experimental", "torch.utils.benchmark",
    ),
    "modules of Qt that the window does not use": (
        "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickWidgets", "PySide6.QtQuickControls2", "PySide6.QtNetwork",
        "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtXml", "PySide6.QtDesigner", "PySide6.QtHelp",
        "PySide6.QtUiTools", "PySide6.QtPrintSupport", "PySide6.QtConcurrent", "pyqtgraph.opengl", "pyqtgraph.examples",
    ),
    "tables, databases and web clients": (
        "pandas", "pyarrow", "sqlalchemy", "psycopg2", "boto3", "botocore", "s3fs", "fsspec.implementations.http",
        "zarr", "numcodecs", "sparse", "numba", "llvmlite", "flask", "tables", "sqlite3", "_sqlite3",
    ),
    "editors and viewers of other libraries": (
        "ase.gui", "ase.db", "ase.visualize", "matplotlib.backends.backend_qt5agg", "matplotlib.backends.backend_tkagg",
        "matplotlib.backends.backend_gtk3agg", "matplotlib.backends.backend_wxagg", "matplotlib.tests", "scipy.tests",
        "numpy.tests", "numpy.f2py.tests",
    ),
    "web clients of libraries, for data in clouds": (
        "aiohttp", "yarl", "multidict", "propcache", "requests", "urllib3", "httpx", "ssl", "_ssl",
    ),
    "pictures of phones and of web pages": ("PIL._avif", "PIL.AvifImagePlugin", "PIL._webp"),
}  # fmt: skip

CODECS = (
    *("_imcd", "_shared", "_shared_cython", "_zlib", "_zlibng", "_deflate", "_zstd", "_lzma", "_lz4", "_bz2"),
    *("_jpeg8", "_jpeg2k", "_png", "_lerc", "_lzf", "_tiff"),
)
"""Of imagecodecs' some 80 codecs those that TIFF files of microscopes and of ImageJ are packed with."""

LEFT_OUT_FOLDERS: dict[str, str] = {
    "torch/test/": "torch's own tests, compiled",
    "torch/include/": "headers for compiling extensions",
    "torch/share/": "files of CMake",
    "hypothesis-": "metadata of a tool of tests",
    "/translations/": "Qt's own words in other languages; the window speaks English",
    "/egldeviceintegrations/": "Qt without a desktop, on the bare graphics card",
    "/plugins/generic/": "Qt without a desktop, with devices of its own",
    "/mpl-data/sample_data/": "examples of matplotlib",
    "/mpl-data/images/": "buttons of matplotlib's windows; its figures are made without one",
    "/pyqtgraph/icons/peegee/": "pyqtgraph's own emblem",
    ".dist-info/licenses/": "the same texts lie in the folder licences; 181 characters deep they do not fit Windows",
}
LEFT_OUT_PROGRAMS = "torch/bin/"
"""Compilers and tests of torch; only torch_shm_manager is kept, without which torch cannot be imported."""
KEPT_PROGRAM = "torch_shm_manager"

LEFT_OUT_LIBRARIES: dict[str, str] = {
    "libtorchbind_test": "a test of torch",
    "libaoti_custom_ops": "a test of torch",
    "libbackend_with_compiler": "a test of torch",
    "libjitbackend_test": "a test of torch",
    "libqgtk3": "a theme of GTK; it would bring the whole of GTK, pango and cairo along",
    "libgtk-3": "see libqgtk3",
    **dict.fromkeys(("libgdk-3", "libgdk_pixbuf", "libcairo", "libpango", "libatk", "libatspi"), "see libqgtk3"),
    "Qt6Quick": "no Qt Quick",
    "Qt6Qml": "no QML",
    "Qt6Pdf": "no PDF viewer",
    "Qt6VirtualKeyboard": "no on-screen keyboard",
    "libcups": "the window does not print",
    **dict.fromkeys(
        ("libqeglfs", "libqminimal", "libqlinuxfb", "libqvnc", "libqvkkhrdisplay", "Qt6EglF", "Qt6Network"),
        "Qt without a desktop; on one, it is xcb or Wayland, and offscreen in tests",
    ),
    **dict.fromkeys(("libgssapi_krb5", "libkrb5", "libk5crypto", "libkeyutils", "libcom_err"), "see Qt6Network"),
    # of Debian's, by their whole names: wheels bring their own under longer ones
    **dict.fromkeys(
        (
            "libharfbuzz.so",
            "libgraphite2.so",
            "libpixman-1.so",
            "libthai.so",
            "libdatrie.so",
            "libfribidi.so",
            "libgio-2.0.so",
            "libgobject-2.0.so",
            "libgmodule-2.0.so",
            "libmount.so",
            "libblkid.so",
            "libselinux.so",
            "libjpeg.so",
            "libXext.so",
            "libXrender.so",
            "libXdmcp.so",
            "libXau.so",
            "libbsd.so",
            "libmd.so",
        ),
        "only libqgtk3 and its like were linked with them",
    ),
    # the system's graphics drivers are loaded into the same process and need these as new as they are there
    **dict.fromkeys(
        ("libstdc++.so", "libgcc_s.so", "libmvec.so", "libexpat.so"),
        "part of every Linux with a desktop; an older copy beside the program would break the system's OpenGL drivers",
    ),
}


LEFT_OUT_ENDINGS: dict[str, str] = {
    ".dist-info/RECORD": "lists of files for pip",
    ".c": "sources of compiled modules",
    ".pyx": "sources of compiled modules",
    ".pyi": "types for editors",
}


def modules() -> list[str]:
    """All names, for PyInstaller."""
    return [name for names in LEFT_OUT.values() for name in names]


def is_left_out(target: str) -> bool:
    """Is this a file that stays out? `target` is its place in the folder."""
    place = target.replace("\\", "/")
    if any(part in place.rsplit("/", 1)[-1] for part in LEFT_OUT_LIBRARIES):
        return True
    if LEFT_OUT_PROGRAMS in place:
        return KEPT_PROGRAM not in place
    if place.endswith(tuple(LEFT_OUT_ENDINGS)):
        return True
    return "/tests/" in place or any(folder in place for folder in LEFT_OUT_FOLDERS)
