"""How sure the model usually is of each class where it is the label: confident learning."""

import numpy as np
import pandas as pd

from eoexplore.charts import _figures, _noise
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind
from eoexplore.store import issues


def make(asked: Asked) -> Chart:
    """Show the threshold of each class, and how many spots speak against it."""
    found = _noise.all_of(asked)
    looked = issues.read_looked(issues.folder_of(asked.opened, asked.predictions[0].about.name))
    if looked is None:
        raise CannotTell("What was looked at is not known any more. Look for wrong labels anew.")
    names = np.array(asked.opened.dataset.classes.names, object)
    limits = looked.thresholds
    order = np.lexsort((names, -np.nan_to_num(limits, nan=-1)))
    known = order[np.isfinite(limits[order])]
    own = found.findings.take(found.numbers == found.kinds.index("spots"))
    _, first = np.unique(own.facts["spot"], return_index=True)
    against = np.bincount(own.labels[first], minlength=len(names))
    towards = np.bincount(own.suspects[first], minlength=len(names))
    lacking = names[order[~np.isfinite(limits[order])]].tolist()
    return Chart(
        title=f"The model is least sure of {names[known[-1]]}",
        sentence=f"Where a class is the label, the model gives it {limits[known[-1]]:.0%} "
        f"({names[known[-1]]}) to {limits[known[0]]:.0%} ({names[known[0]]}) on average.",
        table=pd.DataFrame(
            {
                "Class": names[order],
                "Threshold": limits[order],
                "Spots with this label": against[order],
                "Spots that seem to be this": towards[order],
                "Area, ha": np.rint(looked.ground_ha.sum(1)[order]).astype(np.int64),
            }
        ),
        figure=_figures.bars(
            names[known].tolist(),
            {"Threshold": limits[known]},
            quantity="Mean probability where the class is the label, 0 to 1",
            digits=".2f",
        ),
        notes=(
            "The threshold of confident learning (Northcutt, Jiang and Chuang 2021, doi "
            "10.1613/jair.1.12125): a probability counts by how it compares with that of its "
            "class. Others can be stated beside the findings.",
            *((f"Too few cells for a threshold: {', '.join(lacking)}.",) if lacking else ()),
        ),
        facts={"thresholds": dict(zip(names[known], limits[known].tolist(), strict=True))},
    )


CHART = Kind(
    name="class_limits",
    page="quality",
    section="Thresholds",
    order=110,
    title="How sure is the model of each class?",
    make=make,
)
