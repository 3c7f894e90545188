"""One small dataset in three places, indexed once for all tests of tiles."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.core.selection import EVERYTHING
from eoexplore.store import catalog
from eoexplore.store.catalog import Opened
from eoexplore.tiles.routes import routes
from eoexplore.tiles.scene import Scene, Shown, scene_of, shown_of
from tests import builders, indexing

# One block in the west, and two that overlap on the border of zones 32 and 33 at 12° E.
ALONE = builders.block("29SNC", -8.30, 38.35, split="test", country="Portugal")
WESTERN = builders.block("32UQU", 11.997, 48.20, split="validation")
EASTERN = builders.block("33UTP", 12.003, 48.20, date="20170801T101031")
PATCHES = (*ALONE, *WESTERN, *EASTERN)


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
