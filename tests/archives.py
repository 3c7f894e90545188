"""The released archives of a small tree, whole or damaged."""

import io
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import zstandard

from tests.builders import Patch, write_tree
from tests.once import made_once

FOLDERS = {"s2": "BigEarthNet-S2", "s1": "BigEarthNet-S1", "reference_map": "Reference_Maps"}
ZST = dict.fromkeys(FOLDERS, ".tar.zst")
PATCHES = (
    Patch("33UUP", 2, 5),
    Patch("33UUP", 3, 5, split="test", labels=("Mixed forest",)),
    Patch("32TMT", 0, 7, date="20170701T102021", country="Switzerland", split="validation"),
)
"""What the small tree holds: two neighbours, and one in another zone."""
Change = Callable[[list[tuple[str, bytes]]], Iterable[tuple[str, bytes]]]


def small_tree(factory: pytest.TempPathFactory) -> Path:
    """Return the small tree, which nobody may change."""
    return made_once(factory, "small-tree", lambda root: write_tree(root, PATCHES))


def members_of(tree: Path, layer: str) -> list[tuple[str, bytes]]:
    """Return the files of a layer as (name in the archive, content), in the order of names."""
    files = sorted((tree / FOLDERS[layer]).rglob("*.tif"))
    return [(file.relative_to(tree).as_posix(), file.read_bytes()) for file in files]


def tar_of(members: Iterable[tuple[str, bytes]], kind: int = tarfile.GNU_FORMAT) -> bytes:
    """Return a tar with these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as archive:
        for name, content in members:
            about = tarfile.TarInfo(name)
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return buffer.getvalue()


def pack(
    tree: Path,
    target: Path,
    layers: dict[str, str],
    change: Change = lambda members: members,
) -> Path:
    """Write archives of a tree's layers, and its tables, into another folder.

    Args:
        tree: folder with the released layout.
        target: where the archives go.
        layers: .tar or .tar.zst by layer.
        change: gets the members of each archive before they are written.
    """
    target.mkdir(parents=True, exist_ok=True)
    for table in tree.glob("*.parquet"):
        (target / table.name).write_bytes(table.read_bytes())
    for layer, extension in layers.items():
        data = tar_of(change(members_of(tree, layer)))
        if extension == ".tar.zst":
            # As the zstd program from a pipe: with a checksum, and the length not known in advance.
            packer = zstandard.ZstdCompressor(level=6, write_checksum=True).compressobj()
            data = packer.compress(data) + packer.flush()
        (target / f"{FOLDERS[layer]}{extension}").write_bytes(data)
    return target
