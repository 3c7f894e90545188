"""What the addresses answer, to good and bad requests."""

import io
import json
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from eoexplore.core.errors import DatasetNotRecognised
from eoexplore.tiles.routes import middleware, routes
from tests.tiles.conftest import ALONE
from tests.tiles.test_correctness import tiles_over

NOT_FOUND = b'{"error": "not found"}'
HOSTILE = [
    "../../../etc/passwd",
    "a\x00b",
    "a\nb",
    "x" * 10_000,
    "{{7*7}}",
    "{% raw %}",
    "<img src=x onerror=alert(1)>",
    "';--",
    "C:\\Windows\\win.ini",
    "\\\\server\\share",
    "%2e%2e%2f",
    "/vsicurl/http://127.0.0.1/",
    "١٢",
    " ",
]


def picture(answer):
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


@pytest.fixture(scope="module")
def tile(data):
    z, x, y = tiles_over([ALONE], 13)[0]
    return f"{data.tiles}/s2/{z}/{x}/{y}"


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:12]))
@pytest.mark.parametrize(
    "address",
    [
        "/patch/{slug}/{text}/card.json",
        "/patch/{slug}/{text}/s2.png",
        "/patch/{slug}/{id}/{text}.png",
        "/patch/{text}/{id}/card.json",
        "/tiles/{text}/s2/13/1/1.png",
        "/tiles/{slug}/{text}/13/1/1.png",
        "/tiles/{slug}/s2/13/1/{text}",
        "/point/{slug}/{text}/48",
        "/point/{text}/12/48",
        "/assets/{text}",
        "/ui/{text}",
        "/vendor/leaflet/{text}",
    ],
)
def test_hostile_names_get_the_one_fixed_answer(client, data, address, text):
    known = {"slug": data.opened.slug, "id": ALONE[0].id}
    answer = client.get(address.format(text=quote(text, safe=""), **known))
    assert (answer.status_code, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    "rest",
    [
        "s2/21/0/0.png", "s2/3/8/0.png", "s2/3/0/8.png", "s2/-1/0/0.png", "s2/1.5/0/0.png",
        "s2/3/0/0.gif", "s2/3/0/0.png.png", "s2/3/0/0@3x.png", "s2/3/0/0", "s2/3/0/0.PNG",
        "pred:x:mask/3/0/0.png", "s3/3/0/0.png", "", "/", "s2//3/0/0.png",
    ],
)  # fmt: skip
def test_tiles_that_cannot_exist(client, data, rest):
    answer = client.get(f"{data.tiles}/{rest}")
    assert (answer.status_code, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize("place", ["nan/48", "inf/48", "1e3/48", "12", "12/48/1", "1_0/48", "/"])
def test_points_that_are_no_numbers(client, data, place):
    answer = client.get(f"/point/{data.opened.slug}/{place}")
    assert (answer.status_code, answer.content) == (404, NOT_FOUND)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "FOO"])
def test_only_get_is_answered(client, data, tile, method):
    for address in (f"{tile}.png", "/assets/countries-110m.json", f"/point/{data.opened.slug}/1/1"):
        answer = client.request(method, address)
        assert answer.status_code == 405
        assert answer.headers["allow"] == "GET, HEAD"


def test_head_is_get_without_the_body(client, tile):
    got, head = client.get(f"{tile}.png"), client.head(f"{tile}.png")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("127.0.0.1:8501", 200), ("192.168.1.17:8501", 200),
        ("[::1]:8501", 200), ("[fe80::1]", 200), ("localhost", 200), ("LOCALHOST:80", 200),
        ("localhost.", 200), ("evil.example", 421), ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421), ("127.0.0.1:x", 421), ("[::1", 421), ("", 421),
        ("::1", 421), ("2130706433", 421), ("localhost@evil.example", 421), ("[localhost]", 421),
    ],
)  # fmt: skip
def test_hosts(client, host, status):
    answer = client.get("/assets/countries-110m.json", headers={"host": host})
    assert answer.status_code == status


def test_host_names_are_a_setting(client, monkeypatch):
    address, headers = "/assets/countries-110m.json", {"host": "maps.example:443"}
    monkeypatch.setenv("EOEXPLORE_HOSTS", "localhost, maps.example")
    assert client.get(address, headers=headers).status_code == 200
    monkeypatch.setenv("EOEXPLORE_HOSTS", "*")
    assert client.get(address, headers={"host": "any.example"}).status_code == 200


def test_middleware_answers_before_the_app_and_guards_all_of_it(data):
    async def page(request):
        return PlainTextResponse("page")

    app = Starlette(routes=[Route("/{rest:path}", page)], middleware=middleware())
    inner = TestClient(app, base_url="http://127.0.0.1")
    assert inner.get("/").text == "page"
    assert inner.get("/", headers={"host": "evil.example"}).status_code == 421
    assert inner.get("/patch/x/..%2f..%2fetc/card.json").content == NOT_FOUND
    assert inner.get("/assets/countries-110m.json").status_code == 200


def test_a_base_path_comes_before_every_address(data):
    app = Starlette(routes=routes("/prefix/"))
    inner = TestClient(app, base_url="http://127.0.0.1")
    assert inner.get("/prefix/assets/countries-110m.json").status_code == 200
    assert inner.get("/assets/countries-110m.json").content != NOT_FOUND


def test_etag_and_not_modified(client, tile):
    first = client.get(f"{tile}.png")
    etag = first.headers["etag"]
    assert etag.startswith('"')
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = client.get(f"{tile}.png", headers={"if-none-match": given})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    assert client.get(f"{tile}.png", headers={"if-none-match": '"x"'}).status_code == 200


def test_caching_for_ever_only_under_the_current_version(client, data, tile):
    current = client.get(f"{tile}.png?v={data.opened.version}").headers["cache-control"]
    assert current == "public, max-age=31536000, immutable"
    for query in ("", "?v=old", "?v="):
        assert client.get(f"{tile}.png{query}").headers["cache-control"] == "no-cache"


def test_every_answer_is_marked_as_what_it_is(client, data, tile):
    for address in (f"{tile}.png", "/ui/map.js", "/nothing", f"/point/{data.opened.slug}/1/1"):
        if address != "/nothing":
            headers = client.get(address).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("extension", "media"), [("png", "PNG"), ("webp", "WEBP"), ("jpg", "WEBP")]
)
@pytest.mark.parametrize("layer", ["s2", "s1", "reference_map", "footprints", "density"])
def test_formats_and_sizes(client, data, layer, extension, media):
    z, x, y = tiles_over([ALONE], 13)[0]
    for suffix, size in (("", 256), ("@2x", 512)):
        answer = client.get(f"{data.tiles}/{layer}/{z}/{x}/{y}{suffix}.{extension}")
        image = Image.open(io.BytesIO(answer.content))
        assert (image.format, image.size) == (media, (size, size))
        assert answer.headers["content-type"] == f"image/{media.lower()}"


def test_a_jpeg_that_would_hide_what_lies_below_is_sent_as_webp(client, data):
    formats = set()
    for z, x, y in tiles_over([ALONE], 15):
        address = f"{data.tiles}/s2/{z}/{x}/{y}"
        answer = client.get(f"{address}.jpg")
        image = Image.open(io.BytesIO(answer.content))
        assert answer.headers["content-type"] == f"image/{image.format.lower()}"
        exact = Image.open(io.BytesIO(client.get(f"{address}.png").content)).convert("RGBA")
        opaque = exact.getextrema()[3] == (255, 255)
        assert image.format == ("JPEG" if opaque else "WEBP")
        assert (np.asarray(image.convert("RGBA"))[..., 3] == np.asarray(exact)[..., 3]).all()
        formats.add(image.format)
    assert formats == {"JPEG", "WEBP"}


def test_a_bad_style_or_selection_gets_the_default_and_a_notice(client, tile):
    good = client.get(f"{tile}.png")
    assert "x-eoexplore-notice" not in good.headers
    for query in (
        "style=<script>", "select=colour%3Dred", "select=class%3Dany:Nowhere", "date=2017-13-45",
        "select=share%3DPastures", "select=%00%0a", "style=caf%C3%A9",
    ):  # fmt: skip
        answer = client.get(f"{tile}.png?{query}")
        assert answer.content == good.content
        notice = answer.headers["x-eoexplore-notice"]
        assert notice.isascii()
        assert "<" not in notice


def test_a_selection_takes_patches_away(client, tile):
    everything = picture(client.get(f"{tile}.png"))
    assert picture(client.get(f"{tile}.png?select=split%3Dtest"))[..., 3].any()
    assert (picture(client.get(f"{tile}.png?select=split%3Dtest")) == everything).all()
    assert not picture(client.get(f"{tile}.png?select=split%3Dtrain"))[..., 3].any()


@pytest.mark.parametrize("z", [10, 13, 15])
@pytest.mark.parametrize("layer", ["s2", "s1", "reference_map", "footprints"])
def test_one_selected_patch_is_drawn_alone(client, data, layer, z):
    chosen = ALONE[0]
    covered = total = 0
    query = f"select={quote(f'ids={chosen.id}', safe='')}"
    for _, x, y in tiles_over([ALONE], z):
        address = f"{data.tiles}/{layer}/{z}/{x}/{y}.png"
        covered += (picture(client.get(f"{address}?{query}"))[..., 3] > 0).sum()
        total += (picture(client.get(address))[..., 3] > 0).sum()
    assert covered / total == pytest.approx(0.25, rel=0.15)


def test_far_out_only_density_and_footprints_are_drawn(client, data):
    z, x, y = tiles_over([ALONE], 5)[0]
    for layer, drawn in (("s2", False), ("reference_map", False), ("density", True)):
        answer = client.get(f"{data.tiles}/{layer}/{z}/{x}/{y}.png")
        assert picture(answer)[..., 3].any() == drawn
    assert picture(client.get(f"{data.tiles}/footprints/{z}/{x}/{y}.png"))[..., 3].any()


def test_errors_name_no_path(data, tmp_path):
    def gone(slug):
        raise DatasetNotRecognised(f"no such folder {tmp_path}")

    def broken(slug):
        raise RuntimeError(f"surprise in {tmp_path}")

    for open_slug, status in ((gone, 410), (broken, 500)):
        app = Starlette(routes=routes(open_slug=open_slug))
        answer = TestClient(app, base_url="http://127.0.0.1").get("/tiles/a/s2/1/1/1.png")
        assert answer.status_code == status
        assert str(tmp_path) not in answer.text
        assert json.loads(answer.text)["error"]


@pytest.mark.parametrize(
    ("address", "media"),
    [
        ("/vendor/leaflet/leaflet.js", "text/javascript; charset=utf-8"),
        ("/vendor/leaflet/leaflet.css", "text/css; charset=utf-8"),
        ("/vendor/leaflet/images/layers.png", "image/png"),
        ("/ui/map.js", "text/javascript; charset=utf-8"),
        ("/ui/map.css", "text/css; charset=utf-8"),
        ("/ui/component/lifecycle.js", "text/javascript; charset=utf-8"),
        ("/assets/countries-50m.json", "application/json"),
        ("/assets/nomenclature/corine.csv", "text/csv; charset=utf-8"),
    ],
)
def test_own_files(client, address, media):
    plain = client.get(address, headers={"accept-encoding": "identity"})
    zipped = client.get(address, headers={"accept-encoding": "gzip"})
    assert plain.status_code == 200
    assert plain.headers["content-type"] == media
    assert plain.content == zipped.content
    # Two encodings are two bodies, so each has a tag of its own.
    for answer, encoding in ((plain, "identity"), (zipped, "gzip")):
        headers = {"accept-encoding": encoding, "if-none-match": answer.headers["etag"]}
        assert client.get(address, headers=headers).status_code == 304


@pytest.mark.parametrize(
    "address",
    ["/ui/__init__.py", "/ui/component.py", "/ui/component/__init__.py", "/ui/", "/assets/",
     "/vendor/leaflet/", "/vendor/x.js", "/vendor/leaflet/__init__.py", "/assets/README.md",
     "/assets//countries-50m.json"],
)  # fmt: skip
def test_nothing_else_is_served(client, address):
    answer = client.get(address)
    assert (answer.status_code, answer.content) == (404, NOT_FOUND)
