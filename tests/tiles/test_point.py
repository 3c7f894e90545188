"""A click gives the numbers that rasterio reads from the file."""

import numpy as np
import pytest
import rasterio
from pyproj import Transformer

from eoexplore.core.selection import parse
from eoexplore.store import catalog
from eoexplore.tiles.scene import shown_of
from tests import builders
from tests.tiles.conftest import ALONE, EASTERN, WESTERN

CORNERS = [(0, 0), (0, 119), (119, 0), (119, 119)]


def place(patch, row, column, at=0.5):
    """Return lon, lat of a part of a 10 m pixel."""
    epsg, left, top = patch.corner
    to_degrees = Transformer.from_crs(epsg, 4326, always_xy=True)
    return to_degrees.transform(left + 10 * (column + at), top - 10 * (row + at))


def ask(client, data, lon, lat, query=""):
    return client.get(f"/point/{data.opened.slug}/{lon:.9f}/{lat:.9f}?{query}")


@pytest.mark.parametrize("patch", [ALONE[0], ALONE[3], EASTERN[0]], ids=lambda patch: patch.id)
@pytest.mark.parametrize(("row", "column"), CORNERS)
def test_point_equals_the_files_at_the_corners(client, data, patch, row, column):
    answer = ask(client, data, *place(patch, row, column)).json()
    assert answer["id"] == patch.id
    assert (answer["pixel"]["row"], answer["pixel"]["column"]) == (row, column)
    assert answer["pixel"]["epsg"] == patch.corner[0]
    for layer in ("s2", "s1"):
        for band in builders.bands_of(layer):
            with rasterio.open(patch.path(data.root, layer, band)) as file:
                east, north = answer["pixel"]["easting"], answer["pixel"]["northing"]
                pixels = file.read(1)[file.index(east, north)]
            assert np.float32(answer["values"][layer][band]) == pixels
    with rasterio.open(patch.path(data.root, "reference_map", "reference_map")) as file:
        code = int(file.read(1)[row, column])
    found = answer["values"]["reference_map"]
    assert found["code"] == code
    group = data.opened.dataset.classes.class_of(code)
    assert (found["class"], found["key"] in group.codes) == (group.name, True)


@pytest.mark.parametrize("at", [0.02, 0.98])
def test_pixels_end_at_their_edges(client, data, at):
    for row, column in CORNERS:
        answer = ask(client, data, *place(ALONE[1], row, column, at)).json()
        assert (answer["id"], answer["pixel"]["row"], answer["pixel"]["column"]) == (
            ALONE[1].id,
            row,
            column,
        )


def test_the_outline_is_the_patch(client, data):
    outline = ask(client, data, *place(ALONE[0], 60, 60)).json()["outline"]
    assert len(outline) == 5
    assert outline[0] == outline[-1]
    epsg, left, top = ALONE[0].corner
    to_utm = Transformer.from_crs(4326, epsg, always_xy=True)
    east, north = to_utm.transform(*np.transpose(outline))
    assert np.allclose(east, [left, left + 1200, left + 1200, left, left], atol=0.05)
    assert np.allclose(north, [top, top, top - 1200, top - 1200, top], atol=0.05)


def test_the_later_date_lies_on_top_and_a_filter_uncovers_the_other(client, data):
    lon, lat = 12.0, 48.20
    both = [block[0].id.rsplit("_", 3)[0] for block in (EASTERN, WESTERN)]
    assert ask(client, data, lon, lat).json()["id"].startswith(both[0])
    below = ask(client, data, lon, lat, "select=split%3Dvalidation").json()
    assert below["id"].startswith(both[1])
    assert ask(client, data, lon, lat, "date=2017-06-01..2017-06-30").json() == below
    assert ask(client, data, lon, lat, "select=split%3Dtest").status_code == 404


def test_a_patch_without_the_drawn_layer_does_not_hide_one_that_has_it(client, tmp_path):
    early = builders.Patch("33UUP", 26, 57, date="20170613T101031")
    late = builders.Patch("33UUP", 26, 57, date="20171105T101031")
    root = builders.write_tree(tmp_path / "some", (early, late), ("s2", "reference_map"))
    (file := late.path(root, "s2", "B02")).parent.rename(file.parents[1] / "elsewhere")
    opened = catalog.add(root)
    lon, lat = place(early, 60, 60)
    url = f"/point/{opened.slug}/{lon:.9f}/{lat:.9f}"
    assert client.get(url).json()["id"] == late.id
    assert client.get(f"{url}?layers=s2").json()["id"] == early.id
    assert client.get(f"{url}?layers=reference_map,s2").json()["id"] == late.id
    assert client.get(f"{url}?layers=footprints,s1,,nothing").json()["id"] == late.id


def test_points_without_a_patch(client, data):
    for lon, lat in ((0, 0), (12.3, 48.2), (-180, 85), (180, -90), (179.9, 89.9)):
        answer = ask(client, data, lon, lat)
        assert (answer.status_code, answer.json()) == (404, {"error": "no patch here"})


def test_every_shown_patch_is_found_at_its_centre(data):
    shown, _ = shown_of(data.scene, parse("split=test|validation")[0])
    tops = shown.tops("")
    samples = data.scene.samples
    for row in np.flatnonzero(shown.mask):
        assert data.scene.places.row_at(samples.lon[row], samples.lat[row], tops) == row


def test_a_card_tells_what_is_known(client, data):
    patch = ALONE[0]
    card = client.get(f"/patch/{data.opened.slug}/{patch.id}/card.json").json()
    assert card["id"] == patch.id
    assert card["title"] == f"29SNC · column {patch.x}, row {patch.y}"
    assert (card["split"], card["country"], card["date"]) == ("test", "Portugal", "13 Jun 2017")
    assert card["epsg"] == 32629
    assert card["s1_id"] == patch.s1_id
    assert card["neighbours"] == {
        "north": None,
        "east": ALONE[1].id,
        "south": ALONE[2].id,
        "west": None,
    }
    _, left, top = patch.corner
    assert card["bounds_utm"] == [left, top - 1200, left + 1200, top]
    codes = patch.pixels("reference_map", "reference_map")
    shares = {label["name"]: label["share"] for label in card["labels"]}
    assert shares["Arable land"] == pytest.approx((codes == 211).mean(), abs=1e-5)
    assert shares["Pastures"] == pytest.approx((codes == 231).mean(), abs=1e-5)
    safe = client.get(f"/patch/{data.opened.slug}/{patch.id}/card.json?palette=safe").json()
    for key in ("labels", "pixel_classes"):
        one, other = ([item["colour"] for item in found[key]] for found in (card, safe))
        assert len({*one} - {*other}) >= 2
    assert [label["key"] for label in card["labels"]] in ([211, 231], [231, 211])
    assert not any(label["small"] for label in card["labels"])
    pixels = {item["key"]: item["share"] for item in card["pixel_classes"]}
    assert pixels == pytest.approx(
        {
            **{code: (codes == code).mean() for code in (211, 231, 312, 313, 512, 523)},
            111: (codes == 112).mean(),
            411: (codes == 411).mean(),
            999: np.isin(codes, (142, 999)).mean(),
        },
        abs=1e-5,
    )
    assert [*pixels.values()] == sorted(pixels.values(), reverse=True)
    assert card["times"] == dict.fromkeys(("s2", "s1"), "13 Jun 2017 10:10:31 UTC")
    assert [layer["layer"] for layer in card["layers"]] == ["s2", "s1", "reference_map"]
    s2 = card["layers"][0]
    assert s2["reflectance"] == 0.0001
    band = {"name": "B05", "title": "red edge 1", "gsd_m": 20, "wavelength_nm": 704.1}
    assert s2["bands"][4] == band
    unlabelled = np.isin(codes, (142, 999)).mean()
    assert card["unlabelled_share"] == pytest.approx(unlabelled, abs=1e-5)
    assert [date["current"] for date in card["dates"]] == [True]
    assert [picture["layer"] for picture in card["pictures"]] == ["s2", "s1", "reference_map"]
    for picture in card["pictures"]:
        assert client.get(picture["url"]).headers["content-type"] == "image/png"


def test_a_label_on_next_to_no_pixels_is_marked(client, tmp_path):
    patch = builders.Patch("33UUP", 26, 57, labels=("Arable land", "Pastures", "Inland wetlands"))
    codes = np.full((120, 120), 211, np.uint16)
    codes[:12, :12] = 231  # 1 %
    codes[60, :100] = 411  # 0.7 %
    root = builders.write_tree(tmp_path / "few", (patch,), layers=("s2",))
    path = patch.path(root, "reference_map", "reference_map")
    builders.write_raster(path, codes, patch, 0)
    opened = catalog.add(root)
    card = client.get(f"/patch/{opened.slug}/{patch.id}/card.json").json()
    # The index has not counted yet: the shares are those of the file.
    marked = {label["name"]: label["small"] for label in card["labels"]}
    assert marked == {"Arable land": False, "Pastures": False, "Inland wetlands": True}
    assert card["unlabelled_share"] == 0
