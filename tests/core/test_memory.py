import pytest

from eoexplore.core.memory import ByteCache


def test_the_least_recently_used_entries_go_first():
    cache: ByteCache[str] = ByteCache(10)
    for key in "abc":
        cache.put(key, key, 4)
        assert cache.get("a" if key != "c" else "b") != ""
    assert [cache.get(key) for key in "abc"] == ["a", None, "c"]
    assert (cache.used, len(cache)) == (8, 2)


def test_an_entry_that_is_put_again_counts_once():
    cache: ByteCache[str] = ByteCache(10)
    cache.put("a", "old", 6)
    cache.put("a", "new", 7)
    assert (cache.get("a"), cache.used) == ("new", 7)


@pytest.mark.parametrize(("least", "kept"), [(0, None), (1, "big")])
def test_one_that_is_too_large_is_kept_only_where_the_last_always_are(least, kept):
    cache: ByteCache[str] = ByteCache(10, least)
    cache.put("small", "small", 4)
    cache.put("big", "big", 11)
    assert cache.get("big") == kept
    assert cache.get("small") == (None if least else "small")


def test_nothing_is_left_after_clearing():
    cache: ByteCache[str] = ByteCache(10, 1)
    cache.put("a", "a", 20)
    cache.clear()
    assert (cache.get("a"), cache.used, len(cache)) == (None, 0, 0)
