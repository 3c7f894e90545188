"""What of reBEN lies in a folder, and in which form."""

import os
from pathlib import Path

import lmdb

from eoexplore.core.types import Layer, Problem
from eoexplore.datasets import _reben_metadata as metadata
from eoexplore.datasets._reben_archive import Several, Tar
from eoexplore.datasets._reben_facts import LAYERS, classes
from eoexplore.datasets._reben_files import FOLDERS, Files, Lmdb, Tree
from eoexplore.datasets._reben_stream import Listed, Zst

METADATA_FILES = (metadata.RECOMMENDED, metadata.EXCLUDED)
ARCHIVES = tuple(f"{folder}{end}" for folder in FOLDERS.values() for end in (".tar", ".tar.zst"))
_NEEDS_TABLE = (
    "{} is read only with metadata.parquet beside it, which says when a part is complete. "
    "Put that there, or extract the archive."
)
DAMAGED = (
    "{} is a database that cannot be read; it is damaged, cut short or no LMDB. Copy it again."
)


def find_files(root: Path) -> Files | None:
    """Return the rasters of a copy; none where it has none that can be read."""
    tree = Tree(root)
    listed = Listed(lambda: metadata.read(root, classes()).frame)
    found = {layer.name: _files_of(root, layer, tree, listed) for layer in LAYERS}
    by_layer = {name: files for name, files in found.items() if files}
    kinds = {type(files) for own in by_layer.values() for files in own}
    if kinds:
        return tree if kinds == {Tree} else Several(by_layer)
    for file in databases(root):
        database = Lmdb(file.parent.resolve(), file.relative_to(root).as_posix())
        try:
            database.keys("s2")
        except (lmdb.Error, UnicodeDecodeError):
            continue
        return database
    return None


def _files_of(root: Path, layer: Layer, tree: Tree, listed: Listed) -> list[Files]:
    """Return where a layer is kept: what can be read band by band, else the stream."""
    folder = FOLDERS[layer.name]
    found: list[Files] = [tree] if (root / folder).is_dir() else []
    if (root / f"{folder}.tar").is_file():
        found.append(Tar(root, layer))
    if not found and (root / f"{folder}.tar.zst").is_file() and has_metadata(root):
        found.append(Zst(root, layer, listed))
    return found


def each(files: Files | None) -> list[Files]:
    """Return the forms that a copy mixes, one by one."""
    if isinstance(files, Several):
        return files.all
    return [] if files is None else [files]


def archive_problems(files: Files | None, root: Path) -> list[Problem]:
    """Return what a health report says of archives."""
    found = []
    for item in each(files):
        found += item.problems() if isinstance(item, Tar | Zst) else []
    read = {item.name for item in each(files) if isinstance(item, Zst)}
    for name in ARCHIVES:
        if name.endswith(".zst") and name not in read and (root / name).is_file():
            sentence = f"{name} is not read, since its files are beside it in another form."
            if not has_metadata(root):
                sentence = _NEEDS_TABLE.format(name)
            found.append(Problem("unused_archive", 1, sentence))
    return found


def has_metadata(root: Path) -> bool:
    """Tell whether one of the released tables is there."""
    return any((root / name).is_file() for name in METADATA_FILES)


def databases(root: Path) -> list[Path]:
    """Return the LMDB files in a folder and in the folders in it."""
    folders = [root, *sorted(Path(entry.path) for entry in os.scandir(root) if entry.is_dir())]
    files = (folder / "data.mdb" for folder in folders)
    # os.path, not Path: a folder that belongs to somebody else is an answer, not an error.
    return [file for file in files if os.path.isfile(file)]  # noqa: PTH113


def not_recognised(path: Path) -> str:
    """Return why a folder is no reBEN, and which one to choose."""
    if path.name in FOLDERS.values() or path.parent.name in FOLDERS.values():
        return (
            f"reBEN folder not recognised: {path.name} is a part of a dataset. "
            "Choose the folder that contains it."
        )
    if names := databases(path if path.is_dir() else path.parent):
        return f"reBEN folder not recognised: {DAMAGED.format(names[0].name)}"
    root = path if path.is_dir() else path.parent
    if archive := next((name for name in ARCHIVES if (root / name).is_file()), None):
        return f"reBEN folder not recognised: {_NEEDS_TABLE.format(archive)}"
    return (
        "reBEN folder not recognised: neither metadata.parquet, nor a folder BigEarthNet-S2, "
        "BigEarthNet-S1 or Reference_Maps or an archive of one, nor an LMDB (data.mdb) was found "
        "in it. Choose the folder that contains one of them."
    )
