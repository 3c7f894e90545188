"""What the parts of a product were made from: one signature per patch, so that changes are found.

Each part carries the mark of the list it was made from, and the list lies beside it. The lists are
written before the parts and removed after them, so a kill leaves no part without its list.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.store import mosaic
from eoexplore.store import samples as sample_table
from eoexplore.store.folder import IndexFolder, atomic

_KEY = b"eoexplore.contents"
_EDITION = b"eoexplore.edition"
UNKNOWN = ""
"""Mark of parts that do not say what they were made from, as those of the first releases."""


@dataclass(frozen=True)
class Contents:
    """The files of a product's patches at one moment."""

    signatures: Mapping[str, str] = field(default_factory=dict)
    """What changes with the files of a patch, by the patch's id."""
    edition: str = ""
    """What changes with any file of the dataset, where one look tells; else empty."""

    @cached_property
    def mark(self) -> str:
        """Return a short text that stands for the signatures."""
        lines = "\n".join(f"{name} {own}" for name, own in sorted(self.signatures.items()))
        return hashlib.sha256(lines.encode()).hexdigest()[:16]

    def same(self, other: "Contents") -> set[str]:
        """Return the patches whose files are the same in both."""
        mine, theirs = self.signatures, other.signatures
        return {name for name, own in mine.items() if theirs.get(name) == own}


@dataclass(frozen=True)
class Stored:
    """What a part of a product says of itself."""

    version: int | None = None
    """Version of its group; none where the part is not there or damaged."""
    mark: str = UNKNOWN
    """Mark of the contents it was made from."""


def stored(folder: IndexFolder, group: str, product: str) -> Stored:
    """Look at a part of a product."""
    path = folder.part(group, product)
    if group in mosaic.GROUPS:
        return Stored(*mosaic.stored(path))
    version = sample_table.groups(path).get(group)
    return Stored(version, mark_of(path)) if version is not None else Stored()


def mark_of(path: Path) -> str:
    """Return the mark in a table; unknown where it has none or cannot be read."""
    try:
        found: dict[bytes, bytes] = pq.read_schema(path).metadata or {}
    except (OSError, pa.ArrowException):
        return UNKNOWN
    return found.get(_KEY, b"").decode()


def marked(metadata: Mapping[bytes, bytes], mark: str) -> dict[bytes, bytes]:
    """Return the metadata of a table with a mark."""
    return {**metadata, _KEY: mark.encode()} if mark else dict(metadata)


def read(folder: IndexFolder, product: str, mark: str) -> Contents | None:
    """Return the list that a mark stands for; none where it is gone or damaged."""
    try:
        table = pq.read_table(_path(folder, product, mark))
        edition = (table.schema.metadata or {}).get(_EDITION, b"").decode()
        pairs = zip(table["id"].to_pylist(), table["signature"].to_pylist(), strict=True)
        return Contents(dict(pairs), edition)
    except (OSError, pa.ArrowException, KeyError):
        return None


def write(folder: IndexFolder, product: str, contents: Contents, mark: str | None = None) -> None:
    """Write a list, atomically; under another mark for parts that do not say their own."""
    names = sorted(contents.signatures)
    columns = {"id": names, "signature": [contents.signatures[name] for name in names]}
    types = pa.schema([("id", pa.string()), ("signature", pa.string())])
    table = pa.table(columns, types.with_metadata({_EDITION: contents.edition.encode()}))
    with atomic(_path(folder, product, contents.mark if mark is None else mark)) as partial:
        pq.write_table(table, partial, compression="zstd")


def tidy(folder: IndexFolder, product: str, groups: tuple[str, ...]) -> None:
    """Remove the lists of a product that none of its parts was made from."""
    used = {_path(folder, product, stored(folder, group, product).mark) for group in groups}
    for path in folder.contents.glob(f"{product}.*.parquet"):
        if path not in used and "partial" not in path.name:
            path.unlink(missing_ok=True)


def _path(folder: IndexFolder, product: str, mark: str) -> Path:
    return folder.contents / f"{product}.{mark or 'unknown'}.parquet"
