"""The inspector: pictures, pixel, spectrum, steps, provenance and its place in the address."""

import numpy as np
import pytest

pytestmark = pytest.mark.browser

YELLOW = (255, 225, 77)
CANVAS = """(layer) => {
  const canvas = scope().querySelector(`figure[data-picture=${layer}] canvas`);
  const { width, height } = canvas;
  return [width, [...canvas.getContext("2d").getImageData(0, 0, width, height).data]];
}"""


@pytest.fixture(scope="module")
def shared(open_shared):
    return open_shared("/?v=47.5,11.95,12")


@pytest.fixture
def page(shared):
    """The shared map with a patch open at row 57, column 26, and its pictures as they begin."""
    shared.page.keyboard.press("Escape")
    if shared.page.get_by_label("Filter").input_value():
        shared.type_filter("")
    shared.page.wait_for_timeout(400)  # the second click of a double click would not count
    shared.click(620, 330)
    shared.at(".eo-card:not([aria-busy])").wait_for()
    out = shared.at(".eo-viewer-tools").get_by_label("Zoom the pictures out")
    while out.is_enabled():
        out.click()
    at_pixel(shared, 57, 26)
    shared.at("figure[data-picture=s2][data-shown]").wait_for()
    return shared


def at_pixel(page, row, column):
    page.at(f'.eo-pixel[data-at="{row},{column}"]:not([aria-busy])').wait_for()


def pixels(page, layer):
    side, data = page.page.evaluate(CANVAS, layer)
    return np.array(data, int).reshape(side, side, 4)


def canvas(page, layer="s2"):
    return page.at(f"figure[data-picture={layer}] canvas")


def values(page):
    cells = page.at(".eo-values tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))"
    )
    return {name: float(value.replace(",", "").replace("−", "-")) for name, value in cells}


def is_colour(image, colour):
    return (np.abs(image[..., :3] - colour) <= 2).all(-1)


def crosshair(page, layer):
    """Return the middle of the yellow marks, in fractions of the picture: row, column."""
    image = pixels(page, layer)
    rows, columns = np.nonzero(is_colour(image, YELLOW))
    assert len(rows) > 20
    middle = [(at.min() + at.max() + 1) / 2 / len(image) for at in (rows, columns)]
    return np.array(middle)


def test_pictures_share_crosshair_zoom_and_centre(page):
    wanted = np.array([57.5, 26.5]) / 120
    assert np.allclose(crosshair(page, "s2"), wanted, atol=0.01)
    assert np.allclose(crosshair(page, "reference_map"), wanted, atol=0.01)
    assert page.at("figure[data-picture=s1]").inner_text().startswith("No image of this patch")
    side = canvas(page).bounding_box()["width"]
    assert side == 120
    # Two notches about a place in one picture zoom both about it: what lay there still does.
    canvas(page, "reference_map").hover(position={"x": 80, "y": 40})
    for _ in range(2):
        page.page.mouse.wheel(0, -100)
    page.page.wait_for_timeout(100)
    assert page.at(".eo-level").inner_text() == "× 4"
    for layer in ("s2", "reference_map"):
        image = pixels(page, layer)
        # Away from the crosshair: 60 canvas pixels down and left are 15 pixels of the picture.
        assert image[100, 20, :2].tolist() == [2 * (40 + 15), 2 * (80 - 15)]
        # Every pixel of the picture is one flat block of four by four: nothing is interpolated.
        blocks = image[60:120, 0:40, :2].reshape(15, 4, 10, 4, 2)
        assert (blocks == blocks[:, :1, :, :1]).all()
        assert len(np.unique(blocks[..., 0])) == 15


def test_hovering_shows_live_values_and_a_click_keeps_them(page):
    before = page.settle().parameter("i")
    assert before.endswith("~57~26")
    canvas(page).hover(position={"x": 100.5, "y": 30.5})
    at_pixel(page, 30, 100)
    assert values(page)["B02"] == 512 + 30
    assert values(page)["VV"] == -4
    assert np.allclose(crosshair(page, "reference_map"), [30.5 / 120, 100.5 / 120], atol=0.01)
    assert page.settle().parameter("i") == before
    page.page.mouse.move(300, 500)
    at_pixel(page, 57, 26)
    canvas(page).click(position={"x": 100.5, "y": 30.5})
    page.page.mouse.move(300, 500)
    at_pixel(page, 30, 100)
    assert page.settle().parameter("i").endswith("~30~100")
    assert page.runs() == 1
    assert page.counters()["created"] == 1


def test_a_slow_answer_never_takes_the_place_of_a_newer_one(page):
    canvas(page).hover(position={"x": 60.5, "y": 3.5})  # its row takes long to answer
    page.page.wait_for_timeout(250)
    for column in range(20, 90, 5):
        canvas(page).hover(position={"x": column + 0.5, "y": 80.5})
    at_pixel(page, 80, 85)
    page.page.wait_for_timeout(900)
    assert page.at(".eo-pixel").get_attribute("data-at") == "80,85"
    assert values(page)["B02"] == 512 + 80
    page.page.mouse.move(300, 500)


def test_keys_move_the_pixel_only_where_the_pictures_have_the_focus(page):
    keyboard, place = page.page.keyboard, page.settle().parameter("v")
    page.at(".eo-pictures").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp"):
        keyboard.press(key)
    at_pixel(page, 56, 28)
    keyboard.press("+")
    assert page.at(".eo-level").inner_text() == "× 2"
    assert page.settle().parameter("v") == place
    assert page.parameter("i").endswith("~56~28")
    page.at(".eo-map").focus()
    keyboard.press("ArrowRight")
    page.page.wait_for_timeout(300)
    assert page.settle().parameter("v") != place
    assert page.parameter("i").endswith("~56~28")


def test_steps_to_neighbours_dates_and_along_the_selection(page):
    keyboard, card = page.page.keyboard, page.at(".eo-card")
    first = card.get_attribute("data-id")
    _, column, row, _ = first.split("_")

    def press(key, wanted):
        keyboard.press(key)
        page.at(f'.eo-card[data-id="{wanted}"]:not([aria-busy])').wait_for()

    place = page.settle().parameter("v")
    press("]", f"p_{column}_{row}_b")
    assert "5 Nov 2017 · Autumn" in card.inner_text()
    page.page.keyboard.press("]")
    page.page.get_by_text("This is the latest date of the place.").wait_for()
    press("[", first)
    press("Shift+ArrowRight", f"p_{int(column) + 1}_{row}_a")
    press("n", f"p_{int(column) + 2}_{row}_a")
    page.page.get_by_text("Patch 12 of 3,412 in the selection").wait_for()
    press("p", f"p_{int(column) + 1}_{row}_a")
    # All of these lie in sight: the map has not moved, and the pixel is the same everywhere.
    assert page.settle().parameter("v") == place
    assert page.parameter("i") == f"p_{int(column) + 1}_{row}_a~57~26"
    keyboard.press("Shift+ArrowUp")
    page.page.get_by_text("There is no patch of the selection to the north.").wait_for()
    for step in range(2, 12):
        press("n", f"p_{int(column) + step}_{row}_a")
    # The last ones would lie behind the card.
    assert page.settle().parameter("v") != place
    outline = page.at("path.eo-outline").bounding_box()
    assert outline["x"] >= page.at(".eo-panel").bounding_box()["x"]
    assert outline["x"] + outline["width"] <= card.bounding_box()["x"]
    assert page.counters()["created"] == 1


def test_spectrum_as_chart_table_and_words(page):
    chart = page.at(".eo-spectrum-svg")
    words = chart.get_attribute("aria-label")
    assert words.startswith(
        "Reflectance over wavelength, row 57, column 26. 13 Jun 2017: B01 0.0367"
    )
    assert "Coniferous forest, mean and 10 to 90 %" in words
    assert page.at(".eo-chart-legend").inner_text().split("\n") == [
        "13 Jun 2017 (this patch)",
        "5 Nov 2017",
        "Coniferous forest: mean and 10–90 % of its pixels",
    ]
    assert chart.locator("polygon").get_attribute("fill") == "#2f6b3a"
    # Dots stand where wavelength and reflectance put them.
    dots = chart.locator("circle").evaluate_all(
        "(all) => all.map((c) => [+c.getAttribute('cx'), +c.getAttribute('cy')])"
    )
    nm = np.array(
        [442.7, 492.4, 559.8, 664.6, 704.1, 740.5, 782.8, 832.8, 864.7, 945.1, 1613.7, 2202.4]
    )
    read = np.array(
        [
            values(page)[name]
            for name in page.at(".eo-band-name").evaluate_all(
                "(all) => all.map((t) => t.firstChild.data)"
            )
        ]
    )
    across, up = np.array(dots).T
    assert np.corrcoef(nm, across)[0, 1] > 0.99999
    assert np.corrcoef(read, -up)[0, 1] > 0.99999
    page.page.get_by_text("Spectrum as a table").click()
    rows = page.at(".eo-spectrum-table tbody tr").all_inner_texts()
    assert len(rows) == 12
    assert rows[7].split("\t") == ["B08", "832.8", "0.3007", "0.2857", "0.2100", "0.1260–0.3150"]
    page.page.get_by_text("Spectrum as a table").click()


def test_pictures_and_provenance_follow_the_style_of_the_map(page):
    shown = page.at("figure[data-picture=s2]").get_attribute("data-shown")
    assert "style=true_colour" in shown
    assert "select=" not in shown
    page.page.get_by_text("colour_infrared", exact=True).click()
    page.at('figure[data-picture=s2][data-shown*="style=colour_infrared"]').wait_for()
    assert "Colour infrared" in page.at("figure[data-picture=s2] figcaption").inner_text()
    page.page.get_by_text("Provenance: Python").click()
    code = page.at(".eo-script[data-of=s2] code")
    page.page.wait_for_function(
        "scope().querySelector('.eo-script code').textContent.includes('s2:colour_infrared')"
    )
    assert code.inner_text().startswith("# Row 57, column 26\n")
    assert page.at(".eo-script[data-of=reference_map] code").inner_text() == "# <b>the map</b>"
    page.page.get_by_text("true_colour", exact=True).click()
    page.at('figure[data-picture=s2][data-shown*="style=true_colour"]').wait_for()
    page.page.get_by_text("Provenance: Python").click()


# The word stands for a moment only, which a busy machine can miss: what was said is kept.
SAID = """() => {
  window.said = [];
  const hear = (records) => records.forEach(({ target }) => said.push(target.textContent));
  const all = { childList: true, characterData: true, subtree: true };
  new MutationObserver(hear).observe(scope().querySelector(".eo-place"), all);
}"""


def test_places_are_copied_and_layers_taken_away(page):
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    wanted = ["48.143, 12.526", "EPSG:32633 612265 5340625", "57, 26"]
    for button, text in zip(page.at(".eo-place button").all(), wanted, strict=True):
        page.page.evaluate(SAID)
        button.click()
        page.page.wait_for_function("said.includes('Copied')")
        assert page.page.evaluate("navigator.clipboard.readText()") == text
    links = page.page.get_by_role("link", name="Sentinel-2, 12 bands")
    assert links.get_attribute("href").split("?")[0].endswith("_a/s2.tif")
    assert links.get_attribute("download") == ""
    assert page.page.get_by_role("link", name="Sentinel-1").count() == 0


def test_a_button_stays_while_the_pixel_changes(page):
    page.page.evaluate("() => (window.button = scope().querySelector('.eo-place button'))")
    canvas(page).hover(position={"x": 100.5, "y": 30.5})
    at_pixel(page, 30, 100)
    assert page.at(".eo-place").inner_text().count("row 30, column 100") == 1
    assert page.page.evaluate("button.isConnected")
    page.page.mouse.move(300, 500)
    at_pixel(page, 57, 26)


def test_a_link_opens_the_patch_at_its_pixel(open_map):
    page = open_map("/?v=47.5,11.95,12&i=p_596_2375_b~12~99")
    at_pixel(page, 12, 99)
    assert "5 Nov 2017 · Autumn" in page.at(".eo-card").inner_text()
    assert page.parameter("i") == "p_596_2375_b~12~99"
    assert page.view() == pytest.approx([47.5, 11.95, 12], abs=0.002)
    assert page.at("path.eo-outline").count() == 1
    page.page.keyboard.press("Escape")
    assert page.settle().parameter("i") is None


@pytest.mark.parametrize("text", ["gone", "gone~1~2", "%3Cimg%20src=x%20onerror=hacked()%3E~5~5"])
def test_a_link_to_a_patch_that_is_gone_says_so(open_map, text):
    page = open_map(f"/?v=47.5,11.95,12&i={text}")
    page.page.get_by_text("This patch is not in the dataset any more.").wait_for()
    assert page.page.get_by_role("button", name="Try again").count() == 0
    assert page.settle().parameter("i") is None


def test_larger_pictures_stay_sharp(page):
    page.page.get_by_role("button", name="Larger pictures").click()
    page.page.wait_for_timeout(200)
    assert canvas(page).bounding_box()["width"] == 240
    image = pixels(page, "reference_map")
    assert image.shape == (240, 240, 4)
    blocks = image[160:240, 160:240, :3].reshape(40, 2, 40, 2, 3)
    assert (blocks == blocks[:, :1, :, :1]).all()
    page.page.get_by_role("button", name="Smaller pictures").click()
    assert page.counters()["created"] == 1


def test_a_new_selection_asks_for_the_neighbours_again(page):
    with page.page.expect_request(lambda request: "/card.json" in request.url) as waiting:
        page.type_filter("country=Austria")
    assert "select=country%3DAustria" in waiting.value.url
    assert page.at(".eo-card").is_visible()
    assert page.counters()["created"] == 1


def test_phone_shows_the_inspector_as_a_sheet(open_map):
    page = open_map("/?v=47.5,11.95,12", width=390, height=844, has_touch=True)
    page.at(".eo-map").tap(position={"x": 170, "y": 150})
    at_pixel(page, 57, 26)
    canvas(page).tap(position={"x": 60.5, "y": 30.9})
    at_pixel(page, 30, 60)
    for button in page.at(".eo-card button:visible, .eo-card a:visible").all():
        size = button.bounding_box()
        assert size["height"] >= 36, button.inner_text()
    # The patch, which is taller than what is left here, has its middle above the sheet.
    page.page.evaluate("scope().querySelector('.eo-root').scrollIntoView({ block: 'start' })")
    page.page.get_by_role("button", name="Zoom to this patch").tap()
    outline = page.at("path.eo-outline").bounding_box()
    assert outline["y"] + outline["height"] / 2 <= page.at(".eo-card").bounding_box()["y"]
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    body = page.at(".eo-card-body")
    assert body.evaluate("(node) => node.scrollWidth - node.clientWidth") == 0
