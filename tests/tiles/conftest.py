"""One small dataset in three places, indexed once for all tests of tiles."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.core.findings import Findings
from eoexplore.core.selection import EVERYTHING
from eoexplore.store import catalog, issues, mosaic, prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.issues import Kept
from eoexplore.store.samples import Samples, with_places
from eoexplore.tiles.routes import routes
from eoexplore.tiles.scene import Scene, Shown, scene_of, shown_of
from tests import builders, indexing, predicting

# One block in the west, and two that overlap on the border of zones 32 and 33 at 12° E.
ALONE = builders.block("29SNC", -8.30, 38.35, split="test", country="Portugal")
WESTERN = builders.block("32UQU", 11.997, 48.20, split="validation")
EASTERN = builders.block("33UTP", 12.003, 48.20, date="20170801T101031")
PATCHES = (*ALONE, *WESTERN, *EASTERN)
URBAN, ARABLE, PASTURES = "Urban fabric", "Arable land", "Pastures"
SIDE = 20
"""Cells of 60 m along a patch."""
SPOT = {"inside_ha": 2.0, "dates": 1, "area_ha": 12.0, "width_m": 240, "border_m": 120}
SPOT |= {"compactness": 0.5, "margin": 3.0}


@dataclass(frozen=True)
class Built:
    """A dataset on disk and opened."""

    root: Path
    opened: Opened
    scene: Scene
    shown: Shown

    @property
    def tiles(self) -> str:
        return f"/tiles/{self.opened.slug}"


def built(opened: Opened, root: Path) -> Built:
    scene = scene_of(opened)
    return Built(root, opened, scene, shown_of(scene, EVERYTHING)[0])


@pytest.fixture(scope="session")
def data(tmp_path_factory) -> Built:
    root = builders.write_tree(tmp_path_factory.mktemp("data") / "three-places", PATCHES)
    opened = catalog.add(root)
    indexing.build(opened.slug, overviews=True)
    return built(catalog.open_slug(opened.slug), root)


@pytest.fixture(scope="session")
def client() -> TestClient:
    return TestClient(Starlette(routes=routes()), base_url="http://127.0.0.1:8501")


@pytest.fixture(scope="module")
def doubted(data):
    """A set of masks, and what was found with it: four spots, two labels; one kind is silent."""
    opened = data.opened
    names = opened.dataset.classes.names
    scores = np.zeros((len(opened.samples), 3))
    scores[:, 1] = 0.75
    more = {"task": "segmentation", "layers": ("mask", "prob")}
    found = predicting.write_set(
        opened, "doubt", range(len(scores)), scores, (URBAN, ARABLE, PASTURES), **more
    )
    predicting.write_set(opened, "scores", [0], scores[:1], (URBAN, ARABLE, PASTURES))
    write_mosaics(opened, found)
    row = rows(opened)
    urban, arable, pastures = (names.index(name) for name in (URBAN, ARABLE, PASTURES))
    west, east, alone = row(WESTERN[0]), row(EASTERN[0]), row(ALONE[0])
    place = opened.samples
    spots = Findings.of(
        # The second spot reaches two patches; more of it lies in the second one.
        [west, east, row(EASTERN[1]), alone, alone],
        [arable, pastures, pastures, urban, arable],
        [urban, arable, arable, pastures, pastures],
        [0.9, 0.5, 0.5, 0.3, 0.05],
        spot=[0, 1, 1, 2, 3],
        decidable=[1, 0, 0, 1, np.nan],
        lon=place.lon[[west, east, row(EASTERN[1]), alone, alone]],
        lat=place.lat[[west, east, row(EASTERN[1]), alone, alone]],
        **SPOT | {"inside_ha": [12, 2, 10, 12, 12]},
    )
    labels = Findings.of(
        [west, alone], [arable, -1], [-1, urban], [1.0, 0.3], area_ha=[4.5, np.nan], value=0.25
    )
    folder = issues.folder_of(opened, "doubt")
    issues.write(folder, "spots", Kept("a", spots))
    issues.write(folder, "labels", Kept("b", labels, "One class alone cannot be compared."))
    yield data
    # Others look at the same dataset without any predictions.
    for name in ("doubt", "scores"):
        prediction_sets.remove(opened, name)


def rows(opened):
    return lambda patch: opened.samples.row(patch.id)


def write_mosaics(opened, found):
    """Predict the first class in the north of each patch, nothing in the east; outline a spot."""
    mask = np.full((120, 120), 1, np.uint8)
    mask[:60], mask[:, 100:] = 0, prediction_mosaics.NOTHING
    strength = np.zeros((SIDE, SIDE), np.uint8)
    strength[8:14, 8:14], strength[2:4, 2:4] = 40, 25
    frame = opened.samples.frame
    groups = prediction_mosaics.groups(found.about.classes)
    for (product, tile), own in frame.groupby(["product", "tile"], observed=True):
        at = list(zip(own["x"].astype(int), own["y"].astype(int), strict=True))
        path = found.folder / prediction_mosaics.path_of("mask", product)
        mosaic.write(path, groups["mask"], tile, dict.fromkeys(at, mask[None]))
        path = issues.spots_of(issues.folder_of(opened, "doubt"), product)
        mosaic.write(path, issues.SPOTS, tile, dict.fromkeys(at, strength[None]))


@pytest.fixture
def queue_page(client, doubted):
    def ask(slug=doubted.opened.slug, using=client, code=200, **query):
        query = {"set": "doubt", **query}
        answer = using.get(f"/issues/{slug}/page.json", params=query)
        assert answer.status_code == code
        return answer.json()

    return ask


@pytest.fixture
def changed(doubted):
    """Give a client for the same dataset with some columns changed."""

    def make(**columns):
        frame = with_places(doubted.opened.samples.frame.assign(**columns))
        opened = replace(doubted.opened, samples=Samples(frame))
        app = Starlette(routes=routes(open_slug=lambda _: opened))
        return TestClient(app, base_url="http://127.0.0.1:8501")

    return make
