"""The version of Qt itself, for those who may not import it: `segdepth doctor`."""

from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication  # noqa: F401 (needs the system's libraries that a window needs, too)

QT_VERSION = qVersion()
