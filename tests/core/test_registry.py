import importlib
import sys
from textwrap import dedent

import pytest

from eoexplore.core.errors import UnknownName
from eoexplore.core.registry import Registry


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package with a registry and one entry, and a way to put more modules into it."""
    folder = tmp_path / "shapes_for_test"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from eoexplore.core.registry import Registry\n"
        "REGISTRY = Registry('shapes_for_test', 'shape')\n"
    )

    def add(module, entry):
        (folder / f"{module}.py").write_text(
            dedent(
                f"""
                from shapes_for_test import REGISTRY

                @REGISTRY.register({entry!r})
                class Shape:
                    module = {module!r}
                """
            )
        )
        importlib.invalidate_caches()

    add("circle", "circle")
    monkeypatch.syspath_prepend(tmp_path)
    yield add
    for name in [name for name in sys.modules if name.startswith("shapes_for_test")]:
        del sys.modules[name]


def registry():
    return importlib.import_module("shapes_for_test").REGISTRY


def test_a_new_module_is_a_new_entry(package):
    package("a_square", "square")
    assert list(registry()) == ["circle", "square"]
    assert registry()["square"].module == "a_square"


def test_modules_with_an_underscore_are_left_alone(package):
    package("_draft", "draft")
    assert list(registry()) == ["circle"]


def test_an_unknown_name_gets_the_known_ones_and_the_nearest(package):
    package("a_square", "square")
    with pytest.raises(UnknownName) as caught:
        registry()["cirlce"]
    message = str(caught.value)
    assert message == "No shape 'cirlce'. Known: circle, square. Did you mean 'circle'?"


def test_a_name_unlike_all_others_gets_no_guess(package):
    with pytest.raises(UnknownName) as caught:
        registry()["zzz"]
    assert "Did you mean" not in str(caught.value)


def test_a_very_long_name_is_not_repeated_in_full(package):
    with pytest.raises(UnknownName) as caught:
        registry()["x" * 10_000]
    assert len(str(caught.value)) < 300


def test_the_second_use_of_a_name_is_an_error():
    twice: Registry[int] = Registry("eoexplore.core", "number")
    twice.register("one")(1)
    with pytest.raises(ValueError, match="number 'one' is registered twice"):
        twice.register("one")(2)


def test_a_module_that_fails_says_so_each_time(package, tmp_path):
    package("broken", "broken")
    path = tmp_path / "shapes_for_test" / "broken.py"
    path.write_text("raise RuntimeError('out of order')\n")
    for _ in range(2):
        with pytest.raises(RuntimeError, match="out of order"):
            list(registry())
