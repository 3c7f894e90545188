"""The published classifiers of reBEN (BigEarthNet v2.0), from the hub or from a folder."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.models import REGISTRY, _hub, _network, _reben_facts, _timm

CONFIG = "config.json"
"""Name of the configuration beside the weights."""
_CHANNELS = {2: "s1", 10: "s2", 12: "all"}
_VERSION = re.compile(r"-(v\d+\.\d+\.\d+)$")
_MODALITY = re.compile(r"-(s1|s2|all)(?:-|$)")


@dataclass(frozen=True)
class ZooModel:
    """A classifier of the zoo in a folder: config.json and model.safetensors."""

    card: ModelCard
    """What is known of it, from its name, its configuration and the published facts."""
    folder: Path
    """Folder with both files."""

    def load(self, device: str) -> _network.LoadedNetwork:
        """Build the network, fill it strictly and put it onto a device."""
        card = self.card
        size = (len(card.bands), len(card.classes), card.input_size)
        return _network.load(
            card,
            self.folder,
            lambda: _timm.build(card.architecture, *size),
            device,
            prefix=_reben_facts.PREFIX,
        )


@REGISTRY.register("reben")
class Reben:
    """The published classifiers of reBEN."""

    title = "Published classifiers of BigEarthNet v2.0"

    @classmethod
    def open(cls, folder: Path, card: ModelCard | None) -> ZooModel | None:
        """Return the model of a folder with a config.json of the zoo.

        The version, which decides the order of the bands, is the end of the folder's name or of
        the id in zoo.json, or stands there as "version".
        """
        if card is not None or not (folder / CONFIG).is_file():
            return None
        note = _hub.note(folder)
        hub_id, version = note.get("id", ""), note.get("version", "")
        if not isinstance(hub_id, str) or not isinstance(version, str):
            raise ModelError(f"The model's {_hub.NOTE} must hold texts: an id and a version.")
        return ZooModel(_card(_config(folder), hub_id or folder.name, hub_id, version), folder)


def _config(folder: Path) -> Mapping[str, Any]:
    try:
        with (folder / CONFIG).open("rb") as file:
            found = json.loads(file.read(1_000_000))
    except (OSError, ValueError, RecursionError):
        raise ModelError(f"The model's {CONFIG} is no valid JSON. Download it again.") from None
    if not isinstance(found, dict) or not isinstance(found.get("timm_model_name"), str):
        raise ModelError(
            f"The model's {CONFIG} names no network: 'timm_model_name' is missing, so it is no "
            "model of the zoo."
        )
    return found


def _card(config: Mapping[str, Any], name: str, hub_id: str, version: str) -> ModelCard:
    architecture = config["timm_model_name"]
    name = name.rpartition("/")[2]
    _timm.check_name(architecture)
    classes = _reben_facts.classes()
    _must_be(config, "classes", len(classes))
    _must_be(config, "image_size", _reben_facts.INPUT_SIZE)
    version = _version(name, version)
    bands = _reben_facts.bands(version, _modality(config, name))
    mean, std = zip(*(_reben_facts.STATISTICS[band] for band in bands), strict=True)
    return ModelCard(
        name=name,
        task="multilabel",
        architecture=architecture,
        encoder="",
        bands=bands,
        input_size=_reben_facts.INPUT_SIZE,
        resample="nearest",
        mean=mean,
        std=std,
        classes=classes,
        activation="sigmoid",
        gsd_m=_reben_facts.GSD_M,
        licence=_licence(hub_id),
        source=f"https://huggingface.co/{hub_id}" if hub_id else f"the folder {name}",
        trained_on={"dataset": "reben", "split": "train"},
        scores=_reben_facts.scores(hub_id),
        extra={"version": version},
    )


def _must_be(config: Mapping[str, Any], key: str, wanted: int) -> None:
    if config.get(key) != wanted:
        raise ModelError(
            f"The model's {CONFIG} has {key} {config.get(key)!r:.20}; the published ones have "
            f"{wanted}."
        )


def _version(name: str, given: str) -> str:
    match = _VERSION.search(name)
    named = match[1] if match else ""
    known = " or ".join(_reben_facts.VERSIONS)
    if given and named and given != named:
        raise ModelError(f"The model's name says {named}, but {given} was given: which is it?")
    version = named or given
    if not version:
        raise ModelError(
            f"The order of the bands of {name[:120]} is unknown: it depends on the version, which "
            f"its name does not end in. Give it ({known}), or rename the folder."
        )
    if version not in _reben_facts.VERSIONS:
        raise ModelError(f"The order of the bands of version {version} is unknown. Known: {known}.")
    return version


def _modality(config: Mapping[str, Any], name: str) -> str:
    channels = config.get("channels")
    modality = _CHANNELS.get(channels) if isinstance(channels, int) else None
    if modality is None:
        raise ModelError(
            f"The model's {CONFIG} has {channels!r:.20} channels; the published ones have 2 "
            "(Sentinel-1), 10 (Sentinel-2) or 12 (both)."
        )
    match = _MODALITY.search(name)
    if match and match[1] != modality:
        raise ModelError(
            f"The model's name says {match[1]}, but it has {channels} channels, which is "
            f"{modality}. One of the two files belongs to another model."
        )
    return modality


def _licence(hub_id: str) -> str:
    if hub_id.startswith(f"{_reben_facts.ORGANISATION}/"):
        return "MIT"
    return "not known here; see the source" if hub_id else "MIT if these are the published weights"
