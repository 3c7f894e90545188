"""Whether the classes are as frequent in one part of a split as in another."""

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import divergence
from eoexplore.charts import _labels, _parts
from eoexplore.charts.chart import SPLITS, Asked, CannotTell, Chart, Kind

DRAWS, SEED = 1_000, 0
_PLACES = [(SPLITS[one], SPLITS[other]) for one, other in combinations(range(len(SPLITS)), 2)]


def make(asked: Asked) -> Chart:
    """Compare the share of each class in the parts, and the divergence of their labels."""
    sizes = _parts.sizes(asked, asked.split)[: len(SPLITS)]
    counts = _parts.classes(asked, asked.split)
    there = [number for number in range(len(SPLITS)) if counts[number].any()]
    if len(there) < 2:
        raise CannotTell(
            f"Only {len(there)} part of the split “{asked.split.title}” has labelled patches in "
            "the selection; to compare classes, two are needed. Choose a wider selection."
        )
    order = np.argsort(-counts.sum(0), kind="stable")
    names = [asked.classes[number].name for number in order]
    shares = counts[:, order] / np.maximum(sizes, 1)[:, None]
    figure = _parts.dots(
        names,
        {SPLITS[number]: shares[number] for number in there},
        quantity="Share of the patches of the part that have the class",
        digits=".1%",
        selections={
            SPLITS[number]: [
                _parts.selection_of(asked, asked.split, SPLITS[number], name) for name in names
            ]
            for number in there
        },
    )
    columns: dict[str, object] = {"Class": names}
    columns |= {SPLITS[number]: counts[number, order] for number in there}
    columns |= {f"share of {SPLITS[number]}": shares[number] for number in there}
    apart, notes = _divergences(asked, counts)
    return Chart(
        title=_title(apart),
        sentence=_sentence(names, shares, there, apart),
        table=pd.DataFrame(columns),
        figure=figure,
        notes=tuple(notes),
        facts={"jensen_shannon": {key: _plain(found) for key, found in apart.items()}},
    )


def _divergences(
    asked: Asked, counts: _parts.Counts
) -> tuple[dict[str, divergence.Interval], list[str]]:
    """Return the divergence of each two parts that have labels, and what is said of it."""
    blocks = _blocks(asked)
    found = {}
    for one, other in _PLACES:
        first, second = SPLITS.index(one), SPLITS.index(other)
        if counts[first].any() and counts[second].any():
            found[f"{one}-{other}"] = (
                divergence.between(blocks[first], blocks[second], draws=DRAWS, seed=SEED)
                if len(blocks[0]) > 1
                else divergence.Interval(
                    float(divergence.jensen_shannon(counts[first], counts[second])),
                    float("nan"),
                    float("nan"),
                    0,
                    SEED,
                )
            )
    return found, [
        "Jensen-Shannon divergence of the labels, in nats: 0 where their shares are equal, 0.693 "
        "where no class is in both (Lin 1991, doi:10.1109/18.61115).",
        f"Intervals of 95 % by bootstrap over tiles: {DRAWS:,} draws, seed {SEED}. Chance adds to "
        "a divergence, so an interval may lie above its value."
        if len(blocks[0]) > 1
        else "All patches lie in one tile or in none, so there is nothing to draw an interval by.",
    ]


def _blocks(asked: Asked) -> list[_parts.Counts]:
    """Return the labels of each class by tile, for each part, shape (tiles, classes).

    Patches without a tile are a block of their own.
    """
    tiles, names = asked.opened.samples.tiles
    number, has = _labels.label_sets(asked)
    found = []
    for name in SPLITS:
        rows = asked.split.of(name) & asked.part.mask
        cell = (tiles[rows].astype(np.int64) + 1) * len(has) + number[rows]
        counts = np.bincount(cell, minlength=(len(names) + 1) * len(has))
        found.append(np.asarray(counts.reshape(-1, len(has)) @ has, np.int64))
    used = np.sum(found, axis=0).any(1)
    return [counts[used] for counts in found]


def _said(found: divergence.Interval) -> str:
    if not found.draws:
        return f"{found.value:.4f}"
    return f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"


def _plain(found: divergence.Interval) -> dict[str, float | int | None]:
    ends = (found.low, found.high) if found.draws else (None, None)
    return {
        "value": found.value,
        "low": ends[0],
        "high": ends[1],
        "draws": found.draws,
        "seed": found.seed,
    }


def _title(apart: dict[str, divergence.Interval]) -> str:
    key, found = max(apart.items(), key=lambda item: item[1].value)
    return f"Labels differ most between {key.replace('-', ' and ')}: {found.value:.4f} nats"


def _sentence(
    names: list[str],
    shares: npt.NDArray[np.float64],
    there: list[int],
    apart: dict[str, divergence.Interval],
) -> str:
    spread = shares[there].max(0) - shares[there].min(0)
    widest = int(np.argmax(spread))
    said = ", ".join(f"{shares[number, widest]:.1%} of {SPLITS[number]}" for number in there)
    lead = "; ".join(f"{key.replace('-', ' and ')} {_said(found)}" for key, found in apart.items())
    return (
        f"The class whose share differs most is {names[widest]}: {said}. "
        f"Jensen-Shannon divergence in nats: {lead}."
    )


CHART = Kind(
    name="split_balance",
    page="splits",
    section="The split",
    order=110,
    title="Are the classes as frequent in each part?",
    make=make,
)
