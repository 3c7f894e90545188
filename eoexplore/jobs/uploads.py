"""Files that users bring: weighed, looked at by another process, kept apart, and thrown away.

A file passes three gates. Its header is read without GDAL (`_upload_header`). It is stored under a
random name, if the quotas of its user and of all have room. A process of its own, with limits of
memory and time, opens it (`_upload_process`) and says what is in it; this process never does.
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from eoexplore.core import settings
from eoexplore.core.errors import Busy, JobError, UnknownName, UploadError
from eoexplore.jobs import _upload_header, _upload_look, background
from eoexplore.jobs.progress import Job
from eoexplore.store.folder import atomic

KIND = "predict-file"
"""Kind of the jobs that work on an upload."""
MOST_JOBS = 2
"""Uploads that are predicted at the same time."""
_LETTERS = 80
_ID = re.compile(r"[0-9a-f]{32}")
_FILE, _FACTS, _RESULT = "upload.tif", "facts.json", "result"
_WAIT_S = 20.0
_END_S, _LOOK_S = 5.0, 0.1
_SENTENCES = {
    "no_crs": "The file has no reference system (CRS), so nobody can tell where it lies. "
    "Save it with its CRS, for example with gdal_translate -a_srs EPSG:32633.",
    "no_transform": "The file does not say where its pixels lie. Save it as a GeoTIFF with a grid.",
    "place": "The file's coordinates do not fit its reference system (CRS): they lie nowhere on "
    "the Earth. Give it the CRS that its coordinates are in.",
    "complex": "The file holds complex numbers, which no model takes. Save its amplitude.",
    "damaged": "The file is damaged or cut short. Save it anew, or send it once more.",
}
_EMPTY = "All pixels of the file are missing (nodata or NaN), so there is nothing to predict."


@dataclass(frozen=True)
class FileBand:
    """One band of a file."""

    number: int
    """Place in the file, from 1."""
    name: str
    """Its description; often empty. To be shown as text, never as HTML."""
    kind: str
    """Type of its values, such as "uint16"."""


@dataclass(frozen=True)
class Facts:
    """What a file says of itself."""

    width: int
    """Columns."""
    height: int
    """Rows."""
    crs: str
    """Name of the reference system; to be shown as text, never as HTML."""
    epsg: int | None
    """Its EPSG code, where it has one."""
    pixel_m: tuple[float, float]
    """Sides of a pixel on the ground, in metres, in the middle."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees."""
    bands: tuple[FileBand, ...]
    """In the order of the file."""
    nodata: str
    """Value that means missing; empty where there is none."""


@dataclass(frozen=True)
class Upload:
    """A file that was taken."""

    id: str
    """32 random letters; whoever has them can find the file again."""
    name: str
    """What the user called it; to be shown as text, never as HTML or path."""
    size: int
    """Bytes."""
    facts: Facts
    """What it says of itself."""
    folder: Path
    """Where it and its results lie."""

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / _FILE

    @property
    def result(self) -> Path:
        """Folder of the results; the job makes it."""
        return self.folder / _RESULT


def receive(session: str, name: str, file: BinaryIO) -> Upload:
    """Take a file, or say in a sentence why not.

    Args:
        session: whoever brings it; any text, of which only a hash is used.
        name: what the user calls the file.
        file: its bytes, in memory or on disk; read in pieces.

    Raises:
        UploadError: it is no GeoTIFF that a model could use, or there is no room for it.
    """
    size = file.seek(0, os.SEEK_END)
    largest = settings.megabytes("EOEXPLORE_UPLOAD_MB")
    if size > largest:
        raise UploadError(
            f"The file has {size / 1e6:,.1f} MB, and up to {largest / 1e6:,.0f} MB are taken. "
            "Cut it, or use `python -m eoexplore predict-file` on the machine where it lies."
        )
    header = _upload_header.look(file)
    folder = _store(session, file, size)
    try:
        facts = _facts(_upload_look.look(folder / _FILE))
        if (facts.width, facts.height) != (header.width, header.height):
            raise UploadError(_SENTENCES["damaged"])
        upload = Upload(folder.name, _name(name), size, facts, folder)
        document = {"name": upload.name, "size": size, "facts": asdict(facts)}
        with atomic(folder / _FACTS) as partial:
            partial.write_text(json.dumps(document), encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return upload


def find(upload_id: str) -> Upload:
    """Return an upload by its id, after a reload of the page for example.

    Raises:
        UnknownName: there is none, or it has been deleted.
    """
    found = list(_root().glob(f"*/{upload_id}")) if _ID.fullmatch(upload_id) else []
    if found and _is_old(found[0]):
        sweep()
    try:
        said = json.loads((found[0] / _FACTS).read_text(encoding="utf-8"))
        facts = _facts(said["facts"])
        return Upload(upload_id, _name(said["name"]), int(said["size"]), facts, found[0])
    except (IndexError, OSError, ValueError, KeyError, TypeError):
        raise UnknownName(
            "The file is no longer here: files are deleted some time after they were sent. "
            "Choose it once more."
        ) from None


def discard(upload_id: str) -> None:
    """Delete one upload with its result, and end the job that works on it; it may be gone already.

    Args:
        upload_id: of the file.
    """
    if not _ID.fullmatch(upload_id):
        return
    _end_job(upload_id)
    for folder in _root().glob(f"*/{upload_id}"):
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> None:
    """Delete what is older than allowed; at the start, and as files are taken or asked for."""
    old = [folder for folder in _folders(_root(), "*/*") if _is_old(folder)]
    busy = {job.dataset for job in _running()} if old else set()
    for folder in old:
        if folder.name not in busy:
            shutil.rmtree(folder, ignore_errors=True)


def predict(upload: Upload, model: str, bands: str = "") -> Job:
    """Start the prediction of an upload in the background; it survives a reload of the page.

    Args:
        upload: the file.
        model: name of the model.
        bands: which band of the file is which of the model, as `predict-file --bands` has it.

    Raises:
        Busy: other files are being predicted.
        JobError: the job cannot be started.
    """
    args = [KIND, str(upload.path), "--model", model, "--out", str(upload.result)]
    args += ["--bands", bands] if bands else []
    title = f"Prediction of a GeoTIFF with {model[:60]}"
    environment = _upload_look.without_orders() | {"PROJ_NETWORK": "OFF"}
    try:
        # Of two clicks at the same time, the second one sees the job of the first.
        with FileLock(_root() / "predict.lock", timeout=_WAIT_S):
            _check_jobs(upload.id)
            os.utime(upload.folder)
            return background.start(KIND, title, args, upload.id, environment=environment)
    except Timeout:
        raise Busy("Other files are being started just now. Try again in a minute.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JobError(f"The prediction cannot be started: {reason}. Try again later.") from error


def _check_jobs(upload_id: str) -> None:
    others = [job for job in _running() if job.kind == KIND and job.dataset != upload_id]
    if len(others) >= MOST_JOBS:
        raise Busy(
            f"{MOST_JOBS} files are being predicted already, and each takes memory for a model of "
            "its own. Try again when one has ended."
        )


def _running() -> list[Job]:
    return [job for job in background.jobs() if job.state == "running"]


def _end_job(upload_id: str) -> None:
    """End the job that works on an upload at once: nobody wants what would come of it."""
    end = time.monotonic() + _END_S
    while time.monotonic() < end:
        job = next((job for job in _running() if job.dataset == upload_id), None)
        if job is None:
            return
        # Once more each time: one that has just been started cannot be ended yet.
        with contextlib.suppress(UnknownName):
            background.cancel(job.id, grace_s=0.0)
        time.sleep(_LOOK_S)


def _is_old(folder: Path) -> bool:
    try:
        age = time.time() - folder.stat().st_mtime
    except OSError:
        # Another thread deletes it.
        return False
    return age > 3600 * settings.whole("EOEXPLORE_UPLOADS_HOURS")


def _root() -> Path:
    return settings.cache_folder() / "uploads"


def _home(session: str) -> Path:
    return _root() / sha256(session.encode()).hexdigest()[:32]


def _folders(inside: Path, pattern: str = "*") -> list[Path]:
    return [path for path in inside.glob(pattern) if _ID.fullmatch(path.name) and path.is_dir()]


def _name(said: object) -> str:
    """Return what a user called a file, without the folders that some browsers add."""
    return _text(re.split(r"[/\\]", str(said))[-1]) or "file"


def _text(said: object) -> str:
    """Return a text as one short line of plain letters."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(said)[:_LETTERS])


def _store(session: str, file: BinaryIO, size: int) -> Path:
    """Write a file into a folder of its own, if there is room for it."""
    root, home = _root(), _home(session)
    root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(root / "uploads.lock", timeout=_WAIT_S):
            sweep()
            _check_room(_used(home), size, "EOEXPLORE_UPLOADS_USER_MB", "your files")
            _check_room(_used(root), size, "EOEXPLORE_UPLOADS_TOTAL_MB", "the files of all users")
            folder = home / secrets.token_hex(16)
            folder.mkdir(parents=True)
            file.seek(0)
            with (folder / _FILE).open("xb") as stored:
                shutil.copyfileobj(file, stored, 1_000_000)
    except Timeout:
        raise UploadError("Many files are being sent just now. Try again in a minute.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UploadError(f"The file cannot be kept here: {reason}. Try again later.") from error
    return folder


def _check_room(used: int, size: int, setting: str, whose: str) -> None:
    limit = settings.megabytes(setting)
    if used + size > limit:
        raise UploadError(
            f"There is no room for the file: {whose} take {used / 1e6:,.0f} of "
            f"{limit / 1e6:,.0f} MB. Remove one of yours, or try again later."
        )


def _used(inside: Path) -> int:
    sizes = 0
    for path in inside.rglob("*"):
        # What another thread deletes meanwhile takes no room.
        with contextlib.suppress(OSError):
            sizes += path.stat().st_size if path.is_file() else 0
    return sizes


def _facts(said: Any) -> Facts:  # noqa: ANN401 (JSON from elsewhere)
    """Return facts of which every part has been checked: they come out of a file.

    Raises:
        UploadError: the file is refused, or the facts are none.
    """
    refused = said.get("refused")
    if refused is not None:
        raise UploadError(_SENTENCES.get(str(refused), _SENTENCES["damaged"]))
    if said.get("has_values") is False:
        raise UploadError(_EMPTY)
    try:
        across, down = (float(metres) for metres in said["pixel_m"])
        west, south, east, north = (float(degrees) for degrees in said["bounds"])
        bands = tuple(
            FileBand(int(band["number"]), _text(band["name"]), _text(band["kind"]))
            for band in said["bands"]
        )
        return Facts(
            int(said["width"]),
            int(said["height"]),
            _text(said["crs"]),
            None if said["epsg"] is None else int(said["epsg"]),
            (across, down),
            (west, south, east, north),
            bands,
            _text(said["nodata"] or ""),
        )
    except (KeyError, TypeError, ValueError):
        raise UploadError(_SENTENCES["damaged"]) from None
