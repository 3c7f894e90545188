"""The only way to the Hugging Face hub: two files of one repository, when somebody asks for it."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eoexplore.core import settings
from eoexplore.core.errors import ModelError
from eoexplore.models import _weights

FILES = ("config.json", _weights.FILE)
"""What is downloaded of a repository, in this order."""
NOTE = "zoo.json"
"""Beside the two files: the repository's id, and the version where it had to be given."""
LARGEST = {"config.json": 1_000_000, _weights.FILE: 4_000_000_000}
"""Bytes of each file at most."""
_ID = re.compile(r"(?P<owner>[A-Za-z0-9][\w.\-]{0,95})/(?P<name>[A-Za-z0-9][\w.\-]{0,95})", re.A)


def folder() -> Path:
    """Return the folder of what was downloaded (not created here)."""
    return settings.cache_folder() / "models" / "hub"


def folder_of(hub_id: str) -> Path:
    """Return the folder of a repository.

    Raises:
        ModelError: the text is no id of a repository.
    """
    match = _ID.fullmatch(hub_id)
    # The hub allows neither of these two in an id; the first one parts owner and name here.
    if match is None or "--" in hub_id or ".." in hub_id:
        raise ModelError(
            f"{hub_id[:120]!r} is no id of a repository. It looks like "
            "BIFOLD-BigEarthNetv2-0/resnet50-all-v0.2.0."
        )
    return folder() / f"{match['owner']}--{match['name']}"


def kept() -> dict[str, Path]:
    """Return the repositories that have been downloaded whole: folder by id."""
    try:
        return {
            path.name.replace("--", "/", 1): path
            for path in sorted(folder().iterdir())
            if "--" in path.name and all((path / name).is_file() for name in FILES)
        }
    except OSError:
        return {}


def note(path: Path) -> dict[str, Any]:
    """Return what stands in a folder's zoo.json; empty where there is none.

    Raises:
        ModelError: it is no JSON object.
    """
    try:
        found = json.loads((path / NOTE).read_bytes()[:10_000])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise ModelError(f"The model's {NOTE} cannot be read. Delete it or write it anew.")
    return found


def download(hub_id: str, version: str, check: Callable[[Path], object]) -> Path:
    """Download a repository's two files, unless they are there; no other file, no code.

    Args:
        hub_id: "owner/name".
        version: version of the band order, where the name does not say it; else empty.
        check: told the folder before the weights are fetched; raises ModelError if the
            configuration cannot be used.

    Returns:
        Folder with both files.

    Raises:
        ModelError: the id is none, the hub is switched off or cannot be reached, the repository
            or a file is not there, or a file is too large.
    """
    target = folder_of(hub_id)
    have = hub_id in kept()
    if not have:
        if settings.value("EOEXPLORE_HUB") == "0":
            raise ModelError(
                f"{hub_id} has not been downloaded, and the hub is switched off by EOEXPLORE_HUB. "
                "Put its config.json and model.safetensors into a folder of EOEXPLORE_MODELS."
            )
        target.mkdir(parents=True, exist_ok=True)
        _fetch(hub_id, FILES[0], target)
    before = _text(target / NOTE)
    if version or not before:
        note = {"id": hub_id, **({"version": version} if version else {})}
        (target / NOTE).write_text(json.dumps(note) + "\n", encoding="utf-8")
    try:
        check(target)
    except ModelError:
        (target / NOTE).write_text(before or json.dumps({"id": hub_id}) + "\n", encoding="utf-8")
        raise
    if not have:
        _fetch(hub_id, FILES[1], target)
    return target


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _fetch(hub_id: str, name: str, target: Path) -> None:
    import huggingface_hub
    from huggingface_hub import errors

    endpoint = os.environ.get("HF_ENDPOINT")
    address = huggingface_hub.hf_hub_url(hub_id, name, endpoint=endpoint)
    try:
        # Asked first, since a download tries again for half a minute where there is no network.
        # token=False: nothing of the user's account is sent for public files.
        size = huggingface_hub.get_hf_file_metadata(address, token=False, endpoint=endpoint).size
        if size is None or size > LARGEST[name]:
            raise ModelError(
                f"{name} of {hub_id} has {size or 0:,} bytes; at most {LARGEST[name]:,} are taken."
            )
        huggingface_hub.hf_hub_download(
            hub_id, name, local_dir=target, token=False, endpoint=endpoint
        )
    except errors.GatedRepoError:
        raise ModelError(f"{hub_id} asks for an account at the hub; none is used here.") from None
    except errors.RepositoryNotFoundError:
        raise ModelError(
            f"The hub has no public repository {hub_id}. Check the spelling."
        ) from None
    except errors.RemoteEntryNotFoundError:
        raise ModelError(f"{hub_id} has no {name}, so it is no model of the zoo.") from None
    except (errors.HTTPError, OSError, ValueError) as error:  # type: ignore[attr-defined]
        raise ModelError(
            f"{hub_id} cannot be downloaded ({type(error).__name__}): the hub cannot be reached "
            "from here. Try again later, or put its config.json and model.safetensors into a "
            "folder of EOEXPLORE_MODELS."
        ) from None
