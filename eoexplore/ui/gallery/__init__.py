"""The gallery: thumbnails of the selection, with the map's picker of styles and its card."""

from eoexplore.ui.gallery import picked
from eoexplore.ui.gallery.component import mount_gallery

__all__ = ["mount_gallery", "picked"]
