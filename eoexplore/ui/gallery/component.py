"""The gallery's component; its scripts lie beside this file and are served under ``/ui/gallery/``.

Like the map it owns its state: paging, sorting and styles are kept in the page's address by its
script and need no run of the page. What only the page can do is asked for by one trigger.
"""

from eoexplore.ui.component import register

mount_gallery = register("eoexplore_gallery", "gallery/gallery", "The gallery is loading")
