"""Why a model says so: where it looked (Grad-CAM), and which bands mattered.

To be called through `Engine.attend`, so that it runs on the model's device and in its turn; the
occlusion of bands asks the model like anybody else, through `Engine.predict`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import ModelError
from eoexplore.core.types import Array
from eoexplore.models import Loaded

if TYPE_CHECKING:
    import torch
    from torch import nn

Floats = npt.NDArray[np.float32]


def heat(loaded: Loaded, patch: Array, place: int) -> Floats:
    """Return where a model looked for a class, by Grad-CAM (Selvaraju et al. 2017).

    Each map of the network's last features is weighed by how much the class gains with it; what
    speaks for the class stays. Of a transformer, the tokens are the pixels of the map. Of a
    segmentation, the class gains over the pixels where it is predicted (Vinogradova et al. 2020),
    or over all where it is nowhere.

    Args:
        loaded: a network.
        patch: shape (band, row, column), stored units, on the model's grid; NaN where missing.
        place: of the class in the model's output.

    Returns:
        Shape (row, column) of the patch, 0 to 1; all 0 where nothing speaks for the class.

    Raises:
        ModelError: the model is no network, has no such class, or no map of features.
    """
    import torch
    from torch.nn import functional

    network = _network(loaded)
    with torch.enable_grad():
        given = _prepared(loaded, patch)
        features, output = _features(network, given)
        score = _score(output, place)
        (slope,) = torch.autograd.grad(score, features)
    if getattr(network, "output_fmt", "NCHW") == "NHWC" and features.ndim == 4:
        # Such as Swin of timm: features stand last.
        features, slope = features.permute(0, 3, 1, 2), slope.permute(0, 3, 1, 2)
    side = _grid(network, features)
    maps, slopes = _as_maps(features, side), _as_maps(slope, side)
    weights = slopes.mean(dim=(2, 3), keepdim=True)
    found = torch.relu((weights * maps).sum(dim=1, keepdim=True)).detach()
    found = functional.interpolate(
        found, size=patch.shape[-2:], mode="bilinear", align_corners=False
    )
    values: Floats = found[0, 0].float().cpu().numpy()
    largest = float(values.max())
    return values / largest if largest > 0 else np.zeros_like(values)


def gradients(loaded: Loaded, patch: Array, place: int) -> Floats:
    """Return input gradient × input of each band, summed over pixels, sign kept.

    To first order, what the logit of the class gains by a band being as it is and not its mean
    (Shrikumar et al. 2016, arXiv 1605.01713; captum's InputXGradient).

    Args:
        loaded: a network.
        patch: as for `heat`.
        place: of the class in the model's output.

    Returns:
        Shape (band,), in units of the logit.
    """
    import torch
    from captum.attr import InputXGradient

    network = _network(loaded)
    with torch.enable_grad():
        given = _prepared(loaded, patch)
        method = InputXGradient(lambda seen: _score(network(seen), place)[None])
        found: Any = method.attribute(given)
    values: Floats = found[0].sum(dim=(1, 2)).detach().float().cpu().numpy()
    return values


def occluded(
    predict: Callable[[Array], Array], patch: Array, place: int, region: Array | None = None
) -> Floats:
    """Return how much the probability of a class falls when a band is not known.

    A band that is not known is its mean over the training data everywhere, as a missing one is.
    Works for any model, networks or not.

    Args:
        predict: from a batch (n, band, row, column) to probabilities.
        patch: as for `heat`.
        place: of the class in the model's output.
        region: of a segmentation, the pixels whose mean probability counts, (row, column) bool;
            none for those where the class is predicted, or all where it is nowhere.

    Returns:
        Shape (band,), -1 to 1; below 0 where the class is likelier without the band.
    """
    batch = np.repeat(np.asarray(patch, np.float32)[None], len(patch) + 1, axis=0)
    bands = np.arange(len(patch))
    batch[bands + 1, bands] = np.nan
    answers = predict(batch)
    _check_class(place, answers.shape[1])
    scores = answers[:, place]
    if scores.ndim > 1:
        if region is None:
            region = answers[0].argmax(axis=0) == place
        if not region.any():
            region = np.ones(scores.shape[1:], bool)
        scores = scores[:, region].mean(axis=1)
    return np.asarray(scores[0] - scores[1:], np.float32)


def _network(loaded: Loaded) -> "nn.Module":
    network: nn.Module | None = loaded.network
    if network is None:
        raise ModelError(
            f"{loaded.card.name} is no network, so it has no gradients. Ask which bands matter by "
            "occlusion instead."
        )
    return network


def _prepared(loaded: Loaded, patch: Array) -> "torch.Tensor":
    given: torch.Tensor = loaded.prepare(np.asarray(patch, np.float32)[None])  # type: ignore[attr-defined]
    return given.detach().clone().requires_grad_(True)


def _check_class(place: int, classes: int) -> None:
    if not 0 <= place < classes:
        raise ModelError(f"The model has {classes} classes; asked was for number {place + 1}.")


def _score(output: "torch.Tensor", place: int) -> "torch.Tensor":
    """Return the number that a class is judged by, from the network's output of one patch."""
    _check_class(place, output.shape[1])
    if output.ndim == 2:
        return output[0, place]
    own = output[0, place]
    predicted = output[0].argmax(dim=0) == place
    return own[predicted].mean() if bool(predicted.any()) else own.mean()


def _features(network: "nn.Module", given: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
    """Return the last features that still know where they are, and the output."""
    if getattr(network, "num_prefix_tokens", 0) and getattr(network, "global_pool", "") == "token":
        # Only the class token is read after the last block, so no gradient reaches the others
        # there; what the last attention takes is the last place where they count.
        return _caught(network, network.blocks[-1].norm1, given)  # type: ignore[index, union-attr]
    if hasattr(network, "forward_features") and hasattr(network, "forward_head"):
        features = network.forward_features(given)  # type: ignore[operator]
        return features, network.forward_head(features)  # type: ignore[operator]
    encoder = getattr(network, "encoder", None)
    if encoder is not None:
        return _caught(network, encoder, given)
    return _caught(network, _deepest(network, given), given)


def _caught(
    network: "nn.Module", part: "nn.Module", given: "torch.Tensor"
) -> "tuple[torch.Tensor, torch.Tensor]":
    """Return what a part of a network gives (the last one of several), and the output."""
    kept: list[torch.Tensor] = []

    def keep(_: object, __: object, output: Any) -> None:  # noqa: ANN401
        kept.append(output[-1] if isinstance(output, (list, tuple)) else output)

    hook = part.register_forward_hook(keep)
    try:
        output = network(given)
    finally:
        hook.remove()
    return kept[-1], output


def _deepest(network: "nn.Module", given: "torch.Tensor") -> "nn.Module":
    """Return the last convolution of those with the coarsest map; a map has more than a pixel."""
    import torch
    from torch import nn

    sizes: list[tuple[int, nn.Module]] = []

    def note(part: nn.Module, _: object, output: torch.Tensor) -> None:
        pixels = output.shape[-2] * output.shape[-1]
        if pixels > 1:
            sizes.append((pixels, part))

    parts = [part for part in network.modules() if isinstance(part, nn.Conv2d)]
    hooks = [part.register_forward_hook(note) for part in parts]
    try:
        with torch.no_grad():
            network(given)
    finally:
        for hook in hooks:
            hook.remove()
    if not sizes:
        raise ModelError("This network has no map of features, so there is no place to show.")
    coarsest = min(pixels for pixels, _ in sizes)
    return [part for pixels, part in sizes if pixels == coarsest][-1]


def _grid(network: "nn.Module", features: "torch.Tensor") -> tuple[int, int, int] | None:
    """Return leading tokens, rows and columns of a transformer's features; none for a map."""
    if features.ndim == 4:
        return None
    tokens = features.shape[1]
    leading = int(getattr(network, "num_prefix_tokens", 0) or 0)
    grid = getattr(getattr(network, "patch_embed", None), "grid_size", None)
    side = round((tokens - leading) ** 0.5)
    rows, columns = grid or (side, side)
    if features.ndim != 3 or rows * columns + leading != tokens:
        raise ModelError("The features of this network are no map, so there is no place to show.")
    return leading, rows, columns


def _as_maps(features: "torch.Tensor", grid: tuple[int, int, int] | None) -> "torch.Tensor":
    """Return features as (1, feature, row, column)."""
    if grid is None:
        return features
    leading, rows, columns = grid
    return features[:, leading:].transpose(1, 2).reshape(1, -1, rows, columns)
