"""The map viewer: a Streamlit component on Leaflet, and the JSON that it is mounted with."""

from eoexplore.ui.map.component import mount_map

__all__ = ["mount_map"]
