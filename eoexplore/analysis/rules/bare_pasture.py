"""Pasture that is bare soil in spring."""

from eoexplore.analysis.rules.rule import Bands, Floats, Rule, ndvi

LEAST = 0.25
STEP = 0.1


def excess(bands: Bands) -> Floats:
    """Return by how many steps the vegetation index is too low."""
    return (LEAST - ndvi(bands)) / STEP


RULE = Rule(
    name="bare_pasture",
    title="Pasture that is bare soil in spring",
    source="Pastures (231) are under grass for years by their definition (CORINE Land Cover "
    "nomenclature guidelines 2019); NDVI of bare soil is about 0.1 to 0.2 (Carlson and Ripley "
    "1997, doi:10.1016/S0034-4257(97)00104-1).",
    codes=(231,),
    bands=("B04", "B08"),
    excess=excess,
    seasons=("spring",),
)
