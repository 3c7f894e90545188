"""The component of the page of label quality; its scripts are served under ``/ui/quality/``.

Like the map and the gallery it owns its state: conditions, threshold and the chosen finding are
kept in the page's address by its script and need no run of the page.
"""

from eoexplore.ui.component import register

mount_quality = register("eoexplore_quality", "quality/quality", "The findings are loading")
