"""Finds the pages: one script each in pages/, which begins with a literal PAGE."""

import ast
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True)
class Page:
    """What a page script says of itself."""

    path: Path
    """The script."""
    title: str
    """Name in the navigation."""
    icon: str
    """Material symbol, such as ":material/map:"."""
    order: int
    """Place in the navigation; the lowest is the page at the plain address."""
    help: str
    """One sentence: what the page is for."""
    of_dataset: bool = True
    """Whether it shows one dataset; its head has the choice of it then."""


def find(folder: Path = FOLDER) -> list[Page]:
    """Return the pages of a folder in their order, without running them."""
    pages = [_read(path) for path in folder.glob("*.py") if not path.name.startswith("_")]
    return sorted(pages, key=lambda page: (page.order, page.title))


def _read(path: Path) -> Page:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PAGE":
            return Page(path=path, **ast.literal_eval(node.value))
    raise ValueError(f"{path.name} has no PAGE = {{...}} at its top.")
