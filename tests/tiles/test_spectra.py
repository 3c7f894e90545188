"""The answer of /spectra: reflectances of the classes at the wavelengths of the bands."""

import shutil

import numpy as np
import pytest

from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.store import catalog
from eoexplore.tiles import spectra
from tests import builders, indexing
from tests.builders import S2_GSD, Patch
from tests.tiles.conftest import PATCHES

CLASSES = {
    "111": (112,), "211": (211,), "231": (231,), "312": (312,), "313": (313,), "411": (411,),
    "512": (512,), "523": (523,), "999": (142, 999),
}  # fmt: skip


@pytest.fixture(scope="module")
def answer(data, client):
    return client.get(f"/spectra/{data.opened.slug}?v={data.opened.version}")


def test_bands_are_those_of_sentinel_2_in_their_order(answer):
    found = answer.json()
    assert found["available"] is True
    assert found["sentence"] == ""
    names = [(band["name"], band["wavelength_nm"], band["title"]) for band in found["bands"]]
    assert names == [(band.name, band.wavelength_nm, band.title) for band in LAYERS[0].bands]
    assert answer.headers["cache-control"].startswith("public, max-age=31536000")


def test_figures_are_reflectances_of_all_pixels_of_a_class(answer):
    maps = np.stack([patch.pixels("reference_map", "reference_map") for patch in PATCHES])
    found = {entry["key"]: entry for entry in answer.json()["classes"]}
    assert set(found) == set(CLASSES)
    for place, band in enumerate(LAYERS[0].bands):
        times = S2_GSD[band.name] // 10
        ones = np.ones((times, times))
        pixels = np.stack([np.kron(patch.pixels("s2", band.name), ones) for patch in PATCHES])
        for key, codes in CLASSES.items():
            own = pixels[np.isin(maps, codes)] / 10_000
            entry = found[key]
            assert entry["pixels"] == len(own)
            assert entry["mean"][place] == pytest.approx(own.mean(), abs=1e-5)
            assert entry["p10"][place] == pytest.approx(np.quantile(own, 0.1), abs=0.006)
            assert entry["p90"][place] == pytest.approx(np.quantile(own, 0.9), abs=0.006)


def test_colours_follow_the_palette(data, client, answer):
    safe = client.get(f"/spectra/{data.opened.slug}?palette=safe").json()["classes"]
    official = answer.json()["classes"]
    assert [entry["label"] for entry in safe] == [entry["label"] for entry in official]
    classes = {item.name: item.colour for item in data.opened.dataset.classes.classes}
    for entry in official:
        assert entry["colour"] == classes.get(entry["label"], entry["colour"])
    assert [entry["colour"] for entry in safe] != [entry["colour"] for entry in official]
    strange = client.get(f"/spectra/{data.opened.slug}?palette=neon")
    assert strange.json()["classes"] == official
    assert "neon" in strange.headers["x-eoexplore-notice"]


def test_it_says_that_it_is_still_to_be_computed(data):
    root = data.root.parent / "unbuilt"
    shutil.copytree(data.root, root, dirs_exist_ok=True)
    found = spectra.spectra_of(catalog.add(root))
    assert found["available"] is False
    assert "still to be computed" in found["sentence"]
    assert (found["bands"], found["classes"]) == ([], [])


def test_it_says_that_there_are_no_images(tmp_path):
    patch = Patch("33UUP", 2, 5)
    opened = catalog.add(builders.write_tree(tmp_path / "radar", (patch,), ("s1",)))
    assert "no optical images" in spectra.spectra_of(opened)["sentence"]


def test_without_a_map_all_pixels_are_one_unknown_class(tmp_path):
    patch = Patch("33UUP", 2, 5)
    root = builders.write_tree(tmp_path / "plain", (patch,), ("s2",))
    for band in ("B05", "B11"):
        patch.path(root, "s2", band).unlink()
    opened = indexing.build(catalog.add(root).slug)
    (entry,) = spectra.spectra_of(opened)["classes"]
    assert (entry["key"], entry["pixels"]) == ("0", 14400)
    assert entry["label"] == "Without a reference map"
    lacking = [place for place, mean in enumerate(entry["mean"]) if mean is None]
    assert [LAYERS[0].bands[place].name for place in lacking] == ["B05", "B11"]
    assert [entry["p10"][place] for place in lacking] == [None, None]


def test_an_address_that_goes_on_is_not_found(data, client):
    assert client.get(f"/spectra/{data.opened.slug}/more").status_code == 404
    assert client.get("/spectra/nothing").status_code == 404
