"""What an index needs is said before it begins."""

from types import SimpleNamespace

import pytest

from eoexplore.core.errors import JobError
from eoexplore.jobs import needs
from eoexplore.jobs.needs import Needs
from eoexplore.jobs.parts import Patch, Product, Work
from eoexplore.store.folder import IndexFolder
from eoexplore.store.versions import BUILT


@pytest.fixture
def machine(monkeypatch):
    """A machine of eight cores; return a function that sets its free memory."""

    def free(length):
        found = SimpleNamespace(available=length)
        monkeypatch.setattr(needs.psutil, "virtual_memory", lambda: found)

    monkeypatch.setattr(needs.psutil, "cpu_count", lambda: 8)
    free(64_000_000_000)
    return free


def work(patches, tmp_path, groups=BUILT, changed=None):
    own = tuple(Patch(str(n), n % 91, n // 91, {}) for n in range(patches))
    return Work(Product("", IndexFolder(tmp_path), "P", "33UUP", own), groups, changed)


def test_no_more_processes_than_cores_pieces_of_work_and_memory_allow(machine, tmp_path):
    todo = [work(8281, tmp_path)] * 20
    found = needs.of(IndexFolder(tmp_path), todo, 1, None)
    assert found.processes == 8
    assert 1e9 < found.memory < 2.5e9
    assert needs.of(IndexFolder(tmp_path), todo[:3], 1, None).processes == 3
    machine(3.2 * found.memory)
    assert needs.of(IndexFolder(tmp_path), todo, 1, None).processes == 2
    machine(1000)
    assert needs.of(IndexFolder(tmp_path), todo, 1, None).processes == 1
    # Who says a number gets it, and is told.
    asked = needs.of(IndexFolder(tmp_path), todo, 1, 4)
    assert asked.processes == 4
    assert asked.sentence().endswith("more than is free: use fewer processes (--workers).")


def test_memory_follows_the_largest_product_and_what_is_made_of_it(machine, tmp_path):
    folder = IndexFolder(tmp_path)
    small, large = work(10, tmp_path), work(4000, tmp_path)
    assert needs.of(folder, [small], 0, 1).memory < 1.1 * needs.PROCESS
    both = needs.of(folder, [small, large], 0, 1)
    assert both.memory == needs.of(folder, [large], 0, 1).memory
    assert needs.of(folder, [work(4000, tmp_path, ("sar",))], 0, 1).memory < both.memory
    assert needs.of(folder, [small, work(4000, tmp_path, changed=3)], 0, 1).patches == 13


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            Needs(5, 320_000, 67_600_000_000, 380_000_000, 22_000_000_000, 2),
            "The index needs up to 320 kB of disk in the cache folder (67.6 GB free) and, with 2 "
            "processes, 760 MB of memory (22.0 GB free).",
        ),
        (
            Needs(5, 32_000_000_000, 67_600_000_000, 1_400_000_000, 22_000_000_000, 1),
            "The index needs up to 32.0 GB of disk in the cache folder (67.6 GB free) and, with "
            "one process, 1.4 GB of memory (22.0 GB free).",
        ),
        (
            Needs(5, 320_000, 67_600_000_000, 380_000_000, 1, 0),
            "The index needs up to 320 kB of disk in the cache folder (67.6 GB free) and 380 MB "
            "of memory per worker.",
        ),
    ],
)
def test_it_is_a_sentence(given, sentence):
    assert given.sentence() == sentence


def test_a_disk_that_is_too_small_is_refused():
    Needs(5, 1000, 1000, 0, 0, 1).check_disk()
    with pytest.raises(
        JobError, match=r"needs about 2\.0 GB .* 1\.0 GB free\. Free some space, or"
    ):
        Needs(5, 2_000_000_000, 1_000_000_000, 0, 0, 1).check_disk()
