import os

import pytest

from eoexplore.core import settings


def test_every_setting_has_a_name_of_ours_and_one_sentence():
    names = [setting.name for setting in settings.SETTINGS]
    assert len(names) == len(set(names))
    for setting in settings.SETTINGS:
        assert setting.name.startswith("EOEXPLORE_")
        assert setting.help.endswith(".")


def test_the_environment_goes_before_the_default(monkeypatch):
    monkeypatch.delenv("EOEXPLORE_HOSTS", raising=False)
    assert settings.value("EOEXPLORE_HOSTS") == "localhost"
    monkeypatch.setenv("EOEXPLORE_HOSTS", "example.org")
    assert settings.value("EOEXPLORE_HOSTS") == "example.org"
    monkeypatch.setenv("EOEXPLORE_HOSTS", "")
    assert settings.value("EOEXPLORE_HOSTS") == "localhost"


@pytest.mark.parametrize(("text", "number"), [("3", 3), ("0", 1), ("1", 1)])
def test_workers_are_at_least_one(monkeypatch, text, number):
    monkeypatch.setenv("EOEXPLORE_WORKERS", text)
    assert settings.workers() == number


@pytest.mark.parametrize("text", ["", "many", "-2", "1.5", "²", "9" * 5000])
def test_what_is_no_number_of_workers_means_the_number_of_cores(monkeypatch, text):
    monkeypatch.setenv("EOEXPLORE_WORKERS", text)
    assert settings.workers() == os.cpu_count()


@pytest.mark.parametrize(
    ("text", "size"), [("", 256e6), ("64", 64e6), ("lots", 256e6), ("²", 256e6)]
)
def test_the_tile_cache_is_counted_in_megabytes(monkeypatch, text, size):
    monkeypatch.setenv("EOEXPLORE_TILE_CACHE_MB", text)
    assert settings.tile_cache_bytes() == size


def test_the_cache_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "elsewhere"))
    assert settings.cache_folder() == tmp_path / "elsewhere"
    assert not (tmp_path / "elsewhere").exists()


def test_assets_are_where_the_app_looks_for_them():
    assert (settings.assets_folder() / "nomenclature" / "corine.csv").is_file()
