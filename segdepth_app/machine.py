"""What this computer is called, and what its GPU can run."""

import platform
import re
from collections.abc import Iterable
from pathlib import Path

ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)([af]?)")


def processor_name() -> str:
    """The processor as its maker calls it."""
    try:  # Linux tells its name here only
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()


def runs_on(architectures: Iterable[str], capability: tuple[int, int]) -> bool:
    """Whether code built for these CUDA architectures (as torch lists them) runs on a GPU of that compute capability.

    `sm_86` runs on 8.6 and later ones of the same generation, `sm_90a` on 9.0 alone; `compute_90` is translated for
    any GPU from 9.0 on. An empty list says nothing: then it may.
    """
    known = [found for text in architectures if (found := ARCHITECTURE.fullmatch(text))]
    for kind, major_text, minor_text, special in (found.groups() for found in known):
        built_for = int(major_text), int(minor_text)
        if special == "a":
            fits = capability == built_for
        elif kind == "compute":
            fits = capability >= built_for
        else:
            fits = capability[0] == built_for[0] and capability >= built_for
        if fits:
            return True
    return not known
