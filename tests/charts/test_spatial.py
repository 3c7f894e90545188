"""Resemblance of neighbours, its reach, and splits against chance."""

import dataclasses

import numpy as np
import pytest

from eoexplore.charts import correlogram, nearest_labels, spatial_correlation, split_chance
from eoexplore.charts.chart import CannotTell
from eoexplore.store.folder import IndexFolder
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, grid, opened_of, split_of


def made(rule, side=8, extra=()):
    """Return a square of patches with the labels that a rule gives their column and row."""
    rows = [dataclasses.replace(row, labels=rule(row.x, row.y)) for row in grid(side)]
    return opened_of([*rows, *extra])


@pytest.fixture(scope="module")
def board():
    # A checkerboard; one place has a later date without forest, which does not count.
    extra = [Row((PASTURES,), x=0, y=0, date="2018-01-10")]
    return made(lambda x, y: (FOREST,) if (x + y) % 2 == 0 else (PASTURES,), extra=extra)


def ask(opened, *selections, parts=None, **options):
    return asked_of(opened, *selections, splits=(split_of(opened, parts),), **options)


def test_a_checkerboard(board):
    chart = spatial_correlation.CHART(ask(board))
    assert chart.facts["moran"] == {FOREST: pytest.approx(-1), PASTURES: pytest.approx(-1)}
    assert (chart.facts["places"], chart.facts["pairs"]) == (64, 2 * 8 * 7)
    row = chart.table.set_index("Class").loc[FOREST]
    assert row["pairs: both have it"] == 0
    assert row["pairs: one has it"] == 112
    assert row["both, by chance"] == pytest.approx(112 * 32 * 31 / (64 * 63), abs=0.05)
    assert chart.title == "Neighbouring patches do not resemble each other"
    queen = spatial_correlation.CHART(ask(board, near="queen"))
    # 98 diagonal pairs agree, 112 others differ.
    assert queen.facts["moran"][FOREST] == pytest.approx((98 - 112) / 210)


def test_what_has_no_neighbours(board):
    alone = opened_of([Row((FOREST,)), Row((PASTURES,), x=5)])
    with pytest.raises(CannotTell, match="side by side"):
        spatial_correlation.CHART(ask(alone))
    with pytest.raises(CannotTell, match="same labels"):
        spatial_correlation.CHART(ask(board, f"class=all:{FOREST}"))
    with pytest.raises(CannotTell, match="one place only"):
        spatial_correlation.CHART(ask(board, "ids=patch_00000"))
    with pytest.raises(CannotTell, match="no patch with a location"):
        correlogram.CHART(ask(opened_of([Row(tile="")] * 2)))
    with pytest.raises(CannotTell, match="Fewer than 30 pairs"):
        correlogram.CHART(ask(alone))


def test_the_reach_of_halves():
    halves = made(lambda x, _: (FOREST,) if x < 10 else (PASTURES,), side=20)
    chart = correlogram.CHART(ask(halves, mean="all"))
    ranges = chart.facts["range_km"]
    assert ranges[FOREST] == ranges[PASTURES]
    # At dx columns, dx of the 20 - dx pairs of columns have the middle between them; all, from 10.
    dx, dy = np.mgrid[:20, :20]
    pairs = (20 - dx) * (20 - dy) * np.where((dx > 0) & (dy > 0), 2, 1)
    agree = 1 - 2 * np.minimum(dx, 20 - dx) / (20 - dx)
    lag = np.ceil(np.hypot(dx, dy) - 1e-9).astype(int)
    found = [np.average(agree[lag == k], weights=pairs[lag == k]) for k in range(1, 20)]
    first = next(k for k, value in enumerate(found, start=1) if value < 0.05)
    assert (first - 1) * 1.2 < ranges[FOREST] <= first * 1.2
    assert chart.table["1.2 km"].iloc[0] == pytest.approx(1 - 2 * 20 / (2 * 20 * 19))
    lines = correlogram.CHART(ask(halves, mean="all", **{"as": "lines"}))
    assert lines.figure.data[0].customdata[0][0] == "class=all:Pastures"
    assert lines.facts == chart.facts


@pytest.fixture
def halves(tmp_path):
    opened = made(lambda _, y: (FOREST,) if y < 4 else (PASTURES,))
    return dataclasses.replace(opened, folder=IndexFolder(tmp_path))


def test_a_split_against_chance(halves):
    parts = np.where(halves.samples.x < 2, 0, np.where(halves.samples.x < 6, 1, 2))
    chart = split_chance.CHART(ask(halves, parts=parts))
    assert not chart.job
    assert (chart.facts["draws"], chart.facts["seed"]) == (100, 0)
    near, told = (chart.facts["measures"][name] for name in ("near", "information"))
    assert near["value"] == 0
    assert 0.3 < near["low"] < near["mean"] < near["high"] < 1
    # The nearest training patch is at the same height and has the same label.
    assert told["value"] == pytest.approx(1)
    assert chart.facts["measures"]["adjacent"]["value"] == 0
    assert chart.title == "Test patches lie farther from training patches than in random splits"


def test_a_first_estimate_is_gone_on_with(halves, monkeypatch):
    parts = halves.samples.x % 3
    monkeypatch.setattr(split_chance, "FIRST_S", -1.0)
    first = split_chance.CHART(ask(halves, parts=parts))
    assert first.job[0] == "splits"
    assert first.job[-2:] == ("--draws", "100")
    assert first.facts["draws"] == 0
    assert first.facts["measures"]["near"]["low"] is None
    monkeypatch.undo()
    assert not split_chance.CHART(ask(halves, parts=parts)).job


def test_chance_needs_test_and_training(halves):
    with pytest.raises(CannotTell, match="test part"):
        split_chance.CHART(ask(halves))
    placeless = opened_of([Row(tile="", split="train"), Row(tile="", split="test")])
    with pytest.raises(CannotTell, match="has a location"):
        split_chance.CHART(ask(placeless))


def test_what_the_nearest_patch_tells(halves):
    chart = nearest_labels.CHART(ask(halves, parts=np.where(halves.samples.x < 4, 0, 2)))
    assert chart.facts["share"] == pytest.approx(1)
    assert chart.facts["nats"] == {
        FOREST: pytest.approx(np.log(2)),
        PASTURES: pytest.approx(np.log(2)),
    }
    with pytest.raises(CannotTell, match="same labels"):
        nearest_labels.CHART(ask(halves, parts=np.where(halves.samples.y < 4, 0, 2)))
    assert MARINE not in chart.facts["nats"]
