"""Arrays in a skops file: nothing but numbers and names is trusted, and nothing is run."""

import dataclasses
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard

FILE = "model.skops"
"""Name of the file in a model's folder."""
_LARGEST = 50_000_000
"""Bytes of the file, and of what is in it once unpacked."""
_TRUSTED = {
    ("builtins", "dict", "DictNode"),
    ("builtins", "list", "ListNode"),
    ("builtins", "str", "TypeNode"),
    ("numpy", "ndarray", "NdArrayNode"),
}
"""Module, class and loader of all that a file may hold: a dictionary of arrays by name."""

Arrays = dict[str, npt.NDArray[np.float64]]


def save(folder: Path, card: ModelCard, state: Mapping[str, npt.NDArray[np.float64]]) -> ModelCard:
    """Write arrays and the card that has their hash; see `eoexplore.models.pixel.save`."""
    import skops.io

    data = skops.io.dumps(dict(state))
    stated = dataclasses.replace(card, sha256=hashlib.sha256(data).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / FILE, data)
    _replace(folder / "card.json", stated.to_json().encode())
    return stated


def _replace(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(path)


def load(
    path: Path, shapes: Mapping[str, tuple[int, ...]], expected: str = ""
) -> tuple[Arrays, str]:
    """Read arrays.

    Args:
        path: the file.
        shapes: name and shape of each array that has to be in it.
        expected: its SHA-256; empty where nobody states it.

    Returns:
        Arrays by name, and the SHA-256 of the file.

    Raises:
        ModelError: it is damaged, was changed, or holds anything else.
    """
    import skops.io

    data = _read(path)
    found = hashlib.sha256(data).hexdigest()
    if expected and found != expected:
        raise ModelError(f"{path.name} is not the file that the card is of. Train the model anew.")
    try:
        _check_contents(data, path.name)
        arrays = skops.io.loads(data, trusted=[])
    except (
        zipfile.BadZipFile, OSError, EOFError, LookupError, ValueError, TypeError, MemoryError,
        RecursionError, NotImplementedError, skops.io.exceptions.UntrustedTypesFoundException,
    ):  # fmt: skip
        raise ModelError(
            f"{path.name} is damaged or no skops file. Train the model anew."
        ) from None
    return _checked(arrays, shapes, path.name), found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ModelError(
            f"{path.name} cannot be read ({error.strerror}). It belongs beside the card.json."
        ) from None
    if len(data) > _LARGEST:
        raise ModelError(f"{path.name} is larger than {_LARGEST:,} bytes, so it is no baseline.")
    return data


def _check_contents(data: bytes, name: str) -> None:
    """Refuse a file by what it says of itself, before anything in it is built."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(item.file_size for item in archive.infolist()) > _LARGEST:
            raise ModelError(f"{name} unpacks to more than {_LARGEST:,} bytes. It was not opened.")
        schema = json.loads(archive.read("schema.json"))
    for kind in _kinds(schema):
        if kind not in _TRUSTED:
            module, kept, _ = kind
            raise ModelError(
                f"{name} holds {f'{module}.{kept}'[:120]}; only arrays of numbers are taken, since "
                "loading anything else may run code. Nothing was loaded."
            )


def _kinds(node: object) -> Iterator[tuple[str, str, str]]:
    """Yield module, class and loader of everything that a skops file would build."""
    if isinstance(node, dict):
        if "__loader__" in node:
            yield str(node.get("__module__")), str(node.get("__class__")), str(node["__loader__"])
        for value in node.values():
            yield from _kinds(value)
    elif isinstance(node, list):
        for value in node:
            yield from _kinds(value)


def _checked(arrays: object, shapes: Mapping[str, tuple[int, ...]], name: str) -> Arrays:
    if not isinstance(arrays, dict) or set(arrays) != set(shapes):
        raise ModelError(f"{name} holds other arrays than {', '.join(shapes)}. Train it anew.")
    for key, shape in shapes.items():
        array = arrays[key]
        fine = isinstance(array, np.ndarray) and array.dtype == np.float64
        if not fine or array.shape != shape or not np.isfinite(array).all():
            raise ModelError(
                f"{name}: {key!r} should be finite numbers of shape {shape}, which follow from the "
                "card. Train the model anew."
            )
    return arrays
