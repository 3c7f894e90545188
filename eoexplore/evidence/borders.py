"""Patches whose middle lies in another country than the table says."""

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from eoexplore.analysis import borders
from eoexplore.core.findings import Findings
from eoexplore.evidence._places import places
from eoexplore.evidence.kind import Asked, CannotTell, Finding, Kind
from eoexplore.store import countries

LEAST_M = 1_000
"""Distance from which a finding is made."""
HALF_M, STEP_M = 5_000, 1_500
"""Distance at which the score is one half, and how far off makes it 0.73.

The corners of the outlines lie 8 km apart (median of the ten countries of reBEN), a tenth of them
18 km and more: between two, the border may be some kilometres off."""


def score(distance_m: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return how strongly a distance from the stated country speaks against it, 0 to 1."""
    return np.asarray(expit((distance_m - HALF_M) / STEP_M), np.float32)


def find(asked: Asked) -> Findings:
    """Compare the country of each place with the outlines of the countries."""
    samples = asked.opened.samples
    if not samples.located.any():
        raise CannotTell("The samples have no location, so nobody knows their country.")
    column = samples.frame["country"].astype("category").cat
    known = countries.outlines()
    numbers = {name: number for number, name in enumerate(known)}
    stated = np.array([numbers.get(str(name), -1) for name in column.categories] + [-1], np.intp)
    of_rows = stated[column.codes.to_numpy()]
    if not (of_rows[samples.located] >= 0).any():
        raise CannotTell(
            "The samples have no country that an outline is known of, so there is nothing to "
            "compare with."
        )
    place = places(asked)
    # Each place is looked at once, with each country that is said of it.
    pair = place.of * (len(known) + 1) + of_rows[place.rows] + 1
    _, first, back = np.unique(pair, return_index=True, return_inverse=True)
    rows = place.rows[first]
    found = borders.outside(
        samples.lon[rows], samples.lat[rows], of_rows[rows], list(known.values())
    )
    distance = np.full(len(rows), np.nan)
    distance[found.places] = found.distance_m
    own = distance[back]
    far = own >= LEAST_M
    return Findings.of(place.rows[far], -1, -1, score(own[far]), distance_m=own[far])


def sentence(found: Finding) -> str:
    """Say one patch in a sentence."""
    return (
        f"Its middle lies in another country, {found.facts['distance_m'] / 1000:.1f} km from the "
        "border of the one that the table says."
    )


KIND = Kind(
    name="borders",
    title="Country and borders",
    help="The country of the table against the outlines of the countries (Natural Earth, 1:50 "
    "million, which may be some kilometres off); patches at sea are left out.",
    needs="index",
    about="dataset",
    version=1,
    order=120,
    find=find,
    sentence=sentence,
)
