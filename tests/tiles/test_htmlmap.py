"""The stand-alone HTML map: whole, small, without a network, and deaf to what names say."""

import io
import json
import re
from types import SimpleNamespace

import pytest
from PIL import Image

from eoexplore.store import catalog
from eoexplore.tiles import htmlmap, snapshot
from eoexplore.tiles.queries import Asked, Noted
from tests import builders, indexing
from tests.tiles.conftest import WESTERN

PLACE = "48.2,12.0,13"
HOSTILE = (
    "{{7*7}}",
    "{% raw %}",
    "{# x",
    "${7*7}`",
    "</script><script>window.pwned=1</script>",
    '<img src=x onerror="window.pwned=2">',
    "data:image/webp;base64,EOEXPLORE0000",
)
ALL_OF_IT = " ".join(HOSTILE)


def asked(opened, **query):
    return Asked(opened, {}, {"v": PLACE, "width": "600", "height": "400", **query})


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Return a dataset whose names would like to be executed."""
    patches = tuple(
        builders.Patch(patch.tile, patch.x, patch.y, country=ALL_OF_IT) for patch in WESTERN
    )
    root = builders.write_tree(tmp_path_factory.mktemp("{{7*7}}") / "hostile", patches)
    opened = catalog.add(root)
    indexing.build(opened.slug)
    return catalog.open_slug(opened.slug)


@pytest.fixture
def hostile_legend(monkeypatch):
    """Make every legend as bad as it can be."""
    data = {
        "title": ALL_OF_IT,
        "note": ALL_OF_IT,
        "kind": "classes",
        "unit": ALL_OF_IT,
        "entries": [{"key": "1", "label": ALL_OF_IT, "colour": '"><script>1</script>'}],
        "channels": [{"label": ALL_OF_IT, "colour": "#ffffff", "low": 0, "high": 1}],
        "ramp": {"colours": ["#000000", "red;} body {"], "low": 0, "high": 1},
        "formula": ALL_OF_IT,
        "source": None,
        "histogram": None,
    }
    monkeypatch.setattr(snapshot, "legend", lambda _: Noted(data, ()))


def page(opened, **query):
    return htmlmap.html_map(asked(opened, **query)).body.decode()


def test_it_refers_to_nothing_outside(data):
    text = page(data.opened)
    assert re.findall(r"(?:src|href)=\"(?!data:)[^\"]*", text) == []
    assert "http:" not in text
    assert "https:" not in text
    assert "bigearth.net" in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_it_holds_what_the_view_holds(data):
    text = page(
        data.opened, l="s2:true_colour:50,reference_map:clc19:100", select="split=validation"
    )
    assert text.count("data:image/webp;base64,") == 3
    assert "EOEXPLORE0" not in text
    assert '"opacity": 0.5' in text
    assert "validation: 4 of 12 patches" in text
    found = json.loads(re.search(r'id="eo-data">(.*?)</script>', text)[1])
    names = {item["properties"]["id"] for item in found["outlines"]["features"]}
    assert names == {patch.id for patch in WESTERN}
    assert found["said"] == "Outlines of 4 patches"


def test_no_path_of_the_machine_is_in_it(data):
    text = page(data.opened)
    assert str(data.root) not in text
    assert str(data.root.parent) not in text


def test_names_are_never_executed_on_the_server(hostile, hostile_legend):
    select = "country=" + "%7B%7B7*7%7D%7D|" + ALL_OF_IT.replace("%", "%25").replace("|", "%7C")
    text = page(hostile, select=select)
    assert not re.search(
        r"(?<![\d.#])49(?![\d.])",
        re.sub(r"base64,[\w+/=]+|<style>.*?</style>", "", text, flags=re.DOTALL),
    )
    assert "{{7*7}}" in text
    assert "{% raw %}" in text
    assert "pwned=1</script>" not in text
    assert "<img" not in text
    assert "red;}" not in text


def test_more_outlines_than_fit_are_said(data, monkeypatch):
    monkeypatch.setattr(htmlmap, "MOST_FOOTPRINTS", 3)
    text = page(data.opened)
    found = json.loads(re.search(r'id="eo-data">(.*?)</script>', text)[1])
    assert len(found["outlines"]["features"]) == 3
    assert found["said"] == "Outlines of 3 of 8 patches"


def test_it_is_made_smaller_until_it_fits(data, monkeypatch):
    whole = len(page(data.opened))
    monkeypatch.setattr(htmlmap, "MOST_BYTES", whole - 2_000)
    assert len(page(data.opened)) <= whole - 2_000


def test_a_map_that_cannot_be_small_enough_is_a_sentence(data, client, monkeypatch):
    monkeypatch.setattr(htmlmap, "MOST_BYTES", 1000)
    answer = client.get(f"/export/{data.opened.slug}/map.html")
    assert answer.status_code == 413
    assert "show fewer layers" in answer.json()["error"]


def test_the_route_gives_a_file(data, client):
    answer = client.get(f"/export/{data.opened.slug}/map.html?v={PLACE}&width=300&height=200")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert f"{data.opened.slug}-map.html" in answer.headers["content-disposition"]


@pytest.mark.browser
def test_it_opens_from_disk_without_a_network(hostile, hostile_legend, browser, tmp_path):
    file = tmp_path / "map.html"
    view = asked(hostile, l="s2:true_colour:100,reference_map:clc19:100", width="900", height="600")
    file.write_bytes(htmlmap.html_map(view).body)
    context = browser.new_context(viewport={"width": 900, "height": 600}, offline=True)
    tab = context.new_page()
    seen = SimpleNamespace(requests=[], said=[])
    tab.on("request", lambda request: seen.requests.append(request.url))
    tab.on("console", lambda message: seen.said.append(message.text))
    tab.on("pageerror", lambda error: seen.said.append(str(error)))
    tab.on("dialog", lambda dialog: seen.said.append(dialog.message))
    tab.goto(file.as_uri())
    tab.wait_for_function("window.eoReady === true")

    def colours():
        """Return the colours in the middle of the map, where the patches lie."""
        tab.wait_for_timeout(150)
        picture = Image.open(io.BytesIO(tab.screenshot())).convert("RGB")
        return set(picture.crop((420, 270, 480, 330)).get_flattened_data())

    labels = colours()
    assert (255, 255, 168) in labels or (0, 166, 0) in labels
    boxes = tab.locator("[data-layer]")
    assert boxes.count() == 2
    boxes.nth(0).uncheck()
    image = colours()
    assert not {(255, 255, 168), (0, 166, 0)} & image
    assert len(image) > 20
    boxes.nth(1).uncheck()
    (ground,) = colours()
    assert ground == pytest.approx((244, 242, 237), abs=2)
    tab.locator("#eo-outlines").check()
    assert len(colours()) > 1
    tab.mouse.click(440, 290)
    assert "{{7*7}}" in tab.locator(".leaflet-popup-content").text_content()
    assert HOSTILE[4] in tab.locator("#eo-panel").text_content()
    assert tab.evaluate("window.pwned") is None
    assert seen.said == []
    assert [url for url in seen.requests if not url.startswith(("data:", "file:"))] == []
    assert [url for url in seen.requests if url.startswith("file:")] == [file.as_uri()]
    context.close()
