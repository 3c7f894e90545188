"""Splits of a dataset by each rule."""

import numpy as np
import pandas as pd
import pytest

from eoexplore.core.errors import SplitError
from eoexplore.core.split import agreement
from eoexplore.core.split_rule import KINDS
from eoexplore.store import split_files, splits
from eoexplore.store.splits import MAKERS, split_of
from tests.charts.conftest import Row, grid, opened_of

COUNTRIES = ("Austria", "Finland", "Kosovo", "Serbia", "Portugal")
TILES = ("33UUP", "34VER", "29SNC", "35VLL", "32TMT", "34TEN")


def rows():
    """Return 6 tiles of 8 x 8 places, each seen on two dates, and two samples without a place."""
    found = []
    for number, tile in enumerate(TILES):
        for date in ("2017-06-13", "2018-01-10"):
            country = COUNTRIES[number % len(COUNTRIES)]
            found += grid(8, tile=tile, date=date, country=country)
    return [*found, Row(tile="", country=""), Row(tile="", country="Austria")]


@pytest.fixture(scope="module")
def opened():
    return opened_of(rows())


def groups(opened, *columns):
    """Return what samples have in common, -1 for the two without a place."""
    frame = opened.samples.frame
    keys = pd.Series(list(zip(*(frame[name].astype(object) for name in columns), strict=True)))
    codes = keys.factorize()[0]
    return np.where(frame["tile"].astype(object) == "", -1, codes)


def test_every_rule_can_be_made_and_every_maker_has_a_rule():
    assert set(MAKERS) == set(KINDS)


@pytest.mark.parametrize(
    ("rule", "columns"),
    [
        ("place", ("tile", "x", "y")),
        ("place:seed=5,train=0.8,validation=0.1", ("tile", "x", "y")),
        ("place:folds=5", ("tile", "x", "y")),
        ("tile", ("tile",)),
        ("tile:folds=3,fold=2", ("tile",)),
        ("grid:km=5", ("tile", "x", "y")),
        ("kmeans:k=6", ("tile", "x", "y")),
    ],
)
def test_no_block_is_in_two_parts(opened, rule, columns):
    found = split_of(opened, rule)
    assert found.parts.dtype == np.int8
    codes = groups(opened, *columns)
    assert (found.parts[-2:] == -1).all()
    assert (found.parts[:-2] >= 0).all()
    for code in range(codes.max() + 1):
        assert len(set(found.parts[codes == code].tolist())) == 1
    assert set(found.parts.tolist()) == {-1, 0, 1, 2}


def test_countries_as_blocks(opened):
    found = split_of(opened, "country")
    names = opened.samples.frame["country"].astype(object)
    for name in COUNTRIES:
        assert len(set(found.parts[names == name].tolist())) == 1
    # What has a country needs no place; what has none is in no part.
    assert found.parts[-2:].tolist() == [-1, found.parts[names == "Austria"][0]]
    assert "1 patch without a block is in no part" in found.made


@pytest.mark.parametrize("rule", ["random", "place", "grid:km=2"])
def test_shares_come_near_what_is_wanted(opened, rule):
    found = split_of(opened, f"{rule}{',' if ':' in rule else ':'}train=0.7,validation=0.2")
    parts = found.parts[found.parts >= 0]
    shares = np.bincount(parts, minlength=3) / len(parts)
    assert shares == pytest.approx([0.7, 0.2, 0.1], abs=0.01)


@pytest.mark.parametrize("rule", ["random", "place", "tile", "grid:km=5", "kmeans:k=6"])
def test_folds_test_each_sample_once(opened, rule):
    after = "," if ":" in rule else ":"
    folds = [split_of(opened, f"{rule}{after}folds=4,fold={n}") for n in (1, 2, 3, 4)]
    there = folds[0].parts >= 0
    assert (sum(fold.of("test") for fold in folds)[there] == 1).all()
    assert (sum(fold.of("validation") for fold in folds)[there] == 1).all()
    for fold, after_it in zip(folds, [*folds[1:], folds[0]], strict=True):
        assert (fold.of("validation") == after_it.of("test")).all()


@pytest.mark.parametrize("rule", ["random", "place", "tile", "grid:km=5", "kmeans:k=6"])
def test_seeds_count_and_reproduce(rule):
    after = "," if ":" in rule else ":"
    one, again = (opened_of(rows()), opened_of(rows()))
    made = [split_of(one, f"{rule}{after}seed={seed}").parts for seed in (1, 2)]
    assert (made[0] != made[1]).any()
    assert (split_of(again, f"{rule}{after}seed=1").parts == made[0]).all()


def test_the_released_words_in_other_spellings():
    words = ("Training", "val", "dev", "testing", "holdout", "")
    opened = opened_of([Row(x=x, split=word) for x, word in enumerate(words)])
    found = split_of(opened, "released")
    assert found.parts.tolist() == [0, 1, 1, 2, -1, -1]
    assert found.rule == "released"
    assert "Made" in found.made


@pytest.mark.parametrize(
    ("rule", "row", "said"),
    [
        ("released", Row(split=""), "no split of its own. Choose another rule"),
        ("released", Row(split="holdout"), "its words: holdout"),
        ("rings", Row(tile=""), "its column and row in a Sentinel-2 tile"),
        ("place", Row(tile=""), "does not tell its place"),
        ("grid", Row(tile=""), "does not tell its place"),
        ("kmeans", Row(tile=""), "does not tell its place"),
        ("tile", Row(tile=""), "does not tell its Sentinel-2 tile"),
        ("country", Row(country=""), "does not tell its country"),
        ("tile:seed=-1", Row(), "seed=-1 cannot be used"),
        ("tile:folds=3", Row(), "3 folds cannot be made of 1 Sentinel-2 tiles"),
        ("random:folds=3", Row(), "3 folds cannot be made of 2 patches"),
        ("file:0123456789abcdef", Row(), "not kept on this machine"),
    ],
)
def test_what_a_dataset_lacks_is_said(rule, row, said):
    with pytest.raises(SplitError) as raised:
        split_of(opened_of([row, row]), rule)
    assert said in str(raised.value)


@pytest.mark.parametrize("rule", ["random", "place", "tile", "grid", "kmeans", "rings"])
def test_one_sample_is_enough(rule):
    found = split_of(opened_of([Row(x=45, y=45)]), rule)
    assert (found.parts >= 0).all()


def test_the_rings_are_those_of_the_tile():
    opened = opened_of([Row(x=x, y=45) for x in (0, 12, 13, 22, 23, 68, 69, 77, 78)])
    assert split_of(opened, "rings").parts.tolist() == [0, 0, 1, 1, 2, 2, 1, 1, 0]
    # Without rings for validation and with all of the area for training.
    assert set(split_of(opened, "rings:train=1,validation=0").parts.tolist()) == {0}


def test_a_split_is_made_once_and_cannot_be_changed(opened):
    found = split_of(opened, "tile:seed=3")
    assert split_of(opened, " tile : seed=3,train=0.5") is found
    with pytest.raises(ValueError, match="read-only"):
        found.parts[0] = 1


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(splits, "beside_table", lambda *_: 20_000)
    opened = opened_of(rows())
    for seed in range(40):
        split_of(opened, f"random:seed={seed}")
    kept = opened.samples.keep("splits", dict)
    assert 2 <= len(kept) < 20
    assert kept.used <= 20_000


def test_how_a_split_was_made_is_said(opened):
    found = split_of(opened, "tile:seed=3,train=0.6")
    assert found.title == "Blocked by Sentinel-2 tile, 60 / 25 / 15 %, seed 3"
    for part in ("6 Sentinel-2 tiles", "seed 3", "0.6 train, 0.25 validation, 0.15 test", "gives"):
        assert part in found.made
    fold = split_of(opened, "grid:km=5,folds=5,fold=5")
    assert fold.title == "Blocked by squares of a grid, 5 km, fold 5 of 5, seed 0"
    assert "fold 5 is for testing, fold 1 for validation" in fold.made


def test_agreement_counts_what_both_know():
    opened = opened_of([Row(x=x, split=word) for x, word in enumerate(["train", "test", ""])])
    released = split_of(opened, "released")
    assert agreement(released, released) == (2, 2)
    rings = split_of(opened, "rings")
    assert agreement(released, rings) == (1, 2)
    assert agreement(released, rings, np.array([False, True, True])) == (0, 1)


def test_the_rule_of_reben_gives_all_of_its_split(all_of_reben):
    released, rings = (split_of(all_of_reben, rule) for rule in ("released", "rings"))
    assert agreement(released, rings) == (549_488, 549_488)
    assert np.bincount(released.parts).tolist() == [272_544, 139_577, 137_367]


def test_blocks_of_reben(all_of_reben):
    for rule, blocks in (
        ("place", "253,957 places"),
        ("tile", "54 Sentinel-2"),
        ("country", "10 "),
    ):
        found = split_of(all_of_reben, rule)
        assert found.made.startswith(blocks)
        assert np.bincount(found.parts) / 549_488 == pytest.approx([0.5, 0.25, 0.25], abs=0.02)


def test_the_lists_of_the_first_version(real_data, all_of_reben):
    folder = real_data / "reben" / "ben_v1_splits"
    files = [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]
    split, report = split_files.read(all_of_reben, files)
    assert report.matched_by == ("BigEarthNet v1 name",)
    assert (report.lines, report.matched, report.missing) == (519_284, 480_038, 69_450)
    assert (report.unknown, report.doubled, report.contradicting) == (519_284 - 480_038, 0, 0)
    # The names that the lists lack are those of the patches with snow or clouds.
    flagged = all_of_reben.samples.frame["flags"].map(len).to_numpy() > 0
    assert ((split.parts < 0) == flagged).all()
    # Of what v1 tests, 48 % is for training in v2.
    tested = split_of(all_of_reben, "released").parts[split.of("test")]
    assert float(np.mean(tested == 0)) == pytest.approx(0.48, abs=0.005)
