"""Predictions that were made elsewhere: a table of ids and scores becomes a prediction set.

What was understood of a file is said before anything is kept. Nothing is guessed that changes
numbers: the order of unnamed classes, and whether values are probabilities, percents or logits.
"""

import hashlib
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import filelock
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from scipy.special import expit

from eoexplore import __version__
from eoexplore.core.errors import PredictionError
from eoexplore.store import prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import About, PredictionSet

PROBABILITIES, PERCENT, LOGITS = "probabilities", "percent", "logits"
VALUES = (PROBABILITIES, PERCENT, LOGITS)
"""What values of a file can be."""
ALPHABET, DATASET = "alphabet", "dataset"
ORDERS = (ALPHABET, DATASET)
"""Orders of classes that have no names."""
MAX_BYTES = 1_000_000_000
_NAMED = 3
_DELIMITERS = ",;\t"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Understood:
    """What a file says, before it is kept."""

    name: str
    """Name of the file."""
    sha256: str
    """Of its bytes."""
    classes: tuple[str, ...]
    """Classes of the columns that are taken."""
    rows: npt.NDArray[np.intp]
    """Rows of the sample table, ascending, shape (n,)."""
    values: Floats
    """As they stand in the file, shape (n, class)."""
    kind: str
    """What the values are, of VALUES: as it was said, else what they look like."""
    certain: bool
    """Whether nobody has to say what the values are."""
    sentences: tuple[str, ...]
    """What a user reads of all this."""


def look(opened: Opened, name: str, data: bytes, values: str = "", order: str = "") -> Understood:
    """Read a file of predictions.

    Args:
        opened: the dataset that it is for.
        name: of the file.
        data: CSV, TSV or Parquet with a column of ids and one for each class.
        values: what they are, of VALUES; empty: those between 0 and 1 are probabilities, and for
            others somebody has to say it.
        order: of ORDERS, for columns that are not named after classes.

    Raises:
        PredictionError: it is no such table, or fits no sample of the dataset.
    """
    table = _table(name, data)
    column, rows = _ids(opened, name, table)
    chosen, said = _classes(opened, name, table, column, order)
    known = rows >= 0
    read = np.column_stack([_numbers(name, table, own) for own in chosen.values()])
    whole = known & np.isfinite(read).all(1)
    sentences = [*_counted(opened, name, table[column], rows, whole), *said]
    kept, read = rows[whole], read[whole]
    once, place = _once(name, kept, read)
    kind, certain, about = _kind(read, values)
    return Understood(
        name, hashlib.sha256(data).hexdigest(), tuple(chosen), once, read[place], kind, certain,
        (*sentences, about),
    )  # fmt: skip


def keep(
    opened: Opened, found: Understood, name: str, trained_on_split: str = "", threshold: float = 0.5
) -> PredictionSet:
    """Keep predictions as a set.

    Args:
        opened: the dataset.
        found: what `look` gave.
        name: of the set.
        trained_on_split: part of the split that the model was trained on; empty where unknown.
        threshold: score from which a class counts as predicted, 0 to 1.

    Raises:
        PredictionError: nobody has said what the values are, or the name is taken.
    """
    if not found.certain:
        raise PredictionError(
            f"{found.sentences[-1]} Say what they are: {', '.join(VALUES)}. Nothing was kept."
        )
    folder = prediction_sets.folder_of(opened.fingerprint, name)
    key = hashlib.sha256(f"{found.sha256} {found.kind} {found.classes}".encode()).hexdigest()[:16]
    said = About(
        name=name, task="multilabel", model=found.name, model_hash=found.sha256,
        preprocessing_hash="", dataset_fingerprint=opened.fingerprint, selection="",
        classes=found.classes, threshold=threshold, trained_on_split=trained_on_split,
        created=datetime.now(UTC).isoformat(timespec="seconds"), eoexplore_version=__version__,
        key=key,
    )  # fmt: skip
    scores = found.values / 100 if found.kind == PERCENT else found.values
    scores = np.asarray(expit(scores) if found.kind == LOGITS else scores, np.float64)
    ids = opened.samples.frame["id"].to_numpy(object)[found.rows]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / prediction_sets.LOCK, timeout=0):
            there = prediction_sets.about(folder)
            if there is not None and there.key != key:
                raise PredictionError(f"There is a set {name} already. Choose another name.")
            prediction_sets.write(folder, said, ids, np.clip(scores, 0, 1).astype(np.float32))
    except filelock.Timeout:
        raise PredictionError(
            f"The set {name} is being made already. Choose another name."
        ) from None
    return prediction_sets.read(opened, name)


def _table(name: str, data: bytes) -> pa.Table:
    if len(data) > MAX_BYTES:
        raise PredictionError(f"{name} is larger than {MAX_BYTES // 1_000_000:,} MB.")
    try:
        if data[:4] == b"PAR1":
            table = pq.read_table(io.BytesIO(data))
        else:
            line = data[:100_000].decode("utf-8-sig", "strict").partition("\n")[0]
            options = arrow_csv.ParseOptions(delimiter=max(_DELIMITERS, key=line.count))
            table = arrow_csv.read_csv(io.BytesIO(data), parse_options=options)
    except (pa.ArrowException, OSError, ValueError):
        raise PredictionError(
            f"{name} cannot be read as CSV, TSV or Parquet. It should have a line of names, a "
            "column of ids, and one column for each class."
        ) from None
    if len(set(table.column_names)) < table.num_columns or not table.num_rows:
        raise PredictionError(f"{name} has no line, or two columns of one name.")
    return table


def _ids(opened: Opened, name: str, table: pa.Table) -> tuple[str, npt.NDArray[np.intp]]:
    """Return the column of ids, and the row of each line's sample, -1 for none."""
    ids = opened.samples.frame["id"]
    places = {str(sample): place for place, sample in enumerate(ids)}
    best, found = "", np.full(table.num_rows, -1, np.intp)
    for column in table.column_names:
        if _is_text(table.schema.field(column).type):
            rows = np.array([places.get(text, -1) for text in table[column].to_pylist()], np.intp)
            if (rows >= 0).sum() > (found >= 0).sum():
                best, found = column, rows
    if not best:
        raise PredictionError(
            f"No column of {name} has ids of this dataset, such as {ids.iloc[0]}."
        )
    return best, found


def _classes(
    opened: Opened, name: str, table: pa.Table, ids: str, order: str
) -> tuple[dict[str, str], list[str]]:
    """Return the column of each class, and what to say of the columns."""
    names = opened.dataset.classes.names
    known = {item.strip().lower(): item for item in names}
    others = [column for column in table.column_names if column != ids]
    found = {known[c.strip().lower()]: c for c in others if c.strip().lower() in known}
    if found:
        lacking = [item for item in names if item not in found]
        said = [f"{len(found)} of the {len(names)} classes have a column, by their names."]
        if lacking:
            said.append(f"Not in the file: {', '.join(lacking)}. They are not judged.")
        return {item: found[item] for item in names if item in found}, said
    numeric = [column for column in others if _is_number(table.schema.field(column).type)]
    if len(numeric) != len(names):
        raise PredictionError(
            f"No column of {name} is named after a class, and {len(numeric)} have numbers, where "
            f"the dataset has {len(names)} classes. Classes: {'; '.join(names)}."
        )
    if order not in ORDERS:
        raise PredictionError(
            f"The columns of {name} are not named after classes. Say their order: {ALPHABET} "
            f"({', '.join(sorted(names)[:2])}, …) or {DATASET} ({', '.join(names[:2])}, …)."
        )
    ordered = sorted(names) if order == ALPHABET else list(names)
    said = [f"Columns in the order of the {order}: {numeric[0]} is {ordered[0]}, and so on."]
    return dict(zip(ordered, numeric, strict=True)), said


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(value) or pa.types.is_large_string(value))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _numbers(name: str, table: pa.Table, column: str) -> Floats:
    """Return a column as numbers, NaN where it has none."""
    try:
        values = pc.cast(table[column], pa.float64())
    except pa.ArrowException:
        raise PredictionError(f"The column {column[:60]!r} of {name} has no numbers.") from None
    return np.asarray(values.to_numpy(zero_copy_only=False), np.float64)


def _counted(
    opened: Opened,
    name: str,
    ids: pa.ChunkedArray,
    rows: npt.NDArray[np.intp],
    whole: npt.NDArray[np.bool_],
) -> list[str]:
    known = rows >= 0
    if not whole.any():
        raise PredictionError(f"No line of {name} has an id of this dataset and only numbers.")
    said = [
        f"{len(np.unique(rows[whole])):,} of the {len(opened.samples):,} samples of the dataset "
        f"have scores in {name}."
    ]
    unknown = np.flatnonzero(~known)
    if len(unknown):
        few = ", ".join(str(ids[int(place)])[:80] for place in unknown[:_NAMED])
        have = "1 line has" if len(unknown) == 1 else f"{len(unknown):,} lines have"
        said.append(f"{have} an id that is no sample here, such as {few}.")
    holes = int((known & ~whole).sum())
    if holes:
        are = "1 line has" if holes == 1 else f"{holes:,} lines have"
        said.append(f"{are} a value that is no number, and count nothing.")
    return said


def _once(
    name: str, rows: npt.NDArray[np.intp], values: Floats
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return each row once, ascending, and its first place.

    Raises:
        PredictionError: a sample stands twice with other scores.
    """
    once, first, back = np.unique(rows, return_index=True, return_inverse=True)
    different = (values != values[first[back]]).any(1)
    if different.any():
        count = len(np.unique(rows[different]))
        raise PredictionError(
            f"{count:,} samples stand more than once in {name}, with other scores. Keep one line "
            "for each."
        )
    return once, first


def _kind(values: Floats, said: str) -> tuple[str, bool, str]:
    """Return what values are, whether that is certain, and a sentence."""
    low, high = float(values.min()), float(values.max())
    within = f"The values are from {low:.4g} to {high:.4g}"
    if said and said not in VALUES:
        raise PredictionError(f"There are no values called {said[:40]!r}: {', '.join(VALUES)}.")
    fits = {PROBABILITIES: low >= 0 and high <= 1, PERCENT: low >= 0 and high <= 100, LOGITS: True}
    if said:
        if not fits[said]:
            raise PredictionError(f"{within}, so they are no {said}. Say what they are.")
        return said, True, f"{within}, taken as {said}."
    kind = next(name for name, good in fits.items() if good)
    if kind == PROBABILITIES:
        return kind, True, f"{within}, taken as probabilities."
    return kind, False, f"{within}, which look like {kind}."


def with_kind(found: Understood, kind: str) -> Understood:
    """Return what was understood, with what its values are as somebody has said it.

    Raises:
        PredictionError: they cannot be that.
    """
    named, certain, sentence = _kind(found.values, kind)
    said = (*found.sentences[:-1], sentence)
    return replace(found, kind=named, certain=certain, sentences=said)
