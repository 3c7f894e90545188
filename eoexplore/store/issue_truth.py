"""What the findings are worth where the truth is known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import ranking
from eoexplore.analysis.ranking import Ranked
from eoexplore.store.catalog import Opened
from eoexplore.store.issues import Issues
from eoexplore.store.prediction_mosaics import COARSE_M
from eoexplore.store.true_maps import Wrong
from eoexplore.store.truth import Truth

SURE = 0.1
"""Score from which a finding is called an error, for precision and recall."""


@dataclass(frozen=True)
class Known:
    """What is true of a dataset."""

    truth: Truth
    """Its true labels."""
    wrong: Wrong | None
    """Where its label maps are wrong; none where no true maps are there."""
    looked: npt.NDArray[np.bool_]
    """Which samples were looked at: of the others nothing could be found, shape (n,)."""


@dataclass(frozen=True)
class Worth:
    """What an order of suspects is worth, and for which errors."""

    unit: str
    """What was put in order."""
    ranked: Ranked
    """All errors together."""
    by_kind: Mapping[str, float]
    """Recall of as many suspects as there are errors, by kind of error."""


def scenes(opened: Opened, issues: Issues, known: Known) -> Worth:
    """Judge the order of samples by their strongest finding of the kind `labels`."""
    masks = opened.samples.frame["label_mask"].to_numpy(np.uint64)
    return _samples(opened, issues, known, "labels", masks != known.truth.masks, known.truth.known)


def maps(opened: Opened, issues: Issues, known: Known) -> Worth | None:
    """Judge the order of samples by their strongest finding of the kind `spots`."""
    if known.wrong is None:
        return None
    return _samples(opened, issues, known, "spots", known.wrong.any(), known.wrong.known)


def spots(opened: Opened, issues: Issues, known: Known) -> Worth | None:
    """Judge the order of the spots: one is right if most of the map is wrong around its middle.

    There are as many errors as samples with a wrong map, so that the number is that of `maps`.
    """
    if known.wrong is None or "spots" not in issues.kinds:
        return None
    own = np.flatnonzero(issues.numbers == issues.kinds.index("spots"))
    found = issues.findings.take(own)
    # The largest piece of each spot stands for it; they come in that order.
    _, first = np.unique(found.facts["spot"], return_index=True)
    found = found.take(np.sort(first))
    lon, lat = found.facts["lon"].tolist(), found.facts["lat"].tolist()
    where = zip(found.rows.tolist(), lon, lat, strict=True)
    right = [known.wrong.at(opened, row, x, y, COARSE_M) for row, x, y in where]
    ranked = ranking.measure(found.scores, np.array(right, np.bool_), SURE)
    return Worth("spots", ranked, {})


def _samples(
    opened: Opened,
    issues: Issues,
    known: Known,
    kind: str,
    wrong: npt.NDArray[np.bool_],
    judged: npt.NDArray[np.bool_],
) -> Worth:
    judged = judged & known.looked
    rows = issues.findings.rows
    own = np.zeros(len(rows), bool)
    if kind in issues.kinds:
        own = issues.numbers == issues.kinds.index(kind)
    best = ranking.strongest(rows[own], issues.findings.scores[own], opened.samples.places)
    ranked = ranking.measure(best[judged], wrong[judged], SURE)
    return Worth("samples", ranked, _by_kind(best, wrong & judged, judged, known.truth.kinds))


def _by_kind(
    best: npt.NDArray[np.float64],
    wrong: npt.NDArray[np.bool_],
    judged: npt.NDArray[np.bool_],
    kinds: npt.NDArray[np.object_],
) -> dict[str, float]:
    """Return the share of the errors of each kind among as many suspects as there are errors."""
    if len(kinds) != len(best):
        return {}
    order = np.argsort(-np.where(judged, best, -np.inf), kind="stable")[: int(wrong.sum())]
    called = np.zeros(len(best), bool)
    called[order] = True
    return {
        str(name): float(called[wrong & (kinds == name)].mean())
        for name in sorted(set(kinds[wrong].tolist()))
    }
