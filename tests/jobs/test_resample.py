"""Random splits of the same sizes: drawn, kept, and gone on with."""

import dataclasses
import itertools
import json

import numpy as np
import pytest

from eoexplore.jobs import resample
from eoexplore.jobs.progress import Cancelled
from eoexplore.jobs.resample import Chance, Measures, draw_more, measure
from eoexplore.store.folder import IndexFolder
from tests.charts.conftest import FOREST, PASTURES, Row, grid, opened_of, split_of


@pytest.fixture
def opened(tmp_path):
    # The upper half is forest, for training; each place of the left half has a second date.
    rows = [
        dataclasses.replace(
            row,
            labels=(FOREST if row.y < 4 else PASTURES,),
            split="train" if row.y < 4 else "test",
            date=date,
        )
        for row in grid(8)
        for date in ("2017-06-13", "2018-01-10")
        if row.x < 4 or date.startswith("2017")
    ]
    made = opened_of([*rows, Row((FOREST,), tile="", split="test")])
    return dataclasses.replace(made, folder=IndexFolder(tmp_path))


@pytest.fixture
def chance(opened):
    return Chance(opened, np.ones(len(opened.samples), bool), split_of(opened))


def test_a_split_in_halves_by_hand(opened, chance):
    # At the border there are 4 columns of two dates on either side, and 4 of one.
    found = measure(opened, chance.parts())
    assert found.adjacent == 4 * 2 * 2 + 4
    assert found.near == pytest.approx(1 / 4)
    # All nearest training patches are forest, all test patches are pasture: nothing is told.
    assert found.information == 0


def test_alternating_patches_tell_their_neighbours(opened):
    x = opened.samples.x
    stripes = np.where(x % 2 == 0, 0, 2).astype(np.int8)
    stripes[x < 0] = -1
    found = measure(opened, stripes)
    assert found.near == 1
    # The nearest patch is at the same height, so that it has the same label.
    assert found.information == pytest.approx(1)


def test_draws_are_the_same_whenever_they_are_drawn(opened, chance):
    once = draw_more(chance, 6).draws
    assert len({*once}) > 1
    for file in (opened.folder.path / "random-splits").iterdir():
        file.unlink()
    opened.samples.keep("random splits", dict).clear()
    assert draw_more(chance, 2).draws == once[:2]
    assert draw_more(chance, 6).draws == once
    # The next seed begins one draw later.
    later = draw_more(dataclasses.replace(chance, seed=1), 5).draws
    assert later == once[1:]


def test_what_was_drawn_is_kept(opened, chance, monkeypatch):
    first = draw_more(chance, 3)
    opened.samples.keep("random splits", dict).clear()
    monkeypatch.setattr(resample, "measure", lambda *_: pytest.fail("measured again"))
    assert draw_more(chance, 3) == first
    (file,) = (opened.folder.path / "random-splits").iterdir()
    stored = json.loads(file.read_text())
    assert (stored["split"], stored["seed"], len(stored["draws"])) == ("The released split.", 0, 3)


def test_a_damaged_file_is_drawn_again(opened, chance):
    first = draw_more(chance, 2)
    (file,) = (opened.folder.path / "random-splits").iterdir()
    opened.samples.keep("random splits", dict).clear()
    for text in ("", "[]", '{"own": {}, "draws": [{}]}', '{"draws": 3}'):
        file.write_text(text)
        assert draw_more(chance, 2) == first


def test_stopping_keeps_what_there_is(opened, chance):
    count, said = itertools.count(), []
    found = draw_more(chance, 9, lambda *args: said.append(args), lambda: next(count) >= 4)
    assert len(found.draws) == 4
    assert said == [(done, 9, "random splits") for done in range(4)]
    assert len(draw_more(chance, 4, cancelled=lambda: True).draws) == 4


def test_a_report_that_ends_the_work_loses_nothing(chance):
    def report(done, total, what):
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        draw_more(chance, 9, report)
    assert len(draw_more(chance, 0).draws) == 3


def test_without_a_folder_draws_are_kept_in_memory(opened, chance):
    nowhere = dataclasses.replace(opened, folder=IndexFolder(opened.folder.path / "gone"))
    chance = dataclasses.replace(chance, opened=nowhere)
    first = draw_more(chance, 2)
    assert draw_more(chance, 2, cancelled=lambda: True) == first
    assert not nowhere.folder.path.exists()


def test_places_keep_their_dates_together(chance):
    found = dataclasses.replace(chance, unit="place")
    for anew in resample._random(found, found.parts(), range(5)):
        own = found.opened.samples
        for place in {*zip(own.x.tolist(), own.y.tolist(), strict=True)} - {(-1, -1)}:
            assert len({*anew[(own.x == place[0]) & (own.y == place[1])].tolist()}) == 1


def test_the_interval(chance):
    draws = tuple(Measures(number, number / 100, 0.5) for number in range(101))
    found = resample.Drawn(Measures(0, 0, 0), draws, "patch", 0)
    assert found.interval("adjacent") == pytest.approx((2.5, 97.5))
    assert found.mean("near") == pytest.approx(0.5)
    assert np.isnan(dataclasses.replace(found, draws=()).interval("near")).all()


def test_old_files_go(tmp_path, monkeypatch):
    monkeypatch.setattr(resample, "_MOST_FILES", 2)
    for number in range(4):
        (tmp_path / f"{number}.json").write_text("{}")
    resample._prune(tmp_path)
    assert len([*tmp_path.iterdir()]) == 2
