"""What Python hands to the map, without a browser."""

import json
import shutil

import pytest
from streamlit.testing.v1 import AppTest

from eoexplore.ui.component.registering import FOLDERS, files_version


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


@pytest.mark.parametrize("changed", FOLDERS, ids=lambda folder: folder.name)
def test_a_change_of_any_file_changes_every_address(changed, tmp_path, monkeypatch):
    files_version.cache_clear()
    before = files_version()
    copy = tmp_path / changed.name
    shutil.copytree(changed, copy)
    script = next(path for path in sorted(copy.iterdir()) if path.suffix == ".js")
    script.write_text(script.read_text(encoding="utf-8") + "// changed", encoding="utf-8")
    folders = tuple(copy if folder == changed else folder for folder in FOLDERS)
    monkeypatch.setattr("eoexplore.ui.component.registering.FOLDERS", folders)
    files_version.cache_clear()
    try:
        assert files_version() != before
    finally:
        files_version.cache_clear()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_file_is_loaded_with_the_release(folder):
    files = sorted(folder.glob("*.js"))
    assert files
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert "innerHTML" not in text, path.name
        for line in text.splitlines():
            assert not line.startswith("import "), f"{path.name}: {line}"
            is_other = "import(`" not in line or "/vendor/" in line
            assert is_other or "${release}`" in line, f"{path.name}: {line}"
