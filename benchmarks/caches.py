"""The caches of a process that draws tiles: emptied for what is measured cold.

Pixels that were read, pictures, and files that are open are forgotten. What was worked out from
the sample table alone (the table, draw orders, selected patches) stays: how long the first tile
after opening a dataset takes is a figure of its own.
"""

import gc

from eoexplore.core.bits import Bits
from eoexplore.core.memory import ByteCache
from eoexplore.store.samples import Samples
from eoexplore.tiles import colourings, order, places, scene
from eoexplore.tiles.mosaics import HandlePool

_PREPARED = (
    Bits,
    Samples,
    scene.Shown,
    places.Tops,
    order.Order,
    colourings.Colouring,
    colourings.ClassPixels,
)


Found = list[ByteCache[object] | HandlePool]


def find() -> Found:
    """Return all caches of the process, wherever they are.

    A cache that is added to the app later must not make a cold tile warm.
    """
    return [item for item in gc.get_objects() if isinstance(item, (ByteCache, HandlePool))]


def empty(found: Found) -> None:
    """Forget pixels and close files."""
    for item in found:
        if isinstance(item, HandlePool):
            item._idle.clear()
            item._used = 0
        elif not _is_prepared(item):
            item.clear()


def _is_prepared(cache: ByteCache[object]) -> bool:
    for value, _ in list(cache._entries.values()):
        parts = value if isinstance(value, tuple) else (value,)
        return any(isinstance(part, _PREPARED) for part in parts)
    return False
