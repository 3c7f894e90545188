"""Networks of timm, built by name with random weights."""

import functools
import re
from typing import TYPE_CHECKING

from eoexplore.core.errors import ModelError
from eoexplore.models import _torchvision

if TYPE_CHECKING:
    import torch

# No colon and no slash: timm would take what stands before them for a place to download from.
_NAME = re.compile(r"[a-z0-9_]{1,80}")


def check_name(architecture: str) -> None:
    """Check that a text can be the name of an architecture, without importing timm.

    Raises:
        ModelError: it cannot.
    """
    if not _NAME.fullmatch(architecture):
        raise ModelError(f"{architecture[:80]!r} is no name of an architecture of timm.")


def build(architecture: str, bands: int, classes: int, size: int) -> "torch.nn.Module":
    """Return a network with random weights; nothing is downloaded.

    Args:
        architecture: name in timm, such as "resnet50".
        bands: channels of the input.
        classes: numbers of the output.
        size: rows and columns of the input; told to architectures that depend on it.

    Raises:
        ModelError: timm has no such network.
    """
    check_name(architecture)
    _torchvision.ready()
    import timm

    if not timm.is_model(architecture):
        near = ", ".join(timm.list_models(f"*{architecture.partition('_')[0]}*")[:3])
        hint = f" Near it: {near}." if near else ""
        raise ModelError(f"timm has no architecture {architecture!r}.{hint}")
    make = functools.partial(
        timm.create_model, architecture, pretrained=False, in_chans=bands, num_classes=classes
    )
    try:
        return make(img_size=size)
    except TypeError:
        # Most convolutional networks take any size and refuse the argument.
        return make()
