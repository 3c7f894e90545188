"""What was found against labels: kept, put together, filtered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.core.findings import Findings
from eoexplore.store import catalog, issues, prediction_columns
from eoexplore.store.issues import Issues, Kept, Wanted
from tests import builders, predicting

PATCHES = (
    *(builders.Patch("33UUP", x, 5, labels=("Pastures",)) for x in range(4)),
    builders.Patch("33UUP", 0, 5, date="20180129T101251", labels=("Pastures",)),
)
NAN = np.nan


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    builders.write_metadata(tmp_path / "small", PATCHES)
    return catalog.add(tmp_path / "small")


SPOTS = Findings.of(
    [1, 2, 3], [4, 4, 2], [2, 2, 4], [0.2, 0.2, 0.6],
    spot=[0, 0, 1], inside_ha=[3.0, 9.0, 5.0], decidable=[0, 0, 1],
)  # fmt: skip
LABELS = Findings.of([0, 2], [4, -1], -1, [0.4, 0.1], margin=[1.0, 2.0])


def keep(opened):
    issues.write(issues.folder_of(opened, "land"), "spots", Kept("a", SPOTS))
    issues.write(issues.folder_of(opened, "land"), "labels", Kept("b", LABELS))


def wanted(opened, mask=None, **more):
    found = issues.together(opened, ("spots", "labels"), "land")
    every = np.ones(len(opened.samples), bool) if mask is None else mask
    places, rows = issues.places(found, Wanted(**more), opened.samples, every)
    return found, places, rows


def test_all_kinds_stand_in_one_order_and_each_spot_once(opened):
    keep(opened)
    found, places, rows = wanted(opened)
    assert len(found) == 5
    assert found.findings.scores.tolist() == pytest.approx([0.6, 0.4, 0.2, 0.2, 0.1])
    assert [found.kinds[number] for number in found.numbers[places]] == [
        "spots", "labels", "spots", "labels",
    ]  # fmt: skip
    # The larger piece of a spot stands for it.
    assert rows.tolist() == [3, 0, 2, 2]
    assert np.isnan(found.findings.facts["margin"][0])


@pytest.mark.parametrize(
    ("more", "rows"),
    [
        ({"kinds": ("labels",)}, [0, 2]),
        ({"least": 0.4}, [3, 0]),
        ({"label": 2}, [3, 2]),
        ({"status": "undecidable"}, [2]),
        ({"status": "decidable"}, [3, 0, 2]),
        ({"kinds": ("other",)}, []),
    ],
)
def test_filters(opened, more, rows):
    keep(opened)
    assert wanted(opened, **more)[2].tolist() == rows


def test_a_finding_is_shown_on_the_selected_date_of_its_place(opened):
    keep(opened)
    frame = opened.samples.frame
    later = (frame["date"].astype(str) >= "2018").to_numpy(bool)
    assert later.sum() == 1
    first = int(np.flatnonzero((opened.samples.x == 0) & ~later)[0])
    issues.write(
        issues.folder_of(opened, "land"), "spots", Kept("a", SPOTS.take(np.zeros(3, bool)))
    )
    issues.write(
        issues.folder_of(opened, "land"), "labels", Kept("b", Findings.of([first], 4, -1, [0.4]))
    )
    _, places, rows = wanted(opened, later)
    assert len(places) == 1
    assert rows.tolist() == np.flatnonzero(later).tolist()
    assert len(wanted(opened, np.zeros(len(frame), bool))[1]) == 0


def test_what_cannot_be_told_is_kept_too(opened):
    folder = issues.folder_of(opened)
    issues.write(folder, "physics", Kept("k", Findings.none(), "No index."))
    found = issues.together(opened, ("physics", "spectrum"))
    assert found.cannot == {"physics": "No index."}
    assert found.kinds == ("physics",)
    assert issues.about(folder, "physics") == ("k", "No index.")
    assert issues.about(folder, "spectrum") is None


def test_a_damaged_table_is_as_if_it_were_not_there(opened):
    keep(opened)
    issues.path_of(issues.folder_of(opened, "land"), "spots").write_bytes(b"nothing")
    found, places, _ = wanted(opened)
    assert found.kinds == ("labels",)
    assert len(places) == 2
    assert issues.read_looked(issues.folder_of(opened, "land")) is None


def test_what_is_written_anew_is_read_anew(opened):
    keep(opened)
    assert len(wanted(opened)[0]) == 5
    issues.write(issues.folder_of(opened, "land"), "labels", Kept("b", Findings.none()))
    assert len(wanted(opened)[0]) == 3


def test_the_strongest_finding_is_a_column_of_the_set(opened):
    predicting.write_set(opened, "land", range(4), np.full((4, 1), 0.9), ["Pastures"])
    table = opened.samples.table(opened.dataset.classes)
    source = prediction_columns.Source(opened.fingerprint, opened.samples, opened.dataset.classes)
    about = issues.prediction_sets.available(opened.fingerprint)[0]
    assert "issue" not in prediction_columns.names_of(about)
    before = prediction_columns.stamp_of(opened.fingerprint, "land")
    keep(opened)
    assert prediction_columns.names_of(about)["issue"] == "Chance that a label is wrong"
    assert prediction_columns.stamp_of(opened.fingerprint, "land") != before
    values = source("land.issue")[1]
    # Of both dates of the first place the one of rows 0 to 3 is in the set.
    assert values[:4].tolist() == pytest.approx([0.4, 0.2, 0.2, 0.6])
    assert np.isnan(values[4])
    assert len(table) == 5


@given(st.data())
def test_every_condition_leaves_a_part_of_the_order(data):
    count = data.draw(st.integers(0, 12))
    draw = st.lists(st.integers(0, 2), min_size=count, max_size=count)
    found = Findings.of(
        data.draw(draw), data.draw(draw), data.draw(draw),
        np.sort(np.array(data.draw(draw), np.float32) / 2)[::-1],
        decidable=np.array(data.draw(draw), np.float32),
    )  # fmt: skip
    own = Issues(("a", "b"), np.array(data.draw(draw), np.int8) % 2, found, {}, 0)
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=3, max_size=3)))
    wide, _ = issues.places(own, Wanted(), SAMPLES, mask)
    narrow, rows = issues.places(own, Wanted(("a",), 1, 0.5, "decidable"), SAMPLES, mask)
    assert set(narrow) <= set(wide)
    assert mask[rows].all()
    assert (np.diff(found.scores[narrow]) <= 0).all()


class _Places:
    """Three samples of three places."""

    places = np.arange(3)

    def keep(self, name, make):
        assert name
        return make()


SAMPLES = _Places()
