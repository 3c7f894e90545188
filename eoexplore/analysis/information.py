"""What the labels of one patch tell about those of another."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Information:
    """Mutual information between presence of classes in two patches of a pair."""

    nats: Floats
    """Of each class, shape (k,); 0 where nothing is told, at most its entropy."""
    entropy: Floats
    """Of presence in the first patch, shape (k,), in nats; 0 where all or none have the class."""
    pairs: int
    """Pairs behind it."""

    @property
    def bias(self) -> float:
        """Nats by which chance alone raises each class, to first order and for independent pairs.

        1 / (2 n) for two by two outcomes (Miller 1955; Roulston 1999, doi
        10.1016/S0167-2789(98)00269-3).
        """
        return 1 / (2 * self.pairs) if self.pairs else float("nan")

    @property
    def shares(self) -> Floats:
        """Share of the entropy of each class that is told, shape (k,); NaN where it has none.

        The uncertainty coefficient (Theil 1970, doi 10.1086/224909).
        """
        none = self.entropy <= 0
        return np.where(none, np.nan, self.nats / np.where(none, 1, self.entropy))

    @property
    def share(self) -> float:
        """Sum over the classes, as a share of the sum of their entropies; NaN without any."""
        total = float(self.entropy.sum())
        return float(self.nats.sum()) / total if total > 0 else float("nan")


def mutual(
    ones: npt.NDArray[np.uint64], others: npt.NDArray[np.uint64], classes: int
) -> Information:
    """Return the mutual information of presence, for each class by itself.

    The plug-in estimate: frequencies stand for probabilities (Cover and Thomas 2006, equation
    2.28). It is 0 or more, and chance adds `Information.bias`.

    Args:
        ones: labels of the first patch of each pair, a bit for each class; shape (n,).
        others: of the second one, shape (n,).
        classes: number of classes.
    """
    n = len(ones)
    if not n:
        return Information(np.zeros(classes), np.zeros(classes), 0)
    one, other, both = (_counts(masks, classes) for masks in (ones, others, ones & others))
    cells = np.stack([both, one - both, other - both, n - one - other + both])
    joint = _entropy(cells / n)
    entropy, other_entropy = (_entropy(np.stack([part, n - part]) / n) for part in (one, other))
    # Rounding may leave a trifle below nothing.
    nats = np.clip(entropy + other_entropy - joint, 0, np.minimum(entropy, other_entropy))
    return Information(nats, entropy, n)


def _counts(masks: npt.NDArray[np.uint64], classes: int) -> npt.NDArray[np.int64]:
    """Return how many masks have each bit, shape (classes,)."""
    bits = (np.uint64(1 << number) for number in range(classes))
    return np.array([np.count_nonzero(masks & bit) for bit in bits], np.int64)


def _entropy(shares: Floats) -> Floats:
    """Return the entropy over the first axis in nats; 0 × ln 0 is 0."""
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    found: Floats = np.abs((shares * logs).sum(0))
    return found
