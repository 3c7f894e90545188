"""Label quality: the queue of what speaks against labels, and what it is looked for with."""

from eoexplore.ui.quality.component import mount_quality

__all__ = ["mount_quality"]
