"""`tile`: the bytes of the server, and what it refuses."""

import math

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.store import catalog
from eoexplore.tiles.routes import routes


def place(opened, z):
    """Return column and row of the tile at the first patch."""
    lon, lat = opened.samples.lon[0], math.radians(opened.samples.lat[0])
    across, down = (lon + 180) / 360, (1 - math.asinh(math.tan(lat)) / math.pi) / 2
    return int(across * 2**z), int(down * 2**z)


@pytest.mark.parametrize(
    ("layer", "z", "ending", "query"),
    [
        ("s2", 14, "png", {}),
        ("s2", 14, "webp", {"style": "colour_infrared", "select": "split=train"}),
        ("reference_map", 13, "png", {"select": "class=any:Inland waters"}),
        ("reference_map", 13, "png", {"style": "clc2~line", "palette": "safe"}),
        ("s2", 13, "png", {"style": "index.NDVI~r-0.2..0.9~inv", "date": "earliest"}),
        ("density", 6, "png", {"style": "dominant"}),
        ("density", 6, "png", {}),
    ],
)
def test_the_same_bytes_as_the_server(tree, said, tmp_path, layer, z, ending, query):
    opened = catalog.add(tree)
    x, y = place(opened, z)
    out = tmp_path / f"tile.{ending}"
    options = [part for key, value in query.items() for part in (f"--{key}", value)]
    status, said_out, err = said("tile", tree, layer, z, x, y, "--out", out, *options)
    assert (status, err) == (0, "")
    assert said_out.startswith("Written: ")
    client = TestClient(Starlette(routes=routes()), base_url="http://127.0.0.1:8501")
    answer = client.get(f"/tiles/{opened.slug}/{layer}/{z}/{x}/{y}.{ending}", params=query)
    assert answer.status_code == 200
    assert out.read_bytes() == answer.content


def test_jpeg_by_its_longer_ending(tree, said, tmp_path):
    x, y = place(catalog.add(tree), 14)
    assert said("tile", tree, "s2", 14, x, y, "--out", tmp_path / "a.JPEG")[0] == 0
    assert (tmp_path / "a.JPEG").read_bytes()[:2] == b"\xff\xd8"


def test_without_an_index_it_says_why_a_middle_zoom_is_empty(tree, said, tmp_path):
    x, y = place(catalog.add(tree), 10)
    status, _, err = said("tile", tree, "s2", 10, x, y, "--out", tmp_path / "a.png")
    assert status == 0
    assert "index reben-small" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("s9", 13, 1, 1, "--out", "a.png"), "Layers: s2, s1, reference_map, footprints, density"),
        (("s2", 13, 99999, 1, "--out", "a.png"), "zooms are 0 to 20"),
        (("s2", -1, 1, 1, "--out", "a.png"), "zooms are 0 to 20"),
        (("s2", 13, 1, 1, "--out", "a.gif"), "Formats: png, jpg, webp"),
        (("s2", 13, 1, 1, "--out", "a"), "Formats: png, jpg, webp"),
        (("s2", 13, 1, 1, "--out", "a.png", "--style", "x"), "Known: true_colour"),
        (("s2", 13, 1, 1, "--out", "a.png", "--select", "splat=x"), "'splat' is not known"),
        (("s2", 13, 1, 1, "--out", "a.png", "--select", "share=Pastures>=0.1"), "index"),
    ],
)
def test_refusals_name_what_exists_and_write_nothing(
    tree, said, tmp_path, monkeypatch, words, sentence
):
    monkeypatch.chdir(tmp_path)
    status, out, err = said("tile", tree, *words)
    assert (status, out) == (1, "")
    assert sentence in err
    assert not list(tmp_path.glob("a*"))
