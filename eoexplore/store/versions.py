"""Versions of the index's groups: a higher one makes the older files of that group stale.

A group is computed on its own: a new or changed one never makes the others be computed again.
"""

from collections.abc import Mapping

VERSIONS: Mapping[str, int] = {
    "base": 1,
    "areas": 1,
    "optical": 2,
    "optical_coarse": 2,
    "sar": 3,
    "reference_map": 1,
    "spectra": 1,
    "components": 1,
}
"""Version of each group: columns of the sample table, packed mosaics, spectra, components."""
BUILT = tuple(name for name in VERSIONS if name != "base")
"""Groups that a build computes from the rasters; `base` follows from names and metadata."""
FIRST_RELEASE: Mapping[str, int] = {"areas": 1, "optical": 1, "sar": 1, "reference_map": 1}
"""What a complete index held before its groups were told apart."""
