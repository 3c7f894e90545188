"""Rules of the house that no linter knows; each failure names the file and line."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT_SUFFIXES = {
    ".cfg", ".css", ".html", ".js", ".json", ".md", ".py", ".sh", ".svg", ".toml", ".txt", ".yml",
}  # fmt: skip
SKIPPED_FOLDERS = {".git", ".venv", "build", "dist", "data", "out", "__pycache__"}
# Modules where an unexpected error may be caught: the edges, which turn it into a sentence.
EDGES = ("eoexplore/ui/", "eoexplore/tiles/", "eoexplore/cli/", "eoexplore/jobs/")


def repository_files() -> list[Path]:
    """Return the files that git tracks or would track; without git, all but the caches."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
        found = [ROOT / name for name in listed.decode().split("\0") if name]
    else:
        found = [
            path
            for path in ROOT.rglob("*")
            if not SKIPPED_FOLDERS & set(path.relative_to(ROOT).parts)
            and not any(part.endswith("_cache") for part in path.parts)
        ]
    return sorted(path for path in found if path.is_file())


FILES = repository_files()
CODE = [path for path in FILES if path.suffix in {".py", ".js", ".css"}]
OURS = [
    path
    for path in FILES
    if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"app.py", "eoexplore", "pages"}
]
LIBRARY = [path for path in OURS if path.relative_to(ROOT).parts[0] == "eoexplore"]


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=short(path)))


def is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def test_no_file_is_named_after_nothing():
    banned = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert [short(path) for path in FILES if path.name in banned] == []


def test_files_are_at_most_400_lines():
    lengths = {short(path): len(path.read_bytes().splitlines()) for path in CODE}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_functions_are_at_most_40_lines():
    long = []
    for path in OURS:
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1] if is_text(node.body[0]) and node.body[1:] else node.body[0]
                lines = node.end_lineno - first.lineno + 1
                if lines > 40:
                    long.append(f"{short(path)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def test_no_file_is_larger_than_1_5_mb():
    sizes = {short(path): path.stat().st_size for path in FILES}
    assert {name: size for name, size in sizes.items() if size > 1_500_000} == {}


def test_public_names_have_a_docstring():
    bare = []
    for path in LIBRARY:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and not node.name.startswith("_") and not ast.get_docstring(node):
                bare.append(f"{short(path)}:{node.lineno} {node.name}")
    assert bare == []


def test_fields_of_core_dataclasses_are_described():
    bare = []
    for path in LIBRARY:
        if "core" not in path.relative_to(ROOT).parts:
            continue
        for node in nodes(path):
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            if not any("dataclass" in ast.unparse(item) for item in node.decorator_list):
                continue
            for item, after in zip(node.body, [*node.body[1:], ast.Pass()], strict=True):
                if isinstance(item, ast.AnnAssign) and not is_text(after):
                    bare.append(f"{short(path)}:{item.lineno} {ast.unparse(item.target)}")
    assert bare == []


def test_packages_say_what_they_are():
    packages = {path.parent for path in LIBRARY}
    bare = []
    for package in sorted(packages):
        init = package / "__init__.py"
        text = init.read_text(encoding="utf-8") if init.is_file() else ""
        first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        if not re.fullmatch(r"[A-Z].+\.", first):
            bare.append(short(init))
    assert bare == []


def test_print_is_for_the_command_line():
    printed = [
        f"{short(path)}:{node.lineno}"
        for path in OURS
        if not short(path).startswith("eoexplore/cli/")
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "pprint"}
    ]
    assert printed == []


def test_only_edges_catch_everything():
    blind = []
    for path in OURS:
        for node in nodes(path):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = ast.unparse(node.type) if node.type else "everything"
            if caught == "everything" or (
                re.search(r"\b(Base)?Exception\b", caught) and not short(path).startswith(EDGES)
            ):
                blind.append(f"{short(path)}:{node.lineno} catches {caught}")
    assert blind == []


def test_nothing_is_executed_from_data():
    modules = {"pickle", "joblib", "marshal", "shelve", "dill", "cloudpickle"}
    calls = {"eval", "exec", "torch.load", "pd.eval", "pd.read_pickle", "yaml.load"}
    found = []
    for path in OURS:
        for node in nodes(path):
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names} & modules
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").partition(".")[0]} & modules
            elif isinstance(node, ast.Call):
                names = {ast.unparse(node.func)} & calls
                names |= {word.arg for word in node.keywords if word.arg == "allow_pickle"}
            else:
                continue
            found += [f"{short(path)}:{node.lineno} {name}" for name in sorted(names)]
    assert found == []


def test_warped_vrts_are_for_jobs_alone():
    # Making one switches VRT files on again in the whole process, and the app's must not be.
    found = [short(path) for path in OURS if "WarpedVRT(" in path.read_text(encoding="utf-8")]
    assert [name for name in found if not name.startswith("eoexplore/jobs/")] == []


def test_no_file_names_a_machine():
    # Put together here, so that this file does not contain what it looks for.
    folders = "|".join(("work", "farm", "root", "mnt", "tmp", r"home/\w+", r"Users/\w+"))
    machine = re.compile(rf"(?<![\w.:/-])/(?:{folders})/|[A-Z]:\\Users\\")
    beside = re.compile(r"\.\./" + "shared")
    found = []
    for path in FILES:
        # Only the continuous integration script may look beside the checkout.
        in_ci = short(path).startswith(".ci/")
        if path.suffix not in TEXT_SUFFIXES and not in_ci:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if machine.search(line) or (beside.search(line) and not in_ci):
                found.append(f"{short(path)}:{number}")
    assert found == []


@pytest.mark.parametrize("module", ["eoexplore.cli", "eoexplore.tiles.routes"])
def test_start_up_leaves_heavy_packages_alone(module):
    heavy = {"torch", "leafmap", "folium", "streamlit"}
    code = f"import sys, {module}; print(*({heavy!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
