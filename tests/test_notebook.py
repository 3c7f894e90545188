"""A view as a leafmap map: from a running server, or with the pictures inside."""

import re

import pytest

import eoexplore
from eoexplore.core.errors import UnknownName
from eoexplore.store import catalog
from tests import builders

SERVER = "http://127.0.0.1:8501"
PATCHES = builders.block("33UTP", 12.003, 48.20, country="{{7*7}}")


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = builders.write_tree(tmp_path_factory.mktemp("data") / "notebook", PATCHES)
    return catalog.add(root)


def page(*args, **options):
    text = eoexplore.to_leafmap(*args, **options).get_root().render()
    return text.replace("\\u0026", "&")


def test_a_map_asks_a_running_server_for_the_tiles_of_the_view(opened):
    text = page(
        opened.slug, "s2:true_colour:60", select="split=train", date="earliest", server=SERVER + "/"
    )
    address = f"{SERVER}/tiles/{opened.slug}/s2/{{z}}/{{x}}/{{y}}.png?style=true_colour"
    assert f"{address}&date=earliest&select=split%3Dtrain&v={opened.version}" in text
    assert '"opacity": 0.6' in text


def test_without_a_server_the_pictures_are_inside(opened):
    text = page(opened.dataset.path, "s2::100,footprints::50", view="48.2,12.0,13")
    assert len(re.findall(r"data:image/webp;base64,", text)) == 2
    assert "/tiles/" not in text


def test_names_in_the_data_are_not_executed(opened):
    text = page(opened.slug, select="country=%7B%7B7*7%7D%7D", server=SERVER)
    assert "country%3D%257B%257B7%252A7%257D%257D" in text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"layers": "gone::100"}, "gone"),
        ({"select": "colour=red"}, "colour"),
        ({"date": "someday"}, "someday"),
        ({"server": "{{7*7}}"}, "is no address"),
        ({"server": "file:///x"}, "is no address"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(opened, options, sentence):
    with pytest.raises(UnknownName, match=sentence):
        eoexplore.to_leafmap(opened.slug, **options)


def test_other_names_of_the_package_are_still_errors():
    with pytest.raises(AttributeError, match="to_leafmop"):
        _ = eoexplore.to_leafmop
