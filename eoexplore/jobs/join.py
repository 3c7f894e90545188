"""Putting the parts of all products together: columns of the sample table, spectra, components."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.core.errors import JobError
from eoexplore.jobs import parts, passed
from eoexplore.jobs.parts import Product
from eoexplore.store import components_parts, spectra_join
from eoexplore.store import samples as sample_table
from eoexplore.store.catalog import Opened


def join(opened: Opened, products: list[Product], groups: tuple[str, ...]) -> None:
    """Put the parts of all products together.

    Raises:
        JobError: a part is damaged; it is removed, and made again by the next build.
    """
    names = [product.name for product in products]
    for group in groups:
        try:
            if group == "areas":
                _join_areas(opened, names)
            elif group == "spectra":
                spectra_join.join(opened.folder, opened.dataset, names, opened.samples.frame)
            else:
                own = opened.dataset, opened.samples, opened.fingerprint
                components_parts.join(opened.folder, *own, names)
        except (pa.ArrowException, OSError) as error:
            if not _remove_damaged([opened.folder.part(group, name) for name in names]):
                raise
            raise JobError(
                "A finished part of the index was damaged, and is removed. Start again: it is "
                "made anew, and the others are kept."
            ) from error


def _remove_damaged(paths: list[Path]) -> int:
    """Remove the tables that cannot be read; return how many there were."""
    damaged = 0
    for path in paths:
        try:
            pq.read_table(path)
        except (pa.ArrowException, OSError):
            path.unlink(missing_ok=True)
            damaged += 1
    return damaged


def _join_areas(opened: Opened, names: list[str]) -> None:
    """Put the areas of all products beside the base columns, by id."""
    schema = parts.area_schema(tuple(opened.dataset.classes.codes))
    tables = [pq.read_table(opened.folder.part("areas", name), schema=schema) for name in names]
    areas = (pa.concat_tables(tables) if tables else schema.empty_table()).to_pandas()
    base = opened.samples.frame.drop(columns=list(schema.names[1:]), errors="ignore")
    frame: pd.DataFrame = base.merge(areas, on="id", how="left", validate="one_to_one")
    counts = [name for name in schema.names if name.startswith("area_")]
    frame[counts] = frame[counts].fillna(0).astype("int32")
    frame["unlabelled_share"] = frame["unlabelled_share"].astype("float32")
    bad = [
        list(files) if isinstance(files, (list, np.ndarray)) else []
        for files in frame["unreadable"]
    ]
    frame["unreadable"] = bad
    for layer in opened.dataset.layers:
        if any(passing.layer == layer.name for passing in opened.dataset.streams):
            # Until now every patch that the metadata lists was expected.
            there = passed.there(opened.folder, layer.name, names)
            frame[f"has_{layer.name}"] = [key in there for key in frame[layer.key]]
    # An earlier build may have set the flag for a file that was repaired since.
    frame["flags"] = [
        sorted({*flags} - {"unreadable"} | ({"unreadable"} if files else set()))
        for flags, files in zip(frame["flags"], bad, strict=True)
    ]
    sample_table.write(opened.folder.samples, frame, opened.dataset.classes, opened.fingerprint)
