"""`datasets`: what this installation reads, and which datasets it knows."""

import argparse
from typing import cast

from eoexplore import datasets
from eoexplore.cli import _text
from eoexplore.store import catalog
from eoexplore.store.folder import BuildState, IndexFolder

HELP = """List the dataset families that can be read, and the datasets that are known.

A dataset is known once `demo` or `index` has been run on it, or the app has opened it.

example:
  python -m eoexplore datasets --json"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `datasets`."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print both lists."""
    readers, known = _readers(), _known()
    if args.json:
        _text.show_json({"readers": readers, "datasets": known})
        return 0
    for reader in readers:
        print(_text.clean(f"{reader['name']}: {reader['title']}"))
        layouts = cast(list[str], reader["layouts"])
        facts = [("opens", layout) for layout in layouts]
        facts += [(word, str(reader[word])) for word in ("licence", "citation", "url")]
        print(_text.table(facts))
    print("\nKnown datasets")
    heads = ("name", "samples", "index", "path")
    rows = [[cast(_text.Cell, entry[head]) for head in heads] for entry in known]
    print(_text.table(rows, heads) if rows else "  none yet: python -m eoexplore demo")
    return 0


def _known() -> list[dict[str, object]]:
    return [
        {
            "name": entry.slug,
            "title": entry.title,
            "layout": entry.layout,
            "synthetic": entry.synthetic,
            "samples": entry.samples,
            "index": _state(IndexFolder.of(entry.fingerprint, entry.path).state()),
            "index_bytes": IndexFolder.of(entry.fingerprint, entry.path).size(),
            "path": entry.path,
        }
        for entry in catalog.entries()
    ]


def _state(state: BuildState) -> str:
    if state.complete:
        return "complete"
    return f"{state.done} of {state.total} parts" if state.total else "not built"


def _readers() -> list[dict[str, object]]:
    return [
        {
            "name": name,
            "title": reader.title,
            "layouts": list(reader.layouts),
            "licence": reader.licence,
            "citation": reader.citation,
            "url": reader.url,
        }
        for name in datasets.REGISTRY
        for reader in (datasets.REGISTRY[name],)
    ]
