"""The index's group `components`: connected spots of one code in the label maps.

`components/<product>.parquet` has one row for each in each patch: id, code, pixels, width and
where it touches the border. `components.parquet` has the same rows of the whole dataset with the
number of the whole that each belongs to: what the borders between patches of a product cut is
joined there.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.analysis import components
from eoexplore.core.memory import ByteCache
from eoexplore.core.types import Dataset
from eoexplore.store.components_parts import is_joined, label_map_of, pixel_m
from eoexplore.store.folder import IndexFolder, file_stamp


@dataclass(frozen=True)
class Components:
    """All components of a dataset; row i of every array is one in one patch."""

    rows: npt.NDArray[np.int32]
    """Row of the patch in the sample table, shape (n,)."""
    codes: npt.NDArray[np.uint16]
    """Code of the label map, shape (n,)."""
    pixels: npt.NDArray[np.int32]
    """Pixels in this patch, shape (n,)."""
    width_m: npt.NDArray[np.float32]
    """Diameter of the largest disc that fits in this patch, in metres, shape (n,)."""
    wholes: npt.NDArray[np.int32]
    """Number of the whole that it is part of, over patches of a product that touch; shape (n,)."""
    cut: npt.NDArray[np.bool_]
    """Of each whole: whether a border cuts it behind which there is no map, shape (wholes,)."""

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        columns = self.rows, self.codes, self.pixels, self.width_m, self.wholes, self.cut
        return sum(values.nbytes for values in columns)

    def verdicts(self, dataset: Dataset) -> npt.NDArray[np.uint8]:
        """Return what the label map can tell of each whole, numbers of `analysis.components`."""
        classes = dataset.classes
        assert classes.mapping_unit_m2 is not None
        assert classes.least_width_m is not None
        count = len(self.cut)
        width = np.zeros(count, np.float32)
        np.maximum.at(width, self.wholes, self.width_m)
        return components.verdicts(
            np.bincount(self.wholes, self.pixels, count),
            width,
            self.cut,
            np.bincount(self.wholes, minlength=count),
            classes.mapping_unit_m2 / pixel_m(dataset) ** 2,
            classes.least_width_m,
        )


_kept: ByteCache[Components] = ByteCache(80_000_000, least=1)
"""Of all open datasets: one of half a million patches takes 55 MB."""


def read(folder: IndexFolder, fingerprint: str) -> Components | None:
    """Return the components of a dataset; none while they are not computed.

    Args:
        folder: of the index.
        fingerprint: of the sample table that rows are looked up in.

    Returns:
        Shared arrays that cannot be written to.
    """
    key = (str(folder.components), file_stamp(folder.components), fingerprint)
    found = _kept.get(key)
    if found is None and is_joined(folder, fingerprint):
        found = _read(folder)
        if found is not None:
            _kept.put(key, found, found.nbytes)
    return found


def _read(folder: IndexFolder) -> Components | None:
    try:
        table = pq.read_table(folder.components)
    except (OSError, pa.ArrowException):
        return None
    columns = {name: table[name].to_numpy() for name in table.column_names}
    wholes = columns["whole"]
    cut = np.zeros(int(wholes.max(initial=-1)) + 1, bool)
    cut[wholes] = columns["cut"]
    found = Components(
        columns["row"],
        columns["code"],
        columns["pixels"].astype(np.int32),
        columns["width_m"],
        wholes,
        cut,
    )
    for values in (found.rows, found.codes, found.pixels, found.width_m, wholes, cut):
        values.setflags(write=False)
    return found


__all__ = ["Components", "label_map_of", "pixel_m", "read"]
