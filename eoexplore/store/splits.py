"""Splits of a dataset: the released one, those made by a rule, and a user's own file.

`split_of` is the one way to get a split; the last ones are kept with the sample table.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import splits
from eoexplore.core import split_rule
from eoexplore.core.errors import SplitError
from eoexplore.core.memory import ByteCache, beside_table
from eoexplore.core.split import NONE, SPLITS, Split, part_of
from eoexplore.core.split_rule import FILE, RELEASED, Rule
from eoexplore.store import distances, split_files
from eoexplore.store.catalog import Opened

Parts = npt.NDArray[np.int8]
Codes = npt.NDArray[np.integer]
_KEPT_BYTES = 16_000_000
"""Of a table of half a million rows: about thirty splits."""


def split_of(opened: Opened, text: str) -> Split:
    """Return the split that a rule gives a dataset.

    Args:
        opened: the dataset.
        text: the rule, as `core.split_rule` writes it, such as "tile:seed=3".

    Raises:
        SplitError: an unknown rule, a file that is not here, or what the dataset lacks for it.
    """
    rule = split_rule.parse(text)
    samples = opened.samples
    cache: ByteCache[Split] = samples.keep(
        "splits", lambda: ByteCache(beside_table(_KEPT_BYTES, len(samples)), least=2)
    )
    name = rule.canonical()
    found = cache.get(name)
    if found is None:
        found = MAKERS[rule.name](opened, rule)
        found.parts.setflags(write=False)
        cache.put(name, found, found.parts.nbytes)
    return found


# -- rules ----------------------------------------------------------------------------------------


def _released(opened: Opened, rule: Rule) -> Split:
    column = opened.samples.frame["split"].cat
    words = [str(word) for word in column.categories]
    numbers = np.array([*map(part_of, words), NONE], np.int8)
    parts = numbers[column.codes.to_numpy()]
    if not (parts != NONE).any():
        said = "; ".join(word[:40] for word in words[:5] if word)
        raise SplitError(
            f"{opened.dataset.title} has no split of its own"
            + (
                f" that is known as training, validation or test (its words: {said})"
                if said
                else ""
            )
            + ". Choose another rule, such as random or tile."
        )
    return Split(rule.canonical(), rule.kind.title, f"As released with {_name(opened)}.", parts)


def _rings(opened: Opened, rule: Rule) -> Split:
    samples = opened.samples
    there = (samples.x >= 0) & (samples.y >= 0)
    _need(there, opened, "its column and row in a Sentinel-2 tile", rule)
    train, validation, _ = rule.shares
    names = splits.rings(samples.x[there], samples.y[there], train=train, validation=validation)
    parts = np.full(len(samples), NONE, np.int8)
    parts[there] = sum(np.int8(number) * (names == name) for number, name in enumerate(SPLITS))
    return Split(
        rule.canonical(),
        f"Rings of the Sentinel-2 tile{_shares_in_title(rule)}",
        f"Concentric square rings of each Sentinel-2 tile by the middle of the patch: the outer "
        f"one with {train:.4g} of the area for training, the next with {validation:.4g} for "
        f"validation, the rest for testing (the rule of reBEN). {_got(parts)}",
        parts,
    )


def _random(opened: Opened, rule: Rule) -> Split:
    count, seed = len(opened.samples), int(rule.values["seed"])
    if rule.folds:
        _need_blocks(count, "patches", rule)
        folds = splits.random(count, (1 / rule.folds,) * rule.folds, seed)
        return _finished(rule, _folded(folds, rule), "Patches in a random order", "patch")
    parts = splits.random(count, rule.shares, seed)
    return _finished(rule, parts, "Patches in a random order", "patch")


def _blocked(codes_of: Callable[[Opened, Rule], tuple[Codes, str]]) -> Callable[..., Split]:
    """Return how a split is made of whole blocks.

    Args:
        codes_of: gives the block of each sample, -1 for none, and what the blocks are.
    """

    def make(opened: Opened, rule: Rule) -> Split:
        codes, blocks = codes_of(opened, rule)
        count, seed = len(np.unique(codes[codes >= 0])), int(rule.values["seed"])
        if rule.folds:
            _need_blocks(count, blocks, rule)
            parts = _folded(splits.blocks(codes, (1 / rule.folds,) * rule.folds, seed), rule)
        else:
            parts = splits.blocks(codes, rule.shares, seed)
        return _finished(
            rule,
            parts,
            f"{count:,} {blocks}, dealt out whole in a random order, each to the part that lacks "
            "most patches, and the best of up to 64 orders taken",
            "block",
        )

    return make


def _by_place(opened: Opened, rule: Rule) -> tuple[Codes, str]:
    places = distances.places(opened.samples).of
    _need(places >= 0, opened, "its place", rule)
    return places, "places with all their dates"


def _by_word(column: str, blocks: str, lacking: str) -> Callable[..., tuple[Codes, str]]:
    def codes_of(opened: Opened, rule: Rule) -> tuple[Codes, str]:
        words = opened.samples.frame[column].astype("category").cat
        known = np.array([*(bool(str(word)) for word in words.categories), False])
        codes = words.codes.to_numpy()
        codes = np.where(known[codes], codes, NONE)
        _need(codes >= 0, opened, lacking, rule)
        return codes, blocks

    return codes_of


def _by_cell(opened: Opened, rule: Rule) -> tuple[Codes, str]:
    side = rule.values["km"]
    cells = _of_places(opened, rule, lambda places: splits.cells(places, side * 1000))
    return cells, f"squares of {side:g} km in a metric projection"


def _by_region(opened: Opened, rule: Rule) -> tuple[Codes, str]:
    count, seed = int(rule.values["k"]), int(rule.values["seed"])
    return _of_places(
        opened, rule, lambda places: splits.regions(places, count, seed)
    ), "regions by k-means on places in metres"


def _of_places(opened: Opened, rule: Rule, make: Callable[..., npt.NDArray[np.intp]]) -> Codes:
    """Return the block of each sample from the blocks of the places."""
    known = distances.places(opened.samples)
    _need(known.of >= 0, opened, "its place", rule)
    # One more, for the samples without a place.
    return np.append(make(known.metres), NONE)[known.of]


MAKERS: Mapping[str, Callable[[Opened, Rule], Split]] = MappingProxyType(
    {
        RELEASED: _released,
        "rings": _rings,
        "random": _random,
        "place": _blocked(_by_place),
        "tile": _blocked(_by_word("tile", "Sentinel-2 tiles", "its Sentinel-2 tile")),
        "country": _blocked(_by_word("country", "countries", "its country")),
        "grid": _blocked(_by_cell),
        "kmeans": _blocked(_by_region),
        FILE: split_files.stored,
    }
)
"""How each rule of `core.split_rule.KINDS` makes a split."""


# -- what is said of them -------------------------------------------------------------------------


def _need(there: npt.NDArray[np.bool_], opened: Opened, what: str, rule: Rule) -> None:
    if not there.any():
        raise SplitError(
            f"{opened.dataset.title} does not tell {what} for any patch, so “{rule.kind.title}” "
            "cannot be made. Choose another rule, such as random."
        )


def _need_blocks(count: int, blocks: str, rule: Rule) -> None:
    if count < rule.folds:
        raise SplitError(
            f"{rule.folds} folds cannot be made of {count:,} {blocks}: some would be empty. Take "
            "fewer folds or another rule, such as place or random."
        )


def _folded(folds: Parts, rule: Rule) -> Parts:
    return splits.of_fold(folds, int(rule.values["fold"]) - 1, rule.folds)


def _finished(rule: Rule, parts: Parts, how: str, unit: str) -> Split:
    """Return a split that was dealt out, with what is said of it."""
    seed = int(rule.values["seed"])
    wanted = ", ".join(
        f"{share:.4g} {name}" for share, name in zip(rule.shares, SPLITS, strict=True)
    )
    if rule.folds:
        fold = int(rule.values["fold"])
        after = fold % rule.folds + 1
        wanted = (
            f"{rule.folds} folds, of which fold {fold} is for testing, fold {after} for "
            "validation and the rest for training"
        )
        own = f", fold {fold} of {rule.folds}"
    else:
        wanted, own = f"wanted shares {wanted}", _shares_in_title(rule)
    size = "".join(
        f", {rule.values[item.name]:g} {item.unit}"
        for item in rule.kind.parameters
        if item not in split_rule.DEALT
    )
    without = int((parts == NONE).sum())
    return Split(
        rule.canonical(),
        f"{rule.kind.title}{size}{own}, seed {seed}",
        f"{how} (seed {seed}); {wanted}. {_got(parts)}"
        + (f" {_patches(without)} without a {unit} {_is(without)} in no part." if without else ""),
        parts,
    )


def _patches(count: int) -> str:
    return "1 patch" if count == 1 else f"{count:,} patches"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def _shares_in_title(rule: Rule) -> str:
    given = dict(rule.given)
    if not {"train", "validation"} & set(given):
        return ""
    return ", " + " / ".join(f"{100 * share:.4g}" for share in rule.shares) + " %"


def _got(parts: Parts) -> str:
    total = max(1, int((parts != NONE).sum()))
    said = ", ".join(
        f"{int((parts == number).sum()):,} {name} ({(parts == number).sum() / total:.1%})"
        for number, name in enumerate(SPLITS)
    )
    return f"That gives {said}."


def _name(opened: Opened) -> str:
    return opened.dataset.title
