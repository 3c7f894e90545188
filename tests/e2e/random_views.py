"""Random states of the map, reached by its own controls, and what is seen of each."""

import io
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests import rest
from tests.e2e.conftest import AppPage

LONGEST_S = 60
# What lasts only a moment, and what is about the cursor and not about the state.
WITHOUT_MOMENTS = (
    ".eo-toast, .eo-bar, .eo-coordinates, .eo-ghost, .eo-found { visibility: hidden !important; }"
)
ONLY_THE_MAP = WITHOUT_MOMENTS + ".eo-root > :not(.eo-map) { visibility: hidden !important; }"
REST = """
() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  node?.blur?.();
  for (const part of scope().querySelectorAll(".eo-panel-body, .eo-card-body")) part.scrollTop = 0;
}
"""


class Watched:
    """A page of the app that knows what it still waits for."""

    def __init__(self, page: AppPage) -> None:
        self.app = page
        self.page = page.page
        self.open: set[Any] = set()
        self.page.on("request", self._asked)
        self.page.on("requestfinished", self._answered)
        self.page.on("requestfailed", self._answered)

    def _asked(self, request: Any) -> None:
        self.open.add(request)

    def _answered(self, request: Any) -> None:
        self.open.discard(request)

    def quiet(self) -> None:
        """Wait until nothing loads, runs or is busy any more."""
        end = time.monotonic() + LONGEST_S
        while time.monotonic() < end:
            rest.wait(self.page, "all")
            if not self.open:
                return
        waiting = [request.url for request in self.open]
        raise TimeoutError(f"the page did not come to rest; it waits for {waiting}")

    def at(self, selector: str, **options: Any) -> Any:
        return self.app.at(selector, **options)


@dataclass(frozen=True)
class Seen:
    """What stands on the page."""

    address: str
    ground: npt.NDArray[np.int16]
    """The map, without what lies on it."""
    picture: npt.NDArray[np.int16]
    """All of it."""
    texts: dict[str, str]

    def differs_from(self, other: "Seen") -> list[str]:
        """Return a line for each part that is not the same."""
        found = [
            f"{name}: {first_change(text, other.texts[name])}"
            for name, text in self.texts.items()
            if text != other.texts[name]
        ]
        # The shadows of panels are mixed in layers, and rounded now and then by one level of 255.
        for name, least in (("ground", 0), ("picture", 1)):
            one, two = getattr(self, name), getattr(other, name)
            if one.shape != two.shape:
                found.append(f"{name}: size {one.shape} became {two.shape}")
            elif (off := np.abs(one - two).max(axis=2) > least).any():
                rows, columns = np.nonzero(off)
                box = tuple(map(int, (columns.min(), rows.min(), columns.max(), rows.max())))
                found.append(f"{name}: {off.sum()} pixels within {box}")
        return found


def first_change(before: str, after: str) -> str:
    """Return where two texts part, with a little around it."""
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), -1)
    start = max(0, (same if same >= 0 else min(len(before), len(after))) - 20)
    return f"{before[start : start + 70]!r} became {after[start : start + 70]!r}"


def shot(watched: Watched, style: str) -> npt.NDArray[np.int16]:
    """Take a picture of the map, without the rounded corners of its frame."""
    png = watched.at(".eo-root").screenshot(animations="disabled", caret="hide", style=style)
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.int16)[8:-8, 8:-8]


def look(watched: Watched) -> Seen:
    """Put the cursor away, wait until all is there, and take it in."""
    page = watched.page
    if watched.at(".eo-tabs").is_visible():
        # Which side the panel is about is no part of a link: it begins with the left one.
        watched.at(".eo-tabs [role=tab]").first.click()
    page.mouse.move(1, 1)
    page.evaluate(REST)
    watched.quiet()
    ground, picture = (shot(watched, style) for style in (ONLY_THE_MAP, WITHOUT_MOMENTS))
    parts = {"panel": ".eo-panel", "card": ".eo-card", "tools": ".eo-zoom"}
    seen = {name: watched.at(at).first for name, at in parts.items()}
    texts = {name: part.inner_text() if part.is_visible() else "" for name, part in seen.items()}
    texts["bar"] = page.locator('[data-testid="stMain"]').inner_text()
    # In whatever order: after a way back, Streamlit writes its parameters in another one.
    texts["address"] = "&".join(sorted(page.evaluate("location.search")[1:].split("&")))
    return Seen(page.url, ground, picture, texts)


class Walk:
    """Somebody who tries one control after the other."""

    def __init__(self, watched: Watched, places: list[tuple[float, float]], seed: int) -> None:
        self.watched = watched
        self.places = places
        self.page = watched.page
        self.draw = random.Random(seed)
        self.done: list[str] = []

    def at(self, selector: str, **options: Any) -> Any:
        return self.watched.at(selector, **options)

    def step(self) -> None:
        """Use one control, any of them."""
        names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
        name = self.draw.choice(names)
        self.done.append(name)
        getattr(self, name)()

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()
            self.page.wait_for_timeout(80)
        self.watched.quiet()

    # -- place ---------------------------------------------------------------------------------

    def leap(self) -> None:
        self.go(*self.draw.choice(self.places))

    def go(self, lat: float, lon: float) -> None:
        self.at(".eo-map").first.focus()
        self.page.keyboard.press("g")
        self.page.keyboard.type(f"{lat:.5f}, {lon:.5f}")
        self.at('.eo-search [role="option"]').first.wait_for()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Escape")

    def drag(self) -> None:
        self.page.keyboard.press("Escape")
        x, y = self.middle()
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        dx, dy = self.draw.randint(-190, 190), self.draw.randint(-120, 120)
        self.page.mouse.move(x + dx, y + dy, steps=4)
        self.page.wait_for_timeout(80)
        self.page.mouse.up()

    def middle(self) -> tuple[float, float]:
        """Return a place of the map that no panel covers."""
        box = self.at(".eo-map").first.bounding_box()
        return box["x"] + max(box["width"] / 2, 400), box["y"] + box["height"] / 2

    def zoom(self) -> None:
        level = float(self.at(".eo-zoom").inner_text().split()[1])
        key = "+" if level < 11 else "-" if level > 15 else self.draw.choice("+-")
        self.at(".eo-map").first.focus()
        self.page.keyboard.press(key)

    def wheel(self) -> None:
        x, y = self.middle()
        self.page.mouse.move(x + self.draw.randint(-90, 90), y + self.draw.randint(-90, 90))
        self.page.mouse.wheel(0, self.draw.choice((-120, 120)))
        self.page.wait_for_timeout(300)

    # -- layers --------------------------------------------------------------------------------

    def row(self, selector: str = ".eo-layer") -> Any:
        rows = self.at(f"{selector}:visible")
        return rows.nth(self.draw.randrange(rows.count())) if rows.count() else None

    def eye(self) -> None:
        self.row(".eo-layer:not(.eo-disabled)").locator(".eo-layer-head button").first.click()

    def style(self) -> None:
        row = self.row(".eo-layer:has(.eo-picker-button:visible)")
        if row is None:
            return
        row.locator(".eo-picker-button").click()
        options = row.locator("[role=option]:not([aria-disabled])")
        options.nth(self.draw.randrange(options.count())).click()

    def opacity(self) -> None:
        row = self.row(".eo-layer:has(.eo-slider:visible)")
        if row is not None:
            row.locator(".eo-slider").first.fill(str(self.draw.randint(20, 100)))

    def order(self) -> None:
        row = self.row(".eo-layer")
        row.locator(".eo-move").nth(self.draw.randrange(2)).click()

    def adjust(self) -> None:
        row = self.row(".eo-layer:has(.eo-adjust-button:visible)")
        if row is None:
            return
        row.locator(".eo-adjust-button").click()
        contrast = row.get_by_label("Contrast")
        if contrast.count():
            contrast.select_option(self.draw.choice(("fixed", "2..98", "percentile", "range")))
            row.get_by_label("Gamma").fill(str(self.draw.choice((-0.4, -0.1, 0, 0.2))))
            self.page.wait_for_timeout(300)
            row.get_by_label("Inverse").set_checked(self.draw.random() < 0.5)
        elif row.get_by_text("Outlines").count():
            row.get_by_text(self.draw.choice(("Fills", "Outlines"))).click()
        row.locator(".eo-adjust-button").click()

    def hide_class(self) -> None:
        row = self.row(".eo-class")
        if row is not None:
            row.click()

    def only_class(self) -> None:
        row = self.row(".eo-only")
        if row is not None:
            row.focus()
            self.page.keyboard.press("Enter")

    # -- dates, sides, selection ---------------------------------------------------------------

    def date(self) -> None:
        rule = self.at(".eo-panel").get_by_label("Date", exact=True)
        values = rule.locator("option").evaluate_all("all => all.map((one) => one.value)")
        rule.select_option(self.draw.choice(values))

    def date_step(self) -> None:
        self.at(".eo-map").first.focus()
        self.page.keyboard.press(self.draw.choice("[]"))

    def compare(self) -> None:
        name = self.draw.choice(("Off", "Swipe", "Two maps", "Blink"))
        self.at(".eo-panel").get_by_role("radio", name=name).click()

    def side(self) -> None:
        if self.at(".eo-tabs").is_visible():
            self.at(".eo-tabs [role=tab]").nth(self.draw.randrange(2)).click()

    def divider(self) -> None:
        if self.at(".eo-divider").is_visible():
            self.at(".eo-divider").focus()
            for _ in range(self.draw.randint(1, 5)):
                self.page.keyboard.press(self.draw.choice(("ArrowLeft", "PageUp", "PageDown")))

    def select(self) -> None:
        self.page.get_by_role("button", name="Filter").click()
        panel = self.page.get_by_test_id("stPopoverBody")
        tab, options = self.draw.choice((("Time", ("summer", "winter")), ("Patches", ("train",))))
        panel.get_by_role("tab", name=tab).click()
        box = panel.get_by_test_id("stCheckbox").filter(has_text=self.draw.choice(options))
        box.first.locator("label").click()
        self.watched.quiet()
        self.page.keyboard.press("Escape")

    def drop(self) -> None:
        chips = self.page.get_by_role("button", name="✕")
        if chips.count():
            chips.first.click()
            self.watched.quiet()

    def palette(self) -> None:
        self.page.get_by_role("button", name="Display").click()
        panel = self.page.get_by_test_id("stPopoverBody")
        panel.get_by_text(self.draw.choice(("Official", "Safe for colour"))).click()
        self.watched.quiet()
        self.page.keyboard.press("Escape")

    # -- patch ---------------------------------------------------------------------------------

    def patch(self) -> None:
        x, y = self.middle()
        self.page.mouse.click(x + self.draw.randint(-60, 60), y + self.draw.randint(-60, 60))
        self.watched.quiet()

    def pixel(self) -> None:
        pictures = self.at(".eo-canvas:visible")
        if pictures.count():
            box = pictures.first.bounding_box()
            at = self.draw.uniform(2, box["width"] - 3), self.draw.uniform(2, box["height"] - 3)
            pictures.first.click(position={"x": at[0], "y": at[1]})

    def next(self) -> None:
        self.at(".eo-map").first.focus()
        self.page.keyboard.press(self.draw.choice("np"))
        self.watched.quiet()

    def close(self) -> None:
        self.at(".eo-map").first.focus()
        self.page.keyboard.press("Escape")


def round_trip(walk: Walk, other: AppPage, keep: Path | None = None) -> list[str]:
    """Open what somebody looks at in another browser; return what is not the same there.

    Args:
        walk: who looks.
        other: a page of a browser that has seen nothing.
        keep: where to keep the two pictures if they are not the same; their number is the walk's.
    """
    before = look(walk.watched)
    watched = Watched(other)
    other.page.goto(before.address)
    watched.at(".eo-root").wait_for()
    after = look(watched)
    lines = before.differs_from(after)
    if lines and keep:
        for name, seen in (("before", before), ("after", after)):
            picture = Image.fromarray(seen.picture.astype(np.uint8))
            picture.save(keep / f"{len(walk.done)}_{name}.png")
    return lines


WEIGHTS = {
    "leap": 2,
    "drag": 3,
    "zoom": 3,
    "wheel": 2,
    "eye": 3,
    "style": 4,
    "opacity": 3,
    "order": 2,
    "adjust": 3,
    "hide_class": 3,
    "only_class": 1,
    "date": 3,
    "date_step": 1,
    "compare": 4,
    "side": 3,
    "divider": 2,
    "select": 1,
    "drop": 1,
    "palette": 1,
    "patch": 3,
    "pixel": 2,
    "next": 1,
    "close": 1,
}
