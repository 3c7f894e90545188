"""Spectral indices by name: formulas of the spyndex catalogue, computed on reflectances.

A formula is taken apart once into a tree that may hold the four operations, powers, numbers and
the names that stand for bands. Text from elsewhere is never run.
"""

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import UnknownName

Floats = npt.NDArray[np.float32]

REFLECTANCE = 10_000
"""Digital numbers that make reflectance 1."""
BANDS = MappingProxyType(
    {
        "A": "B01", "B": "B02", "G": "B03", "R": "B04", "RE1": "B05", "RE2": "B06", "RE3": "B07",
        "N": "B08", "N2": "B8A", "WV": "B09", "S1": "B11", "S2": "B12",
    }
)  # fmt: skip
"""Band of Sentinel-2 for each name that stands for one in the catalogue's formulas."""
BEST_KNOWN = (
    "NDVI", "NDWI", "MNDWI", "NDMI", "NBR", "EVI", "SAVI", "NDBI", "NDSI", "GNDVI", "NDREI",
    "MSAVI", "NBR2", "UI", "AWEInsh", "AWEIsh", "NDCI",
)  # fmt: skip
"""Listed before all others."""
# Reflectance of plain surfaces, rounded, in the order of BANDS: clear water, spruce, meadow,
# dry bare soil, asphalt. They only place the range of an index before the dataset's
# own pixels are known.
_SURFACES = (
    (0.05, 0.04, 0.03, 0.02, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.005, 0.003),
    (0.02, 0.02, 0.03, 0.02, 0.05, 0.14, 0.18, 0.19, 0.21, 0.21, 0.09, 0.04),
    (0.03, 0.04, 0.08, 0.05, 0.12, 0.30, 0.38, 0.40, 0.42, 0.42, 0.22, 0.11),
    (0.08, 0.10, 0.14, 0.19, 0.21, 0.23, 0.25, 0.27, 0.28, 0.29, 0.37, 0.33),
    (0.09, 0.10, 0.11, 0.12, 0.13, 0.14, 0.14, 0.15, 0.16, 0.16, 0.18, 0.17),
)
_OPERATIONS: Mapping[type[ast.AST], Callable[[Floats, Floats], Floats]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.Pow: operator.pow,
    }
)


@dataclass(frozen=True)
class Index:
    """One spectral index."""

    name: str
    """Short name in the catalogue, such as "NDVI"."""
    title: str
    """Long name."""
    domain: str
    """What it is used for, as the catalogue says, such as "vegetation"."""
    formula: str
    """Formula as the catalogue writes it."""
    reference: str
    """Address of its publication."""
    bands: tuple[str, ...]
    """Bands of the dataset that it needs, each once."""
    constants: Mapping[str, float]
    """Values of the other names in the formula: the catalogue's defaults."""
    normalised: bool
    """Whether it is a difference over a sum, which lies between -1 and 1."""
    low: float
    """Lower end of the range shown while the dataset's own pixels are not known."""
    high: float
    """Upper end of it."""

    def values(self, bands: Mapping[str, npt.NDArray[np.generic]]) -> Floats:
        """Compute it.

        Args:
            bands: digital numbers by band of the dataset, all of one shape.

        Returns:
            Index of that shape; NaN where the formula gives no number, as in a division by zero.
        """
        names = {
            short: bands[band].astype(np.float32) / np.float32(REFLECTANCE)
            for short, band in BANDS.items()
            if band in self.bands
        }
        return evaluate(self.formula, {**names, **self.constants})

    @property
    def explained(self) -> str:
        """The formula with the bands of the dataset and the values of the constants in it."""
        tree = _tree(self.formula)
        known = {**BANDS, **{name: f"{value:g}" for name, value in self.constants.items()}}
        named = _Renamed(known).visit(ast.parse(ast.unparse(tree), mode="eval"))
        return ast.unparse(named).replace("**", "^")


class _Renamed(ast.NodeTransformer):
    """Puts other names into a formula."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Return the node under its other name."""
        return ast.Name(self.names.get(node.id, node.id))


class CatalogueEntry(Protocol):
    """What is read of one index in the catalogue."""

    short_name: str
    long_name: str
    application_domain: str
    formula: str
    reference: str
    bands: tuple[str, ...]


def evaluate(formula: str, names: Mapping[str, npt.ArrayLike]) -> Floats:
    """Compute a formula; where it gives no finite number, the result is NaN.

    Args:
        formula: sums, products, quotients and powers of names and numbers.
        names: number or array of each name, arrays of one shape.

    Raises:
        UnknownName: the formula holds something else.
    """
    # A division by zero is an answer here, not an accident.
    with np.errstate(all="ignore"):
        found = np.asarray(_value(_tree(formula).body, names), np.float32)
    return np.where(np.isfinite(found), found, np.float32(np.nan))


@functools.lru_cache(maxsize=512)
def _tree(formula: str) -> ast.Expression:
    try:
        return ast.parse(formula.strip(), mode="eval")
    except SyntaxError as error:
        raise UnknownName(f"{formula!r} is no formula.") from error


def _value(node: ast.AST, names: Mapping[str, npt.ArrayLike]) -> Floats:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        operation = _OPERATIONS[type(node.op)]
        return operation(_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, names)
    if isinstance(node, ast.Name) and node.id in names:
        return np.asarray(names[node.id], np.float32)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return np.asarray(node.value, np.float32)
    raise UnknownName(f"A formula cannot hold {ast.unparse(node)!r}.")


def is_normalised(formula: str) -> bool:
    """Tell whether a formula is (a - b) / (a + b)."""
    body = _tree(formula).body
    if not (isinstance(body, ast.BinOp) and isinstance(body.op, ast.Div)):
        return False
    above, below = body.left, body.right
    if not (isinstance(above, ast.BinOp) and isinstance(above.op, ast.Sub)):
        return False
    if not (isinstance(below, ast.BinOp) and isinstance(below.op, ast.Add)):
        return False
    first, second = ({ast.dump(part.left), ast.dump(part.right)} for part in (above, below))
    return first == second


@functools.cache
def catalogue() -> Mapping[str, Index]:
    """Return every index that the twelve bands suffice for, by name; the best known first.

    Left out: kernel indices, and those with a constant that the catalogue gives no value for.
    """
    # Only now: most pages and commands need no index.
    import spyndex

    defaults = {name: spyndex.constants[name].default for name in spyndex.constants}
    found = {}
    for name in sorted(spyndex.indices, key=str.lower):
        entry = _index(spyndex.indices[name], defaults)
        if entry is not None:
            found[entry.name] = entry
    first = {name: found[name] for name in BEST_KNOWN if name in found}
    return MappingProxyType(first | found)


def _index(entry: CatalogueEntry, defaults: Mapping[str, float | None]) -> Index | None:
    others = [name for name in entry.bands if name not in BANDS]
    constants = {name: defaults.get(name) for name in others}
    if entry.application_domain == "kernel" or None in constants.values():
        return None
    values = {name: float(value) for name, value in constants.items() if value is not None}
    bands = tuple(band for short, band in BANDS.items() if short in entry.bands)
    normalised = is_normalised(entry.formula)
    low, high = (-1.0, 1.0) if normalised else _typical(entry.formula, values)
    return Index(
        name=entry.short_name,
        title=entry.long_name,
        domain=entry.application_domain,
        formula=entry.formula,
        reference=entry.reference,
        bands=bands,
        constants=MappingProxyType(values),
        normalised=normalised,
        low=low,
        high=high,
    )


def _typical(formula: str, constants: Mapping[str, float]) -> tuple[float, float]:
    """Return the range of an index over a few plain surfaces; 0 to 1 where it has none."""
    names = dict(zip(BANDS, np.array(_SURFACES, np.float32).T, strict=True))
    found = evaluate(formula, {**names, **constants})
    found = found[np.isfinite(found)]
    if not len(found) or found.min() == found.max():
        return 0.0, 1.0
    return float(f"{found.min():.3g}"), float(f"{found.max():.3g}")
