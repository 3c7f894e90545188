"""A page is one file: it is found by its literal and listed in its order."""

import pytest

from eoexplore.ui import pages

PAGE = 'PAGE = {{"title": "{0}", "icon": ":material/map:", "order": {1}, "help": "Shows {0}."}}\n'


def test_a_new_file_is_a_new_page(tmp_path):
    (tmp_path / "second.py").write_text(PAGE.format("Second", 20))
    (tmp_path / "_draft.py").write_text("not even Python")
    assert [page.title for page in pages.find(tmp_path)] == ["Second"]
    (tmp_path / "first.py").write_text('"""Text."""\n' + PAGE.format("First", 10) + "1 / 0\n")
    found = pages.find(tmp_path)
    assert [page.title for page in found] == ["First", "Second"]
    assert found[0].path == tmp_path / "first.py"


def test_a_file_that_says_nothing_of_itself_is_named(tmp_path):
    (tmp_path / "odd.py").write_text("x = 1\n")
    with pytest.raises(ValueError, match=r"odd\.py has no PAGE"):
        pages.find(tmp_path)


def test_the_map_is_the_page_of_the_plain_address():
    assert pages.find()[0].title == "Map"
