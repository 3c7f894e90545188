"""Patches of which another part of the split has the same ground, or the same picture."""

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import near_duplicates
from eoexplore.analysis.near_duplicates import Partners
from eoexplore.core.findings import Findings
from eoexplore.core.metric import metric
from eoexplore.evidence import _class_means
from eoexplore.evidence._places import places
from eoexplore.evidence.kind import Asked, CannotTell, Finding, Kind
from eoexplore.store import mosaic
from eoexplore.store.versions import VERSIONS

MOST_APART_DB = 0.02
"""Mean of each band within half a percent: the radar speckle of a patch alone moves its mean by
0.05 dB (5.6 dB of one look over 14,400 pixels), so different pictures are rarely as near."""
ALIKE = 0.9
"""Correlation of details from which on two pictures are called the same."""
LEAST_SHARE = 0.05
"""Share of a patch that both have to cover."""
MOST_LOOKED_AT = 2_000
"""Pairs of pictures that are read and compared, the nearest first."""


def find(asked: Asked) -> Findings:
    """Look for ground and pictures that a patch shares with another part of the split."""
    samples = asked.opened.samples
    column = samples.frame["split"].astype("category").cat
    named = np.array([str(name) != "" for name in column.categories] + [False])
    parts = column.codes.to_numpy().astype(np.intp)
    parts = np.where(named[parts], parts, -1)
    sizes = np.bincount(parts[parts >= 0], minlength=1)
    if np.count_nonzero(sizes) < 2:
        raise CannotTell("The samples are not split into parts, so nothing can be in two of them.")
    found = []
    if samples.located.any():
        found.append(_ground(asked, parts))
    found.append(_pictures(asked, parts))
    together = Findings.together([part for part in found if len(part)])
    # Of the largest part nothing is said: the others are those that it gives away.
    kept = together.take(parts[together.rows] != int(sizes.argmax()))
    order = np.lexsort((-kept.scores, kept.rows))
    return kept.take(order[np.unique(kept.rows[order], return_index=True)[1]])


def _ground(asked: Asked, parts: npt.NDArray[np.intp]) -> Findings:
    known = places(asked)
    place = np.full(len(parts), -1, np.intp)
    place[known.rows] = known.of
    found = near_duplicates.overlapping(place, parts, known.pairs, known.shares, LEAST_SHARE)
    share = found.values
    return _findings(asked, found, share, np.full(len(share), np.nan), share)


def _pictures(asked: Asked, parts: npt.NDArray[np.intp]) -> Findings:
    try:
        bands = _class_means.fine_bands(asked)
        means = _class_means.of_patches(asked, bands)
    except CannotTell:
        if asked.opened.samples.located.any():
            return Findings.none()
        raise
    values = _class_means.decibels(means, bands, asked)
    found = near_duplicates.twins(values, parts, MOST_APART_DB)
    nearest = np.argsort(found.values, kind="stable")[:MOST_LOOKED_AT]
    found = Partners(found.rows[nearest], found.others[nearest], found.values[nearest])
    alike = _alike(asked, found)
    same = alike >= ALIKE
    kept = Partners(found.rows[same], found.others[same], found.values[same])
    return _findings(asked, kept, alike[same], alike[same], np.full(int(same.sum()), np.nan))


def _findings(
    asked: Asked,
    found: Partners,
    scores: npt.NDArray[np.floating],
    alike: npt.NDArray[np.floating],
    shares: npt.NDArray[np.floating],
) -> Findings:
    samples = asked.opened.samples
    both = np.concatenate([found.rows, found.others])
    where = metric(samples.lon[both], samples.lat[both]).places
    one, other = np.split(where, 2)
    return Findings.of(
        found.rows,
        -1,
        -1,
        np.clip(scores, 0, 1),
        other=found.others,
        similarity=alike,
        distance_m=np.sqrt(np.square(one - other).sum(axis=1)),
        share=shares,
    )


def _alike(asked: Asked, found: Partners) -> npt.NDArray[np.float64]:
    """Return how alike pairs of pictures are, NaN where the index has not both."""
    samples, folder = asked.opened.samples, asked.opened.folder
    group = mosaic.GROUPS["optical"]
    rows = np.unique(np.concatenate([found.rows, found.others]))
    rows = rows[samples.located[rows]]
    product = samples.frame["product"].iloc[rows].astype(str).to_numpy(object)
    pictures: dict[int, npt.NDArray[np.float64]] = {}
    for name in sorted(set(product.tolist())):
        path = folder.mosaic(group.name, name)
        if path is None or mosaic.version_of(path) != VERSIONS[group.name]:
            continue
        own = rows[product == name].tolist()
        at = {(int(samples.x[row]), int(samples.y[row])): row for row in own}
        try:
            cells = mosaic.cells(path, group, at)
        except OSError:
            continue
        pictures |= {at[place]: cell.astype(np.float64) for place, cell in cells.items()}
    alike = np.full(len(found.rows), np.nan)
    for number, (one, other) in enumerate(zip(found.rows, found.others, strict=True)):
        if one in pictures and other in pictures:
            alike[number] = near_duplicates.similarity(pictures[one], pictures[other])
    return alike


def sentence(found: Finding) -> str:
    """Say one patch in a sentence."""
    facts = found.facts
    if "similarity" in facts:
        far = f", {facts['distance_m'] / 1000:.1f} km away" if "distance_m" in facts else ""
        return (
            f"A patch of another part of the split has the same picture{far}: details correlate "
            f"by {facts['similarity']:.2f}."
        )
    if facts["share"] >= 1:
        return "A patch of another part of the split shows the same place, on another date or tile."
    return f"A patch of another part of the split covers {facts['share']:.0%} of the same ground."


KIND = Kind(
    name="near_duplicates",
    title="Near-duplicate across splits",
    help="Patches of which another part of the split has the same place on another date, part of "
    "the ground in an overlapping tile, or a picture with the same mean in each band and the same "
    "details.",
    needs="index",
    about="dataset",
    version=1,
    order=130,
    find=find,
    sentence=sentence,
)
