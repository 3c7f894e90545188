"""The caches of a process that draws tiles: emptied for what is measured cold.

Pixels that were read, pictures, and files that are open are forgotten. What was worked out from
the sample table alone (draw orders, selected patches) stays: how long the first tile after opening
a dataset takes is a figure of its own.
"""

import gc
from collections.abc import Iterator

from eoexplore.core.memory import ByteCache
from eoexplore.tiles import colourings, order, places, scene
from eoexplore.tiles.mosaics import HandlePool

_PREPARED = (scene.Shown, places.Tops, order.Order, colourings.Colouring)


def empty() -> None:
    """Forget pixels and close files, in every cache of the tiles."""
    for found in _all():
        if isinstance(found, ByteCache):
            # As it was made: a cache offers no way to empty it, since the app never needs that.
            ByteCache.__init__(found, found.limit)
        else:
            found._idle.clear()
            found._count = 0


def _all() -> Iterator[ByteCache[object] | HandlePool]:
    for item in gc.get_objects():
        pool = isinstance(item, HandlePool)
        if pool or (isinstance(item, ByteCache) and not _is_prepared(item)):
            yield item


def _is_prepared(cache: ByteCache[object]) -> bool:
    for value, _ in list(cache._entries.values()):
        parts = value if isinstance(value, tuple) else (value,)
        return any(isinstance(part, _PREPARED) for part in parts)
    return False
