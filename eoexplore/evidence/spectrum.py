"""Classes whose mean spectrum and backscatter in a patch are unlike the class elsewhere."""

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from eoexplore.analysis import spectral_outliers
from eoexplore.analysis.spectral_outliers import CUT_OFF, LEAST_TIMES, Judged
from eoexplore.core.findings import Findings
from eoexplore.evidence import _class_means
from eoexplore.evidence.kind import Asked, CannotTell, Finding, Kind

INTERCEPT, MARGIN, DISTANCE = -3.84, 0.24, 0.43
"""Of the logistic regression of "most of the class in the patch is another one" on the margin and
on the logarithm of the squared distance over the number of bands.

Fitted to the 1,798 findings in the synthetic demos of the seeds 1 to 6, 43 and 44, of which 9 %
are right: on other land the chance is a guide, no measure.
"""
CLEARLY = 2.0
"""Margin from which another class counts as clearly nearer: more than seven times as likely."""
LEAST = 0.02
"""Chance below which nothing is said."""
_STEEP = 12.0
"""Margins beyond this say no more: the tails of classes are not known that far out."""


def chance(
    distances: npt.NDArray[np.floating], margins: npt.NDArray[np.floating]
) -> npt.NDArray[np.float32]:
    """Return the chance that most of the class in the patch is another one, 0 to 1.

    Args:
        distances: squared, over the number of bands.
        margins: logarithm of how many times as likely the best other class is.
    """
    near = np.clip(margins, -_STEEP, _STEEP)
    far = np.log(np.maximum(distances, 1e-6))
    return np.asarray(expit(INTERCEPT + MARGIN * near + DISTANCE * far), np.float32)


def find(asked: Asked) -> Findings:
    """Compare each class in each patch with the same class in the country and the season."""
    bands = _class_means.fine_bands(asked)
    own = _class_means.of_classes(asked, bands, _class_means.without_flag(asked))
    frame = asked.opened.samples.frame
    groups = np.zeros(len(frame), np.intp)
    for column in ("country", "season"):
        codes = frame[column].astype("category").cat.codes.to_numpy().astype(np.intp) + 1
        groups = groups * (int(codes.max(initial=0)) + 1) + codes
    numbers = np.arange(len(asked.opened.dataset.classes.classes), dtype=np.uint64)
    masks = frame["label_mask"].to_numpy(np.uint64)[own.rows]
    present = (masks[:, None] >> numbers & np.uint64(1)).astype(bool)
    values = _class_means.decibels(own.values, bands, asked)
    judged = spectral_outliers.judge(values, own.numbers, groups[own.rows], present)
    if np.isnan(judged.distances).all():
        raise CannotTell(
            f"No class has {LEAST_TIMES * len(bands)} patches of at least "
            f"{_class_means.LEAST_HA:.0f} ha in any country and season: too few to tell what is "
            "unlike it."
        )
    return _findings(own, judged, len(bands))


def _findings(own: _class_means.Classes, judged: Judged, bands: int) -> Findings:
    scores = chance(judged.distances / bands, judged.margins)
    far = (judged.distances > judged.cut_off) | (judged.margins >= CLEARLY)
    said = far & (scores >= LEAST)
    suspects = np.where(judged.margins >= CLEARLY, judged.suspects, -1)
    found = Findings.of(
        own.rows,
        own.numbers,
        suspects,
        scores,
        distance=np.sqrt(judged.distances),
        expected=np.sqrt(judged.cut_off),
        share=own.shares,
        margin=np.where(np.isfinite(judged.margins), judged.margins, np.nan),
    )
    return found.take(said)


def sentence(found: Finding) -> str:
    """Say one class of one patch in a sentence."""
    facts = found.facts
    near = f"nearer to {found.suspect}" if found.suspect else ""
    far = ""
    if facts["distance"] > facts["expected"]:
        far = f"far from that class: {facts['distance']:.1f}, where {CUT_OFF:.1%} have less than "
        far += f"{facts['expected']:.1f}"
    return (
        f"Where the map says {found.label} ({facts['share']:.0%} of the patch), spectrum and "
        f"backscatter are, for this country and season, {', and '.join(filter(None, (far, near)))}."
    )


KIND = Kind(
    name="spectrum",
    title="Spectrum unlike its class",
    help="Mean spectrum and backscatter of each class in a patch, of 3 ha or more, against the "
    "same class in the country and the season: robust Mahalanobis distance (minimum covariance "
    "determinant, Rousseeuw and Van Driessen 1999), and which other class is more likely.",
    needs="index",
    about="label",
    version=1,
    order=30,
    find=find,
    sentence=sentence,
)
