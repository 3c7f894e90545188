"""The documentation names what exists, and its links lead somewhere."""

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from eoexplore.core.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
VENV = "python3 -m venv .venv && .venv/bin/pip install -q -r"
APP_COMMAND = f"{VENV} requirements.txt && .venv/bin/streamlit run app.py"
TEST_COMMAND = f"{VENV} requirements-dev.txt && .venv/bin/pytest"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "assets").glob("*.md")])
COPYLEFT = re.compile(r"\bA?GPL|General Public License", re.IGNORECASE)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def headings(path: Path) -> set[str]:
    return {line.lstrip("#").strip() for line in text_of(path).splitlines() if line.startswith("#")}


def anchors(path: Path) -> set[str]:
    """Return the anchors that hosting sites make of headings."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings(path))
    return {text.strip().replace(" ", "-") for text in kept}


def first_cells(path: Path) -> set[str]:
    """Return the first column of all tables of a page, without code marks."""
    rows = (line for line in text_of(path).splitlines() if line.startswith("|"))
    return {row.split("|")[1].strip().strip("`") for row in rows}


def pinned(name: str) -> dict[str, Requirement]:
    lines = text_of(ROOT / name).splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]
    return {canonicalize_name(item.name): item for item in found}


@pytest.mark.parametrize("command", [APP_COMMAND, TEST_COMMAND])
def test_readme_has_both_commands_each_on_one_line(command):
    assert command in text_of(ROOT / "README.md").splitlines()


def test_continuous_integration_runs_the_test_command_of_the_readme():
    assert TEST_COMMAND in text_of(ROOT / ".ci" / "run").splitlines()


def test_every_command_has_its_heading():
    from eoexplore import cli

    assert {name for name in cli.names() if name not in headings(DOCS / "command-line.md")} == set()


def test_every_setting_has_its_row():
    listed = first_cells(DOCS / "settings.md")
    named = {setting.name for setting in SETTINGS}
    assert named - listed == set()
    assert {name for name in listed if name.startswith("EOEXPLORE_")} - named == set()


def test_defaults_of_settings_are_those_of_the_code():
    page = text_of(DOCS / "settings.md")
    rows = {row.split("|")[1].strip(" `"): row for row in page.splitlines() if row.startswith("|")}
    shown = {setting.name: rows[setting.name].split("|")[2].strip(" `") for setting in SETTINGS}
    assert shown == {setting.name: setting.default or "empty" for setting in SETTINGS}


def test_every_dataset_has_its_row():
    from eoexplore.datasets import REGISTRY

    assert set(REGISTRY) - first_cells(DOCS / "datasets.md") == set()


def test_every_page_of_the_docs_is_in_the_index():
    index = text_of(DOCS / "index.md")
    pages = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert [page for page in pages if page != "index.md" and f"({page})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_resolve(page):
    prose = re.sub(r"```.*?```", "", text_of(page), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_package_and_requirements_name_the_same_dependencies():
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    declared = {
        canonicalize_name(item.name): item for item in map(Requirement, project["dependencies"])
    }
    pins = pinned("requirements.txt")
    assert declared.keys() == pins.keys()
    versions = {name: str(item.specifier).removeprefix("==") for name, item in pins.items()}
    assert {name for name in pins if not declared[name].specifier.contains(versions[name])} == set()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_dependencies_are_pinned_and_described(name):
    pins = pinned(name)
    assert [key for key, item in pins.items() if not str(item.specifier).startswith("==")] == []
    described = {canonicalize_name(cell) for cell in first_cells(DOCS / "dependencies.md")}
    assert pins.keys() - described == set()


def test_every_import_is_a_direct_dependency():
    """What is imported is pinned, so that no update of a third package takes it away."""
    owners = metadata.packages_distributions()
    pins = pinned("requirements.txt")
    for path in [ROOT / "app.py", *ROOT.glob("eoexplore/**/*.py"), *ROOT.glob("pages/*.py")]:
        for node in ast.walk(ast.parse(text_of(path))) if path.exists() else ():
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names:
                found = {canonicalize_name(owner) for owner in owners.get(top, ())}
                assert top in {"eoexplore", "pages"} or found & pins.keys(), f"{path}: {top}"


def test_no_dependency_is_under_the_gpl():
    """Follow the installed packages from requirements.txt; what is not installed is not shipped."""
    seen: dict[str, str] = {}
    waiting = list(pinned("requirements.txt"))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        seen[name] = _licence(package)
        for line in package.requires or []:
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(wanted.name))
    assert len(seen) > len(pinned("requirements.txt"))
    assert {name: text for name, text in seen.items() if COPYLEFT.search(text)} == {}


def _licence(package: metadata.Distribution) -> str:
    """Return what a package says of its licence; only the first line of a full text."""
    fields = package.metadata
    said = [fields.get("License-Expression", ""), fields.get("License", "").partition("\n")[0]]
    said += [line for line in fields.get_all("Classifier", []) if line.startswith("License")]
    return " ".join(said)
