"""The two metadata tables of reBEN, and what follows from its names alone."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eoexplore.core.errors import MetadataError
from eoexplore.core.types import Classes, Problem

RECOMMENDED = "metadata.parquet"
EXCLUDED = "metadata_for_patches_with_snow_cloud_or_shadow.parquet"
SPLITS = ("train", "validation", "test")
COLUMNS = (
    "patch_id",
    "labels",
    "split",
    "country",
    "s1_name",
    "contains_seasonal_snow",
    "contains_cloud_or_shadow",
)
PATCH_ID = (
    r"^S2[AB]_MSIL2A_(?P<date>\d{8})T\d{6}_N\d{4}_R\d{3}_T(?P<tile>\d{2}[C-X][A-Z][A-V])"
    r"_(?P<x>\d{2})_(?P<y>\d{2})$"
)
S1_NAME = (
    r"^S1[AB]_IW_GRDH_1SDV_(?P<date>\d{8})T\d{6}_(?P<tile>\d{2}[C-X][A-Z][A-V])"
    r"_(?P<x>\d{1,2})_(?P<y>\d{1,2})$"
)
_SEASONS = np.array(["winter", "spring", "summer", "autumn"], dtype=object)


@dataclass(frozen=True)
class Metadata:
    """The rows of the metadata tables that can be used, and what was wrong with the others."""

    frame: pd.DataFrame
    """Columns of COLUMNS, one row per patch, label_mask added."""
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
        frames = [pd.DataFrame({column: [] for column in (*COLUMNS, "label_mask")})]
    frame = pd.concat(frames, ignore_index=True)
    twice = frame["patch_id"].duplicated()
    if twice.any():
        problems.append(_duplicates(frame.loc[twice, "patch_id"]))
    return Metadata(frame[~twice].reset_index(drop=True), tuple(files), tuple(problems))


def _read_table(path: Path, classes: Classes) -> tuple[pd.DataFrame, list[Problem]]:
    try:
        there = pq.read_schema(path).names
        lacking = [column for column in COLUMNS if column not in there]
        if lacking:
            raise MetadataError(
                f"{path.name} has no column {', '.join(lacking)}. It has: {', '.join(there)}. "
                "Get the released file again, or write the column."
            )
        table = pq.read_table(path, columns=list(COLUMNS))
    except (pa.ArrowException, OSError) as error:
        raise MetadataError(
            f"{path.name} cannot be read as a parquet table. Get the released file again."
        ) from error
    bits, unknown = _label_bits(table["labels"], classes)
    bad = _bad_rows(table, unknown)
    problems = [_bad_row_problem(path.name, column, rows) for column, rows in bad.items() if rows]
    wrong = sorted({row for rows in bad.values() for row, _ in rows})
    if wrong and len(wrong) == table.num_rows:
        raise MetadataError(f"{path.name} has no usable row. {problems[0].sentence}")
    frame = table.to_pandas()
    frame["label_mask"] = bits
    return frame.drop(index=wrong), problems


BadRows = dict[str, list[tuple[int, str]]]


def _bad_rows(table: pa.Table, unknown: list[tuple[int, str]]) -> BadRows:
    bad: BadRows = {"labels": unknown}
    for column, pattern in (("patch_id", PATCH_ID), ("s1_name", S1_NAME)):
        names = pc.extract_regex(table[column].cast(pa.string()), pattern)
        bad[column] = _values(table[column], np.flatnonzero(names.is_null().to_numpy()))
    known = pc.fill_null(pc.is_in(table["split"].cast(pa.string()), pa.array(SPLITS)), False)
    bad["split"] = _values(table["split"], np.flatnonzero(~known.to_numpy()))
    return bad


def _values(column: pa.ChunkedArray, rows: np.ndarray) -> list[tuple[int, str]]:
    return [(int(row), str(column[int(row)].as_py())[:80]) for row in rows]


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


def _bad_row_problem(file: str, column: str, rows: list[tuple[int, str]]) -> Problem:
    row, value = rows[0]
    what = {
        "labels": "a class that reBEN has not",
        "patch_id": "a malformed patch name",
        "s1_name": "a malformed Sentinel-1 name",
        "split": "a split that is none of train, validation, test",
    }[column]
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


def from_names(names: pd.Series, pattern: str) -> pd.DataFrame:
    """Return date, tile, x and y of names that match a pattern; rows without match are missing.

    Args:
        names: patch or Sentinel-1 names.
        pattern: PATCH_ID or S1_NAME.
    """
    array = pa.array(names.to_numpy(object), pa.string())
    parts = pc.extract_regex(array, pattern)
    frame = pd.DataFrame(
        {field: pc.struct_field(parts, field).to_pandas() for field in ("date", "tile", "x", "y")},
    )
    frame["date"] = pd.to_datetime(frame["date"], format="%Y%m%d", errors="coerce")
    frame[["x", "y"]] = frame[["x", "y"]].apply(pd.to_numeric).fillna(-1).astype("int16")
    return frame


def seasons(dates: pd.Series) -> np.ndarray:
    """Return the meteorological season of each date; an empty text where the date is missing."""
    month = dates.dt.month.fillna(0).to_numpy(int)
    return np.where(month > 0, _SEASONS[month % 12 // 3], "")
