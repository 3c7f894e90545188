"""Published code tables that several datasets share."""

import csv
import functools
from dataclasses import replace
from types import MappingProxyType

from eoexplore.core import settings
from eoexplore.core.types import Classes, LabelClass

UNLABELLED = 999
"""The code that stands for "unlabelled" in every schema with CORINE codes (reBEN's own)."""


@functools.cache
def corine() -> MappingProxyType[int, tuple[str, str]]:
    """Return the CORINE Land Cover level-3 codes: name and official colour (#rrggbb) of each.

    Source: Copernicus Land Monitoring Service, CLC nomenclature and legend; 999 is reBEN's own
    code for places without a CORINE polygon.
    """
    rows = {int(row["code"]): (row["name"], row["colour"]) for row in _table("corine.csv")}
    return MappingProxyType(rows)


def levels(classes: Classes) -> MappingProxyType[str, Classes]:
    """Return the ways to look at a label map: the dataset's own classes, and the CORINE levels.

    For reBEN these are "clc19", "clc3", "clc2" and "clc1", in this order. A dataset without
    CORINE codes has its own classes only, under "classes". Each schema colours the same pixel
    codes; its classes and its unlabelled class have a name, an official colour and codes. The
    first code of a class stands for it in addresses, 999 for unlabelled (see `key_of`).

    CORINE has official colours for level 3 only: a class of level 2 or 1 has the colour of its
    first class of level 3, as the dataset's own classes have.

    Args:
        classes: label schema of a dataset.
    """
    if not classes.codes or not set(classes.codes) <= set(corine()):
        return MappingProxyType({"classes": classes})
    own = classes.unlabelled
    rest = tuple(code for code in own.codes if code != UNLABELLED)
    first = replace(classes, unlabelled=replace(own, codes=(UNLABELLED, *rest)))
    grouped = {f"clc{digits}": _level(digits, own.name) for digits in (3, 2, 1)}
    return MappingProxyType({f"clc{len(classes.classes)}": first, **grouped})


@functools.cache
def _level(digits: int, unlabelled: str) -> Classes:
    codes = corine()
    groups: dict[int, list[int]] = {}
    for code in codes:
        if code != UNLABELLED:
            groups.setdefault(code // 10 ** (3 - digits), []).append(code)
    names = {int(row["code"]): row["name"] for row in _table("corine_groups.csv")}
    names |= {code: name for code, (name, _) in codes.items()}
    return Classes(
        name=f"CORINE Land Cover, level {digits}",
        classes=tuple(
            LabelClass(names[group], codes[own[0]][1], tuple(own)) for group, own in groups.items()
        ),
        codes=codes,
        unlabelled=LabelClass(unlabelled, codes[UNLABELLED][1], (UNLABELLED,)),
    )


def key_of(item: LabelClass) -> str:
    """Return what stands for a class in addresses and in answers: its first code.

    999 stands for what is unlabelled, wherever that code stands among the others.
    """
    if not item.codes or UNLABELLED in item.codes:
        return str(UNLABELLED)
    return str(item.codes[0])


@functools.cache
def safe_colours() -> MappingProxyType[str, MappingProxyType[str, str]]:
    """Return our own colours, apart for colour-blind readers too, by schema and by codes.

    The schemas are those of `levels`, with the codes of a class in rising order and spaces
    between; "any" holds colours for classes that are in no table, by number from 1.
    benchmarks/safe_palettes.py made them.
    """
    found: dict[str, dict[str, str]] = {}
    for row in _table("safe.csv"):
        codes = " ".join(sorted(row["codes"].split()))
        found.setdefault(row["level"], {})[codes] = row["colour"]
    return MappingProxyType({level: MappingProxyType(own) for level, own in found.items()})


def _table(name: str) -> list[dict[str, str]]:
    path = settings.assets_folder() / "nomenclature" / name
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
