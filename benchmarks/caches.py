"""The caches of a process that draws tiles: emptied for what is measured cold.

Pixels that were read and files that are open are forgotten. The table that a dataset was opened
with stays prepared: how long that takes is a figure of its own.
"""

import gc
from collections.abc import Iterator

from eoexplore.tiles import scene
from eoexplore.tiles.memory import ByteCache
from eoexplore.tiles.mosaics import HandlePool


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
        if isinstance(item, (ByteCache, HandlePool)) and item is not scene._shown:
            yield item
