"""Published code tables that several datasets share."""

import csv
import functools
from types import MappingProxyType

from eoexplore.core import settings


@functools.cache
def corine() -> MappingProxyType[int, tuple[str, str]]:
    """Return the CORINE Land Cover level-3 codes: name and official colour (#rrggbb) of each.

    Source: Copernicus Land Monitoring Service, CLC nomenclature and legend; 999 is reBEN's own
    code for places without a CORINE polygon.
    """
    path = settings.assets_folder() / "nomenclature" / "corine.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = {int(row["code"]): (row["name"], row["colour"]) for row in csv.DictReader(file)}
    return MappingProxyType(rows)
