"""Looking for wrong labels: kept, gone on with, and never from scores that a model has learnt."""

import dataclasses
import threading

import numpy as np
import pytest

from eoexplore.core.errors import JobError
from eoexplore.evidence import _cells, labels, spots
from eoexplore.evidence import kind as evidence
from eoexplore.evidence.kind import CannotTell
from eoexplore.jobs import label_issues
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import honesty, issues, prediction_sets
from tests.halving import opened_halves, write_masks

KINDS = (spots.KIND, labels.KIND)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with opened_halves(tmp_path_factory.mktemp("looked")) as found:
        yield found


@pytest.fixture
def halves(made, monkeypatch):
    """The dataset without anything that was found; only what looks at masks is asked."""
    monkeypatch.setattr(evidence, "kinds", lambda: KINDS)
    folder = issues.folder_of(made.opened, "land")
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return made


def test_what_was_found_is_kept_and_not_looked_for_again(halves):
    first = label_issues.look(halves.opened, halves.land)
    assert first.counts == {"spots": 3, "labels": 0}
    assert first.looked == ("spots", "labels")
    assert label_issues.stale(halves.opened, halves.land) == ()
    again = label_issues.look(halves.opened, halves.land)
    assert again.looked == ()
    assert again.counts == first.counts
    assert not list(issues.folder_of(halves.opened, "land").glob("parts-*"))


def test_another_version_or_set_or_index_is_looked_at_anew(halves, monkeypatch):
    label_issues.look(halves.opened, halves.land)
    newer = dataclasses.replace(labels.KIND, version=9)
    monkeypatch.setattr(evidence, "kinds", lambda: (spots.KIND, newer))
    assert "labels" in label_issues.stale(halves.opened, halves.land)
    monkeypatch.setattr(evidence, "kinds", lambda: KINDS)
    assert label_issues.stale(halves.opened, halves.land) == ()
    other = dataclasses.replace(
        halves.land, about=dataclasses.replace(halves.land.about, created="2027")
    )
    assert label_issues.stale(halves.opened, other) == ("spots", "labels")


def test_stopped_work_goes_on_where_it_was(halves, monkeypatch):
    looks = []
    real = _cells.read

    def read(asked, name):
        looks.append(name)
        return real(asked, name)

    monkeypatch.setattr(_cells, "read", read)
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        label_issues.look(halves.opened, halves.land, cancelled=lambda: next(asked))
    # One tile was counted; nothing was found yet, and the tile is not read for it again.
    assert looks == ["33UUP"]
    assert label_issues.stale(halves.opened, halves.land) == ("spots", "labels")
    found = label_issues.look(halves.opened, halves.land)
    assert looks == ["33UUP"] * 2
    assert found.counts["spots"] == 3


def test_progress_ends_where_it_said(halves):
    told = []
    label_issues.look(halves.opened, halves.land, lambda *own: told.append(own))
    done, total, _ = told[-1]
    assert done == total
    assert [one[0] for one in told] == sorted(one[0] for one in told)


def test_two_at_once_are_one(halves, monkeypatch):
    inside, go = threading.Event(), threading.Event()
    real = spots.KIND.find

    def slow(asked):
        inside.set()
        assert go.wait(30)
        return real(asked)

    monkeypatch.setattr(
        evidence, "kinds", lambda: (dataclasses.replace(spots.KIND, find=slow), labels.KIND)
    )
    other = threading.Thread(target=label_issues.look, args=(halves.opened, halves.land))
    other.start()
    assert inside.wait(30)
    with pytest.raises(JobError, match="Another process"):
        label_issues.look(halves.opened, halves.land)
    go.set()
    other.join(30)
    assert label_issues.stale(halves.opened, halves.land) == ()


@pytest.mark.parametrize("stated", ["", "somewhere"])
def test_scores_that_nobody_vouches_for_are_not_used(halves, stated):
    land = write_masks(halves.opened, "unknown", trained_on_split=stated)
    found = label_issues.look(halves.opened, land)
    assert set(found.cannot) == {"spots", "labels"}
    assert all("has not seen" in why or "has not learnt" in why for why in found.cannot.values())
    assert found.counts == {"spots": 0, "labels": 0}
    assert honesty.of(halves.opened, land.about).sentence


def test_in_sample_scores_are_left_out(halves):
    frame = halves.opened.samples.frame
    part = str(frame["split"].iloc[0])
    land = write_masks(halves.opened, "learnt", trained_on_split=part)
    found = label_issues.look(halves.opened, land)
    own = issues.together(halves.opened, ("spots",), "learnt").findings
    assert (frame["split"].iloc[own.rows] != part).all()
    assert found.counts["spots"] < 3 or "spots" in found.cannot


def test_predictions_for_a_part_say_nothing_of_the_rest(halves):
    whole = halves.land
    part = dataclasses.replace(whole, rows=whole.rows[:4], scores=whole.scores[:4])
    try:
        rows = spots.KIND.find(halves.asked().__class__(halves.opened, part)).rows
    except CannotTell:
        rows = np.empty(0, int)
    assert set(rows) <= set(whole.rows[:4].tolist())


def test_a_full_disk_is_one_sentence(halves, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(issues, "write", full)
    with pytest.raises(JobError, match="disk may be full"):
        label_issues.look(halves.opened, halves.land)


def test_deleting_a_set_deletes_what_was_found_with_it(halves):
    write_masks(halves.opened, "gone", trained_on_split="none")
    label_issues.look(halves.opened, prediction_sets.read(halves.opened, "gone"))
    folder = issues.folder_of(halves.opened, "gone")
    assert folder.is_dir()
    prediction_sets.remove(halves.opened, "gone")
    assert not folder.exists()
