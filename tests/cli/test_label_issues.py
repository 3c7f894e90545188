"""`label-issues`: the same findings as the page, and what they are worth where that is known."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio

from eoexplore import cli
from eoexplore.evidence import kind as evidence
from eoexplore.evidence import labels, spots
from eoexplore.jobs import label_issues
from eoexplore.store import issues
from tests.halving import PATCHES, opened_halves


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("halves")
    with opened_halves(folder) as found:
        yield found, folder


@pytest.fixture
def halves(made, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(made[1] / "cache"))
    monkeypatch.setattr(evidence, "kinds", lambda: (spots.KIND, labels.KIND))
    return made[0]


@pytest.fixture
def said(halves, capsys):
    assert halves.land

    def run(*words):
        status = cli.main(["label-issues", "reben-halves", *words])
        streams = capsys.readouterr()
        return status, streams.out, streams.err

    return run


def write_truth(folder):
    """Write the truth: the small spot is an error, the large one is none."""
    west, south = min(one.x for one in PATCHES), max(one.y for one in PATCHES)
    wrong = next(one for one in PATCHES if (one.x, one.y) == (west, south))
    ids = [one.id for one in PATCHES]
    lists = [["Arable land", "Pastures"]] * len(PATCHES)
    kinds = ["recoded" if one is wrong else "" for one in PATCHES]
    table = {"patch_id": ids, "true_labels": lists, "kind": kinds}
    pq.write_table(pa.table(table), folder / "true.parquet")
    (folder / "true").mkdir()
    for patch in PATCHES:
        stored = patch.path(folder.parent, "reference_map", "reference_map")
        codes = patch.pixels("reference_map", "reference_map")
        if patch is wrong:
            codes[48:72, 48:72] = 231
        with rasterio.open(
            folder / "true" / f"{patch.id}_reference_map.tif", "w", driver="GTiff", width=120,
            height=120, count=1, dtype="uint16", crs="EPSG:32633",
            transform=rasterio.transform.from_origin(*patch.corner[1:], 10, 10),
        ) as file:  # fmt: skip
            file.write(codes, 1)
        assert stored is not None
    return folder / "true.parquet"


def test_json_has_the_findings_of_the_page(halves, said):
    status, out, _ = said("--predictions", "land", "--json")
    assert status == 0
    found = json.loads(out)
    kept = issues.together(halves.opened, label_issues.names(halves.land), "land")
    places, rows = issues.places(
        kept, issues.Wanted(), halves.opened.samples, np.ones(len(halves.opened.samples), bool)
    )
    assert found["issues"] == len(places) == 2
    assert found["by_reason"] == {"spots": 2, "labels": 0}
    assert found["by_class"]["Pastures"] == found["by_class"]["Arable land"] == 1
    ids = halves.opened.samples.frame["id"].iloc[rows].tolist()
    assert [one["id"] for one in found["first"]] == ids
    assert found["first"][0]["score"] == pytest.approx(kept.findings.scores[0], abs=1e-4)
    assert found["warnings"] == []
    assert "precision" not in found


def test_conditions_leave_a_part(said):
    def count(*words):
        return json.loads(said("--predictions", "land", "--json", *words)[1])["issues"]

    assert count("--class", "Marine waters") == 0
    assert count("--reason", "labels") == 0
    assert count("--status", "undecidable") == 1
    assert count("--least", "0.999") == 0
    assert count("--select", f"ids={PATCHES[0].id}") in (0, 1)


def test_as_text_each_finding_is_a_sentence(said):
    status, out, _ = said("--predictions", "land")
    assert status == 0
    assert "2 findings." in out
    assert "that the map calls Pastures, the model sees Arable land" in out


def test_the_truth_judges_the_order_and_changes_nothing_else(said, tmp_path):
    truth = write_truth(tmp_path)
    plain = json.loads(said("--predictions", "land", "--json")[1])
    found = json.loads(said("--predictions", "land", "--json", "--truth", str(truth))[1])
    assert {key: found[key] for key in plain} == plain
    judged = found["by_truth"]
    assert judged["maps"]["errors"] == 1
    assert judged["maps"]["base"] == pytest.approx(1 / 9, abs=1e-4)
    # The weaker one of two suspects is the error.
    assert found["lift"] == 0
    assert judged["maps"]["precision_at"]["50"] == pytest.approx(1 / 9, abs=1e-4)
    assert judged["spots"]["errors"] == 1
    assert judged["scenes"]["errors"] == 0
    assert judged["scenes"]["lift"] is None
    truth.unlink()
    shutil.rmtree(tmp_path / "true")
    assert json.loads(said("--predictions", "land", "--json")[1]) == plain
    status, _, err = said("--predictions", "land", "--truth", str(truth))
    assert status == 1
    assert "true.parquet" in err


def test_without_true_maps_only_scenes_are_judged(said, tmp_path):
    truth = write_truth(tmp_path)
    shutil.rmtree(tmp_path / "true")
    found = json.loads(said("--predictions", "land", "--json", "--truth", str(truth))[1])
    assert set(found["by_truth"]) == {"scenes"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--predictions", "nothing"), "no prediction set 'nothing'"),
        (("--predictions", "land", "--class", "Lava"), "no class 'Lava'"),
        (("--predictions", "land", "--reason", "guess"), "There is: spots, labels"),
        (("--predictions", "land", "--select", "colour=red"), "Nothing was counted"),
    ],
)
def test_bad_input_is_one_sentence(said, words, sentence):
    status, out, err = said(*words)
    assert status == 1
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err
