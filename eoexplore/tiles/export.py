"""What a browser may take away: the selection as a table, the view as a picture or a map."""

import contextlib
import re
import time
import uuid
from pathlib import Path

from eoexplore.core import settings
from eoexplore.core.errors import JobError
from eoexplore.store import export, selections
from eoexplore.tiles import answers, htmlmap
from eoexplore.tiles.queries import Asked, Download, Found, Query
from eoexplore.tiles.snapshot import snapshot
from eoexplore.tiles.tile import shown_by

_FORGOTTEN_S = 3600
"""Age at which a file that nobody fetched to its end is removed."""
_BAD_SELECTION = answers.error(
    400, "the selection holds a condition that cannot be used, so nothing was exported"
)
_TOO_LARGE = answers.error(
    413, "the map needs more than 10 MB even at a quarter of its size; show fewer layers"
)
_NOWHERE = answers.error(404, "these samples have no place on a map")
_NOTHING = answers.error(404, "no patch matches the selection, so nothing was exported")


def _selection(asked: Asked) -> Found:
    """Answer /export/{dataset}/selection.{parquet|geojson|csv}."""
    shown, notices = shown_by(asked.scene, asked.query.get("select", ""))
    if notices:
        # A map goes on without what it cannot use; a table must not hold other rows than asked.
        return _BAD_SELECTION
    count = int(shown.mask.sum())
    if not count:
        return _NOTHING
    ending = asked.parts["ending"]
    if ending not in export.kinds_of(asked.opened):
        return _NOWHERE
    path = new_file(ending)
    text = selections.parse(asked.query.get("select", ""))[0].canonical()
    export.write(path, asked.opened, shown.mask, text)
    name = f"{asked.opened.slug}-{count}-samples.{ending}"
    return Download(path, export.MEDIA_TYPES[ending], name)


def _view(asked: Asked) -> Found:
    """Answer /export/{dataset}/view.png."""
    return snapshot(asked) if asked.opened.samples.located.any() else _NOWHERE


def _html(asked: Asked) -> Found:
    """Answer /export/{dataset}/map.html."""
    if not asked.opened.samples.located.any():
        return _NOWHERE
    try:
        return htmlmap.html_map(asked)
    except JobError:
        return _TOO_LARGE


def new_file(ending: str) -> Path:
    """Return a fresh name for a file to send, and remove what was left over from earlier ones."""
    folder = settings.cache_folder() / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        with contextlib.suppress(OSError):
            # A browser that left in the middle leaves its file behind.
            if time.time() - file.stat().st_mtime > _FORGOTTEN_S:
                file.unlink()
    return folder / f"{uuid.uuid4().hex}.{ending}"


_TABLE = re.compile(r"selection\.(?P<ending>parquet|geojson|csv)")
QUERIES = (
    Query("export", _TABLE, _selection, "export"),
    Query("export", re.compile(r"view\.png"), _view, "export"),
    Query("export", re.compile(r"map\.html"), _html, "export"),
)
