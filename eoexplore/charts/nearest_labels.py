"""What the nearest training patch tells about the labels of a test patch."""

import numpy as np
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
    return Chart(
        title=f"The nearest {_parts.WORDS[to]} patch tells {found.share:.0%} of the labels",
        sentence=f"Summed over the classes, the nearest {_parts.WORDS[to]} patch of "
        f"{found.pairs:,} {of} patches tells {found.share:.1%} of what there is to know about "
        f"their labels; most of all about {names[0]} ({shares[0]:.1%}).",
        table=pd.DataFrame(
            {
                "Class": names,
                "told, in nats": found.nats[order],
                "entropy, in nats": found.entropy[order],
                "share told": shares,
            }
        ),
        figure=_figures.bars(
            names,
            {"share told": shares},
            quantity=f"Share of presence that the nearest {_parts.WORDS[to]} patch tells",
            colours=[asked.classes[number].colour for number in order],
            digits=".1%",
            selections=[_parts.selection_of(asked, asked.split, of, name) for name in names],
        ),
        notes=(
            "Mutual information between presence in the one and in the other patch (Cover and "
            "Thomas 2006, equation 2.28), as a share of the entropy (Theil 1970, "
            "doi:10.1086/224909): 0% where it tells nothing, 100% where it tells all.",
            f"Frequencies stand for probabilities, by which chance adds about {found.bias:.2g} "
            "nats to each class (Miller 1955), and more as patches are not independent.",
        ),
        facts={
            "of": of,
            "to": to,
            "pairs": found.pairs,
            "share": found.share,
            "nats": dict(zip(names, found.nats[order].tolist(), strict=True)),
        },
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
