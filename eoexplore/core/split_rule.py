"""Split rules as text, small enough for an address: `tile:seed=3,train=0.6`.

A rule is its name and, after a colon, the parameters that differ from their defaults, as
`key=value` in alphabetical order with commas between. One new rule is one entry of `KINDS` here,
and one of `store.splits.MAKERS`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from eoexplore.core.errors import SplitError

Value = float | str
RELEASED, FILE = "released", "file"
_NUMBER = re.compile(r"\d{1,9}(\.\d{1,9})?")
_HASH = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Parameter:
    """One number that a rule can be given."""

    name: str
    """Short and lower case, as in addresses."""
    title: str
    """What a user reads, with the unit."""
    default: float
    """What counts where it is not given."""
    least: float
    """Smallest value."""
    most: float
    """Largest value."""
    whole: bool = False
    """Whether it is a whole number."""
    unit: str = ""
    """What a user reads behind the value."""

    def read(self, text: str) -> float:
        """Return the value of a text.

        Raises:
            SplitError: it is no number of the kind, or out of range.
        """
        kind = "a whole number" if self.whole else "a number"
        value = float(text) if _NUMBER.fullmatch(text) else float("nan")
        if not self.least <= value <= self.most or (self.whole and value % 1):
            raise SplitError(
                f"{self.name}={text[:40]} cannot be used: write {kind} from {self.least:.9g} to "
                f"{self.most:.9g}, such as {self.name}={self.default:.9g}."
            )
        return int(value) if self.whole else value


_SHARES = (
    Parameter("train", "Share for training", 0.5, 0, 1),
    Parameter("validation", "Share for validation", 0.25, 0, 1),
)
_SHARED = tuple(item.name for item in _SHARES)
DEALT = (
    *_SHARES,
    Parameter("seed", "Seed of the random order", 0, 0, 999_999_999, whole=True),
    Parameter("folds", "Folds, of which one is tested; 0 for shares instead", 0, 0, 20, whole=True),
    Parameter("fold", "Which fold is tested", 1, 1, 20, whole=True),
)
"""Parameters of all rules that deal out samples or blocks of them in a random order."""
LEAST_FOLDS = 3
"""One to test, one to validate and one or more to train."""


@dataclass(frozen=True)
class Kind:
    """One way to make splits."""

    title: str
    """What a user reads."""
    parameters: tuple[Parameter, ...] = ()
    """What it can be given, in the order of a form."""


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        RELEASED: Kind("Released with the dataset"),
        "rings": Kind("Rings of the Sentinel-2 tile, the rule of reBEN", _SHARES),
        "random": Kind("Random by patch", DEALT),
        "place": Kind("Random by place", DEALT),
        "tile": Kind("Blocked by Sentinel-2 tile", DEALT),
        "country": Kind("Blocked by country", DEALT),
        "grid": Kind(
            "Blocked by squares of a grid",
            (Parameter("km", "Side of a square in km", 50, 1, 2000, unit="km"), *DEALT),
        ),
        "kmeans": Kind(
            "Blocked by regions of k-means",
            (Parameter("k", "Regions", 40, 3, 1000, whole=True, unit="regions"), *DEALT),
        ),
        FILE: Kind("Your own file"),
    }
)
"""The rules by name, in the order of a list to choose from."""


@dataclass(frozen=True)
class Rule:
    """A split rule with its parameters."""

    name: str
    """Key of KINDS."""
    given: tuple[tuple[str, float], ...] = ()
    """Parameters that differ from their defaults, by name in alphabetical order."""
    file: str = ""
    """Which stored file, for the rule "file": 16 hex digits of its content."""

    @property
    def kind(self) -> Kind:
        """What is known of all rules of the name."""
        return KINDS[self.name]

    @property
    def values(self) -> dict[str, float]:
        """Value of every parameter, by name."""
        return {item.name: item.default for item in self.kind.parameters} | dict(self.given)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Wanted shares of training, validation and test."""
        train, validation = (self.values[name] for name in _SHARED)
        return train, validation, max(0.0, 1 - train - validation)

    @property
    def folds(self) -> int:
        """Number of folds; 0 where shares are wanted."""
        return int(self.values.get("folds", 0))

    def canonical(self) -> str:
        """Return the one text that all equal rules share; parsing it gives the rule back."""
        parts = [self.file] if self.file else [f"{key}={_text(value)}" for key, value in self.given]
        return f"{self.name}:{','.join(parts)}" if parts else self.name


def parse(text: str) -> Rule:
    """Read a rule.

    Args:
        text: its canonical text, or any order and spelling of it.

    Raises:
        SplitError: an unknown rule, parameter or value; says which there are.
    """
    name, _, rest = text.strip().partition(":")
    name = name.strip().lower()
    if name not in KINDS:
        raise SplitError(f"There is no split rule {name[:40]!r}. Rules: {', '.join(KINDS)}.")
    if name == FILE:
        if not _HASH.fullmatch(rest.strip()):
            raise SplitError(
                "A split of your own file is written file: and the 16 digits that it got when it "
                "was read. Choose the file again."
            )
        return Rule(name, file=rest.strip())
    given: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in rest.split(","))):
        key, _, value = (item.strip() for item in part.partition("="))
        given[key] = _parameter(name, key).read(value)
    return make(name, given)


def make(name: str, values: Mapping[str, float]) -> Rule:
    """Return a rule with some of its parameters; those of their default value are left out.

    Raises:
        SplitError: parameters that do not go together.
    """
    given = {key: value for key, value in values.items() if value != _parameter(name, key).default}
    rule = Rule(name, tuple(sorted(given.items())))
    if sum(value for key, value in rule.values.items() if key in _SHARED) > 1 + 1e-9:
        raise SplitError(
            f"The shares train={rule.values['train']:g} and validation="
            f"{rule.values['validation']:g} are more than 1 together, and what is left of 1 is for "
            "testing: give both, such as train=0.8,validation=0.1."
        )
    if "folds" in given and rule.folds < LEAST_FOLDS:
        raise SplitError(f"Write folds={LEAST_FOLDS} or more: to test, to validate and to train.")
    if rule.values.get("fold", 1) > max(1, rule.folds):
        raise SplitError(
            f"There is no fold {rule.values['fold']:g} of {rule.folds}: say how many with folds=, "
            "and count from 1."
        )
    if rule.folds and set(_SHARED) & set(given):
        raise SplitError("Folds have the shares that follow from their number: leave shares out.")
    return rule


def _parameter(name: str, key: str) -> Parameter:
    known = {item.name: item for item in KINDS[name].parameters}
    if key not in known:
        there = f"It has: {', '.join(known)}." if known else "It has none."
        raise SplitError(f"The split rule {name} has no parameter {key[:40]!r}. {there}")
    return known[key]


def _text(value: float) -> str:
    """Return the shortest text that gives a number back."""
    return f"{value:.9f}".rstrip("0").rstrip(".")
