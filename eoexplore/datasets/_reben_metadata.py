"""The two metadata tables of reBEN, and what follows from its names alone."""

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eoexplore.core import mgrs
from eoexplore.core.errors import MetadataError, UnknownName
from eoexplore.core.types import Classes, Problem

RECOMMENDED = "metadata.parquet"
EXCLUDED = "metadata_for_patches_with_snow_cloud_or_shadow.parquet"
SPLITS = ("train", "validation", "test")
FLAGS = {"contains_seasonal_snow": "snow", "contains_cloud_or_shadow": "cloud_or_shadow"}
"""Columns that are true or false, and what EOExplore calls the flag."""
_SCHEMA = {
    "patch_id": pa.string(),
    "labels": pa.list_(pa.string()),
    "split": pa.string(),
    "country": pa.string(),
    "s1_name": pa.string(),
    **dict.fromkeys(FLAGS, pa.bool_()),
}
PATCH_ID = (
    r"^S2[AB]_MSIL2A_(?P<date>\d{8})T\d{6}_N\d{4}_R\d{3}_T(?P<tile>\d{2}[A-Z]{3})"
    r"_(?P<x>[0-8]\d|90)_(?P<y>[0-8]\d|90)$"
)
S1_NAME = (
    r"^S1[AB]_IW_GRDH_1SDV_(?P<date>\d{8})T\d{6}_(?P<tile>\d{2}[A-Z]{3})"
    r"_(?P<x>[0-8]?\d|90)_(?P<y>[0-8]?\d|90)$"
)
_SEASONS = np.array(["winter", "spring", "summer", "autumn"], dtype=object)


@dataclass(frozen=True)
class Metadata:
    """The rows of the metadata tables that can be used, and what was wrong with the others."""

    frame: pd.DataFrame
    """One row per patch: the columns of a table with label_mask in place of the labels, and what
    the names say (`rows_from_names`)."""
    files: tuple[str, ...]
    """Names of the tables that were there."""
    problems: tuple[Problem, ...]
    """One entry per kind of bad row, with the row numbers and values."""


def read(folder: Path, classes: Classes) -> Metadata:
    """Read whichever of the two tables a folder has.

    Args:
        folder: where the tables lie.
        classes: label schema that gives each class its bit.

    Raises:
        MetadataError: a table is no parquet file, lacks a column, or has no usable row.
    """
    frames, problems, files = [], [], []
    for name in (RECOMMENDED, EXCLUDED):
        if (folder / name).is_file():
            frame, wrong = _read_table(folder / name, classes)
            files.append(name)
            frames.append(frame)
            problems += wrong
    if not frames:
        return Metadata(rows_from_names([], []), (), ())
    frame = pd.concat(frames, ignore_index=True)
    twice = frame["patch_id"].duplicated()
    if twice.any():
        problems.append(_duplicates(frame.loc[twice, "patch_id"]))
    return Metadata(frame[~twice].reset_index(drop=True), tuple(files), tuple(problems))


def _read_table(path: Path, classes: Classes) -> tuple[pd.DataFrame, list[Problem]]:
    table = _load(path)
    bits, unknown = _label_bits(table["labels"], classes)
    frame = rows_from_names(table["patch_id"].to_pylist(), table["s1_name"].to_pylist())
    for name in ("split", "country"):
        texts = _each(table[name].combine_chunks(), str, None)
        frame[name] = pd.Series(texts)
    for name in FLAGS:
        frame[name] = table[name].to_numpy()
    frame["label_mask"] = bits
    bad = {"labels": (unknown, "a class that reBEN has not"), **_bad_rows(frame)}
    problems = [_problem(path.name, *item) for item in bad.items() if item[1][0]]
    wrong = sorted({row for rows, _ in bad.values() for row, _ in rows})
    if wrong and len(wrong) == table.num_rows:
        raise MetadataError(f"{path.name} has no usable row. {problems[0].sentence}")
    return frame.drop(index=wrong).astype(dict.fromkeys(FLAGS, bool)), problems


def _load(path: Path) -> pa.Table:
    """Return the columns of a table in the types they should have."""
    try:
        # ParquetFile, not read_table: that takes folders called a=b for columns.
        with pq.ParquetFile(path) as file:
            there = file.schema_arrow.names
            lacking = [column for column in _SCHEMA if column not in there]
            if lacking:
                raise MetadataError(
                    f"{path.name} has no column {', '.join(lacking)}. It has: {', '.join(there)}. "
                    "Get the released file again, or write the column."
                )
            table = file.read(columns=list(_SCHEMA))
    except (pa.ArrowException, OSError) as error:
        raise MetadataError(
            f"{path.name} cannot be read as a parquet table. Get the released file again."
        ) from error
    return pa.table({name: _cast(path, table[name], name) for name in _SCHEMA})


def _cast(path: Path, column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    try:
        return column.cast(_SCHEMA[name])
    except pa.ArrowException:
        raise MetadataError(
            f"{path.name}: column {name} holds {column.type} where {_SCHEMA[name]} belongs. "
            "Get the released file again, or write the column."
        ) from None


def other_names(folder: Path) -> pd.DataFrame:
    """Return id and name of the patches in BigEarthNet v1, of whichever tables a folder has.

    The column is not needed to open a copy, so a table without it has none.
    """
    tables = [pa.table({"id": pa.array([], pa.string()), "name": pa.array([], pa.string())})]
    for name in (RECOMMENDED, EXCLUDED):
        with (
            contextlib.suppress(pa.ArrowException, OSError, KeyError),
            pq.ParquetFile(folder / name) as file,
        ):
            columns = [file.read(columns=[own])[own] for own in ("patch_id", "s2v1_name")]
            tables.append(pa.table([own.cast(pa.string()) for own in columns], ["id", "name"]))
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame.dropna()


def with_split(folder: Path, parts: pd.DataFrame, about: str) -> dict[str, bytes]:
    """Return the tables of a folder with another split, of the patches that have a part.

    Args:
        folder: where the tables lie.
        parts: columns `id` and `split`.
        about: how the split was made; goes into the metadata of each table.
    """
    ids, names = (pa.array(parts[column], pa.string()) for column in ("id", "split"))
    found = {}
    for name in (RECOMMENDED, EXCLUDED):
        if not (folder / name).is_file():
            continue
        with pq.ParquetFile(folder / name) as file:
            table = file.read()
        place = pc.index_in(table["patch_id"].cast(pa.string()), value_set=ids)
        kept = pc.is_valid(place)
        table, own = table.filter(kept), names.take(place.filter(kept).combine_chunks())
        table = table.set_column(table.schema.get_field_index("split"), "split", own)
        stream = io.BytesIO()
        pq.write_table(
            table.replace_schema_metadata({"eoexplore": about}), stream, compression="zstd"
        )
        if table.num_rows:
            found[name] = stream.getvalue()
    return found


BadRows = tuple[list[tuple[int, str]], str]
"""Row numbers with their values, and what is wrong with them."""


def _bad_rows(frame: pd.DataFrame) -> dict[str, BadRows]:
    places = ["tile", "x", "y"]
    radar = frame[[f"s1_{name}" for name in places]].set_axis(places, axis=1)
    known = frame["tile"].notna() & radar["tile"].notna()
    elsewhere = (frame[places] != radar).any(axis=1) & known
    tests = {
        "patch_id": (frame["tile"].isna(), "a malformed patch name"),
        "s1_name": (
            radar["tile"].isna() | elsewhere,
            "a malformed Sentinel-1 name or the name of another place than the patch",
        ),
        "split": (~frame["split"].isin(SPLITS), f"a split that is none of {', '.join(SPLITS)}"),
        "country": (frame["country"].isna(), "no country"),
        **{name: (frame[name].isna(), "neither true nor false") for name in FLAGS},
    }
    return {
        column: ([(int(row), _shown(frame[column][row])) for row in np.flatnonzero(bad)], what)
        for column, (bad, what) in tests.items()
    }


def _shown(value: object) -> str:
    return value[:80] if isinstance(value, str) else "None"


def _label_bits(
    labels: pa.ChunkedArray, classes: Classes
) -> tuple[np.ndarray, list[tuple[int, str]]]:
    """Return label_mask of each row, and the rows whose labels are missing or unknown."""
    array = labels.combine_chunks()
    parents = pc.list_parent_indices(array).to_numpy(zero_copy_only=False)
    index = pc.index_in(pc.list_flatten(array), pa.array(classes.names)).to_numpy(
        zero_copy_only=False
    )
    missing = np.isnan(index.astype(float))
    flat = pc.list_flatten(array)
    unknown = [(int(parents[i]), str(flat[int(i)].as_py())[:80]) for i in np.flatnonzero(missing)]
    bits = np.zeros(len(array), np.uint64)
    found = np.where(missing, 0, index).astype(np.uint64)
    values = np.where(missing, np.uint64(0), np.uint64(1) << found)
    np.bitwise_or.at(bits, parents, values)
    empty = np.flatnonzero(bits == 0)
    listed = {row for row, _ in unknown}
    unknown += [(int(row), "no label") for row in empty if int(row) not in listed]
    return bits, sorted(unknown)


def _problem(file: str, column: str, bad: BadRows) -> Problem:
    rows, what = bad
    row, value = rows[0]
    return Problem(
        kind=f"bad_{column}",
        count=len({number for number, _ in rows}),
        sentence=f"{file}, row {row}: {column} is {value!r}, {what}; such rows are left out.",
        examples=tuple(f"row {number}: {text}" for number, text in rows[:5]),
    )


def _duplicates(ids: pd.Series) -> Problem:
    examples = tuple(ids.head(5))
    return Problem(
        kind="duplicate_patch",
        count=len(ids),
        sentence=f"{len(ids)} patches stand twice in the metadata; the first row of each counts.",
        examples=examples,
    )


def rows_from_names(patches: Sequence[str | None], radar: Sequence[str | None]) -> pd.DataFrame:
    """Return patch_id and s1_name, and the date and place that each of them says."""
    frame = pd.DataFrame({"patch_id": patches, "s1_name": radar}, dtype=object)
    own = from_names(patches, PATCH_ID)
    return pd.concat([frame, own, from_names(radar, S1_NAME).add_prefix("s1_")], axis=1)


def from_names(names: Sequence[str | None], pattern: str) -> pd.DataFrame:
    """Return date, tile, x and y that names say; missing (-1 for x and y) where one is malformed.

    Args:
        names: patch or Sentinel-1 names.
        pattern: PATCH_ID or S1_NAME.
    """
    parts = pc.extract_regex(pa.array(names, pa.string()), pattern)
    date = _each(pc.struct_field(parts, "date"), _day, np.datetime64("NaT", "s"))
    tile = _each(pc.struct_field(parts, "tile"), _tile, None)
    good = ~np.isnat(date) & pd.notna(tile)
    frame = pd.DataFrame({"date": np.where(good, date, np.datetime64("NaT", "s"))})
    tile[~good] = None
    frame["tile"] = pd.Series(tile)
    for field in ("x", "y"):
        numbers = pc.fill_null(pc.struct_field(parts, field), "-1").cast(pa.int16())
        frame[field] = np.where(good, numbers.to_numpy(zero_copy_only=False), np.int16(-1))
    return frame


def _each(column: pa.Array, read: Callable[[str], object], missing: object) -> np.ndarray:
    """Apply a function to the few distinct values of a column."""
    coded = column.dictionary_encode()
    found = [*(read(text) for text in coded.dictionary.to_pylist()), missing]
    kind = "datetime64[s]" if isinstance(missing, np.datetime64) else object
    codes = coded.indices.fill_null(len(found) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(np.array(found, kind)[codes])


def _day(text: str) -> np.datetime64:
    try:
        return np.datetime64(f"{text[:4]}-{text[4:6]}-{text[6:]}", "s")
    except ValueError:
        return np.datetime64("NaT", "s")


def _tile(text: str) -> str | None:
    try:
        mgrs.tile_origin(text)
    except UnknownName:
        return None
    return text


def well_formed(names: list[str], pattern: str) -> tuple[list[str], list[str]]:
    """Return the names that match PATCH_ID or S1_NAME and name a real tile and day, then others."""
    good = from_names(names, pattern)["tile"].notna()
    both = list(zip(names, good, strict=True))
    return [name for name, ok in both if ok], [name for name, ok in both if not ok]


def pair(patches: list[str], radar: list[str]) -> dict[str, str]:
    """Match S2 and S1 names of one place: of all reBEN pairs, none is more than 6 days apart.

    Returns:
        S1 names by S2 names; the nearest in time are matched first.
    """
    left, right = from_names(patches, PATCH_ID), from_names(radar, S1_NAME)
    joined = left.assign(id=patches).merge(right.assign(s1=radar), on=["tile", "x", "y"])
    joined["days"] = (joined["date_x"] - joined["date_y"]).abs()
    near = joined[joined["days"] <= pd.Timedelta(days=6)].sort_values(["days", "id", "s1"])
    pairs: dict[str, str] = {}
    taken = set()
    for patch, partner in zip(near["id"], near["s1"], strict=True):
        if patch not in pairs and partner not in taken:
            pairs[patch] = partner
            taken.add(partner)
    return pairs


def seasons(dates: pd.Series) -> np.ndarray:
    """Return the meteorological season of each date; an empty text where the date is missing."""
    month = dates.dt.month.fillna(0).to_numpy(int)
    return np.where(month > 0, _SEASONS[month % 12 // 3], "")
