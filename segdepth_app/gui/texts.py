"""Numbers with their units, as the window writes them."""

from math import isfinite

UNITS = {
    "e_per_px": "e/px",
    "pm": "pm",
    "nm": "nm",
    "um": "µm",
    "mm": "mm",
    "kv": "kV",
    "mrad": "mrad",
    "deg": "°",
    "k": "K",
    "percent": "%",
    "a2": "Å²",
    "s": "s",
    "px": "px",
    "atoms": "atoms",
    "epochs": "epochs",
}
"""Ending of a setting's name → its unit in the window."""


def unit_of(name: str) -> str:
    """The unit a setting's name ends in, as the window writes it; empty for pure numbers."""
    return next((text for ending, text in UNITS.items() if name.endswith(f"_{ending}")), "")


def signed(value: float, form: str = ".4g") -> str:
    """A number that may lie below zero, in a form like `.1f` or `+.2g`: with a proper minus, and no minus zero."""
    sign, form = form[: form.startswith("+")], form.removeprefix("+")
    return f"{float(value):{sign}z{form}}".replace("-", "−")


def shortened(text: str, letters: int) -> str:
    """At most so many letters: long names lose their middle, since they differ at their ends."""
    if len(text) <= letters:
        return text
    tail = (letters - 1) // 2
    return f"{text[: letters - 1 - tail]}…{text[len(text) - tail :]}"


def breakable(text: str) -> str:
    """Long names of files may break where their parts end, or a line of words would be cut off at the right."""
    return text.replace("_", "_\N{ZERO WIDTH SPACE}")


def unbroken(text: str) -> str:
    """The text without what `breakable` put into it."""
    return text.replace("_\N{ZERO WIDTH SPACE}", "_")


def size(n_bytes: float) -> str:
    """Bytes in the unit that leaves one to three digits: 512 B, 3.1 MB, 24 GB (powers of 1000)."""
    for unit in ("B", "kB", "MB"):
        if n_bytes < 999.5:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:.3g} GB" if n_bytes < 999.5 else f"{n_bytes:.0f} GB"


def duration(seconds: float) -> str:
    """Seconds in words that do not pretend to be exact: 40 s, 12 min, 3 h 20 min, 2 d 4 h."""
    if not isfinite(seconds):
        return "unknown"
    if seconds < 59.5:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} d {hours} h"
