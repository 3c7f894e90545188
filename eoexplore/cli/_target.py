"""Which dataset a PATH argument means: a folder, a file that stands for one, or a known name."""

from pathlib import Path

from eoexplore.core.errors import UnknownName
from eoexplore.store import catalog

HELP = "folder of the dataset, a file that stands for it, or its name in `datasets`"


def find(text: str) -> Path:
    """Return the path that is meant.

    Args:
        text: what was typed; a known name wins over a folder of that name, which is ./NAME.

    Raises:
        UnknownName: neither a known name nor a path that exists.
    """
    known = {entry.slug: Path(entry.path) for entry in catalog.entries()}
    if text in known:
        return known[text]
    path = Path(text).expanduser()
    if _exists(path):
        return path.resolve()
    names = ", ".join(sorted(known)) or "none yet"
    raise UnknownName(
        f"There is no folder {text[:200]!r}, and no dataset is known by this name. "
        f"Known: {names}. Check the path, or make a demo: python -m eoexplore demo"
    )


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        # Longer than the system allows, or with a character it does not take.
        return False
