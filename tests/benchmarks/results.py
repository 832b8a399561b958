"""Benchmarks write what they measured into RESULTS.md, each its own section."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

from segdepth_app.machine import processor_name

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "# Measured speed and memory\n\nRatios within one run on one machine; `make bench-…` writes a section anew.\n"


def write_section(title: str, body: str) -> None:
    """Replaces the section `title`, or adds it at the end; says when and on what it was measured."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    machine = f"{platform.system()}, {os.cpu_count()} cores, {processor_name()}, Python {platform.python_version()}"
    section = f"\n## {title}\n\n{datetime.now(UTC):%Y-%m-%d}; {machine}.\n\n{body.strip()}\n"
    parts = re.split(r"(?m)^(?=## )", text)
    kept = [part.rstrip() + "\n" for part in parts if not part.startswith(f"## {title}\n")]
    RESULTS.write_text("\n".join(kept) + section, encoding="utf-8")
