import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from rasterio.transform import Affine

from eoexplore.core.errors import UnknownName, UploadError
from eoexplore.jobs import _upload_look, _upload_process, background, uploads
from eoexplore.jobs.progress import Job
from tests import tiffs
from tests.jobs.test_upload_header import BAD_HEADER

ROOT = Path(__file__).resolve().parents[2]
GOOD = tiffs.tif(tiffs.picture(2), names=("B02", "<img src=x onerror=alert(1)>{{7*7}}"))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def here(monkeypatch):
    """Look at files in this process, which is quicker: starting one takes half a second."""
    monkeypatch.setattr(_upload_look, "look", lambda path: _upload_process.look(str(path)))


def send(data, session="me", name="scene.tif"):
    return uploads.receive(session, name, io.BytesIO(data))


def kept(cache):
    return sorted(path.name for path in (cache / "uploads").rglob("*") if path.suffix != ".lock")


def zipped():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("scene.tif", GOOD)
    return target.getvalue()


def far_away():
    """A file in degrees of which the middle lies above the pole."""
    return tiffs.tif(tiffs.picture(1), crs="EPSG:4326", transform=Affine(0.1, 0, 0, 0, -0.1, 170))


NOT_TIFF = {
    "vrt": (tiffs.vrt("/etc/hostname"), "is a VRT, which only names other files, not a GeoTIFF"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(99), "is a PNG picture, not a GeoTIFF"),
    "html": (b"\n <!DOCTYPE html><html><script>", "is a web page, not a GeoTIFF"),
    "xml": (b"\xef\xbb\xbf<?xml version='1.0'?><WMS_Capabilities/>", "is an XML text"),
    "zip": (zipped(), "is a zip archive, not a GeoTIFF"),
    "text": (b"II" + bytes(40), "is no GeoTIFF, whatever its name says"),
    "short": (b"I", "is no GeoTIFF"),
    "empty": (b"", r"is empty \(0 bytes\)"),
}
BAD_INSIDE = {
    "no CRS": (tiffs.tif(tiffs.picture(1), crs=None), "no reference system"),
    "no grid": (
        tiffs.by_hand(8, 4, [bytes(32)], 4, packing=1),
        "no reference system|its pixels lie",
    ),
    "all nodata": (tiffs.tif(np.zeros((2, 9, 9), np.uint16), nodata=0), "All pixels .* missing"),
    "all NaN": (tiffs.tif(np.full((2, 9, 9), np.nan, np.float32)), "All pixels .* missing"),
    "complex": (tiffs.tif(np.ones((1, 4, 4), np.complex64)), "complex numbers|no usual size"),
    "nowhere": (far_away(), "lie nowhere on the Earth"),
    "garbage": (tiffs.by_hand(64, 64, [b"garbage" * 9], 64), "reference system|damaged"),
}


@pytest.mark.parametrize("kind", NOT_TIFF)
def test_what_is_no_geotiff_is_called_by_its_name(kind, cache):
    data, sentence = NOT_TIFF[kind]
    with pytest.raises(UploadError, match=sentence):
        send(data)
    assert not (cache / "uploads").exists()


@pytest.mark.parametrize("kind", BAD_HEADER)
def test_a_header_is_weighed_before_anything_opens_the_file(kind, cache, monkeypatch):
    monkeypatch.setattr(_upload_look, "look", lambda _: pytest.fail("it was opened"))
    data, sentence = BAD_HEADER[kind]
    with pytest.raises(UploadError, match=sentence):
        send(data)
    assert not (cache / "uploads").exists()


@pytest.mark.parametrize("kind", BAD_INSIDE)
def test_what_shows_only_inside_is_refused_and_not_kept(kind, cache, here):
    data, sentence = BAD_INSIDE[kind]
    with pytest.raises(UploadError, match=sentence):
        send(data)
    assert [name for name in kept(cache) if name.endswith((".tif", ".json"))] == []


def test_a_file_is_taken_found_again_and_removed(cache):
    made = send(GOOD, name="../../etc/{{7*7}}<b>.tif")
    assert made.name == "{{7*7}}<b>.tif"
    assert made.path.read_bytes() == GOOD
    assert made.path.relative_to(cache / "uploads").parts[2] == "upload.tif"
    facts = made.facts
    assert (facts.width, facts.height, facts.epsg) == (50, 40, 32633)
    assert facts.pixel_m == pytest.approx((10, 10), rel=1e-3)
    assert facts.bounds == pytest.approx((15.0, 47.8497, 15.0067, 47.8533), abs=1e-4)
    assert [band.name for band in facts.bands] == ["B02", "<img src=x onerror=alert(1)>{{7*7}}"]
    assert uploads.find(made.id) == made
    uploads.discard(made.id)
    with pytest.raises(UnknownName, match="no longer here"):
        uploads.find(made.id)
    assert [path for path in (cache / "uploads").rglob("*") if path.is_file()] == [
        cache / "uploads" / "uploads.lock"
    ]
    # It is gone already, or never was.
    uploads.discard(made.id)


@pytest.mark.parametrize("name", ["", "..", "*", "0" * 31 + "/", "../" * 10, "0" * 32])
def test_ids_are_no_paths(name):
    with pytest.raises(UnknownName):
        uploads.find(name)


def test_texts_of_a_file_are_cut_and_lose_what_commands_a_terminal(here):
    made = send(
        tiffs.tif(tiffs.picture(1), names=("\u202e[2J" + "x" * 500,)), name="a\nb" + "y" * 500
    )
    assert made.facts.bands[0].name == "?[2J" + "x" * 76
    assert made.name == "a?b" + "y" * 77


def test_a_file_that_is_too_large_is_not_even_read(monkeypatch, cache):
    monkeypatch.setenv("EOEXPLORE_UPLOAD_MB", "1")

    class Unread(io.BytesIO):
        def read(self, *_):
            pytest.fail("it was read")

    with pytest.raises(UploadError, match=r"has 1\.0 MB, and up to 1 MB are taken"):
        uploads.receive("me", "a.tif", Unread(bytes(1_000_001)))


def sent_at_once(data, sessions):
    """Return what came of one file for each session, all sent at the same time."""

    def one(session):
        try:
            return send(data, session)
        except UploadError as error:
            return str(error)

    with ThreadPoolExecutor(len(sessions)) as pool:
        return list(pool.map(one, sessions))


def test_four_at_once_above_the_quota_do_not_all_get_in(monkeypatch, cache, here):
    monkeypatch.setenv("EOEXPLORE_UPLOADS_TOTAL_MB", "1")
    data = tiffs.tif(tiffs.picture(1, 300, 700))
    answers = sent_at_once(data, [f"user {n}" for n in range(4)])
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert len(refused) == 2
    assert all("the files of all users take 1 of 1 MB" in sentence for sentence in refused)
    assert sum(name == "upload.tif" for name in kept(cache)) == 2


def test_four_are_looked_at_by_four_processes_and_three_more_find_no_room(monkeypatch, cache):
    monkeypatch.setenv("EOEXPLORE_UPLOADS_USER_MB", "1")
    data = tiffs.tif(tiffs.picture(1, 400, 700))
    looks, look = [], _upload_look.look
    monkeypatch.setattr(_upload_look, "look", lambda path: looks.append(path) or look(path))
    made = sent_at_once(data, [f"user {n}" for n in range(3)] + ["me"] * 4)
    refused = [answer for answer in made if isinstance(answer, str)]
    assert (
        refused
        == [
            "There is no room for the file: your files take 1 of 1 MB. Remove one of yours, or try "
            "again later."
        ]
        * 3
    )
    taken = [answer for answer in made if not isinstance(answer, str)]
    assert sorted(looks) == sorted(upload.path for upload in taken)
    for upload in taken:
        assert upload.path.read_bytes() == data
        assert (upload.facts.width, upload.facts.height) == (700, 400)
        assert uploads.find(upload.id) == upload
    assert kept(cache).count("upload.tif") == kept(cache).count("facts.json") == 4


def test_one_user_cannot_take_the_room_of_others(monkeypatch):
    monkeypatch.setenv("EOEXPLORE_UPLOADS_USER_MB", "0")
    with pytest.raises(UploadError, match="your files take 0 of 0 MB"):
        send(GOOD)


def test_old_files_go_and_those_at_work_stay(monkeypatch, cache, here):
    old, busy, new = (send(GOOD, session) for session in "abc")
    for made in (old, busy):
        os.utime(made.folder, (1, 1))
    job = Job("x", uploads.KIND, "x", busy.id)
    monkeypatch.setattr(background, "jobs", lambda: [job])
    uploads.sweep()
    assert {made.id: made.path.exists() for made in (old, busy, new)} == {
        old.id: False, busy.id: True, new.id: True,
    }  # fmt: skip


def test_an_old_file_is_not_found_and_is_deleted_then(monkeypatch, here):
    old, busy = send(GOOD), send(GOOD)
    for made in (old, busy):
        os.utime(made.folder, (1, 1))
    monkeypatch.setattr(background, "jobs", lambda: [Job("x", uploads.KIND, "x", busy.id)])
    with pytest.raises(UnknownName, match="no longer here"):
        uploads.find(old.id)
    assert not old.folder.exists()
    assert uploads.find(busy.id) == busy


@pytest.mark.parametrize(
    ("program", "environment"),
    # Even where somebody allowed it for the rest, uploads go without.
    [("from eoexplore.jobs import _upload_process", {"GDAL_SKIP": "PNG"}), ("import app", {})],
)
def test_a_vrt_gives_no_byte_of_another_file(program, environment, tmp_path):
    """Past the first gate, as if that had been fooled, and without naming a driver."""
    (tmp_path / "secret").write_bytes(b"sixteen letters!")
    (tmp_path / "a.tif").write_bytes(tiffs.vrt(tmp_path / "secret"))
    opened = f"rasterio.open({str(tmp_path / 'a.tif')!r}).read(1).tobytes()"
    plain = {name: text for name, text in os.environ.items() if not name.startswith("GDAL")}
    found = subprocess.run(
        [sys.executable, "-c", f"{program}; import rasterio; print({opened})"],
        cwd=ROOT, capture_output=True, text=True, check=False, env=plain | environment,
    )  # fmt: skip
    assert found.returncode != 0
    assert "sixteen" not in found.stdout + found.stderr
    assert "not recognized as being in a supported file format" in found.stderr


def test_a_vrt_that_came_past_the_first_gate_is_damaged(tmp_path):
    (tmp_path / "a.tif").write_bytes(tiffs.vrt(tmp_path / "a.tif"))
    assert _upload_look.look(tmp_path / "a.tif") == {"refused": "damaged"}


def program(code, monkeypatch):
    monkeypatch.setattr(_upload_look, "_PROGRAM", ("-c", code))


def test_a_process_that_crashes_talks_nonsense_or_too_much_is_a_sentence(monkeypatch, tmp_path):
    for code in ("import os; os.abort()", "print('[1]')", "print('x' * 3_000_000)", "print('{')"):
        program(code, monkeypatch)
        assert _upload_look.look(tmp_path) == {"refused": "damaged"}
    for said in ("{}", '{"width": "a"}', '{"refused": "<b>"}', '{"width": 1, "bands": 7}'):
        program(f"print({said!r})", monkeypatch)
        with pytest.raises(UploadError, match="damaged or cut short"):
            send(GOOD)


def test_a_process_that_hangs_or_eats_memory_is_ended(monkeypatch, tmp_path):
    monkeypatch.setattr(_upload_look, "TIME_S", 0.3)
    program("import time; time.sleep(60)", monkeypatch)
    with pytest.raises(UploadError, match="too much time or memory"):
        _upload_look.look(tmp_path)
    monkeypatch.setattr(_upload_look, "TIME_S", 60.0)
    monkeypatch.setattr(_upload_look, "MEMORY_BYTES", 100_000_000)
    program("import time; x = b'x' * 200_000_000; time.sleep(60)", monkeypatch)
    with pytest.raises(UploadError, match="too much time or memory"):
        _upload_look.look(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limit")
def test_the_system_bounds_the_process_where_it_can():
    code = (
        "from eoexplore.jobs import _upload_process as p, _upload_header; import resource; "
        "p._limit(); print([resource.getrlimit(k)[0] for k in "
        "(resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(found.stdout) == [_upload_process._CPU_S, 0, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="peak memory is asked of the system")
def test_bad_files_leave_the_memory_of_the_app_alone(tmp_path):
    for name, data in {"huge": tiffs.huge(), "bomb": tiffs.bomb(), "good": GOOD}.items():
        (tmp_path / name).write_bytes(data)
    code = f"""
import resource, pathlib
from eoexplore.jobs import uploads
folder = pathlib.Path({str(tmp_path)!r})
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name in ("huge", "bomb", "good"):
    with (folder / name).open("rb") as file:
        try:
            print(uploads.receive("me", name, file).name)
        except uploads.UploadError as error:
            print("refused")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert found[:3] == ["refused", "refused", "good"]
    kilobytes = int(found[3]) / (1024 if sys.platform == "darwin" else 1)
    assert kilobytes < 100_000


def test_others_are_served_while_a_file_is_looked_at(monkeypatch, cache):
    begun, go_on = threading.Event(), threading.Event()

    def said(path):
        if path.parent.parent == uploads._home("slow"):
            begun.set()
            go_on.wait(30)
        return json.dumps(_upload_process.look(str(path))).encode()

    monkeypatch.setattr(_upload_look, "_said", said)
    slow = threading.Thread(target=send, args=(GOOD, "slow"))
    slow.start()
    begun.wait(30)
    assert send(GOOD, "quick").facts.width == 50
    assert not go_on.is_set()
    go_on.set()
    slow.join()
    assert kept(cache).count("facts.json") == 2
