"""What this computer is called."""

import platform
from pathlib import Path


def processor_name() -> str:
    """The processor as its maker calls it."""
    try:  # Linux tells its name here only
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
