"""The caches of a process that draws tiles: emptied for what is measured cold.

Pixels that were read, pictures, and files that are open are forgotten. What was worked out from
the sample table alone (the table, draw orders, selected patches) stays: how long the first tile
after opening a dataset takes is a figure of its own.
"""

import gc
from collections.abc import Iterator

from eoexplore.core.memory import ByteCache
from eoexplore.store.samples import Samples
from eoexplore.tiles import colourings, order, places, scene
from eoexplore.tiles.mosaics import HandlePool

_PREPARED = (Samples, scene.Shown, places.Tops, order.Order, colourings.Colouring)


def empty() -> None:
    """Forget pixels and close files, in every cache of the process."""
    for found in _all():
        if isinstance(found, ByteCache):
            found.clear()
        else:
            found._idle.clear()
            found._count = 0


def _all() -> Iterator[ByteCache[object] | HandlePool]:
    # Wherever they are: a cache that is added later must not make a cold tile warm.
    for item in gc.get_objects():
        pool = isinstance(item, HandlePool)
        if pool or (isinstance(item, ByteCache) and not _is_prepared(item)):
            yield item


def _is_prepared(cache: ByteCache[object]) -> bool:
    for value, _ in list(cache._entries.values()):
        parts = value if isinstance(value, tuple) else (value,)
        return any(isinstance(part, _PREPARED) for part in parts)
    return False
