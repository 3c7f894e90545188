import os

import pytest

from eoexplore.core import paths
from eoexplore.core.errors import NotAllowed


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An allowed folder, with a folder beside it that is not."""
    (tmp_path / "inside" / "data").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    monkeypatch.setenv("EOEXPLORE_ROOTS", str(tmp_path / "inside"))
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "inside"


def refusal(text):
    with pytest.raises(NotAllowed) as caught:
        paths.check_allowed(text)
    return str(caught.value)


def test_folders_inside_a_root_are_allowed(root):
    assert paths.check_allowed(str(root)) == root
    assert paths.check_allowed(f"  {root / 'data'} ") == root / "data"
    assert paths.check_allowed(f"{root}/data/../data/.") == root / "data"


def test_a_folder_inside_may_be_missing(root):
    assert paths.check_allowed(str(root / "later")) == root / "later"


def test_the_cache_is_always_a_root(root):
    assert paths.check_allowed(str(root.parent / "cache" / "demo"))


def test_outside_it_is_not_said_whether_a_folder_exists(root):
    there, not_there = root.parent / "outside", root.parent / "nowhere"
    assert there.exists()
    assert refusal(str(there)) == refusal(str(not_there))
    assert "outside" not in refusal(str(there)).replace("outside the folders", "")


@pytest.mark.parametrize(
    "text",
    ["/", "/etc/passwd", "..", "../outside", "a\0b", "\0", "~nobody-of-this-name/x", "x" * 10_000,
     "/" + "a/" * 3000, "{{7*7}}/../../../..", "<img src=x onerror=alert(1)>"],
)  # fmt: skip
def test_every_way_out_is_refused_alike(root, monkeypatch, text):
    monkeypatch.chdir(root.parent)
    assert refusal(text) == refusal(str(root.parent / "outside"))


def test_dots_do_not_lead_out(root):
    refusal(f"{root}/../outside")
    refusal(f"{root}/data/../../outside")


def test_a_name_that_only_begins_like_the_root_is_outside(root):
    (root.parent / "inside-too").mkdir()
    refusal(str(root.parent / "inside-too"))


def test_links_are_followed_before_they_are_judged(root):
    (root / "way-out").symlink_to(root.parent / "outside")
    (root / "circle").symlink_to(root / "circle")
    (root.parent / "way-in").symlink_to(root / "data")
    refusal(str(root / "way-out"))
    refusal(str(root / "way-out" / "deeper"))
    assert paths.check_allowed(str(root.parent / "way-in")) == root / "data"


def test_a_circle_of_links_is_refused(root):
    (root / "circle").symlink_to(root / "circle")
    refusal(str(root / "circle"))


def test_without_the_setting_the_start_folder_is_the_root(root, monkeypatch):
    monkeypatch.delenv("EOEXPLORE_ROOTS")
    monkeypatch.chdir(root)
    assert paths.check_allowed("data") == root / "data"
    assert paths.check_allowed(str(root))
    refusal(str(root.parent / "outside"))


def test_several_roots_are_separated_as_the_system_does(root, monkeypatch):
    both = os.pathsep.join([str(root), str(root.parent / "outside")])
    monkeypatch.setenv("EOEXPLORE_ROOTS", both)
    assert paths.check_allowed(str(root.parent / "outside"))
    refusal(str(root.parent))
