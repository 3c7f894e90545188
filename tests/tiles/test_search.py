import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoexplore.tiles import gazetteer
from eoexplore.tiles.search import MAX_RESULTS, search
from tests.tiles.conftest import ALONE, EASTERN, PATCHES

KINDS = {"coordinates", "patch", "town", "country", "tile"}


@pytest.fixture
def find(client, data):
    def ask(text):
        answer = client.get(f"/search/{data.opened.slug}", params={"q": text})
        assert answer.status_code == 200
        return answer.json()["results"]

    return ask


def holds(result, lon, lat):
    west, south, east, north = result["bounds"]
    return west <= lon <= east and south <= lat <= north


def test_coordinates_come_first_and_say_how_they_were_read(find):
    first, *others = find("48.21, 12.94")
    assert (first["kind"], first["title"]) == ("coordinates", "48.21° N, 12.94° E")
    assert first["detail"] == "read as latitude, longitude"
    assert holds(first, 12.94, 48.21)
    assert others == []


def test_longitude_first_is_offered_where_the_dataset_lies(find):
    first, second = find("-8.3, 38.35")
    assert holds(first, 38.35, -8.3)
    assert holds(second, -8.3, 38.35)
    assert second["detail"] == "read as longitude, latitude"
    assert len(find("38.35, -8.3")) == 1


@pytest.mark.parametrize("shape", ["{id}", "{lower}", "{s1}", "T{tile}_{x}_{y}", "{tile} {x} {y}"])
def test_a_patch_is_found_by_its_names(find, shape):
    patch = ALONE[1]
    text = shape.format(
        id=patch.id, lower=patch.id.lower(), s1=patch.s1_id, tile=patch.tile, x=patch.x, y=patch.y
    )
    (found,) = find(text)
    assert (found["kind"], found["id"]) == ("patch", patch.id)
    assert found["title"] == f"{patch.tile}_{patch.x:02d}_{patch.y:02d}"
    assert found["detail"] == "13 Jun 2017 · Portugal · test"


def test_patches_are_found_by_a_part_of_a_name(find):
    assert {item["id"] for item in find("20170801T10")} == {patch.id for patch in EASTERN}
    assert {item["id"] for item in find(EASTERN[0].id[:30])} == {patch.id for patch in EASTERN}
    assert len(find("S1A_IW_GRDH_1SDV_2017")) == MAX_RESULTS
    column = {patch.id for patch in ALONE if patch.x == ALONE[0].x}
    assert {item["id"] for item in find(f"29SNC_{ALONE[0].x}")} == column
    # A number that is still being typed.
    assert column <= {item["id"] for item in find(f"29SNC_{str(ALONE[0].x)[0]}")}


@pytest.mark.parametrize("text", ["29SNC_99_99", "S2A_MSIL2A_1999", "20991231", f"x{ALONE[0].id}"])
def test_a_patch_that_is_not_there_is_not_found(find, text):
    assert find(text) == []


def test_tiles(find, data):
    (found,) = find("29snc")
    assert (found["kind"], found["title"], found["id"]) == ("tile", "29SNC", None)
    assert found["detail"] == "4 patches"
    samples = data.scene.samples
    for row in (samples.row(patch.id) for patch in ALONE):
        assert holds(found, samples.lon[row], samples.lat[row])
    assert [item["title"] for item in find("33U")] == ["33UTP"]
    (other,) = find("T31UFT")
    assert other["detail"] == "no patch of this dataset"
    assert holds(other, 5.12, 52.09)
    assert find("99ZZZ") == []


def test_towns_ignore_case_and_accents(find):
    for text in ("Nürnberg", "NURNBERG", "nuernberg", "nürnberg, germany", "nurnb"):
        first = find(text)[0]
        assert (first["kind"], first["title"], first["detail"]) == ("town", "Nürnberg", "Germany")
        assert holds(first, 11.08, 49.45)
    assert find("lodz")[0]["title"] == "Łódź"
    assert find("St. Gallen")[0]["title"] == "Saint Gallen"


def test_a_town_fills_the_view(find):
    west, south, east, north = find("Passau")[0]["bounds"]
    assert (north - south) * 111.32 == pytest.approx(12, abs=0.1)
    assert (east - west) * 111.32 * 0.66 == pytest.approx(12, abs=0.3)


def test_beginnings_stand_before_parts_and_near_names_before_far_ones(find):
    titles = [(item["kind"], item["title"]) for item in find("por")]
    assert titles[0] == ("country", "Portugal")
    assert titles[1] == ("town", "Porto")
    assert find("port-au")[0]["title"] == "Port-au-Prince"
    # Larger towns first: the best known of many.
    assert find("Springfield")[0]["detail"] == "United States of America"
    parts = [item["title"] for item in find("enn")]
    assert "Vienna" in parts


def test_countries(find):
    (found,) = find("portugal")
    assert (found["kind"], found["detail"]) == ("country", "4 patches")
    # Mainland, without the Azores.
    assert found["bounds"][0] > -12
    assert find("uk")[0]["title"] == "United Kingdom"
    assert find("Iceland")[0]["detail"] == "no patch of this dataset"


@pytest.mark.parametrize(
    "text",
    ["", " ", "%", "__", "\x00", "\U0001f600", "<script>", "'", "\\", "zqx", "x" * 101, "," * 50],
)
def test_empty_and_odd_texts_find_nothing(find, text):
    assert find(text) == []


def test_a_search_without_a_question_is_empty(client, data):
    assert client.get(f"/search/{data.opened.slug}").json() == {"results": []}
    assert client.get("/search/nowhere").status_code == 404


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.text(string.ascii_letters + string.digits + "_ .,°'-", max_size=30),
        st.sampled_from([patch.id for patch in PATCHES]).flatmap(
            lambda name: st.integers(1, len(name)).map(lambda end: name[:end])
        ),
    )
)
def test_no_text_is_an_error(data, text):
    results = search(data.scene, text)["results"]
    assert len(results) <= MAX_RESULTS
    for item in results:
        assert item["kind"] in KINDS
        west, south, east, north = item["bounds"]
        assert -180 <= west <= east <= 180
        assert -90 <= south <= north <= 90
        assert (item["kind"] == "patch") == (item["id"] is not None)


def test_the_towns_of_the_world_are_there():
    towns = gazetteer.towns()
    assert len(towns) == 7342
    assert all(town.name == town.name.strip() and town.name for town in towns)
    assert sum(not town.country for town in towns) <= 1
    by_name = {(town.name, town.country): town for town in towns}
    for name, country, lon, lat in (
        ("Vienna", "Austria", 16.37, 48.21),
        ("Lisbon", "Portugal", -9.14, 38.72),
        ("Pristina", "Kosovo", 21.17, 42.66),
    ):
        assert by_name[name, country].centre == pytest.approx((lon, lat), abs=0.05)
    assert by_name["London", "United Kingdom"].size < by_name["Passau", "Germany"].size
