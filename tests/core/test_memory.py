import ctypes
import os
import subprocess
import sys
import tracemalloc

import pytest

from eoexplore.core.memory import ENTRY_BYTES, ByteCache, beside_table
from eoexplore.tiles.tile import Answer, TileRequest

K = 1_000_000
"""So large that what an entry takes beside its value does not matter."""


def test_the_least_recently_used_entries_go_first():
    cache: ByteCache[str] = ByteCache(10 * K)
    for key in "abc":
        cache.put(key, key, 4 * K)
        assert cache.get("a" if key != "c" else "b") != ""
    assert [cache.get(key) for key in "abc"] == ["a", None, "c"]
    assert (cache.used // K, len(cache)) == (8, 2)


def test_an_entry_that_is_put_again_counts_once():
    cache: ByteCache[str] = ByteCache(10 * K)
    cache.put("a", "old", 6 * K)
    cache.put("a", "new", 7 * K)
    assert (cache.get("a"), cache.used // K) == ("new", 7)


@pytest.mark.parametrize(("least", "kept"), [(0, None), (1, "big")])
def test_one_that_is_too_large_is_kept_only_where_the_last_always_are(least, kept):
    cache: ByteCache[str] = ByteCache(10 * K, least)
    cache.put("small", "small", 4 * K)
    cache.put("big", "big", 11 * K)
    assert cache.get("big") == kept
    assert cache.get("small") == (None if least else "small")


def test_nothing_is_left_after_clearing():
    cache: ByteCache[str] = ByteCache(10 * K, 1)
    cache.put("a", "a", 20 * K)
    cache.clear()
    assert (cache.get("a"), cache.used, len(cache)) == (None, 0, 0)


def test_empty_values_are_bounded_too():
    cache: ByteCache[None] = ByteCache(100_000)
    for number in range(1000):
        cache.put(number, None, 0)
    assert 0 < len(cache) <= 100_000 // ENTRY_BYTES


def test_long_texts_in_a_key_count():
    cache: ByteCache[int] = ByteCache(100_000)
    for number in range(50):
        cache.put(("slug", (number, "x" * 20_000)), number, 0)
    assert len(cache) == 4


def test_what_an_entry_is_said_to_take_is_what_it_takes():
    cache: ByteCache[Answer] = ByteCache(10 * K)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(2000):
            # Texts of their own, as they come out of addresses.
            own = f"split=train&nlabels=1..{number}"
            wanted = TileRequest("s2", 12, number + 1000, number + 2000, select=own, style=own[:9])
            key = ("reben-synthetic", f"15eca7daf04eea7e-{number:x}", wanted)
            cache.put(key, Answer(bytes(300), "image/webp"), 300 + len(own))
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert 0.7 * cache.used < taken < 1.1 * cache.used


def test_a_cache_beside_a_table_grows_with_it():
    assert beside_table(64 * K, 500_000) == 64 * K
    assert beside_table(64 * K, 1_000_000) == 128 * K
    assert beside_table(64 * K, 24) == 4 * K
    assert beside_table(50_000, 24) == 50_000


BLOCKS = """
import ctypes, sys, threading
from eoexplore.core.memory import settle_allocator
if sys.argv[1] == "settled":
    settle_allocator()
library = ctypes.CDLL(None)
free, malloc = library.free, library.malloc
malloc.restype, free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks blocks mapped".split()]
    _fields_ += [(f"more{n}", ctypes.c_size_t) for n in range(5)]
library.mallinfo2.restype = Info
free(malloc(30_000_000))
before = library.mallinfo2().mapped
malloc(5_000_000)
print("mapped" if library.mallinfo2().mapped > before else "in a heap", flush=True)
together = threading.Barrier(6)
threads = [threading.Thread(target=lambda: (together.wait(), malloc(5000))) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallinfo2"),
    reason="only glibc can be told, and tells of its blocks since 2.33",
)
@pytest.mark.parametrize(
    ("how", "environment", "place", "heaps"),
    [("settled", {}, "mapped", {1, 2}), ("as it is", {}, "in a heap", set(range(3, 9))),
     ("settled", {"MALLOC_MMAP_THRESHOLD_": "20000000"}, "in a heap", {1, 2}),
     ("settled", {"MALLOC_ARENA_MAX": "1"}, "mapped", {1})],
)  # fmt: skip
def test_what_is_free_goes_back(how, environment, place, heaps):
    given = {**os.environ, **environment}
    command = [sys.executable, "-c", BLOCKS, how]
    found = subprocess.run(command, env=given, capture_output=True, text=True, check=True).stdout
    assert found.splitlines()[0] == place
    assert found.count("<heap nr=") in heaps
