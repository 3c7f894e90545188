"""What patches of one part of a split share with another: place, acquisition, ground."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import shared
from eoexplore.charts import _figures, _parts
from eoexplore.charts.chart import Asked, Chart, Kind, Mask, Option
from eoexplore.tiles import areas
from eoexplore.tiles.scene import scene_of

_OVERPASS = re.compile(r"(S2[A-D])_MSIL\d[AC]_(\d{8}T\d{6})_N\d{4}_(R\d{3})")
_SAID = {
    "place": "the same place on another date",
    "product": "the same product: one tile on one date",
    "overpass": "the same overpass of the satellite, in any tile",
    "overlap": "ground that both cover, in overlapping tiles",
}


def make(asked: Asked) -> Chart:
    """Count what the patches of one part share with those of the other."""
    of, to = _parts.pair(asked.options["pair"])
    ones, others = (_parts.rows_of(asked, asked.split, name) for name in (of, to))
    found, notes = _found(asked, ones, others)
    whole, rest = int(ones.sum()), int(others.sum())
    counts = np.array([item.of for item in found.values()])
    back = np.array([item.to for item in found.values()])
    labels = [_SAID[key] for key in found]
    table = pd.DataFrame(
        {
            "Shared": labels,
            f"{of} patches": counts,
            f"share of {of}": counts / whole,
            f"{to} patches": back,
            f"share of {to}": back / rest,
        }
    )
    return Chart(
        title=_title(found, of, to),
        sentence=_sentence(found, whole, of, to),
        table=table,
        figure=_figures.bars(
            labels,
            {"share": counts / whole},
            quantity=f"Share of {of} patches that share it with a {_parts.WORDS[to]} patch",
            digits=".1%",
        ),
        notes=(
            *notes,
            "Patches of one product or overpass have the same weather, light and processing, "
            "wherever they lie; patches of one place have the same ground.",
        ),
        facts={"of": of, "to": to, "patches": whole}
        | {key: {"patches": item.of, "share": item.of / whole} for key, item in found.items()},
    )


def _found(asked: Asked, ones: Mask, others: Mask) -> tuple[dict[str, shared.Shared], list[str]]:
    """Return what is shared, and what cannot be told."""
    located = bool(asked.opened.samples.located.any())
    products, overpasses = _products(asked), _overpasses(asked)
    found, notes = {}, []
    if located:
        # Places are numbered there, so that those of several tiles that overlap can be paired.
        met = areas.overlaps_of(scene_of(asked.opened).ground)
        found["place"] = shared.same(met.place, ones, others)
    else:
        notes.append("No patch has a location, so shared places and ground are not known.")
    found["product"] = shared.same(products, ones, others)
    if overpasses is None:
        notes.append("The names of the products do not tell the overpass.")
    else:
        found["overpass"] = shared.same(overpasses, ones, others)
    if located:
        found["overlap"] = shared.meeting(met.place, met.pairs, ones, others)
    return found, notes


def _products(asked: Asked) -> npt.NDArray[np.intp]:
    """Return the number of each sample's product; -1 where there is none."""
    column = asked.frame["product"].astype("category").cat
    known = np.array([str(name) != "" for name in column.categories] + [False])
    codes = column.codes.to_numpy().astype(np.intp)
    return np.where(known[codes], codes, -1)


def _overpasses(asked: Asked) -> npt.NDArray[np.intp] | None:
    """Return the number of each sample's overpass, or none where no product's name tells it."""
    column = asked.frame["product"].astype("category").cat
    found = [_OVERPASS.match(str(name)) for name in column.categories]
    # Satellite and orbit on a day: tiles of one overpass begin within a few minutes.
    words = ["" if one is None else f"{one[1]} {one[2][:8]} {one[3]}" for one in found]
    if not any(words):
        return None
    numbers = {word: number for number, word in enumerate(sorted({*words} - {""}))}
    table = np.array([numbers.get(word, -1) for word in words] + [-1])
    return table[column.codes.to_numpy().astype(np.intp)]


def _title(found: dict[str, shared.Shared], of: str, to: str) -> str:
    ground = [found[key].of for key in ("place", "overlap") if key in found]
    if not ground:
        return f"What {of} shares with {to}"
    if not any(ground):
        return f"No {of} patch shares ground with a {_parts.WORDS[to]} patch"
    key, said = ("place", "at the place of") if found["place"].of else ("overlap", "partly on")
    number = found[key].of
    lie = "patch lies" if number == 1 else "patches lie"
    return f"{number:,} {of} {lie} {said} a {_parts.WORDS[to]} patch"


def _sentence(found: dict[str, shared.Shared], whole: int, of: str, to: str) -> str:
    said = "; ".join(
        f"{item.of:,} ({item.of / whole:.1%}) {_SAID[key]}" for key, item in found.items()
    )
    return f"Of {whole:,} {of} patches, so many share with a {_parts.WORDS[to]} patch: {said}."


CHART = Kind(
    name="leakage_shared",
    page="splits",
    section="Leakage",
    order=210,
    title="What do the parts share?",
    make=make,
    options=(Option("pair", "Between", _parts.PAIRS),),
)
