"""Readers keep no more than their caches allow, and work with nothing kept."""

import lmdb
import numpy as np
import pandas as pd
import pytest

from eoexplore.core.memory import ByteCache
from eoexplore.datasets import _reben_files, _reben_stream
from eoexplore.datasets._reben_contents import Contents
from eoexplore.datasets._reben_files import Lmdb
from eoexplore.datasets._reben_stream import Listed

NAMES = [f"S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_{n:02d}_10" for n in range(40)]


@pytest.mark.parametrize(("limit", "reads"), [(10_000_000, 1), (10, 4)])
def test_listed_names_are_read_again_when_they_are_not_kept(monkeypatch, limit, reads):
    cache: ByteCache[np.ndarray] = ByteCache(limit)
    monkeypatch.setattr(_reben_stream, "_names", cache)
    done = []

    def read():
        done.append(1)
        return pd.DataFrame({"patch_id": NAMES[::-1], "s1_name": NAMES})

    listed = Listed(read)
    for key in ("id", "s1_id", "id", "s1_id"):
        assert listed.names(key).astype(str).tolist() == NAMES
    assert len(done) == reads
    assert cache.used <= limit
    other = Listed(lambda: pd.DataFrame({"patch_id": NAMES[:2], "s1_name": NAMES[:2]}))
    assert len(other.names("id")) == 2


@pytest.mark.parametrize("limit", [10_000_000, 10])
def test_names_of_a_database_are_the_same_kept_or_not(tmp_path, monkeypatch, limit):
    cache: ByteCache[bytes] = ByteCache(limit)
    monkeypatch.setattr(_reben_files, "_keys", cache)
    with lmdb.open(str(tmp_path)) as database, database.begin(write=True) as transaction:
        for name in NAMES:
            transaction.put(name.encode(), b"1")
            transaction.put(f"{name}_reference_map".encode(), b"1")
    files = Lmdb(tmp_path)
    for _ in range(2):
        assert files.keys("s2") == files.keys("reference_map") == NAMES
        assert files.keys("s1") == []
    assert len(cache) == (limit > 10)


def test_an_empty_database_has_no_names(tmp_path):
    lmdb.open(str(tmp_path)).close()
    assert Lmdb(tmp_path).keys("s2") == []


def test_the_list_of_an_archive_keeps_no_texts():
    names = np.array(NAMES, np.bytes_)
    found = Contents(names, np.zeros((40, 1), np.int64), np.zeros((40, 1), np.int32))
    assert found.keys == NAMES
    assert vars(found).keys() == {"names", "offsets", "sizes", "notes", "damage"}
