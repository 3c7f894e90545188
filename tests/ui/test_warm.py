import subprocess
import sys
import threading

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.core import settings
from eoexplore.store import catalog
from eoexplore.tiles import scene
from eoexplore.ui import warm
from tests.builders import Patch, write_metadata


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    write_metadata(tmp_path / "reben", (Patch("33UUP", 26, 57), Patch("29SNC", 45, 45)))
    return catalog.add(tmp_path / "reben")


def test_the_dataset_of_before_is_opened_and_sorted(opened, monkeypatch):
    asked = []
    monkeypatch.setattr(warm, "shown_of", lambda *a: asked.append(a) or scene.shown_of(*a))
    warm.remember(opened.slug)
    warm.open_last()
    assert [call[0].opened.slug for call in asked] == [opened.slug]


def test_nothing_is_opened_where_nothing_was_looked_at_or_it_is_gone(opened, monkeypatch):
    monkeypatch.setattr(warm, "shown_of", lambda *_: pytest.fail("a dataset was opened"))
    warm.open_last()
    warm.remember(opened.slug)
    catalog.forget(opened.slug)
    warm.open_last()
    (settings.cache_folder() / "last.txt").write_bytes(b"\xff\xfe")
    warm.open_last()


def test_a_fault_while_preparing_does_not_keep_the_server_from_starting(caplog):
    warm._try(lambda: 1 / 0)
    assert "could not prepare itself" in caplog.text


def test_the_modules_of_all_pages_are_loaded_without_running_a_page():
    script = (
        "import sys; from eoexplore.ui import warm; warm.load(); "
        "print('eoexplore.ui.map.component' in sys.modules, 'eoexplore.ui.shell' in sys.modules)"
    )
    command = [sys.executable, "-c", script]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    assert found.stdout.split() == ["True", "False"], found.stderr


def test_the_dataset_of_a_page_is_opened_as_soon_as_the_page_is_asked_for(opened, monkeypatch):
    done, slugs = threading.Event(), []

    def open_slug(slug):
        slugs.append(slug)
        done.wait(10)
        raise OSError("its disk is gone")

    monkeypatch.setattr(catalog, "open_slug", open_slug)
    client = TestClient(warm.OpenAsked(Starlette()))
    # Once for all who ask meanwhile; names that nobody knows do not come near it.
    queries = (
        f"dataset={opened.slug}",
        f"v=1&dataset={opened.slug}",
        "dataset=gone",
        "dataset=",
        "",
    )
    assert {client.get(f"/map?{query}").status_code for query in queries} == {404}
    before = [thread for thread in threading.enumerate() if "eoexplore-open" in thread.name]
    done.set()
    for thread in before:
        thread.join(10)
    assert slugs == [opened.slug]
    # It may be asked for again, and a fault is left to the page.
    client.get(f"/map?dataset={opened.slug}")
    for thread in threading.enumerate():
        if "eoexplore-open" in thread.name:
            thread.join(10)
    assert slugs == [opened.slug] * 2
