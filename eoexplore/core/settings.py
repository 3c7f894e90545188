"""Every setting in one table; a value comes from the environment, else from its default."""

import functools
import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

log = logging.getLogger(__name__)
IMAGERY_FORMATS = ("png", "webp", "jpg")
"""Formats of imagery on the map; the first one is the default."""


@dataclass(frozen=True)
class Setting:
    """One line of the table."""

    name: str
    """Environment variable."""
    default: str
    """Value when the variable is not set; an empty string where the help says what it means."""
    help: str
    """One sentence: what it changes."""


SETTINGS = (
    Setting(
        "EOEXPLORE_CACHE",
        "",
        "Folder of indexes, demo datasets and jobs; the user's cache folder when empty.",
    ),
    Setting(
        "EOEXPLORE_ROOTS",
        "",
        "Folders whose contents may be opened from the app, separated by the system's path "
        "separator; the start folder and its data/ when empty.",
    ),
    Setting(
        "EOEXPLORE_HOSTS",
        "localhost",
        "Host names that the app answers to, separated by commas, beside any IP address; "
        "* answers to all.",
    ),
    Setting(
        "EOEXPLORE_WORKERS",
        "",
        "Processes that build an index or write a demo; the number of cores when empty.",
    ),
    Setting(
        "EOEXPLORE_SCHEDULER",
        "",
        "Address of a Dask scheduler whose workers build indexes, such as tcp://host:8786; "
        "processes of this machine when empty.",
    ),
    Setting(
        "EOEXPLORE_TILE_CACHE_MB",
        "256",
        "Memory for patches that were read for tiles, in MB.",
    ),
    Setting(
        "EOEXPLORE_IMAGERY_FORMAT",
        "png",
        "Format of optical and radar tiles on the map: png without loss, webp at a tenth of its "
        "size, or jpg, which is the quickest to make (its tiles with holes are sent as webp).",
    ),
    Setting(
        "EOEXPLORE_DEMO",
        "1",
        "1 makes and opens the synthetic demo when no dataset is known; 0 does not.",
    ),
    Setting(
        "EOEXPLORE_OPEN_LAST",
        "1",
        "1 opens the dataset that was looked at last right after the server's start; 0 waits "
        "for its first visitor.",
    ),
    Setting(
        "EOEXPLORE_MODELS",
        "",
        "Folders of models of one's own, separated by the system's path separator: each holds "
        "models as folders, or is one; none when empty.",
    ),
    Setting(
        "EOEXPLORE_HUB",
        "1",
        "1 downloads a published model from the Hugging Face hub when somebody asks for it by "
        "its id; 0 opens no connection and uses what has been downloaded.",
    ),
    Setting(
        "EOEXPLORE_DEVICE",
        "",
        "Where models run, as torch calls it: cuda, cuda:1, mps or cpu; the first of CUDA, "
        "Apple's and the CPU that is there when empty.",
    ),
    Setting(
        "EOEXPLORE_MODEL_CACHE_MB",
        "2000",
        "Memory for models that were loaded, in MB; the least recently used ones go first.",
    ),
    Setting(
        "EOEXPLORE_UPLOAD_MB",
        "50",
        "Size of a file that a user may bring, in MB; Streamlit's server.maxUploadSize holds too.",
    ),
    Setting(
        "EOEXPLORE_UPLOADS_USER_MB",
        "200",
        "What the files of one user and their results may take on disk, in MB.",
    ),
    Setting(
        "EOEXPLORE_UPLOADS_TOTAL_MB",
        "2000",
        "What the files of all users and their results may take on disk, in MB.",
    ),
    Setting(
        "EOEXPLORE_UPLOADS_MEMORY_MB",
        "6000",
        "Memory that the prediction of a user's file may take, its model included, in MB; two run "
        "at most.",
    ),
    Setting(
        "EOEXPLORE_UPLOADS_HOURS",
        "24",
        "Hours after which a user's files are deleted, if the user has not left before.",
    ),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def value(name: str) -> str:
    """Return a setting's value as text, read anew each time so that tests can change it."""
    return os.environ.get(name) or _BY_NAME[name].default


def cache_folder() -> Path:
    """Return the folder of indexes, demos and jobs (not created here)."""
    chosen = value("EOEXPLORE_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("eoexplore"))


def model_folders() -> tuple[Path, ...]:
    """Return the folders of models of the user's own, as they are named in the setting."""
    parts = value("EOEXPLORE_MODELS").split(os.pathsep)
    return tuple(Path(part).expanduser() for part in parts if part.strip())


def workers() -> int:
    """Return the number of worker processes, at least 1."""
    chosen = _whole("EOEXPLORE_WORKERS")
    return max(1, chosen) if chosen is not None else (os.cpu_count() or 1)


def tile_cache_bytes() -> int:
    """Return the bound of the in-memory patch cache, in bytes."""
    chosen = _whole("EOEXPLORE_TILE_CACHE_MB")
    return (256 if chosen is None else chosen) * 1_000_000


def model_cache_bytes() -> int:
    """Return the bound of the models in memory, in bytes."""
    chosen = _whole("EOEXPLORE_MODEL_CACHE_MB")
    return (2000 if chosen is None else chosen) * 1_000_000


def imagery_format() -> str:
    """Return the format of optical and radar tiles on the map: png, webp or jpg."""
    chosen = value("EOEXPLORE_IMAGERY_FORMAT")
    if chosen in IMAGERY_FORMATS:
        return chosen
    _complain(chosen)
    return IMAGERY_FORMATS[0]


@functools.lru_cache(maxsize=8)
def _complain(chosen: str) -> None:
    # Once for each: the setting is read for every description of a map.
    known = ", ".join(IMAGERY_FORMATS)
    log.warning(
        "EOEXPLORE_IMAGERY_FORMAT is %r; there are: %s. Tiles are sent as png.", chosen[:40], known
    )


def whole(name: str) -> int:
    """Return a setting as a whole number from 0 on; its default where it is none."""
    chosen = _whole(name)
    return int(_BY_NAME[name].default) if chosen is None else chosen


def megabytes(name: str) -> int:
    """Return a setting that is said in MB, in bytes."""
    return whole(name) * 1_000_000


def _whole(name: str) -> int | None:
    """Return a setting as a whole number, or none where it is something else."""
    chosen = value(name)
    return int(chosen) if re.fullmatch(r"[0-9]{1,9}", chosen) else None


def assets_folder() -> Path:
    """Return the folder of colour tables, outlines and icons: installed, else of the checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"
