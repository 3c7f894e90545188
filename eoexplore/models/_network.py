"""What models that are torch networks have in common once they are loaded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.models import _weights

if TYPE_CHECKING:
    import torch

Batch = npt.NDArray[np.float32]
"""Shape (patch, band, row, column)."""


@dataclass
class LoadedNetwork:
    """A torch network on a device, with its card; see `eoexplore.models.Loaded`."""

    card: ModelCard
    """The model's card, with the SHA-256 of the weights that were loaded."""
    network: "Callable[[torch.Tensor], torch.Tensor]"
    """Network in evaluation mode, from normalised input to numbers before the activation."""
    device: str
    """Name of the device as torch has it."""
    bytes: int
    """Memory of parameters and buffers."""

    def prepare(self, batch: Batch) -> "torch.Tensor":
        """Return a batch as the network takes it: on the device, normalised, without holes.

        A missing value becomes the mean of its band, which is zero after normalisation.

        Args:
            batch: stored values, NaN where there is none, bands in the card's order, shape
                (patch, band, row, column), on the card's grid.
        """
        import torch

        _check(batch, self.card)
        values = torch.from_numpy(np.ascontiguousarray(batch, dtype=np.float32)).to(self.device)
        mean = torch.tensor(self.card.mean, device=self.device)[:, None, None]
        std = torch.tensor(self.card.std, device=self.device)[:, None, None]
        return torch.nan_to_num((values - mean) / std, nan=0.0, posinf=0.0, neginf=0.0)

    def activate(self, logits: "torch.Tensor") -> "torch.Tensor":
        """Return probabilities, 0 to 1, from what the network gives; in float32."""
        import torch

        logits = logits.float()
        if self.card.activation == "sigmoid":
            return torch.sigmoid(logits)
        return torch.softmax(logits, dim=1)

    def predict(self, batch: Batch) -> Batch:
        """Return the probabilities of a batch.

        Args:
            batch: as for `prepare`.

        Returns:
            Shape (patch, class), or (patch, class, row, column) for a segmentation.
        """
        import torch

        with torch.inference_mode():
            found: Batch = self.activate(self.network(self.prepare(batch))).cpu().numpy()
        return found


FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What libraries of networks raise for arguments or shapes that they cannot use."""


def check_answer(network: "torch.nn.Module", card: ModelCard) -> None:
    """Check that a network takes what its card says and answers in the shape of its classes.

    Args:
        network: on torch's "meta" device, where shapes are followed and nothing is computed.
        card: what it should be.

    Raises:
        ModelError: it takes or gives something else.
    """
    import torch

    size = card.input_size
    wanted = (1, len(card.classes)) + ((size, size) if card.task == "segmentation" else ())
    try:
        with torch.inference_mode():
            answer = network.eval()(torch.zeros(1, len(card.bands), size, size, device="meta"))
    except NotImplementedError:
        return  # Some operation does not know the meta device; the first prediction will tell.
    except FAILURES as error:
        raise ModelError(
            f"The network of {card.name} does not take {len(card.bands)} bands of {size} × {size} "
            f"pixels, as its card says: {first_line(error)}."
        ) from None
    shape = tuple(getattr(answer, "shape", ()))
    if shape != wanted:
        raise ModelError(
            f"The network of {card.name} answers in the shape {shape}, and its card asks for "
            f"{wanted}: one number for each class" + (" and pixel." if len(wanted) > 2 else ".")
        )


def first_line(error: Exception) -> str:
    """Return what an error of a library says, as the end of a sentence."""
    text = str(error).strip().partition("\n")[0].rstrip(".")
    return text[:160] or type(error).__name__


def load(
    card: ModelCard,
    folder: Path,
    build: "Callable[[], torch.nn.Module]",
    device: str,
    *,
    prefix: str = "",
) -> LoadedNetwork:
    """Build a network, fill it strictly with the weights of a folder and put it onto a device.

    Args:
        card: what it should be; a SHA-256 in it is that of the weights.
        folder: with model.safetensors.
        build: makes the network with any weights.
        device: as torch names it.
        prefix: what every name in the file begins with, before the network's own name.

    Raises:
        ModelError: the weights are damaged or others, or the network is not as the card says.
    """
    network, found = _weights.load(
        folder / _weights.FILE,
        build,
        prefix=prefix,
        expected=card.sha256,
        check_network=lambda network: check_answer(network, card),
    )
    network = network.to(device).eval()
    held = [*network.parameters(), *network.buffers()]
    size = sum(value.numel() * value.element_size() for value in held)
    return LoadedNetwork(replace(card, sha256=found), network, device, size)


def _check(batch: Batch, card: ModelCard) -> None:
    wanted = (len(card.bands), card.input_size, card.input_size)
    if batch.ndim != 4 or batch.shape[1:] != wanted:
        raise ModelError(
            f"The model {card.name} takes patches of {len(card.bands)} bands and "
            f"{card.input_size} × {card.input_size} pixels; asked was the shape "
            f"{tuple(batch.shape[1:])}."
        )
