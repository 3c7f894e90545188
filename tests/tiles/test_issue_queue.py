"""Counts of a queue are what one gets by asking for each choice."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.core.findings import Findings
from eoexplore.store.issues import STATUS, Issues, Wanted
from eoexplore.tiles.issue_queue import STEPS, Queue, count, part

KINDS, CLASSES = ("spots", "labels", "other"), 4


@st.composite
def queues(draw):
    size = draw(st.integers(0, 30))
    numbers = np.random.default_rng(draw(st.integers(0, 999)))
    # Whole percents, so that scores meet the steps that are counted.
    scores = np.sort(numbers.integers(0, 101, size).astype(np.float32) / np.float32(100))[::-1]
    kinds = numbers.integers(0, 3, size).astype(np.int8)
    labels, suspects = (numbers.integers(-1, CLASSES, size).astype(np.int16) for _ in range(2))
    rows = np.arange(size, dtype=np.int32)
    found = Findings(rows, labels, suspects, scores)
    whole = Issues(KINDS, kinds, found, {}, 0)
    small = numbers.random(size) < 0.5
    return Queue(whole, np.arange(size), rows, kinds, labels, suspects, scores, small)


conditions = st.builds(
    Wanted,
    kinds=st.lists(st.sampled_from(KINDS), unique=True).map(tuple),
    label=st.integers(-1, CLASSES - 1),
    least=st.integers(0, 100).map(lambda percent: percent / 100),
    status=st.sampled_from(("", *STATUS)),
)


@given(queues(), conditions)
def test_a_count_is_how_many_there_are(queue, wanted):
    found = count(queue, wanted, CLASSES)

    def left(**change):
        return len(part(queue, replace(wanted, **change)))

    assert found.kinds == [left(kinds=(name,)) for name in KINDS]
    assert found.classes == [left(label=number) for number in range(CLASSES)]
    assert found.status == {name: left(status=name) for name in STATUS}
    assert found.above == [left(least=step / STEPS) for step in range(STEPS + 1)]


@given(queues(), conditions)
def test_what_is_left_fits_and_what_is_not_does_not(queue, wanted):
    chosen = set(part(queue, wanted).tolist())
    for place in range(len(queue)):
        fits = (
            (not wanted.kinds or KINDS[queue.kinds[place]] in wanted.kinds)
            and (wanted.label < 0 or wanted.label in (queue.labels[place], queue.suspects[place]))
            and queue.scores[place] >= np.float32(wanted.least)
            and (not wanted.status or (wanted.status == "undecidable") == queue.small[place])
        )
        assert fits == (place in chosen)


def test_a_kind_that_was_not_looked_for_leaves_nothing():
    none = Issues(("spots",), np.zeros(1, np.int8), Findings.of([0], [0], [1], [0.5]), {}, 0)
    one = np.zeros(1, np.int32)
    own = none.findings
    queue = Queue(
        none, one.astype(np.intp), one, none.numbers, own.labels, own.suspects, own.scores,
        np.zeros(1, bool),
    )  # fmt: skip
    assert len(part(queue, Wanted(kinds=("labels",)))) == 0
    assert len(part(queue, Wanted())) == 1
