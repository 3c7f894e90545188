"""The benchmark in its smallest form: what it makes, what it measures, what it prints."""

import json

import pyarrow.parquet as pq
import pytest

from benchmarks import area, bench, fulltable, pictures
from benchmarks.tiles import Effort
from eoexplore import cli
from eoexplore.store import catalog

TINY = bench.Size(
    rows=700,
    side=7,
    layers=("s2", "reference_map"),
    effort=Effort(tiles=1, repeats=1, peers=1, peer_repeats=1),
    repeats=1,
    starts=0,
    quick=True,
)


@pytest.fixture(scope="module", autouse=True)
def users_cache(tmp_path_factory):
    """The cache of a user who has opened nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def document() -> dict:
    """Return what the smallest benchmark measures."""
    return bench.measure(TINY, clock="cpu")


@pytest.fixture(scope="module")
def full_table(tmp_path_factory):
    """Return an invented table of all patches, as one table."""
    folder = tmp_path_factory.mktemp("table")
    fulltable.write(folder, 120_000)
    names = (fulltable.RECOMMENDED, fulltable.SPOILED)
    return {name: pq.read_table(folder / name).to_pandas() for name in names}


def test_every_figure_has_the_keys_of_the_contract(document):
    keys = {"name", "value", "unit", "baseline", "ratio", "budget", "met", "n", "p50", "p95"}
    assert all(set(item) == keys for item in document["figures"])
    assert json.loads(json.dumps(document)) == document
    assert document["machine"]["clock"] == "cpu"


def test_names_are_given_once(document):
    names = [item["name"] for item in document["figures"]]
    assert len(set(names)) == len(names)


def test_tiles_are_compared_with_floor_and_peer_warm_and_cold(document):
    names = " | ".join(item["name"] for item in document["figures"])
    for layer in ("s2", "reference_map"):
        for what in ("warm, floor", "cold, floor", "warm, peer"):
            assert f"tile {layer} 1-6 patches {what}" in names
    assert "filter 700 rows by class, split, country, season, box" in names
    assert "facets of 700 rows" in names


def test_ratios_follow_from_value_and_baseline(document):
    compared = [item for item in document["figures"] if item["ratio"] is not None]
    assert compared
    for item in compared:
        pair = item["value"], item["baseline"]
        over, under = reversed(pair) if (item["budget"] or "").startswith(">=") else pair
        assert item["ratio"] == pytest.approx(over / under, rel=0.01)


def test_tiles_show_what_they_should(document):
    assert bench.broken(document) == []
    judged = [item for item in document["figures"] if item["unit"] in pictures.UNITS]
    assert len(judged) >= 6
    judged[0]["met"] = False
    assert bench.broken(document) == [judged[0]["name"]]


def test_the_table_for_people_has_a_line_for_each_figure(document):
    lines = bench.table(document).splitlines()
    assert len(lines) == len(document["figures"]) + 1


def test_nothing_of_the_benchmark_is_left_in_the_users_cache(document):
    assert [item.slug for item in catalog.entries()] == []


def test_invented_tables_have_the_cardinalities_of_the_release(full_table):
    both = list(full_table.values())
    ids = [name for frame in both for name in frame["patch_id"]]
    assert len(set(ids)) == 120_000
    assert len({name[:-6] for name in ids}) == 115
    assert {name for frame in both for name in frame["country"]} == set(fulltable._COUNTRIES)
    assert len({tuple(names) for frame in both for names in frame["labels"]}) == 5_450
    spoiled = full_table[fulltable.SPOILED]
    assert (spoiled["contains_seasonal_snow"] ^ spoiled["contains_cloud_or_shadow"]).all()


def test_a_table_without_a_square_is_refused(tmp_path):
    fulltable.write(tmp_path, 500, block=3)
    with pytest.raises(area.JobError, match="90 x 90 patches side by side"):
        area.find_square(tmp_path, 90)


def test_a_folder_without_tables_is_refused(tmp_path, capsys):
    assert cli.main(["bench", "--metadata", str(tmp_path)]) == 1
    assert "There is no metadata.parquet" in capsys.readouterr().err


def test_an_installation_without_the_benchmark_says_so(tmp_path, monkeypatch, capsys):
    import eoexplore

    monkeypatch.setattr(eoexplore, "__file__", str(tmp_path / "eoexplore" / "__init__.py"))
    assert cli.main(["bench"]) == 1
    assert "Run this in a checkout" in capsys.readouterr().err
