"""How good an order of suspects is, where the truth is known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Ranked:
    """What an order is worth; shares are 0 to 1, NaN where they have no meaning."""

    suspects: int
    """How many were put in order."""
    errors: int
    """How many of all are wrong."""
    base: float
    """Share of all that is wrong: the precision of an order by lot."""
    precision_at: dict[int, float]
    """Share of the first n that is wrong, by n; of fewer suspects those without are right."""
    at_errors: float
    """The same of as many as there are errors; of an order of all this is also the recall."""
    precision: float
    """Of those with the least score or more, the share that is wrong."""
    recall: float
    """Of the wrong ones, the share with the least score or more."""

    @property
    def lift(self) -> float:
        """How many times as many errors as by lot are among as many as there are errors."""
        return self.at_errors / self.base if self.base else float("nan")


def measure(
    scores: Scores, wrong: Bools, least: float = 0.0, at: Sequence[int] = (20, 50)
) -> Ranked:
    """Measure an order of all candidates.

    Ties count as if they were drawn by lot, so that nothing is gained by giving equal scores.

    Args:
        scores: of each candidate, -inf where nothing speaks against it; shape (n,).
        wrong: which of them are wrong, shape (n,).
        least: score from which a candidate is called wrong.
        at: lengths of the beginning of the order.
    """
    errors = int(wrong.sum())
    called = scores >= least
    hits = int((called & wrong).sum())
    return Ranked(
        suspects=int(np.isfinite(scores).sum()),
        errors=errors,
        base=errors / len(wrong) if len(wrong) else float("nan"),
        precision_at={n: _first(scores, wrong, n) for n in at},
        at_errors=_first(scores, wrong, errors),
        precision=hits / int(called.sum()) if called.any() else float("nan"),
        recall=hits / errors if errors else float("nan"),
    )


def _first(scores: Scores, wrong: Bools, count: int) -> float:
    """Return the expected share of wrong ones among the first, ties being broken by lot."""
    count = min(count, len(scores))
    if not count:
        return float("nan")
    last = np.sort(scores)[::-1][count - 1]
    above, tied = scores > last, scores == last
    chance = (count - above.sum()) / tied.sum()
    return float((wrong[above].sum() + chance * wrong[tied].sum()) / count)


def strongest(
    rows: npt.NDArray[np.integer], scores: Scores, places: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Return the strongest score at the place of each sample, -inf where there is none.

    Args:
        rows: sample of each finding, shape (k,).
        scores: of each finding, shape (k,).
        places: number of the place of each sample, shape (n,).
    """
    _, number = np.unique(places, return_inverse=True)
    best = np.full(int(number.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, number[rows], scores)
    return best[number]
