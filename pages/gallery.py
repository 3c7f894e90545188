"""The gallery: thumbnails of the selected patches in an order, and a card for each."""

from eoexplore.tiles.gallery import describe
from eoexplore.ui import frame
from eoexplore.ui.gallery import mount_gallery, picked

PAGE = {
    "title": "Gallery",
    "icon": ":material/grid_view:",
    "order": 15,
    "help": "Thumbnails of the selected patches, sorted; a click shows everything about a patch.",
}

view = frame.current_view(on_map=False)
mount_gallery(
    {**describe(view.opened, view.selection, view.palette), "kept": picked.kept()},
    key="gallery",
    on_ask=picked.hear,
)
