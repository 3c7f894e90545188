"""Weights as safetensors only: looked at before anything is loaded, and loaded strictly."""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eoexplore.core.errors import ModelError

if TYPE_CHECKING:
    import torch

FILE = "model.safetensors"
"""Name of the weights in a model's folder."""
_LARGEST_HEADER = 8_000_000  # Our largest network has 700 tensors in 80 KB of header.
# Bytes of a value, by the names of https://github.com/huggingface/safetensors (Format).
_SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1}
_SIZES["BOOL"] = 1
# How a pickle, a zip (torch.save since 1.6) and HDF5 (Keras) begin.
_PICKLE = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"(dp", b"(lp", b"cos\n", b"cposix")
_OTHERS = {b"PK\x03\x04": "a zip archive, as torch.save writes", b"\x89HDF": "an HDF5 file"}


def check(path: Path) -> Mapping[str, tuple[int, ...]]:
    """Check a file of weights from end to end without loading a value.

    The format: eight bytes with the length of the header, the header in JSON, the values; every
    byte of the values belongs to exactly one tensor
    (https://github.com/huggingface/safetensors, section Format).

    Returns:
        Shape by the name of each tensor.

    Raises:
        ModelError: it is no safetensors file, is cut off, or its header contradicts itself.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(16)
            length = int.from_bytes(start[:8], "little")
            # A length of 640 begins as a pickle of version 2 does; the brace tells them apart.
            if length > _LARGEST_HEADER or start[8:9] != b"{":
                _check_kind(path.name, start)
                raise ModelError(
                    f"The weights {path.name} are no safetensors file: no header of at most "
                    f"{_LARGEST_HEADER:,} bytes stands at its beginning. Download them again."
                )
            file.seek(8)
            header = file.read(length)
    except OSError as error:
        raise ModelError(
            f"The weights {path.name} cannot be read ({error.strerror}). Check the folder."
        ) from None
    if len(header) < length:
        raise _cut_off(path.name)
    return _check_tensors(path.name, _parse(path.name, header), size - 8 - length)


def _check_kind(name: str, start: bytes) -> None:
    kinds = [kind for magic, kind in _OTHERS.items() if start.startswith(magic)]
    if start.startswith(_PICKLE):
        kinds = ["a pickle"]
    if kinds:
        raise ModelError(
            f"The weights {name} are {kinds[0]}, which can run code when it is loaded: refused. "
            "Save them as safetensors."
        )


def _cut_off(name: str) -> ModelError:
    return ModelError(f"The weights {name} are cut off: the file is shorter than its header says.")


def _contradiction(name: str) -> ModelError:
    return ModelError(
        f"The weights {name} are damaged: the header contradicts itself. Download them again."
    )


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def _parse(name: str, header: bytes) -> dict[str, Any]:
    try:
        found = json.loads(header, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise ModelError(
            f"The weights {name} are no safetensors file: the header is no JSON. "
            "Download them again."
        ) from None
    if not isinstance(found, dict):
        raise _contradiction(name)
    found.pop("__metadata__", None)
    if not found:
        raise ModelError(f"The weights {name} hold no tensor.")
    return found


def _check_tensors(name: str, header: dict[str, Any], size: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    spans = []
    for key, entry in header.items():
        kind, shape, offsets = _entry(name, entry)
        begin, end = offsets
        if end - begin != math.prod(shape) * _SIZES[kind]:
            raise _contradiction(name)
        spans.append((begin, end))
        shapes[key] = shape
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            raise _contradiction(name)
        at = end
    if at > size:
        raise _cut_off(name)
    if at < size:
        raise _contradiction(name)
    return shapes


def _entry(name: str, entry: object) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    if not isinstance(entry, dict):
        raise _contradiction(name)
    kind: Any = entry.get("dtype")
    shape: Any = entry.get("shape")
    offsets: Any = entry.get("data_offsets")
    if not _whole(shape) or not _whole(offsets) or len(offsets) != 2 or len(shape) > 8:
        raise _contradiction(name)
    if not isinstance(kind, str) or kind not in _SIZES:
        raise ModelError(
            f"The weights {name} hold values of the kind {kind!r:.20}, which no model here has."
        )
    return kind, tuple(shape), (offsets[0], offsets[1])


def _whole(values: Any) -> bool:  # noqa: ANN401 - anything that JSON can hold
    return isinstance(values, list) and all(
        isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**48
        for value in values
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def load(
    path: Path,
    build: "Callable[[], torch.nn.Module]",
    *,
    prefix: str = "",
    expected: str = "",
    check_network: "Callable[[torch.nn.Module], None] | None" = None,
) -> "tuple[torch.nn.Module, str]":
    """Build a network and fill it with the weights of a file, strictly.

    Args:
        path: safetensors file.
        build: makes the network with any weights; it is called twice, first without memory.
        prefix: what every name in the file begins with, before the network's own name.
        expected: SHA-256 that the file must have; empty where nobody states one.
        check_network: told the network without memory, on torch's meta device, first.

    Returns:
        The network in evaluation mode without gradients of its own, and the file's SHA-256.

    Raises:
        ModelError: the file is none, is damaged, is another one than stated, or does not fit.
    """
    import safetensors.torch
    import torch

    shapes = check(path)
    found = sha256(path)
    if expected and found != expected:
        raise ModelError(
            f"The weights {path.name} are not those of the card: their SHA-256 is {found[:12]}…, "
            f"the card says {expected[:12]}…. Download both again."
        )
    with torch.device("meta"):
        empty = build()
        if check_network is not None:
            check_network(empty)
    plan = {name: tuple(value.shape) for name, value in empty.state_dict().items()}
    compare(path.name, shapes, plan, prefix)
    network = build()
    try:
        values = safetensors.torch.load_file(path)
    except (safetensors.SafetensorError, OSError):
        raise _contradiction(path.name) from None
    for name, value in values.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise ModelError(
                f"The weights {path.name} hold values that are no numbers, first in {name:.100}. "
                "The training that wrote them failed."
            )
    network.load_state_dict({name[len(prefix) :]: value for name, value in values.items()})
    return network.eval().requires_grad_(False), found


def compare(
    name: str,
    shapes: Mapping[str, tuple[int, ...]],
    plan: Mapping[str, tuple[int, ...]],
    prefix: str = "",
) -> None:
    """Check that a file holds exactly the tensors of a network.

    Args:
        name: name of the file, for the sentence.
        shapes: shape by name in the file.
        plan: shape by name in the network.
        prefix: what every name in the file begins with, before the network's own name.

    Raises:
        ModelError: with what is missing, unexpected or of another shape.
    """
    bare = [key for key in shapes if not key.startswith(prefix)]
    if bare:
        raise ModelError(
            f"The weights {name} are not in the published layout: every name should begin with "
            f"{prefix!r}, {len(bare)} of {len(shapes)} do not, such as {bare[0][:100]!r}."
        )
    own = {key[len(prefix) :]: shape for key, shape in shapes.items()}
    missing, unexpected = sorted(plan.keys() - own.keys()), sorted(own.keys() - plan.keys())
    if missing or unexpected:
        examples = ", ".join((missing + unexpected)[:3])
        raise ModelError(
            f"The weights {name} belong to another network: {len(missing)} tensors are missing "
            f"and {len(unexpected)} are unexpected, such as {examples[:200]}."
        )
    for key, shape in plan.items():
        if own[key] != shape:
            raise ModelError(
                f"The weights {name} belong to another network: {key} has the shape "
                f"{_shown(own[key])}, the network has {_shown(shape)}."
            )


def _shown(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "of one number"
