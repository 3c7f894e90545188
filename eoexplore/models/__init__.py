"""Model families: one module each, found by listing this package; torch only inside functions."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from eoexplore.core import model_card, settings
from eoexplore.core.errors import ModelError, UnknownName
from eoexplore.core.model_card import ModelCard
from eoexplore.core.registry import Registry

CARD = "card.json"
"""Name of a model's card in its folder."""
_MOST_FOLDERS = 1000


class Loaded(Protocol):
    """A model in memory."""

    card: ModelCard
    """Its card, with the SHA-256 of the weights that were loaded."""
    network: Any
    """Torch module in evaluation mode, from normalised input to logits; none if it is no network.

    `LoadedNetwork` of eoexplore/models/_network.py has its parts: `prepare`, `activate`."""
    bytes: int
    """Memory of its weights."""

    def predict(self, batch: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return probabilities, 0 to 1.

        Args:
            batch: stored values, NaN where there is none, bands in the card's order, shape
                (patch, band, row, column), on the card's grid.

        Returns:
            Shape (patch, class), or (patch, class, row, column) for a segmentation.
        """


class Model(Protocol):
    """A model that is known and not loaded."""

    card: ModelCard
    """What it states about itself."""

    def load(self, device: str) -> Loaded:
        """Load its weights onto a device ("cpu", "cuda", "mps").

        Raises:
            ModelError: the weights are refused.
        """


class Family(Protocol):
    """A family of models: how one is recognised in a folder."""

    title: str
    """What a user reads."""

    @classmethod
    def open(cls, folder: Path, card: ModelCard | None) -> Model | None:
        """Return the model of a folder, without loading it; none where it is another family's.

        Args:
            folder: folder with the model's files.
            card: its card.json; none where it has none.

        Raises:
            ModelError: it is of this family, and cannot be used.
        """


REGISTRY: Registry[Any] = Registry("eoexplore.models", "model family")


@dataclass(frozen=True)
class Offer:
    """A model that can be loaded by its name."""

    name: str
    """Name in addresses and calls: the folder's name, or the id of the hub."""
    origin: str
    """ "built-in", "own" (a folder of EOEXPLORE_MODELS), "trained" (here) or "hub"."""
    model: Model = field(repr=False, compare=False)
    """The model, not loaded."""
    version: str = ""
    """Another one whenever a file of the model has changed."""

    @property
    def card(self) -> ModelCard:
        """What the model states about itself."""
        return self.model.card


def open_folder(folder: Path) -> Model:
    """Open a folder with a model's files, without loading its weights.

    Raises:
        ModelError: no family knows it, or it cannot be used.
    """
    path = folder / CARD
    card = model_card.read(path) if path.exists() else None
    for name in REGISTRY:
        model: Model | None = REGISTRY[name].open(folder, card)
        if model is not None:
            return model
    known = ", ".join(REGISTRY) or "none"
    if card is not None:
        raise ModelError(
            f"No family of models builds {card.architecture!r} for {card.task}. Families: {known}."
        )
    raise ModelError(
        "The folder holds no model: a card.json or a config.json is needed beside "
        "model.safetensors."
    )


def available() -> tuple[Offer, ...]:
    """Return the models that can be loaded: built-in, own, trained here, kept from the hub."""
    return _scan()[0]


def refused() -> dict[str, str]:
    """Return why a folder among the models cannot be used, by the folder's name."""
    return _scan()[1]


def find(name: str) -> Model:
    """Return a model by its name among the available ones.

    Raises:
        ModelError: the folder of that name cannot be used.
        UnknownName: there is none of that name.
    """
    offers, problems = _scan()
    for offer in offers:
        if offer.name == name:
            return offer.model
    if name in problems:
        raise ModelError(problems[name])
    known = ", ".join(offer.name for offer in offers) or "none"
    raise UnknownName(f"No model {name[:120]!r}. Known: {known}.")


def fetch(hub_id: str, version: str = "") -> str:
    """Download a published model, unless it is there, and return its name for `load`.

    Args:
        hub_id: id of the repository, "owner/name".
        version: version of the band order ("v0.2.0"), where the name does not say it.

    Raises:
        ModelError: the hub is switched off or cannot be reached, or what it has cannot be used.
    """
    from eoexplore.models import _hub

    _hub.download(hub_id, version, open_folder)
    return hub_id


def load(name: str, device: str = "cpu") -> Loaded:
    """Load a model by its name among the available ones.

    Raises:
        ModelError: it cannot be used, or its weights are refused.
        UnknownName: there is none of that name.
    """
    return find(name).load(device)


def trained_folder() -> Path:
    """Return the folder of the baselines that were trained on this machine (not created here)."""
    return settings.cache_folder() / "baselines"


def _scan() -> tuple[tuple[Offer, ...], dict[str, str]]:
    offers: dict[str, Offer] = {}
    problems: dict[str, str] = {}
    for name, origin, folder in _folders():
        try:
            if name in offers or name in problems:
                raise ModelError(f"There are two models called {name}. Rename the folder of one.")
            # Before it is opened: a file that changes meanwhile makes another version.
            version = _version(folder)
            offers[name] = Offer(name, origin, open_folder(folder), version)
        except ModelError as error:
            problems.setdefault(name, str(error))
        except OSError as error:
            problems.setdefault(name, f"Its files cannot be read ({error.strerror}).")
    return tuple(offers.values()), problems


def _version(folder: Path) -> str:
    """Return sizes and times of a model's files, as a word."""
    with os.scandir(folder) as entries:
        files = sorted((entry.name, entry.stat()) for entry in entries if entry.is_file())
    said = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in files]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def _folders() -> list[tuple[str, str, Path]]:
    """Return name, origin and folder of everything that looks like a model."""
    from eoexplore.models import _hub

    built_in = _inside(settings.assets_folder() / "models")
    own = [path for root in settings.model_folders() for path in _inside(root)]
    trained = _inside(trained_folder())
    return [
        *((path.name, "built-in", path) for path in built_in),
        *((path.name, "own", path) for path in own),
        *((path.name, "trained", path) for path in trained),
        *((hub_id, "hub", path) for hub_id, path in _hub.kept().items()),
    ]


def _inside(root: Path) -> list[Path]:
    """Return the model folders of a folder, which may be one itself; sorted by name."""
    if _looks_like_one(root):
        return [root]
    try:
        with os.scandir(root) as entries:
            found = [Path(entry.path) for entry, _ in zip(entries, range(_MOST_FOLDERS))]  # noqa: B905
    except OSError:
        return []
    return sorted(path for path in found if _looks_like_one(path))


def _looks_like_one(path: Path) -> bool:
    try:
        return (path / CARD).is_file() or (path / "config.json").is_file()
    except OSError:
        # Not ours to enter; opening it says so.
        return path.is_dir()
