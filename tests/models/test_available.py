"""Which models there are: folders that can be used, and why others cannot."""

import json
import os

import pytest

from eoexplore import models
from tests.cli.test_predict_file import CARD


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    for name in ("good", "odd"):
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        folder.joinpath("card.json").write_text(CARD.to_json(), encoding="utf-8")
    return tmp_path / "models"


def names():
    return [offer.name for offer in models.available() if offer.origin == "own"]


def test_a_folder_that_cannot_be_used_hides_no_other(folders):
    card = json.loads((folders / "odd" / "card.json").read_text(encoding="utf-8"))
    card["architecture"] = "unheard_of"
    (folders / "odd" / "card.json").write_text(json.dumps(card), encoding="utf-8")
    assert names() == ["good"]
    assert "unheard_of" in models.refused()["odd"]


def test_a_folder_that_may_not_be_read_hides_no_other(folders, monkeypatch):
    scandir = os.scandir

    def guarded(path):
        if str(path).endswith("odd"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert names() == ["good"]
    said = models.refused()["odd"]
    assert said == "Its files cannot be read (Permission denied)."


def test_a_version_changes_with_the_files_alone(folders):
    def version():
        return next(offer.version for offer in models.available() if offer.name == "good")

    first = version()
    assert version() == first
    (folders / "good" / "model.safetensors").write_bytes(b"weights")
    second = version()
    assert second != first
    os.utime(folders / "good" / "model.safetensors", ns=(0, 0))
    assert version() not in (first, second)
