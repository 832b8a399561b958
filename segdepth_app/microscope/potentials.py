"""Electron scattering factors and the projected potential of an atom in Fourier space.

Units: g in 1/Å, scattering factors in Å (non-relativistic), potentials in V·Å (projected), B in Å².
"""

import json
from functools import cache

import torch
from torch import Tensor

from segdepth_app.errors import InputError
from segdepth_app.paths import resources
from segdepth_app.shipped import check_shipped

VOLT_ANGSTROM2_PER_SCATTERING = 47.877647
"""h²/(2π m₀ e) in V·Å²: projected potential per unit scattering factor and area."""


@cache
def _table(name: str) -> dict[str, list[list[float]]]:
    path = check_shipped(resources() / "potentials" / f"{name}.json", f"The {name} table of potentials")
    parameters: dict[str, list[list[float]]] = json.loads(path.read_text(encoding="utf-8"))["parameters"]
    return parameters


def scattering_factor(element: str, g2: Tensor, *, table: str) -> Tensor:
    """f_e(g) of a neutral atom at g² (any shape), in Å.

    Lobato & Van Dyck, Acta Cryst. A 70 (2014) 636, eq. 16; Kirkland (2010), eq. C.15.
    Raises: InputError for an element the table lacks, or a table that is not as it was shipped.
    """
    parameters = _table(table).get(element)
    if parameters is None:
        raise InputError(f"The {table} table has no element {element!r}.", "Use another element symbol or table.")
    total = torch.zeros_like(g2)
    if table == "lobato":
        for a, b in zip(*parameters, strict=True):
            total += a * (2 + b * g2) / (1 + b * g2) ** 2
        return total
    for a, b, c, d in zip(*parameters, strict=True):
        total += a / (g2 + b) + c * torch.exp(-d * g2)
    return total


def projected_potential(element: str, g2: Tensor, *, table: str, b_factor: float) -> Tensor:
    """Fourier transform of an atom's projected potential, in V·Å³ at g² (any shape).

    The Debye–Waller factor is exp(-B g²/4), since s = g/2.
    """
    thermal = torch.exp(-0.25 * b_factor * g2)
    return VOLT_ANGSTROM2_PER_SCATTERING * scattering_factor(element, g2, table=table) * thermal
