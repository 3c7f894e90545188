"""The browser's own files: the map's scripts and styles, Leaflet, and assets.

A request names a file of a list that was made from the folder; no path is built from it.
"""

import functools
from pathlib import Path
from types import MappingProxyType

from xstatic.pkg import leaflet

from eoexplore.core import settings

MEDIA_TYPES = MappingProxyType(
    {
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".json": "application/json",
        ".csv": "text/csv; charset=utf-8",
        ".svg": "image/svg+xml",
        ".png": "image/png",
    }
)
TEXT = frozenset({".js", ".css", ".json", ".csv", ".svg"})
_UI_FOLDER = Path(__file__).resolve().parents[1] / "ui"
"""By path, since tiles may not import ui."""
_BESIDE = ("gallery", "quality", "charts", "component")
"""Folders of scripts beside the map's, below the same prefix under their own name."""


def _folders() -> dict[str, tuple[Path, frozenset[str]]]:
    return {
        "assets": (settings.assets_folder(), frozenset({".json", ".csv", ".svg", ".png"})),
        "ui": (_UI_FOLDER / "map", frozenset({".js", ".css"})),
        **{name: (_UI_FOLDER / name, frozenset({".js", ".css"})) for name in _BESIDE},
        "vendor": (Path(leaflet.BASE_DIR), frozenset({".js", ".css", ".png"})),
    }


def find(prefix: str, name: str) -> Path | None:
    """Return the file of a name below one of the prefixes assets, ui and vendor, or none."""
    first, slash, rest = name.partition("/")
    if prefix == "ui" and slash and first in _BESIDE:
        prefix, name = first, rest
    folder, suffixes = _folders()[prefix]
    if prefix == "vendor":
        if not name.startswith("leaflet/"):
            return None
        name = name.removeprefix("leaflet/")
    return _listing(folder, suffixes, _changed(folder)).get(name)


def _changed(folder: Path) -> int:
    return folder.stat().st_mtime_ns if folder.is_dir() else 0


@functools.lru_cache(maxsize=8)
def _listing(folder: Path, suffixes: frozenset[str], _time: int) -> dict[str, Path]:
    """Return the files of a folder and its subfolders by their name with forward slashes."""
    root = folder.resolve()
    files = (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes)
    return {
        path.relative_to(folder).as_posix(): path
        for path in files
        if path.is_file() and path.resolve().is_relative_to(root)
    }


def read(path: Path) -> bytes:
    """Return a file's bytes; read again only when it has changed."""
    stat = path.stat()
    return _read(path, stat.st_mtime_ns, stat.st_size)


@functools.lru_cache(maxsize=64)
def _read(path: Path, _time: int, _size: int) -> bytes:
    return path.read_bytes()
