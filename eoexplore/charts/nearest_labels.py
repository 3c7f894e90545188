"""What the nearest training patch tells about the labels of a test patch."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.analysis import information
from eoexplore.charts import _figures, _leakage, _parts
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option


def make(asked: Asked) -> Chart:
    """Measure the mutual information of presence, class by class."""
    of, to = _parts.pair(asked.options["pair"])
    near = _leakage.nearest_of(asked, asked.split, of, to)
    found = information.mutual(
        asked.masks[near.rows], asked.masks[near.nearest], len(asked.classes)
    )
    order = np.flatnonzero(found.entropy > 0)
    order = order[np.argsort(-found.shares[order], kind="stable")]
    if not len(order):
        raise CannotTell(
            f"All {of} patches have the same labels, so there is nothing to be told about them. "
            "Choose a wider selection."
        )
    names = [asked.classes[number].name for number in order]
    shares = found.shares[order]
    near_one = f"nearest {_parts.WORDS[to]} patch"
    return Chart(
        title=f"The {near_one} tells {found.share:.0%} of the labels",
        sentence=f"Summed over the classes, the {near_one} of "
        f"{found.pairs:,} {of} patches tells {found.share:.1%} of what there is to know about "
        f"their labels; most of all about {names[0]} ({shares[0]:.1%}).",
        table=_table(names, found, order),
        figure=_figures.bars(
            names,
            {"share told": shares},
            quantity=f"Share of presence that the {near_one} tells",
            colours=[asked.classes[number].colour for number in order],
            digits=".1%",
            selections=[_parts.selection_of(asked, asked.split, of, name) for name in names],
        ),
        notes=_notes(found),
        facts={
            "of": of,
            "to": to,
            "pairs": found.pairs,
            "share": found.share,
            "nats": dict(zip(names, found.nats[order].tolist(), strict=True)),
        },
    )


def _table(
    names: list[str], found: information.Information, order: npt.NDArray[np.intp]
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Class": names,
            "told, in nats": found.nats[order],
            "entropy, in nats": found.entropy[order],
            "share told": found.shares[order],
        }
    )


def _notes(found: information.Information) -> tuple[str, ...]:
    return (
        "Mutual information between presence in the one and in the other patch (Cover and "
        "Thomas 2006, equation 2.28), as a share of the entropy (Theil 1970, "
        "doi:10.1086/224909): 0% where it tells nothing, 100% where it tells all.",
        f"Frequencies stand for probabilities, by which chance adds about {found.bias:.2g} "
        "nats to each class (Miller 1955), and more as patches are not independent.",
    )


CHART = Kind(
    name="nearest_labels",
    page="splits",
    section="Spatial correlation",
    order=330,
    title="What does the nearest training patch tell?",
    make=make,
    options=(Option("pair", "From", _parts.PAIRS),),
)
