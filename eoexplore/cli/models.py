"""`models`: which models can be asked, and getting one from the hub."""

import argparse
from collections.abc import Mapping
from typing import Any

from eoexplore import models
from eoexplore.charts.document import plain
from eoexplore.cli import _text
from eoexplore.core.model_card import ModelCard
from eoexplore.models import Offer

HELP = """List the models that can be asked: built-in ones, own ones, those kept from the hub.

Own models are folders with card.json and model.safetensors, or a repository of the published zoo
with config.json, in one of the folders of EOEXPLORE_MODELS. --get fetches one from the hub.

example:
  python -m eoexplore models --json
  python -m eoexplore models --get BIFOLD-BigEarthNetv2-0/resnet50-all-v0.2.0"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `models`."""
    parser.add_argument("--get", metavar="ID", help="fetch a repository of the hub, once")
    parser.add_argument(
        "--band-order", metavar="VERSION", default="", help="v0.1.1 or v0.2.0, if no name tells"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Print the list."""
    if args.get:
        args.progress.step(0, 0, f"fetching {args.get[:80]}")
        models.fetch(args.get, args.band_order)
        args.progress.end_line()
    offers, refused = models.available(), models.refused()
    if args.json:
        found = [_document(offer) for offer in offers]
        _text.show_json({"models": found, "refused": refused})
        return 0
    rows = [
        (offer.name, offer.origin, offer.card.task, _score(offer.card), _words(offer))
        for offer in offers
    ]
    heads = ("name", "from", "task", "score", "")
    print(_text.table(rows, heads) if rows else "No model is here yet; see --help.")
    for name, why in refused.items():
        print(_text.clean(f"{name}: {why}"))
    return 0


def _score(card: ModelCard) -> str:
    """Return the first number that a card states, and what it is of."""
    names: list[str] = []
    found: object = card.scores
    while isinstance(found, Mapping) and found:
        name, found = next(iter(found.items()))
        names.append(str(name))
    if not isinstance(found, int | float):
        return "–"
    word = "synthetic " if card.synthetic else ""
    return f"{word}{names[-1].replace('_', ' ')} {found:.3f}"


def _words(offer: Offer) -> str:
    card = offer.card
    return f"{len(card.bands)} bands, {len(card.classes)} classes, {card.licence}"


def _document(offer: Offer) -> dict[str, Any]:
    card = offer.card
    return {
        "name": offer.name,
        "origin": offer.origin,
        "title": card.name,
        "task": card.task,
        "architecture": card.architecture,
        "bands": list(card.bands),
        "classes": list(card.class_names),
        "input_size": card.input_size,
        "gsd_m": list(card.gsd_m),
        "scores": plain(card.scores),
        "trained_on": plain(card.trained_on),
        "synthetic": card.synthetic,
        "licence": card.licence,
        "source": card.source,
        "sha256": card.sha256,
    }
