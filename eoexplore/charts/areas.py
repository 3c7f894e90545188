"""Area of each class: all patches added up, and each place on the ground once."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis.pixel_area import pixel_m2
from eoexplore.charts import _compare, _figures, _labels
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part
from eoexplore.core import mgrs, nomenclature
from eoexplore.core.dates import LATEST
from eoexplore.tiles import areas as tile_areas
from eoexplore.tiles.scene import Scene, Shown, scene_of, shown_of

Json = dict[str, Any]
SAMPLED, GROUND = "Sampled", "Ground"
_ALL = "All patches"
_MIDDLE_M = 500_000
"""Easting of the middle of every UTM zone."""
_NOTES = (
    "Sampled: all patches added up, so that a place of three dates counts three times. Ground: "
    "each place once; of repeated dates one counts, and what neighbouring tiles share counts once.",
    "Overlaps across UTM zones are worked out in EPSG:6933, an equal-area projection of the whole "
    "Earth (EASE-Grid 2.0, Brodzik et al. 2012, doi:10.3390/ijgi1010032).",
)
_RANGE = (
    "The line on a ground bar is what is possible: a patch that is partly covered by another "
    "counts each class with the same share, as the table says how much of a class it has, not "
    "where."
)


def make(asked: Asked) -> Chart:
    """Work out both areas of each part, at the chosen level."""
    if not any(len(part) for part in asked.parts):
        raise CannotTell("No patch is selected, so there is no area. Drop a condition.")
    scene = scene_of(asked.opened)
    found = [tile_areas.areas_of(scene, _shown(scene, part)) for part in asked.parts]
    if not scene.samples.located.any():
        raise CannotTell(str(found[0]["sentence"]))
    entries = [_entries(asked, own) for own in found]
    order = _order(entries)
    notes = [*_NOTES, *_pixel(asked)]
    if found[0]["available"]:
        notes.append(_RANGE)
        if lacking := found[0]["without_map"]:
            notes.append(f"{lacking:,} patches have no label map: of them no class is known.")
    else:
        notes.append(f"{_labels.no_maps(asked)} This is the area of the patches.")
    if len(found) > 1:
        notes += _tests(asked, entries)
    return Chart(
        title=_title(found[0]),
        sentence=_sentence(found[0], entries[0]),
        table=_table(asked, entries, order),
        figure=_figure(asked, entries, order),
        notes=tuple(notes),
        facts=_facts(found[0], entries[0]),
    )


def _pixel(asked: Asked) -> list[str]:
    """Return how large the pixels of 10 m of the selection are on the ellipsoid; a sentence."""
    samples = asked.opened.samples
    rows = np.flatnonzero(asked.part.mask & samples.located)
    found: list[float] = []
    for epsg in np.unique(samples.epsg[rows]):
        own = rows[samples.epsg[rows] == epsg]
        # In a UTM zone size follows from how far east or west of its middle a pixel lies.
        away = np.abs(samples.left[own] + mgrs.PATCH_M / 2 - _MIDDLE_M)
        ends = own[[int(np.argmin(away)), int(np.argmax(away))]]
        left, top = (column[ends].astype(np.float64) for column in (samples.left, samples.top))
        found += pixel_m2(int(epsg), left, top, 10, 10).tolist()
    if not found:
        return []
    return [
        f"A label pixel counts 100 m²; on the ellipsoid those of the selection have "
        f"{min(found):.2f} to {max(found):.2f} m²."
    ]


def _shown(scene: Scene, part: Part) -> Shown:
    """Return what the map would show of a part; kept where the map would keep it."""
    shown, _ = shown_of(scene, part.selection)
    # A part may be what is *not* selected, which no selection says.
    same = np.array_equal(shown.mask, part.mask)
    return shown if same else Shown(scene.ground, part.mask, LATEST)


def _entries(asked: Asked, found: Json) -> list[Json]:
    """Return the areas of each class of the level; of all patches, where no maps are known."""
    if not found["available"]:
        whole = {"label": _ALL, "key": ""}
        numbers = {name: found[name] for name in ("sampled_km2", "ground_km2")}
        ground = found["ground_km2"]
        return [{**whole, **numbers, "low_km2": ground, "high_km2": ground}]
    levels, chosen = found["levels"], asked.options["level"]
    if chosen == "own":
        return list(next(iter(levels.values())))
    return list(levels[chosen])


def _order(entries: list[list[Json]]) -> list[int]:
    """Return the classes that have an area in any part, the largest first."""
    there = [
        number
        for number in range(len(entries[0]))
        if any(own[number]["sampled_km2"] for own in entries)
    ]
    return sorted(there, key=lambda number: -entries[0][number]["sampled_km2"]) or [0]


def _title(found: Json) -> str:
    sampled, ground = found["sampled_km2"], found["ground_km2"]
    if not sampled:
        return "The selection covers nothing"
    return f"{_km2(sampled)} sampled are {_km2(ground)} of ground"


def _km2(value: float) -> str:
    return f"{value:,.0f} km²" if value >= 100 else f"{value:,.2f} km²"


def _sentence(found: Json, entries: list[Json]) -> str:
    if not found["samples"]:
        return "No patch of the selection has a place on the ground."
    text = (
        f"{found['samples']:,} patches at {found['places']:,} places: {_km2(found['sampled_km2'])} "
        f"sampled, {_km2(found['ground_km2'])} on the ground"
    )
    largest = max(entries, key=lambda item: float(item["ground_km2"]))
    if largest["label"] == _ALL or not largest["ground_km2"]:
        return text + "."
    share = largest["ground_km2"] / sum(item["ground_km2"] for item in entries)
    return text + (
        f". {largest['label']} covers the most ground, {_km2(largest['ground_km2'])} "
        f"({share:.1%} of the maps)."
    )


def _figure(asked: Asked, entries: list[list[Json]], order: list[int]) -> go.Figure:
    """Draw sampled and ground area of one part, or the ground area of two."""

    def column(own: list[Json], name: str) -> list[float]:
        return [float(own[number][name]) for number in order]

    if len(entries) == 1:
        series = {
            SAMPLED: column(entries[0], "sampled_km2"),
            GROUND: column(entries[0], "ground_km2"),
        }
        with_range = {GROUND: entries[0]}
    else:
        series = {
            part.name: column(own, "ground_km2")
            for part, own in zip(asked.parts, entries, strict=True)
        }
        with_range = dict(zip(series, entries, strict=True))
    labels = [str(entries[0][number]["label"]) for number in order]
    figure = _figures.bars(
        labels,
        series,
        quantity="Area in km²" if len(entries) == 1 else "Ground area in km²",
        digits=",.2f",
        selections=_selections(asked, labels),
    )
    for trace in figure.data:
        own = with_range.get(trace.name)
        if own is not None:
            ground = column(own, "ground_km2")
            trace.error_x = _figures.whisker(
                column(own, "low_km2"), ground, column(own, "high_km2")
            )
    return figure


def _selections(asked: Asked, labels: list[str]) -> list[str | None]:
    """Return what a click selects: the patches with the label; at other levels there is none."""
    names = {item.name for item in asked.classes} if asked.options.get("level") == "own" else set()
    found = [asked.part.only(label) if label in names else None for label in labels]
    return found if any(text is not None for text in found) else []


def _table(asked: Asked, entries: list[list[Json]], order: list[int]) -> pd.DataFrame:
    columns: dict[str, object] = {"Class": [entries[0][number]["label"] for number in order]}
    shares = []
    for part, own in zip(asked.parts, entries, strict=True):
        before = f"{part.name}: " if len(entries) > 1 else ""
        kept = pd.DataFrame([own[number] for number in order])
        columns[f"{before}sampled km²"] = kept["sampled_km2"]
        columns[f"{before}ground km²"] = kept["ground_km2"]
        columns[f"{before}ground at least km²"] = kept["low_km2"]
        columns[f"{before}ground at most km²"] = kept["high_km2"]
        shares.append(kept["ground_km2"] / max(kept["ground_km2"].sum(), 1e-9))
        columns[f"{before}share of ground"] = shares[-1]
    if len(entries) > 1:
        one, other = (columns[f"{part.name}: ground km²"] for part in asked.parts[:2])
        columns["Difference of ground km²"] = np.asarray(one) - np.asarray(other)
        columns["Difference of shares"] = shares[0] - shares[1]
    return pd.DataFrame(columns)


def _tests(asked: Asked, entries: list[list[Json]]) -> list[str]:
    one, other = (np.array([item["ground_km2"] for item in own]) for own in entries[:2])
    if len(one) < 2:
        return []
    if not one.any() or not other.any():
        return [_compare.NOTHING]
    said = _compare.jensen_shannon(one, other, None)
    return [*_compare.shared(asked), f"Of the ground areas of the classes: {said}"]


def _facts(found: Json, entries: list[Json]) -> Json:
    return {
        "patches": found["samples"],
        "places": found["places"],
        "sampled_km2": found["sampled_km2"],
        "ground_km2": found["ground_km2"],
        "classes": [
            {name: item[name] for name in ("label", "sampled_km2", "ground_km2", "low_km2",
                                           "high_km2")}
            for item in entries
            if item["label"] != _ALL
        ],
    }  # fmt: skip


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer the levels that the dataset has, where label maps were read."""
    if not asked.opened.samples.areas:
        return ()
    levels = nomenclature.levels(asked.opened.dataset.classes)
    values = {"own": f"{len(asked.classes)} classes"}
    values |= {
        name: f"CORINE level {name[-1]}" for name in ("clc3", "clc2", "clc1") if name in levels
    }
    return (Option("level", "Level", values),)


CHART = Kind(
    name="areas",
    page="statistics",
    section="Classes",
    order=120,
    title="How much ground does each class cover?",
    make=make,
    options=_options,
)
