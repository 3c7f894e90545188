"""What Python hands to the map, without a browser."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from eoexplore.ui.map.component import FOLDER, files_version


def page(base):
    from eoexplore.ui.map import mount_map

    mount_map({"dataset": "mock", "base": base, "layers": []}, key="map")


@pytest.mark.parametrize(("base", "expected"), [("", ""), ("eo", "/eo"), ("/eo/", "/eo")])
def test_data_arrives_with_base_and_version(base, expected):
    at = AppTest.from_function(page, args=(base,)).run()
    assert not at.exception
    (component,) = at.get("bidi_component")
    data = json.loads(component.proto.json)
    assert data == {"dataset": "mock", "base": expected, "layers": [], "version": files_version()}


def test_version_changes_with_any_file(tmp_path, monkeypatch):
    for path in FOLDER.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    before = files_version()
    (tmp_path / "panel.css").write_text("p { color: red }")
    monkeypatch.setattr("eoexplore.ui.map.component.FOLDER", tmp_path)
    files_version.cache_clear()
    try:
        assert files_version() != before
    finally:
        files_version.cache_clear()


def test_every_file_is_loaded_with_the_release():
    for path in FOLDER.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "innerHTML" not in text, path.name
        for line in text.splitlines():
            assert not line.startswith("import "), f"{path.name}: {line}"
