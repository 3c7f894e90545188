"""EOExplore: explore Earth-observation datasets together with their labels and models."""

import importlib
import os
import warnings

# GDAL reads these once, when rasterio is first imported: later settings have no effect.
# VRT files can name any other file of the machine, so the driver is switched off everywhere.
os.environ.setdefault("GDAL_SKIP", "VRT")
# A dataset folder holds many files; listing its siblings at each open costs more than the read.
os.environ.setdefault("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR")
# GDAL would keep decoded blocks in a twentieth of the machine's memory, beside our own caches.
os.environ.setdefault("GDAL_CACHEMAX", "64")
# Read once too, by the threads of torch and scikit-learn. Those that wait for each other would spin
# and keep everybody else from the cores: a model took ten times as long beside other work.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A damaged file lacks its geography too, and a canvas in memory never had one: neither is news.
warnings.filterwarnings("ignore", message="Dataset has no geotransform")

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Return what notebooks want of the top package; leafmap is imported only then."""
    if name == "to_leafmap":
        # By name, since nothing below may seem to depend on this.
        found: object = importlib.import_module("eoexplore.notebook").to_leafmap
        return found
    raise AttributeError(f"module 'eoexplore' has no attribute {name!r}")
