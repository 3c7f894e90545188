"""What a browser may take away."""

import io

import geopandas
import pandas as pd
import pytest

from eoexplore.core import settings
from eoexplore.tiles import export


def left_over():
    return [*(settings.cache_folder() / "exports").iterdir()]


@pytest.mark.parametrize("ending", ["parquet", "geojson", "csv"])
def test_a_selection_is_a_file_of_a_sensible_name(data, client, ending):
    answer = client.get(f"/export/{data.opened.slug}/selection.{ending}?select=split%3Dvalidation")
    assert answer.status_code == 200
    name = f"{data.opened.slug}-4-samples.{ending}"
    assert name in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    read = {"parquet": geopandas.read_parquet, "geojson": geopandas.read_file, "csv": pd.read_csv}
    found = read[ending](io.BytesIO(answer.content))
    assert set(found["split"]) == {"validation"}
    assert len(found) == 4
    assert str(data.root).encode() not in answer.content
    assert left_over() == []


@pytest.mark.parametrize(
    ("select", "status", "sentence"),
    [
        ("split%3Dnone", 404, "no patch matches"),
        ("colour%3Dred", 400, "nothing was exported"),
        ("class%3Dany%3ALava", 400, "nothing was exported"),
        ("sel%3A0123456789abcdef", 400, "nothing was exported"),
    ],
)
def test_a_selection_that_cannot_be_used_is_refused(data, client, select, status, sentence):
    answer = client.get(f"/export/{data.opened.slug}/selection.csv?select={select}")
    assert answer.status_code == status
    assert sentence in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["selection.shp", "selection.csv/x", "selection", "..%2fselection.csv", "view.jpg", ""]
)
def test_other_files_do_not_exist(data, client, path):
    assert client.get(f"/export/{data.opened.slug}/{path}").status_code == 404


def test_an_unknown_dataset_is_not_found(client):
    assert client.get("/export/gone/selection.csv").status_code == 404


def test_files_that_nobody_fetched_are_removed(data, client, monkeypatch):
    stale = export.new_file("csv")
    stale.write_text("left", encoding="utf-8")
    fresh = export.new_file("csv")
    assert stale.is_file()
    monkeypatch.setattr(export, "_FORGOTTEN_S", -1)
    export.new_file("csv")
    assert not stale.exists()
    assert not fresh.exists()
