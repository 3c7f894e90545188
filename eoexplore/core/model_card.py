"""What a model states about itself: `card.json` beside its weights, read without running it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from eoexplore.core.errors import ModelError

SCHEMA = 1
"""Version of the file that is written and read."""
ACTIVATIONS = {"multilabel": "sigmoid", "segmentation": "softmax"}
"""Tasks, and what turns the numbers of a network into probabilities."""
RESAMPLING = ("nearest", "bilinear")
"""Ways to bring a band onto the grid of a model."""
_LARGEST = 1_000_000
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_BAND = re.compile(r"[a-z0-9_]{1,40}/[A-Za-z0-9_]{1,40}")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class CardClass:
    """One class of a model, at its place in the output."""

    code: int
    """Value of the class in a predicted raster, 0 to 65535."""
    name: str
    """Exact name, as the labels have it."""
    colour: str
    """Colour, #rrggbb."""


@dataclass(frozen=True)
class ModelCard:
    """Everything that is needed to feed a model, to read its answer and to judge it."""

    name: str
    """What a user reads."""
    task: str
    """ "multilabel" (scores of a patch) or "segmentation" (a class for each pixel)."""
    architecture: str
    """Name that the family builds the network by, such as "resnet50" or "unet"."""
    encoder: str
    """Encoder of a segmentation network; empty where the architecture says all."""
    bands: tuple[str, ...]
    """Bands as "layer/band", such as "s2/B02", in the order of the network's input."""
    input_size: int
    """Rows and columns of the input, in pixels."""
    resample: str
    """How bands of other pixel sizes get onto the input grid: "nearest" or "bilinear"."""
    mean: tuple[float, ...]
    """Per band, subtracted from the stored values."""
    std: tuple[float, ...]
    """Per band, divides what is left."""
    classes: tuple[CardClass, ...]
    """Classes in the order of the output."""
    activation: str
    """ "sigmoid" for scores of a patch, "softmax" for classes of pixels."""
    gsd_m: tuple[float, float]
    """Smallest and largest pixel of imagery that the model is meant for, in metres."""
    licence: str
    """Licence of the weights."""
    source: str
    """Where the weights come from."""
    trained_on: Mapping[str, Any] = field(default_factory=dict)
    """Dataset and split of the training: keys "dataset" and "split"."""
    scores: Mapping[str, Any] = field(default_factory=dict)
    """Published or measured scores by name; a group of scores is a mapping itself."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the architecture."""
    sha256: str = ""
    """SHA-256 of the weights in hexadecimal; empty where nobody states it."""
    synthetic: bool = False
    """Whether the model was trained on made-up imagery, so that every page says so."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Keys of the file that this version does not know."""

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that the bands come from, each once, in the order of the bands."""
        return tuple(dict.fromkeys(band.partition("/")[0] for band in self.bands))

    @property
    def class_names(self) -> tuple[str, ...]:
        """Class names in the order of the output."""
        return tuple(item.name for item in self.classes)

    def to_json(self) -> str:
        """Return the card as the text of a card.json."""
        known = {
            "schema": SCHEMA,
            **{key: getattr(self, key) for key in _KEYS},
            "classes": [
                {"code": item.code, "name": item.name, "colour": item.colour}
                for item in self.classes
            ],
        }
        text = json.dumps({**known, **self.extra}, default=dict, indent=1, ensure_ascii=False)
        return text + "\n"


def read(path: Path) -> ModelCard:
    """Read a card.json.

    Raises:
        ModelError: with the key that is missing or wrong, and what it should be.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
    except OSError as error:
        raise ModelError(
            f"The model's {path.name} cannot be read ({error.strerror}). Check the folder."
        ) from None
    if len(raw) > _LARGEST:
        raise ModelError(f"The model's {path.name} is larger than 1 MB, so it is no model card.")
    return parse(raw.decode("utf-8", errors="replace"))


def parse(text: str) -> ModelCard:
    """Read the text of a card.json; see `read`."""
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ModelError("The model's card.json is no valid JSON. Write it anew.") from None
    if not isinstance(found, dict):
        raise ModelError("The model's card.json must hold one object with named values.")
    if found.get("schema") != SCHEMA:
        raise ModelError(
            f"The model's card.json has schema {found.get('schema')!r:.20}; this version reads "
            f"schema {SCHEMA}."
        )
    values = {key: check(found, key) for key, check in _KEYS.items()}
    known = {"schema", *values}
    extra = MappingProxyType({key: value for key, value in found.items() if key not in known})
    card = ModelCard(**values, extra=extra)
    _check_together(card)
    return card


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _wrong(key: str, wanted: str) -> ModelError:
    return ModelError(f"The model's card.json needs {key!r}: {wanted}.")


def _text(wanted: str, pattern: re.Pattern[str] = _NAME, default: str | None = None) -> Any:  # noqa: ANN401 - one of several readers
    def check(found: Mapping[str, Any], key: str) -> str:
        value = found.get(key, default)
        if value == default and default is not None:
            return default
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _wrong(key, wanted)
        return value

    return check


def _numbers(wanted: str) -> Callable[[Mapping[str, Any], str], tuple[float, ...]]:
    def check(found: Mapping[str, Any], key: str) -> tuple[float, ...]:
        value = found.get(key)
        if not isinstance(value, list) or not all(map(_finite, value)):
            raise _wrong(key, wanted)
        return tuple(float(number) for number in value)

    return check


def _finite(value: object) -> bool:
    # Comparing leaves out infinity as well.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e30


def _range(found: Mapping[str, Any], key: str) -> tuple[float, float]:
    wanted = "the smallest and the largest pixel in metres"
    numbers = _numbers(wanted)(found, key)
    if len(numbers) != 2 or not 0 < numbers[0] <= numbers[1]:
        raise _wrong(key, wanted)
    return numbers[0], numbers[1]


def _one_of(choices: tuple[str, ...]) -> Callable[[Mapping[str, Any], str], str]:
    def check(found: Mapping[str, Any], key: str) -> str:
        value = found.get(key)
        if value not in choices:
            raise _wrong(key, f"one of {', '.join(choices)}")
        return str(value)

    return check


def _mapping(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = found.get(key, {})
    if not isinstance(value, dict):
        raise _wrong(key, "an object with named values")
    return MappingProxyType(value)


def _bands(found: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = found.get(key)
    names = value if isinstance(value, list) else []
    fine = all(isinstance(name, str) and _BAND.fullmatch(name) for name in names)
    if not names or not fine or len(set(names)) != len(names):
        raise _wrong(key, 'a list of different names such as "s2/B02", in the model\'s order')
    return tuple(names)


def _size(found: Mapping[str, Any], key: str) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 8 <= value <= 4096:
        raise _wrong(key, "the rows and columns of the input, 8 to 4096")
    return value


def _classes(found: Mapping[str, Any], key: str) -> tuple[CardClass, ...]:
    value = found.get(key)
    classes = [_class(item, key) for item in value] if isinstance(value, list) else []
    codes = {item.code for item in classes}
    names = {item.name for item in classes}
    if not classes or len(codes) != len(classes) or len(names) != len(classes):
        raise _wrong(key, "a list of classes with different codes and names")
    return tuple(classes)


def _class(item: object, key: str) -> CardClass:
    match item:
        case {"code": int(code), "name": str(name), "colour": str(colour)}:
            whole = not isinstance(code, bool) and 0 <= code <= 65535
            if whole and _NAME.fullmatch(name) and _COLOUR.fullmatch(colour.lower()):
                return CardClass(code, name, colour.lower())
    raise _wrong(key, "for each class a code (0 to 65535), a name and a colour (#rrggbb)")


def _yes(found: Mapping[str, Any], key: str) -> bool:
    value = found.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(key, "true or false")
    return value


def _check_together(card: ModelCard) -> None:
    for key in ("mean", "std"):
        if len(getattr(card, key)) != len(card.bands):
            raise _wrong(key, f"one number for each of the {len(card.bands)} bands")
    if min(card.std) <= 0:
        raise _wrong("std", "numbers above zero")
    if card.activation != ACTIVATIONS[card.task]:
        raise _wrong("activation", f"{ACTIVATIONS[card.task]} for the task {card.task}")


_KEYS: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = {
    "name": _text("the model's name"),
    "task": _one_of(tuple(ACTIVATIONS)),
    "architecture": _text("the name of the network"),
    "encoder": _text("the name of the encoder", default=""),
    "bands": _bands,
    "input_size": _size,
    "resample": _one_of(RESAMPLING),
    "mean": _numbers("one number for each band"),
    "std": _numbers("one number above zero for each band"),
    "classes": _classes,
    "activation": _one_of(tuple(ACTIVATIONS.values())),
    "gsd_m": _range,
    "licence": _text("the licence of the weights"),
    "source": _text("where the weights come from"),
    "trained_on": _mapping,
    "scores": _mapping,
    "options": _mapping,
    "sha256": _text("64 hexadecimal digits", _SHA256, ""),
    "synthetic": _yes,
}
