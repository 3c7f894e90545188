"""The pictures of docs/map-states.md, taken from a running app with the demo.

    python benchmarks/map_states.py http://localhost:8501 [--browser /usr/bin/chromium]

Writes docs/images/states/*.jpg and docs/map-states.md.
"""

import argparse
import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "images" / "states"
PAGE = ROOT / "docs" / "map-states.md"
WIDTH, QUALITY = 1120, 72
LAKE, COAST, SNOW = "48.26,13.77,13", "38.405,-8.71,13", "48.238,13.397,13"
TRUE = "s2:true_colour:100"
PATCH = "S2A_MSIL2A_20170713T101031_N9999_R022_T33UVP_08_44"


def nothing(_: Page) -> None:
    """Leave the page as it is."""


def keys(*names: str) -> Callable[[Page], None]:
    """Return an act that presses keys one after the other."""

    def act(page: Page) -> None:
        for name in names:
            page.keyboard.press(name)
            page.wait_for_timeout(500)

    return act


def clicked(selector: str) -> Callable[[Page], None]:
    """Return an act that clicks the first element of a selector."""
    return lambda page: page.locator(selector).first.click()


def drawn(key: str, *places: tuple[int, int]) -> Callable[[Page], None]:
    """Return an act that draws: a key, then clicks on the map."""

    def act(page: Page) -> None:
        page.keyboard.press(key)
        for x, y in places:
            page.mouse.click(x, y)
            page.wait_for_timeout(450)

    return act


def searched(page: Page) -> None:
    """Type a town's name."""
    page.keyboard.press("g")
    page.keyboard.type("passau")


@dataclass(frozen=True)
class State:
    """One picture."""

    name: str
    """File name."""
    title: str
    """Words below it."""
    query: dict[str, str]
    """Parameters of the address."""
    act: Callable[[Page], None] = nothing
    """What is done after that."""
    size: tuple[int, int] = (1440, 900)
    """Window in pixels."""
    theme: str = "light"
    """light or dark."""


STATES = (
    State("start", "The first view of the demo", {}),
    State(
        "far",
        "Far out: the dominant class of each place",
        {"v": "46,2,5", "l": "density:dominant:100"},
    ),
    State(
        "labels",
        "The 19 classes over true colour, with areas",
        {"v": LAKE, "l": f"{TRUE},reference_map:clc19:60"},
    ),
    State(
        "one-class", "One class alone", {"v": LAKE, "l": f"{TRUE},reference_map:clc19~only512:80"}
    ),
    State(
        "safe",
        "The palette for colour-blind readers",
        {"v": LAKE, "l": f"{TRUE},reference_map:clc19:80", "palette": "safe"},
    ),
    State(
        "outlines",
        "Outlines over colour infrared",
        {"v": COAST, "l": "s2:colour_infrared:100,reference_map:clc19~line:100"},
    ),
    State(
        "index",
        "A spectral index with its formula, and its range",
        {"v": LAKE, "l": "s2:index.NDVI~r-0.2..1:100"},
        clicked(".eo-layer[data-layer=s2] .eo-adjust-button"),
    ),
    State(
        "swir",
        "Short-wave infrared by percentiles of the dataset",
        {"v": COAST, "l": "s2:swir~p2..98:100"},
    ),
    State("radar", "Radar", {"v": COAST, "l": "s1:vv_vh:100"}),
    State(
        "splits",
        "Footprints by split",
        {"v": "48.258,13.71,11", "l": f"{TRUE},footprints:split:80"},
    ),
    State(
        "share",
        "Footprints by the share of a class",
        {"v": "38.405,-8.75,12", "l": "footprints:share.523:100"},
    ),
    State(
        "swipe",
        "Swipe: July and January",
        {
            "v": SNOW,
            "l": TRUE,
            "d": "season:summer",
            "c": "swipe:50",
            "r": TRUE,
            "rd": "season:winter",
        },
    ),
    State(
        "two-maps",
        "Two maps: light and radar",
        {"v": "38.41,-8.75,12", "l": TRUE, "c": "two", "r": "s1:vv_vh:100"},
    ),
    State(
        "blink",
        "Blink, with the space bar held",
        {"v": LAKE, "l": TRUE, "c": "blink", "r": f"{TRUE},reference_map:clc19:100"},
        lambda page: page.keyboard.down("Space"),
    ),
    State(
        "inspector",
        "The card of a patch, with the spectrum at the pixel",
        {"v": LAKE, "l": TRUE, "i": f"{PATCH}~57~26"},
    ),
    State(
        "filter",
        "The filter panel",
        {"v": LAKE, "l": TRUE},
        lambda page: page.get_by_role("button", name="Filter").click(),
    ),
    State(
        "area",
        "A drawn box in the selection",
        {"v": "48.258,13.71,11", "l": f"{TRUE},reference_map:clc19:60"},
        drawn("d", (700, 430), (900, 560)),
    ),
    State(
        "measure",
        "Measuring",
        {"v": LAKE, "l": TRUE},
        drawn("m", (600, 400), (800, 520), (980, 430)),
    ),
    State("search", "Going to a place", {"v": LAKE, "l": TRUE}, searched),
    State("views", "Prepared views", {"v": LAKE, "l": TRUE}, keys("v")),
    State("keys", "The list of keys", {"v": LAKE, "l": TRUE}, keys("?")),
    State(
        "dark", "Dark", {"v": LAKE, "l": f"{TRUE},reference_map:clc19:60", "i": PATCH}, theme="dark"
    ),
    State("phone", "On a phone", {"v": LAKE, "l": TRUE}, size=(390, 844)),
    State("phone-card", "A patch on a phone", {"v": LAKE, "l": TRUE, "i": PATCH}, size=(390, 844)),
)


def take(browser: Browser, address: str, state: State) -> None:
    """Open a state, wait for its tiles, and keep a picture."""
    width, height = state.size
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=state.theme, locale="en-GB"
    )
    query = "&".join(f"{key}={quote(value, safe=':,~')}" for key, value in state.query.items())
    page.goto(f"{address}/?{query}")
    page.locator(".eo-map .leaflet-tile-loaded").first.wait_for(timeout=30_000)
    settle(page)
    state.act(page)
    settle(page)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    if width > WIDTH:
        picture = picture.resize((WIDTH, round(height * WIDTH / width)), Image.Resampling.LANCZOS)
    picture.save(FOLDER / f"{state.name}.jpg", quality=QUALITY, optimize=True, progressive=True)
    page.close()


def settle(page: Page) -> None:
    """Wait until nothing loads."""
    page.wait_for_timeout(900)
    page.locator(".eo-root:not(.eo-loading)").wait_for(timeout=30_000)
    page.wait_for_timeout(900)


def main() -> None:
    """Take all pictures and write the page that shows them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    parser.add_argument("--only", nargs="*", help="names of states")
    asked = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.browser, args=flags)
        for state in STATES:
            if not asked.only or state.name in asked.only:
                take(browser, asked.address, state)
        browser.close()
    lines = [
        "# The map, state by state",
        "",
        "The synthetic demo: made-up land, in the layout of reBEN.",
        "",
    ]
    for state in STATES:
        lines += [f"## {state.title}", "", f"![{state.title}](images/states/{state.name}.jpg)", ""]
    PAGE.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    size = sum(file.stat().st_size for file in FOLDER.glob("*.jpg"))
    sys.stdout.write(json.dumps({"pictures": len(STATES), "bytes": size}) + "\n")


if __name__ == "__main__":
    main()
