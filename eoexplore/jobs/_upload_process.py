"""A process of its own that opens one uploaded file with GDAL, and says what is in it as JSON.

Started by `uploads`, with the name of the file; what it prints is data to its parent, no more. A
file that makes GDAL crash, run on or eat memory ends this process and nothing else.
"""

import json
import os
import sys
import time
from typing import Any

# Before rasterio is imported: later, they have no effect.
os.environ["GDAL_SKIP"] = "VRT"
os.environ["PROJ_NETWORK"] = "OFF"

_MEMORY_BYTES = 3_000_000_000
_CPU_S = 20
_LOOK_S = 0.8
"""For how long pixels are looked at, until one counts."""
TEXT = 80
"""Letters of a text that are kept."""


def main(path: str) -> None:
    """Print what a file holds, within the limits."""
    _limit()
    sys.stdout.write(json.dumps(look(path)))


def look(path: str) -> dict[str, Any]:
    """Return what a file holds, or the kind of what is wrong with it, as JSON has it."""
    import rasterio
    from rasterio.errors import RasterioError

    from eoexplore.core.errors import UploadError

    try:
        with rasterio.open(path, driver="GTiff") as file:
            return _about(file)
    except UploadError:
        return {"refused": "place"}
    except (RasterioError, OSError, ValueError):
        return {"refused": "damaged"}


def _limit() -> None:
    """Have the system bound memory and time, where it can."""
    if sys.platform == "win32":
        return
    import resource

    wanted = ((resource.RLIMIT_AS, _MEMORY_BYTES), (resource.RLIMIT_CPU, _CPU_S))
    for kind, limit in (*wanted, (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (limit, limit))
        except (ValueError, OSError):
            # macOS takes no limit of the address space; the parent watches all the same.
            continue


def _about(file: Any) -> dict[str, Any]:  # noqa: ANN401 (an open dataset of rasterio)
    from rasterio.transform import Affine

    from eoexplore.jobs._geotiff_grid import Grid

    if file.crs is None:
        return {"refused": "no_crs"}
    if file.transform == Affine.identity():
        return {"refused": "no_transform"}
    if any("complex" in kind for kind in file.dtypes):
        return {"refused": "complex"}
    grid = Grid(file.crs, file.transform, file.width, file.height)
    return {
        "width": file.width,
        "height": file.height,
        "crs": _name(file.crs),
        "epsg": file.crs.to_epsg(),
        "pixel_m": grid.pixel_m(),
        "bounds": grid.bounds_degrees(),
        "bands": [
            {
                "number": number,
                "name": (file.descriptions[number - 1] or "")[:TEXT],
                "kind": file.dtypes[number - 1],
            }
            for number in file.indexes
        ],
        "nodata": None if file.nodata is None else f"{file.nodata:g}",
        "has_values": _has_values(file),
    }


def _name(crs: Any) -> str:  # noqa: ANN401 (a reference system of rasterio)
    from pyproj import CRS

    return str(CRS.from_wkt(crs.to_wkt()).name)[:TEXT]


def _has_values(file: Any) -> bool | None:  # noqa: ANN401 (an open dataset of rasterio)
    """Tell whether any pixel counts; none where time runs out before one is found."""
    import numpy as np

    end = time.monotonic() + _LOOK_S
    for number in file.indexes:
        for _, window in file.block_windows(number):
            values, mask = file.read(number, window=window), file.read_masks(number, window=window)
            if ((mask != 0) & np.isfinite(values)).any():
                return True
            if time.monotonic() > end:
                return None
    return False


if __name__ == "__main__":
    main(sys.argv[1])
