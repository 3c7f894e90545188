"""Names that try to be paths, templates or markup: one fixed answer, or their own letters."""

import http.client
import json
from urllib.parse import quote, urlsplit

import pytest

HOSTILE = (
    "../../../etc/passwd",
    "a\0b",
    "x" * 10_000,
    "{{7*7}}",
    '<img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked=1</script>",
    "*bold* :material/home: $x^2$ `code` [a](javascript:alert(1))",
)
ROUTES = (
    "/tiles/{}/s2/5/1/1.png",
    "/tiles/reben-demo/{}/5/1/1.png",
    "/tiles/reben-demo/s2/{}/1/1.png",
    "/patch/{}/x/card.json",
    "/patch/reben-demo/{}/card.json",
    "/patch/reben-demo/{}/s2.png",
    "/point/{}/13.5/48.2",
    "/point/reben-demo/{}/48.2",
    "/assets/{}",
    "/ui/{}",
    "/vendor/leaflet/{}",
)


def get(server, path):
    """Ask for a path exactly as it is written; urllib would tidy it up."""
    place = urlsplit(server.address)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize("route", ROUTES)
def test_routes_answer_hostile_names_with_one_body(server, route):
    answers = {get(server, route.format(quote(name, safe=""))) for name in HOSTILE}
    assert answers == {(404, json.dumps({"error": "not found"}).encode())}


@pytest.mark.parametrize("name", ["../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/x"])
def test_routes_do_not_climb(server, name):
    status, body = get(server, f"/patch/reben-demo/{name}")
    assert (status, body) == (404, b'{"error": "not found"}')


@pytest.mark.browser
def test_page_shows_hostile_names_letter_by_letter(open_page):
    page = open_page()
    for name in (HOSTILE[0], *(item[:1400] for item in HOSTILE[2:])):
        page.open("/", dataset=name, select=f"country={quote(name, safe='')}")
        alert = page.page.get_by_test_id("stAlert").filter(has_text="The dataset of this link")
        alert.wait_for()
        assert name[:60] in letters(alert)
        page.page.get_by_text("No patch fits").wait_for()
        clean(page)


@pytest.mark.browser
def test_conditions_that_are_none_are_told_letter_by_letter(open_page):
    page = open_page()
    for name in HOSTILE[3:]:
        page.open("/", dataset="reben-demo", select=f"{quote(name, safe='')}=1")
        alert = page.page.get_by_test_id("stAlert")
        alert.get_by_text("was ignored").wait_for()
        assert name[:30] in letters(alert)
        page.page.get_by_text("32 patches").wait_for()
        clean(page)


def letters(element):
    """Return an element's text without the characters of no width that stop emoji codes."""
    return element.inner_text().replace("\u2060", "")


def clean(page):
    """Nothing of the name was taken for code, a template or markup."""
    assert page.page.evaluate("window.hacked") is None
    assert page.page.locator("img[src=x], script:not([src]):text('hacked')").count() == 0
    assert page.page.locator("a[href^=javascript]").count() == 0
    assert "49" not in page.text()
