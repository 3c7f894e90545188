"""Labels to judge by: what a file says, and what it leaves open."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eoexplore.core.errors import PredictionError
from eoexplore.store import catalog, truth
from tests import builders

PATCHES = tuple(builders.Patch("33UUP", x, 5) for x in range(4))
IDS = sorted(patch.id for patch in PATCHES)


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    builders.write_metadata(tmp_path / "small", PATCHES)
    return catalog.add(tmp_path / "small")


def read(opened, tmp_path, ids, labels, kind=pa.list_):
    table = pa.table({"id": ids, "labels": pa.array(labels, kind(pa.string()))})
    pq.write_table(table, tmp_path / "truth.parquet")
    return truth.read(opened, tmp_path / "truth.parquet")


@pytest.mark.parametrize("kind", [pa.list_, pa.large_list])
def test_no_list_is_not_known_and_an_empty_one_is_no_class(opened, tmp_path, kind):
    found = read(opened, tmp_path, IDS[:3], [["Pastures"], [], None], kind)
    assert found.known.tolist() == [True, True, False, False]
    bit = 1 << opened.dataset.classes.names.index("Pastures")
    assert found.masks.tolist() == [bit, 0, 0, 0]


def test_a_sample_that_stands_twice_has_to_say_the_same(opened, tmp_path):
    same = read(opened, tmp_path, [IDS[0], IDS[0]], [["Pastures"], ["Pastures"]])
    assert same.known.sum() == 1
    with pytest.raises(PredictionError, match="more than once"):
        read(opened, tmp_path, [IDS[0], IDS[0]], [["Pastures"], []])
