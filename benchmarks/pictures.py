"""Figures that say whether tiles show what they should: none of the others counts if they fail."""

from benchmarks import detail, floor
from benchmarks.figures import Figure, compare
from benchmarks.tiles import Bench, Spot

ZOOMS = (11, 12, 13, 14, 15)
_LIKE = "<= 6"
"""Grey levels on the average."""
_SAME_CLASS = ">= 0.75"
"""Share of pixels: packed labels are the most frequent class of a larger square."""
_TILES = 3
_PIXELS, _LEVELS, _SHARE = "tile pixels", "grey levels", "of 1"
UNITS = frozenset((_PIXELS, _LEVELS, _SHARE))
"""Units of these figures, which no other has."""


def figures(bench: Bench) -> list[Figure]:
    """Return the worst source pixel, and the least likeness to the floor, at each zoom."""
    found = []
    for z in ZOOMS:
        spots = bench.spots(z)[:: max(1, len(bench.spots(z)) // _TILES)][:_TILES]
        if spots:
            found += _at(bench, z, spots)
    return found


def _at(bench: Bench, z: int, spots: list[Spot]) -> list[Figure]:
    pixels, apart, same = [], [], []
    for spot in spots:
        view = spot.view()
        drawn = detail.decoded(bench.drawing("s2", spot, "png")().body)
        pixels.append(detail.source_pixel(bench.data, view, drawn, bench.stretch))
        ready = floor.Ready(bench.data, view)
        apart.append(detail.difference(drawn, ready.picture(bench.stretch)))
        classes = detail.decoded(bench.drawing("reference_map", spot, "png")().body)
        same.append(detail.agreement(classes, detail.decoded(ready.classes())))
    allowed = max(detail.allowed(spot.view().ground_m) for spot in spots)
    return [
        compare(f"source pixel of tile s2 z{z}", [max(pixels)], None, f"<= {allowed:.2f}", _PIXELS),
        compare(f"tile s2 z{z}, difference from the floor", [max(apart)], None, _LIKE, _LEVELS),
        compare(
            f"tile reference_map z{z}, pixels as in the floor",
            [min(same)],
            None,
            _SAME_CLASS,
            _SHARE,
        ),
    ]
