"""The pictures of docs/chart-states.md, taken from a running app with the demo.

    python -m benchmarks.chart_states http://localhost:8501 [--browser /usr/bin/chromium]

Writes docs/images/charts/*.jpg, a picture of each chart, and docs/chart-states.md.
"""

import argparse
import io
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from eoexplore.charts import chart

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "images" / "charts"
PAGE = ROOT / "docs" / "chart-states.md"
WIDTH, QUALITY = 900, 68
_PATIENCE_MS = 90_000
_MAP = "On the map"
_NO_WIDTH = "\u2060"
_READY = """() => document.querySelector('[data-testid="stApp"]').dataset.testScriptState
  === 'notRunning' && !document.querySelector('[data-testid="stSpinner"]')"""
_HEAD = """# What do the charts look like?

All of them on the synthetic demo, with the choices that they begin with. What they tell:
[statistics](statistics.md), [splits](splits.md). `python -m benchmarks.chart_states` takes them.
"""


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="of a running app in which the demo is indexed")
    parser.add_argument("--browser", default="/usr/bin/chromium", help="path of Chromium")
    args = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = [_HEAD]
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=args.browser, args=flags)
        page = browser.new_page(viewport={"width": 1280, "height": 1800})
        page.set_default_timeout(_PATIENCE_MS)
        for name in ("statistics", "splits"):
            lines.append(f"\n## {name.capitalize()}\n")
            for section in dict.fromkeys(kind.section for kind in chart.kinds(name)):
                _open(page, args.address, name, section)
                for kind in chart.kinds(name):
                    if kind.section == section:
                        lines.append(_taken(page, kind))
        _open(page, args.address, "splits", _MAP)
        lines.append(_map(page))
        browser.close()
    PAGE.write_text("\n".join(lines), encoding="utf-8")


def _open(page: Page, address: str, name: str, section: str) -> None:
    query = urlencode({"dataset": "reben-synthetic", "section": section}, quote_via=quote)
    page.goto(f"{address}/{name}?{query}")
    on_map = (name, section) == ("splits", _MAP)
    selector = ".eo-map .leaflet-tile-loaded" if on_map else ".js-plotly-plot .main-svg"
    page.locator(selector).first.wait_for()
    page.wait_for_function(_READY)
    page.wait_for_timeout(3_000)


def _taken(page: Page, kind: chart.Kind) -> str:
    card = page.locator(f".st-key-card_{kind.name}")
    title = card.locator("h3").first.inner_text().replace(_NO_WIDTH, "")
    _save(card.screenshot(), kind.name)
    sys.stdout.write(f"{kind.name}: {title}\n")
    return f"### {title}\n\n![{title}](images/charts/{kind.name}.jpg)\n"


def _map(page: Page) -> str:
    title = "The split on the map: how far training patches are"
    _save(page.locator(".st-key-split_map").screenshot(), "split_map")
    return f"### {title}\n\n![{title}](images/charts/split_map.jpg)\n"


def _save(picture: bytes, name: str) -> None:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    height = round(image.height * WIDTH / image.width)
    image.resize((WIDTH, height)).save(FOLDER / f"{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
