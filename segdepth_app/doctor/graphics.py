"""Which graphics cards are in this computer, and whether NVIDIA's driver answers; without torch."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PCI = Path("/sys/bus/pci/devices")
DISPLAY_CLASS = "0x03"
MAKERS = {"0x10de": "NVIDIA", "0x1002": "AMD", "0x8086": "Intel"}
ADAPTERS = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
ASK_DRIVER = ("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
PATIENCE_S = 20


@dataclass(frozen=True)
class Graphics:
    """What is known of the graphics cards."""

    makers: tuple[str, ...] = ()
    """Of the cards found: NVIDIA, AMD, Intel; NVIDIA too where only its driver answers."""
    names: tuple[str, ...] = ()
    """NVIDIA's, as the driver calls them."""
    driver: str | None = None
    """Version of NVIDIA's driver, where it answers."""
    complaint: str = ""
    """What NVIDIA's tool says where it is there and finds nothing."""


def look() -> Graphics:
    """The cards of this computer. Nothing is started but nvidia-smi."""
    makers = set(_makers_on_windows() if sys.platform == "win32" else makers_on_bus(PCI))
    try:
        done = subprocess.run(
            ASK_DRIVER,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE_S,
            check=False,
            # else a console window would flash up
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except (OSError, subprocess.TimeoutExpired):
        return Graphics(makers=tuple(sorted(makers)))
    found = cards_in(done.stdout) if done.returncode == 0 else []
    if not found:
        return Graphics(makers=tuple(sorted(makers)), complaint=" ".join(f"{done.stdout} {done.stderr}".split()))
    return Graphics(
        makers=tuple(sorted(makers | {"NVIDIA"})), names=tuple(name for name, _ in found), driver=found[0][1]
    )


def cards_in(listing: str) -> list[tuple[str, str]]:
    """Name and driver version of each card in nvidia-smi's listing."""
    pairs = (line.rpartition(",") for line in listing.splitlines())
    return [(name.strip(), version.strip()) for name, comma, version in pairs if comma and name.strip()]


def makers_on_bus(pci: Path) -> Iterator[str]:
    """Makers of the display cards on Linux's PCI bus; none where it cannot be looked at."""
    with suppress(OSError):
        for device in sorted(pci.iterdir()):
            with suppress(OSError):
                if (device / "class").read_text(encoding="ascii").startswith(DISPLAY_CLASS):
                    vendor = (device / "vendor").read_text(encoding="ascii").strip()
                    if vendor in MAKERS:
                        yield MAKERS[vendor]


def _makers_on_windows() -> Iterator[str]:
    """From the names of the display adapters in the registry. Not tried: there was no Windows."""
    if sys.platform != "win32":
        return
    import winreg

    with suppress(OSError), winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, ADAPTERS) as adapters:
        for number in range(winreg.QueryInfoKey(adapters)[0]):
            with suppress(OSError), winreg.OpenKey(adapters, winreg.EnumKey(adapters, number)) as adapter:
                name = str(winreg.QueryValueEx(adapter, "DriverDesc")[0])
                yield from (maker for maker in MAKERS.values() if re.search(rf"\b{maker}\b", name, re.IGNORECASE))
