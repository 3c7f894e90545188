"""What is to be done for an index: missing parts, and those made from files that have changed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from eoexplore.core.types import Dataset
from eoexplore.jobs.parts import Product, Work, contents_of
from eoexplore.store import contents
from eoexplore.store.contents import UNKNOWN, Contents
from eoexplore.store.folder import IndexFolder
from eoexplore.store.versions import BUILT, VERSIONS

_AT_ONCE = 8
"""Folders are listed so many at a time: a file server takes long for each."""


def outstanding(
    dataset: Dataset, products: Sequence[Product], looked: Callable[[int], None]
) -> list[Work]:
    """Return what is missing or out of date, without reading pixels.

    Args:
        dataset: where the files lie.
        products: all products of the dataset.
        looked: told how many patches more were looked at; an error it raises ends the work.
    """
    found = []
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        for product, work in zip(
            products, pool.map(partial(_outstanding, dataset), products), strict=True
        ):
            looked(len(product.patches))
            found += [work] if work is not None else []
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _outstanding(dataset: Dataset, product: Product) -> Work | None:
    """Return what is to be done for one product; none where all is as it should be."""
    folder = product.folder
    there = {name: contents.stored(folder, name, product.name) for name in product.groups}
    current = {name for name, part in there.items() if part.version == VERSIONS[name]}
    if not current:
        return Work(product, product.groups)
    marks = {there[name].mark for name in current}
    known = {mark: contents.read(folder, product.name, mark) for mark in marks}
    now = contents_of(dataset, product, next(filter(None, known.values()), None))
    if known.get(UNKNOWN, now) is None:
        # Parts of an earlier release: they are taken for what is there now.
        contents.write(folder, product.name, now, UNKNOWN)
        known[UNKNOWN] = now
    fresh = {mark for mark in marks if _mark(mark, known[mark]) == now.mark}
    groups = tuple(
        name for name in product.groups if name not in current or there[name].mark not in fresh
    )
    if not groups:
        return None
    if current.issuperset(groups):
        stale = (known[there[name].mark] or Contents() for name in groups)
        changed = max(len(product.patches) - len(now.same(old)) for old in stale)
        return Work(product, groups, changed)
    return Work(product, groups)


def _mark(mark: str, known: Contents | None) -> str:
    return known.mark if mark == UNKNOWN and known is not None else mark


def remove_strangers(folder: IndexFolder, products: Sequence[Product]) -> None:
    """Remove the parts of products that the dataset has no longer."""
    names = {product.name for product in products}
    kept = {folder.part(name, product.name) for product in products for name in product.groups}
    for group in BUILT:
        own = folder.part(group, "any")
        for path in own.parent.glob(f"*{own.suffix}"):
            if path not in kept and "partial" not in path.name:
                path.unlink(missing_ok=True)
    for path in folder.contents.glob("*.*.parquet"):
        if path.name.split(".")[0] not in names and "partial" not in path.name:
            path.unlink(missing_ok=True)
