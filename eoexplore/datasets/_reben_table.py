"""The sample table of reBEN: what the metadata say, together with what is stored."""

import numpy as np
import pandas as pd

from eoexplore.analysis.labels import names_of
from eoexplore.core.types import Classes, Problem
from eoexplore.datasets import _reben_metadata as metadata
from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.datasets._reben_files import product


def without_metadata(
    frame: pd.DataFrame, stored: dict[str, list[str]], has_metadata: bool
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return rows for stored patches that no metadata row speaks of, and what that means."""
    patches = sorted({*stored["s2"], *stored["reference_map"]}.difference(frame["id"]))
    radar = sorted(set(stored["s1"]).difference(frame["s1_id"]))
    patches, strange = metadata.well_formed(patches, metadata.PATCH_ID)
    radar, strange_radar = metadata.well_formed(radar, metadata.S1_NAME)
    problems = _strangers([*strange, *strange_radar], [*patches, *radar] if has_metadata else [])
    pairs = metadata.pair(patches, radar)
    lonely = sorted(set(radar) - set(pairs.values()))
    rows = metadata.rows_from_names(
        [*patches, *lonely], [*(pairs.get(patch, "") for patch in patches), *lonely]
    )
    for field in ("date", "tile", "x", "y"):
        rows[field] = rows[field].where(rows["patch_id"].isin(patches), rows[f"s1_{field}"])
    rows["split"] = rows["country"] = ""
    rows["label_mask"] = np.uint64(0)
    rows[[*metadata.FLAGS]] = False
    return rows.rename(columns={"patch_id": "id", "s1_name": "s1_id"}), problems


def _strangers(malformed: list[str], unlisted: list[str]) -> list[Problem]:
    problems = []
    if malformed:
        sentence = f"{len(malformed):,} stored names are not reBEN patch names and are left out."
        examples = tuple(name[:80] for name in malformed[:5])
        problems.append(Problem("malformed_name", len(malformed), sentence, examples))
    if unlisted:
        sentence = (
            f"{len(unlisted):,} stored patches stand in no metadata table; "
            "their labels and split are unknown."
        )
        problems.append(Problem("not_in_metadata", len(unlisted), sentence, tuple(unlisted[:5])))
    return problems


def complete(frame: pd.DataFrame, stored: dict[str, list[str]], schema: Classes) -> pd.DataFrame:
    """Return the columns of the index, with what follows from the list of stored files."""
    table = frame[["id", "s1_id", "date", "x", "y", "s1_date", "label_mask"]].copy()
    for column in ("split", "country", "tile"):
        table[column] = frame[column].astype("category")
    table["season"] = pd.Categorical(metadata.seasons(frame["date"]))
    places = zip(frame["id"], frame["tile"].to_numpy(object), strict=True)
    table["product"] = pd.Categorical([_product(key, tile) for key, tile in places])
    table["labels"] = names_of(frame["label_mask"].to_numpy(np.uint64), schema)
    table["flags"] = _flag_names(frame)
    for layer in LAYERS:
        there = set(stored[layer.name])
        table[f"has_{layer.name}"] = [key in there for key in frame[layer.key]] if there else False
    return table


def _product(key: str, tile: str) -> str:
    # A Sentinel-1 patch without its partner belongs to no Sentinel-2 product.
    # All others end in _xx_yy; cutting that off is much faster than looking for it.
    return f"{product('s1', key)}_T{tile}" if key.startswith("S1") else key[:-6]


def _flag_names(frame: pd.DataFrame) -> list[list[str]]:
    names = list(metadata.FLAGS.values())
    code = sum(frame[column].to_numpy(int) << bit for bit, column in enumerate(metadata.FLAGS))
    lists = [
        [name for bit, name in enumerate(names) if value >> bit & 1]
        for value in range(2 ** len(names))
    ]
    return [lists[i] for i in np.asarray(code)]
