"""A user's own split: files of ids and parts, matched with a dataset and kept for links.

What a file says is matched by value: the column of ids is the one whose values are names of
samples, the column of parts the one that holds words for training, validation and test. Files
without such words, like the lists of BigEarthNet v1, say the part by their names.
"""

import functools
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eoexplore.core import settings
from eoexplore.core.errors import SplitError
from eoexplore.core.split import NONE, SPLITS, Split, part_of
from eoexplore.core.split_rule import FILE, Rule
from eoexplore.store import split_tables
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic, file_stamp
from eoexplore.store.split_names import Key, Names, Rows
from eoexplore.store.split_tables import Table

MAX_FILES = 20
"""Files that one split is read from."""
_KEPT = 200
"""Files of users that are kept; the oldest goes for the next one."""
_NAME = re.compile(r"[0-9a-f]{16}\.parquet")
_LOOKED_AT = 2_000
"""Values of a column by which it is told what it holds, before all are looked at."""
_NAMED, _WORDS_NAMED = 3, 5
"""Ids and words that are named one by one."""
_MOST_WORDS = 1_000
"""Distinct cells up to which a column may hold the words for parts."""
_HEADERS = {
    *("split", "splits", "subset", "set", "part", "partition", "fold", "phase"),
    *("dataset_split", "data_split"),
}
"""Usual names of the column of parts; told by its words where it has such."""
_ID_HEADERS = {
    *("id", "ids", "name", "names", "key", "file", "filename", "file_name", "image", "image_id"),
    *("patch", "patches", "patch_id", "patch_ids", "patch_name", "sample", "sample_id"),
    *("s1_name", "s2_name", "s2v1_name"),
}


@dataclass(frozen=True)
class Report:
    """What came of a user's file."""

    names: tuple[str, ...]
    """Names of the files."""
    lines: int
    """Lines with an id."""
    matched_by: tuple[str, ...]
    """Which names of the samples it has, such as "patch id"."""
    matched: int
    """Samples of the dataset that are in a part."""
    missing: int
    """Samples of the dataset of which it says nothing."""
    unknown: int
    """Distinct ids that are no sample of the dataset."""
    unknown_ids: tuple[str, ...]
    """Some of them."""
    doubled: int
    """Samples that it lists more than once, in the same part."""
    contradicting: int
    """Samples that it lists in more than one part: they are in none."""
    contradicting_ids: tuple[str, ...]
    """Some of them."""
    words: tuple[str, ...]
    """Words that are no part of a split; their lines count as "in no part"."""
    ragged: int = 0
    """Lines that were left out since they have another number of cells."""

    def sentences(self) -> tuple[str, ...]:
        """Return what a user reads, one sentence each."""
        by = f", by their {' and '.join(self.matched_by)}" if self.matched_by else ""
        patches = functools.partial(_number, "patch", "patches")
        lines = functools.partial(_number, "line", "lines")
        said = [f"{patches(self.matched)} in a part{by}; {lines(self.lines)} with an id in "
                f"{_listed(self.names)}."]  # fmt: skip
        if self.missing:
            said.append(f"{patches(self.missing)} of the dataset not listed: in no part.")
        if self.unknown:
            said.append(
                f"{_number('id', 'ids', self.unknown)} without a patch in this dataset, such as "
                f"{', '.join(self.unknown_ids)}."
            )
        if self.doubled:
            said.append(f"{patches(self.doubled)} listed more than once; each counts once.")
        if self.contradicting:
            said.append(
                f"{patches(self.contradicting)} listed in more than one part, such as "
                f"{', '.join(self.contradicting_ids)}: in none."
            )
        if self.words:
            said.append(
                f"No part of a split is called: {', '.join(self.words)}. Known are train, "
                "validation and test, and words like val, dev or testing."
            )
        if self.ragged:
            said.append(f"{lines(self.ragged)} of another number of cells left out.")
        return tuple(said)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _number(one: str, several: str, count: int) -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {several}"


@dataclass(frozen=True)
class _Lines:
    """Ids and words for parts, as files give them."""

    names: tuple[str, ...]
    """Names of the files."""
    ids: pa.Array
    """Names of samples, shape (lines,)."""
    words: pa.Array
    """What each line says of the part, shape (lines,)."""
    ragged: int = 0
    """Lines that were left out since they have another number of cells."""


def read(opened: Opened, files: Sequence[tuple[str, bytes]]) -> tuple[Split, Report]:
    """Read a split from files, and keep it so that links to it work.

    Args:
        opened: the dataset that it is for.
        files: name and content of each: CSV (also packed by gzip or bzip2) or Parquet.

    Raises:
        SplitError: no file, one that cannot be read, or nothing in them that fits the dataset.
    """
    if not 0 < len(files) <= MAX_FILES:
        raise SplitError(f"Choose 1 to {MAX_FILES} files of one split.")
    lines = _lines_of(opened, [split_tables.read(name, data) for name, data in files])
    parts, report = _matched(opened, lines)
    return _split(_keep(lines), parts, report), report


def stored(opened: Opened, rule: Rule) -> Split:
    """Return the split of a file that was read before.

    Raises:
        SplitError: it is not kept on this machine, or fits no sample of the dataset.
    """
    return _split(rule.file, *_matched(opened, _kept(rule.file)))


def _split(file: str, parts: npt.NDArray[np.int8], report: Report) -> Split:
    counts = ", ".join(
        f"{int((parts == number).sum()):,} {name}" for number, name in enumerate(SPLITS)
    )
    return Split(
        f"{FILE}:{file}",
        f"Your file {_listed(report.names)}",
        f"Read from a file of the user. {' '.join(report.sentences())} That gives {counts}.",
        parts,
    )


# -- what the files say ---------------------------------------------------------------------------


def _lines_of(opened: Opened, tables: Sequence[Table]) -> _Lines:
    """Return the lines of some files, with what each says of the part."""
    split_tables.check_lines("The split", sum(map(len, tables)))
    keys = Names(opened)
    ids, words = [], []
    for table in tables:
        place, key = _column_of_ids(opened, table, keys)
        own, said = table.columns[place], _words(table, place)
        if not table.header and _is_header(own[0].as_py(), key):
            own, said = own[1:], said[1:]
        there = pc.not_equal(own, "")
        ids.append(own.filter(there))
        words.append(said.filter(there))
    names = tuple(table.name for table in tables)
    ragged = sum(table.ragged for table in tables)
    return _Lines(names, pa.concat_arrays(ids), pa.concat_arrays(words), ragged)


def _column_of_ids(opened: Opened, table: Table, keys: Names) -> tuple[int, Key]:
    """Return the column with the most names of samples, and the kind of the names.

    Raises:
        SplitError: no column has any.
    """
    # Some of the lines tell in most cases; where they do not, all of them do.
    for step in dict.fromkeys((max(1, len(table) // _LOOKED_AT), 1)):
        some = pa.array(np.arange(0, len(table), step))
        columns = [column.take(some) for column in table.columns]
        for key in keys:
            hits = [key.hits(own) for own in columns]
            if max(hits) > 0:
                return hits.index(max(hits)), key
    kinds = " or a ".join(key.title for key in keys)
    line = "; ".join(column[len(table) // 2].as_py()[:80] for column in table.columns[:3])
    example = next((name.as_py() for key in keys for name in key.names[:1]), "")
    raise SplitError(
        f"No line of {table.name} has a {kinds} of {opened.dataset.title}. One of its "
        f"{len(table):,} lines reads: {line}. A patch id reads: {example}."
    )


def _is_header(cell: str, key: Key) -> bool:
    """Tell whether the first cell of the column of ids is the column's name."""
    if cell.lower() in _ID_HEADERS:
        return True
    return not re.search(r"\d", cell) and int(key.rows_of(pa.array([cell]))[0]) == NONE


def _words(table: Table, ids: int) -> pa.Array:
    """Return what each line says of the part: by a column, else by the name of the file.

    Raises:
        SplitError: neither says it.
    """
    others = [column for place, column in enumerate(table.columns) if place != ids]
    known = [_known_words(column) for column in others]
    if max(known, default=0) > 0:
        return others[known.index(max(known))]
    names = table.header or tuple(column[0].as_py() for column in table.columns)
    titled = [
        place for place, name in enumerate(names) if name.lower() in _HEADERS and place != ids
    ]
    if titled:
        return table.columns[titled[0]]
    parts = {part_of(word) for word in re.split(r"[^a-z]+", table.name.lower())} - {NONE}
    if len(parts) != 1:
        raise SplitError(
            f"{table.name} does not say which patches are for training, validation and test: no "
            "column has such words, and neither has the file's name. Add a column, or choose one "
            "file for each part, such as train.csv."
        )
    return pa.repeat(SPLITS[parts.pop()], len(table))


def _known_words(column: pa.Array) -> int:
    """Return how many cells of a column are words for parts."""
    counts = pc.value_counts(column)
    if len(counts) > _MOST_WORDS:
        return 0
    return sum(item["counts"] for item in counts.to_pylist() if part_of(item["values"]) != NONE)


# -- what they mean for a dataset -----------------------------------------------------------------


def _matched(opened: Opened, lines: _Lines) -> tuple[npt.NDArray[np.int8], Report]:
    """Return the part of each sample, and what came of the lines.

    Raises:
        SplitError: no sample is in a part.
    """
    count = len(opened.samples)
    rows, matched_by = _rows(opened, lines.ids)
    coded = lines.words.dictionary_encode()
    words = coded.dictionary.to_pylist()
    numbers = np.array([*map(part_of, words)], np.intp)[coded.indices.to_numpy()]
    known = (rows >= 0) & (numbers >= 0)
    # How often each sample stands in each part.
    times = np.bincount(numbers[known] * count + rows[known], minlength=len(SPLITS) * count)
    there = times.reshape(len(SPLITS), count) > 0
    once, contradicting = there.sum(0) == 1, there.sum(0) > 1
    parts = np.where(once, there.argmax(0), NONE).astype(np.int8)
    listed = np.zeros(count, bool)
    listed[rows[rows >= 0]] = True
    strange = pc.unique(lines.ids.filter(pa.array(rows < 0)))
    other = [word[:40] for word in words if word and part_of(word) == NONE]
    ids = opened.samples.frame["id"].array
    report = Report(
        names=lines.names,
        lines=len(rows),
        matched_by=matched_by,
        matched=int(once.sum()),
        missing=int((~listed).sum()),
        unknown=len(strange),
        unknown_ids=tuple(name[:80] for name in strange[:_NAMED].to_pylist()),
        doubled=int((once & (times.reshape(len(SPLITS), count).sum(0) > 1)).sum()),
        contradicting=int(contradicting.sum()),
        contradicting_ids=tuple(
            str(ids[row]) for row in np.flatnonzero(contradicting)[:_NAMED].tolist()
        ),
        words=(*other[:_WORDS_NAMED], *(["…"] if len(other) > _WORDS_NAMED else [])),
        ragged=lines.ragged,
    )
    if not report.matched:
        raise SplitError(f"No patch is in a part. {' '.join(report.sentences()[1:])}")
    return parts, report


def _rows(opened: Opened, ids: pa.Array) -> tuple[Rows, tuple[str, ...]]:
    """Return the row of each id, -1 for those that are none, and by which names they are known."""
    rows = np.full(len(ids), NONE, np.intp)
    titles = []
    for key in Names(opened):
        left = np.flatnonzero(rows < 0)
        rows[left] = key.rows_of(ids.take(pa.array(left)))
        if (rows[left] >= 0).any():
            titles.append(key.title)
        if (rows >= 0).all():
            break
    return rows, tuple(titles)


# -- what is kept ---------------------------------------------------------------------------------


def _keep(lines: _Lines) -> str:
    """Keep the lines by their content, and return the 16 digits that stand for it."""
    table = pa.table({"id": lines.ids, "split": lines.words.dictionary_encode()})
    about = json.dumps({"names": lines.names, "ragged": lines.ragged})
    pairs = pc.binary_join_element_wise(lines.ids, lines.words, "\t")
    digest = hashlib.sha256("\n".join([about, *pairs.to_pylist()]).encode()).hexdigest()[:16]
    try:
        with atomic(_path(digest)) as partial:
            pq.write_table(
                table.replace_schema_metadata({"eoexplore": about}), partial, compression="zstd"
            )
    except OSError as error:
        raise SplitError(
            "The split cannot be kept: the cache folder is full or cannot be written. Make room "
            "there, and choose the file again."
        ) from error
    _forget_oldest()
    return digest


def _forget_oldest() -> None:
    kept = [path for path in _path("").parent.iterdir() if _NAME.fullmatch(path.name)]
    for path in sorted(kept, key=lambda path: file_stamp(path)[0])[:-_KEPT]:
        path.unlink(missing_ok=True)


def _kept(digest: str) -> _Lines:
    try:
        with pq.ParquetFile(_path(digest)) as file:
            table = file.read().combine_chunks()
        about = json.loads(table.schema.metadata[b"eoexplore"])
        ids, words = (table[name].combine_chunks().cast(pa.string()) for name in ("id", "split"))
    except (OSError, pa.ArrowException, ValueError, KeyError, TypeError) as error:
        raise SplitError(
            f"The split file:{digest} is not kept on this machine. Choose the file again."
        ) from error
    return _Lines(tuple(about["names"]), ids, words, int(about["ragged"]))


def _path(digest: str) -> Path:
    return settings.cache_folder() / "splits" / f"{digest}.parquet"
