"""A pixel's values and their provenance equal the files; a layer can be taken away as it is."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.io import MemoryFile

from eoexplore.render.composites import styles_of
from eoexplore.render.indices import catalogue
from eoexplore.store import catalog
from tests import builders, indexing
from tests.datasets.test_reben_lmdb import write_lmdb
from tests.tiles.conftest import ALONE, EASTERN, built
from tests.tiles.test_point import place

# Runs each script by itself, as somebody would who has copied it.
DRIVER = """
import json, sys
def plain(value):
    return None if value is None else [int(part) for part in value]
found = []
for script in json.load(sys.stdin):
    names = {}
    exec(script, names)
    values = {band: value.item() for band, value in names["values"].items()}
    found.append([values, plain(names.get("rgb"))])
    if "database" in names:
        names["database"].close()
print(json.dumps(found))
"""


def run(scripts, folder):
    """Run the scripts in the dataset's folder, without EOExplore on the path."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", DRIVER], input=json.dumps(["\n".join(s) for s in scripts]),
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def pixel(client, data, patch, row, column, **query):
    query = {"row": row, "column": column, **query}
    answer = client.get(f"/patch/{data.opened.slug}/{patch.id}/pixel.json", params=query)
    assert answer.status_code == 200
    return answer


def stored(patch, layer, band, row, column):
    pixels = patch.pixels(layer, band)
    step = 120 // len(pixels)
    return pixels[row // step, column // step]


def colour(client, data, patch, layer, row, column, **query):
    url = f"/patch/{data.opened.slug}/{patch.id}/{layer}.png"
    body = client.get(url, params=query).content
    rgba = np.asarray(Image.open(io.BytesIO(body)).convert("RGBA"))
    step = 120 // len(rgba)
    found = rgba[row // step, column // step].tolist()
    return found[:3] if found[3] else None


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "base"
    write_lmdb(folder / "Encoded", ALONE[:1])
    opened = catalog.add(folder)
    indexing.build(opened.slug)
    return built(catalog.open_slug(opened.slug), folder)


@pytest.mark.parametrize("kind", ["tree", "database"])
def test_lines_give_the_value_and_the_colour(client, data, database, kind):
    chosen = data if kind == "tree" else database
    patch = ALONE[0]
    scripts, wanted = [], []
    for row, column in ((0, 0), (57, 26), (119, 119)):
        found = pixel(client, chosen, patch, row, column).json()
        assert list(found["provenance"]) == ["s2", "s1", "reference_map"]
        for layer, lines in found["provenance"].items():
            text = "\n".join(lines)
            assert str(chosen.root) not in text
            assert "Resampling: none" in text
            scripts.append(lines)
            bands = builders.bands_of(layer)
            values = {band: stored(patch, layer, band, row, column).item() for band in bands}
            wanted.append([values, colour(client, chosen, patch, layer, row, column)])
    assert run(scripts, chosen.root) == wanted
    s2 = "\n".join(scripts[3])
    assert "a 20 m pixel covers 2 x 2 and a 60 m pixel covers 6 x 6 of them" in s2
    assert "row=28, column=13)" in s2
    assert "recorded 2017-06-13 10:10:31 UTC" in s2


STYLES = {
    "s2": (
        *(style.id for style in styles_of("s2") if not style.id.startswith("index.")),
        *(f"index.{name}" for name in list(catalogue())[::5]),
        "true_colour~r200..1500~g1.7",
        "swir~p2..98~inv",
        "band.B05~g0.4~inv",
        "index.NDVI~r-0.2..0.9~g0.8~inv",
        "index.EVI~p5..95",
    ),
    "s1": ("vv_vh", "vv~g1.8", "vh~r-30..-8~inv", "vv_vh~g0.5~inv"),
    "reference_map": ("clc3", "clc2", "clc1", "clc19~not211.312", "clc19~only411", "clc3~only999"),
}


@pytest.mark.parametrize("layer", list(STYLES))
def test_lines_give_the_colour_of_every_style(client, data, layer):
    scripts, wanted = [], []
    for number, style in enumerate(STYLES[layer]):
        row, column = 7 * number % 120, 31 * number % 120
        query = {"styles": f"{layer}:{style}", "palette": ("official", "safe")[number % 2]}
        answer = pixel(client, data, EASTERN[2], row, column, **query)
        assert "X-EOExplore-Notice" not in answer.headers
        scripts.append(answer.json()["provenance"][layer])
        look = {"style": style, "palette": query["palette"]}
        wanted.append((style, colour(client, data, EASTERN[2], layer, row, column, **look)))
    colours = [rgb for _, rgb in run(scripts, data.root)]
    found = list(zip(STYLES[layer], colours, strict=True))
    assert found == wanted
    assert len({str(rgb) for _, rgb in found}) > len(found) / 3


def test_values_place_and_units(client, data):
    found = pixel(client, data, EASTERN[0], 3, 110).json()
    assert (found["row"], found["column"], found["epsg"]) == (3, 110, 32633)
    assert (found["lon"], found["lat"]) == pytest.approx(place(EASTERN[0], 3, 110), abs=1e-6)
    for layer in ("s2", "s1"):
        for band in builders.bands_of(layer):
            wanted = stored(EASTERN[0], layer, band, 3, 110)
            assert np.float32(found["values"][layer][band]) == np.float32(wanted)
    code = stored(EASTERN[0], "reference_map", "reference_map", 3, 110)
    assert found["values"]["reference_map"]["code"] == code
    assert found["units"] == {"s2": "DN", "s1": "dB"}


def test_every_date_of_the_place_has_its_values(client, tmp_path):
    days = ("20171105T101031", "20170613T101031", "20180301T101031")
    patches = tuple(builders.Patch("33UUP", 26, 57, date=day) for day in days)
    opened = catalog.add(builders.write_tree(tmp_path / "dates", patches, layers=("s2",)))
    indexing.build(opened.slug)
    chosen = built(catalog.open_slug(opened.slug), tmp_path / "dates")
    found = pixel(client, chosen, patches[0], 60, 61).json()
    assert [(each["date"], each["current"]) for each in found["dates"]] == [
        ("13 Jun 2017", False),
        ("5 Nov 2017", True),
        ("1 Mar 2018", False),
    ]
    for each, patch in zip(found["dates"], (patches[1], patches[0], patches[2]), strict=True):
        assert each["id"] == patch.id
        assert each["values"]["s2"]["B04"] == stored(patch, "s2", "B04", 60, 61)
    assert list(found["provenance"]) == ["s2"]


@pytest.mark.parametrize(
    ("query", "row", "column"),
    [
        ({"row": -5, "column": 999}, 0, 119),
        ({"row": "x", "column": ""}, 59, 59),
        ({"row": "1e9", "column": "²"}, 59, 59),
    ],
)
def test_odd_rows_and_columns_are_cut_to_the_patch(client, data, query, row, column):
    found = pixel(client, data, ALONE[0], **query).json()
    assert (found["row"], found["column"]) == (row, column)


def test_an_unknown_style_gives_the_default_and_a_notice(client, data):
    answer = pixel(client, data, ALONE[0], 0, 0, styles="s2:nothing,s1,zz:1,,:")
    assert "nothing" in answer.headers["X-EOExplore-Notice"]
    plain = pixel(client, data, ALONE[0], 0, 0)
    assert answer.json() == plain.json()
    assert "X-EOExplore-Notice" not in plain.headers


def test_unknown_patches_and_layers_are_not_found(client, data):
    folder = f"/patch/{data.opened.slug}"
    for path in ("nobody/pixel.json", "nobody/s2.tif", f"{ALONE[0].id}/s9.tif"):
        assert client.get(f"{folder}/{path}").status_code == 404


def test_files_that_cannot_be_read_are_said(client, tmp_path):
    patch = builders.Patch("33UUP", 30, 57)
    root = builders.write_tree(tmp_path / "cut", (patch,))
    file = patch.path(root, "s2", "B05")
    file.write_bytes(file.read_bytes()[:300])
    patch.path(root, "s2", "B06").unlink()
    opened = catalog.add(root)
    chosen = built(opened, root)
    found = pixel(client, chosen, patch, 5, 5, styles="s2:true_colour").json()
    assert "damaged" in found["values"]["s2"]["error"]
    lines = found["provenance"]["s2"]
    assert "    # B05: its file cannot be read." in lines
    assert f"    # B06: {patch.id} has no file for B06." in lines
    ((values, rgb),) = run([lines], root)
    assert sorted(values) == sorted({*builders.S2_GSD} - {"B05", "B06"})
    assert rgb == colour(client, chosen, patch, "s2", 5, 5, style="true_colour")
    answer = client.get(f"/patch/{opened.slug}/{patch.id}/s2.tif")
    assert answer.headers["X-EOExplore-Notice"].startswith("B05 is not in the file")
    with MemoryFile(answer.content) as memory, memory.open() as whole:
        assert not {"B05", "B06"} & {*whole.descriptions}
        assert whole.count == 10


@pytest.mark.parametrize("layer", ["s2", "s1", "reference_map"])
def test_a_layer_is_taken_away_as_it_is_stored(client, data, layer):
    patch = EASTERN[1]
    answer = client.get(f"/patch/{data.opened.slug}/{patch.id}/{layer}.tif")
    assert f"{patch.id}_{layer}.tif" in answer.headers["Content-Disposition"]
    assert answer.headers["content-type"] == "image/tiff"
    epsg, left, top = patch.corner
    with MemoryFile(answer.content) as memory, memory.open() as file:
        assert file.descriptions == builders.bands_of(layer)
        assert file.crs.to_epsg() == epsg
        assert tuple(file.bounds) == (left, top - 1200, left + 1200, top)
        assert file.nodata == (None if layer == "s1" else 0)
        assert set(file.dtypes) == {"float32" if layer == "s1" else "uint16"}
        for place_, band in enumerate(builders.bands_of(layer), start=1):
            with rasterio.open(patch.path(data.root, layer, band)) as source:
                pixels = source.read(1)
            step = 120 // len(pixels)
            whole = np.kron(pixels, np.ones((step, step), pixels.dtype))
            np.testing.assert_array_equal(file.read(place_), whole)


@pytest.mark.parametrize("folder", ["reben_mini", "reben/ben_v2_lmdb"])
def test_real_patches_give_the_numbers_of_their_files(client, real_data, folder):
    opened = catalog.add(real_data / folder)
    chosen = built(opened, real_data / folder)
    # The one of the most layers.
    layers = [f"has_{layer.name}" for layer in opened.dataset.layers]
    frame = opened.samples.frame
    mapped = frame["id"][frame[layers].sum(axis=1).idxmax()]
    scripts, wanted = [], []
    url = f"/patch/{opened.slug}/{mapped}"
    for row, column in ((0, 0), (31, 118), (119, 64)):
        found = client.get(f"{url}/pixel.json?row={row}&column={column}").json()
        for layer, lines in found["provenance"].items():
            scripts.append(lines)
            read = found["values"][layer]
            values = {"reference_map": read["code"]} if layer == "reference_map" else read
            assert values
            body = client.get(f"{url}/{layer}.png").content
            rgba = np.asarray(Image.open(io.BytesIO(body)).convert("RGBA"))
            wanted.append((values, rgba[row, column].tolist()[:3]))
    for (values, rgb), (shown, colour_) in zip(run(scripts, chosen.root), wanted, strict=True):
        assert rgb == colour_
        assert values == pytest.approx(shown, rel=1e-6)
