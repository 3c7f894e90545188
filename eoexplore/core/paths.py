"""Which folders may be opened from the app."""

import os
from pathlib import Path

from eoexplore.core import settings
from eoexplore.core.errors import NotAllowed


def allowed_roots() -> tuple[Path, ...]:
    """Return the folders whose contents may be opened, resolved; EOExplore's own cache is one."""
    chosen = settings.value("EOEXPLORE_ROOTS")
    if chosen:
        roots = [Path(part).expanduser() for part in chosen.split(os.pathsep) if part]
    else:
        roots = [Path.cwd(), Path.cwd() / "data"]
    return tuple(root.resolve() for root in [*roots, settings.cache_folder()])


def check_allowed(text: str) -> Path:
    """Return the resolved path of a folder that a user typed.

    Args:
        text: path as typed, absolute or relative to the start folder.

    Raises:
        NotAllowed: outside the allowed roots, after following links; the message is the same
            whether the folder exists or not.
    """
    roots = allowed_roots()
    try:
        path = Path(text.strip()).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        path = None
    if path is None or not any(path.is_relative_to(root) for root in roots):
        raise NotAllowed(
            "This folder is outside the folders that this app may open. "
            "Choose one inside them, or start the app with EOEXPLORE_ROOTS set to its parent."
        )
    return path
