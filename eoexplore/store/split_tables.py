"""Tables that a user brings: text with commas, semicolons or tabs, or Parquet; packed or not.

Nothing of them is run or opened: they come as bytes, and what leaves is texts.
"""

import bz2
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from eoexplore.core.errors import SplitError

MAX_BYTES = 100_000_000
"""Largest file, packed and unpacked; the two tables of reBEN with all columns have 4 MB."""
MAX_LINES = 5_000_000
"""Most lines, of all files of a split together."""
_MAX_COLUMNS, _MAX_LINE = 200, 100_000
"""Most columns, and most bytes of the first line."""
_COMMENT = b"#"
_DELIMITERS = ",;\t"
_BLOCK = 4_000_000
_PACKED: dict[bytes, Callable[[io.BytesIO], io.BufferedIOBase]] = {
    b"\x1f\x8b": lambda file: gzip.GzipFile(fileobj=file),
    b"BZh": bz2.BZ2File,
}
"""How packed files begin, and what unpacks them."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_FORMULA = r"^'([=+\-@\t\r])"
"""What `store.export.harmless` makes of texts that a spreadsheet would take for a formula."""


@dataclass(frozen=True)
class Table:
    """Columns of texts."""

    name: str
    """Name of the file, without folders."""
    columns: tuple[pa.Array, ...]
    """Cells of each column, as strings without blanks around them."""
    header: tuple[str, ...]
    """Names of the columns; empty for text, of which the first line may be a header or not."""
    ragged: int = 0
    """Lines that were left out since they have another number of cells than the first."""

    def __len__(self) -> int:
        """Return the number of lines."""
        return len(self.columns[0]) if self.columns else 0


def read(name: str, data: bytes) -> Table:
    """Read a table.

    Args:
        name: of the file, as the user has it.
        data: the file.

    Raises:
        SplitError: it is too large, or no table of a kind that can be read.
    """
    name = re.sub(r"[\x00-\x1f\x7f]", "", re.split(r"[/\\]", name)[-1])[:80] or "file"
    _check_size(name, len(data))
    data = _unpacked(name, data)
    if data[:4] == b"PAR1":
        return _parquet(name, data)
    return _text(name, data)


def _check_size(name: str, size: int) -> None:
    if size > MAX_BYTES:
        raise SplitError(
            f"{name} is larger than {MAX_BYTES // 1_000_000} MB. A split needs two columns only, "
            "ids and parts: leave the others out."
        )


def check_lines(name: str, lines: int) -> None:
    """See that there are not too many lines.

    Raises:
        SplitError: there are.
    """
    if lines > MAX_LINES:
        raise SplitError(f"{name} has {lines:,} lines; at most {MAX_LINES:,} can be read.")


def _unpacked(name: str, data: bytes) -> bytes:
    for start, opener in _PACKED.items():
        if data.startswith(start):
            try:
                with opener(io.BytesIO(data)) as file:
                    # One byte more tells that there is more; the rest is never unpacked.
                    data = file.read(MAX_BYTES + 1)
            except (OSError, EOFError, zlib.error) as error:
                raise SplitError(f"{name} is damaged or cut short: it cannot be unpacked.") from (
                    error
                )
            _check_size(name, len(data))
            break
    return data


def _parquet(name: str, data: bytes) -> Table:
    try:
        with pq.ParquetFile(io.BytesIO(data)) as file:
            groups = [file.metadata.row_group(n) for n in range(file.metadata.num_row_groups)]
            _check_size(name, sum(group.total_byte_size for group in groups))
            check_lines(name, file.metadata.num_rows)
            schema = file.schema_arrow
            wanted = [item.name for item in schema if _is_text(item.type)][:_MAX_COLUMNS]
            table = file.read(columns=wanted)
        columns = [table[item].cast(pa.string()) for item in wanted]
    except (pa.ArrowException, OSError, KeyError) as error:
        raise SplitError(f"{name} cannot be read as a Parquet table. Write it again.") from error
    if not wanted or not len(table):
        raise SplitError(f"{name} has no line with a text. It needs columns of ids and parts.")
    return Table(name, tuple(map(_clean, columns)), tuple(wanted))


def _is_text(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_integer)
    return any(test(value) for test in tests)


def _clean(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pc.fill_null(pc.utf8_trim_whitespace(whole), "")


def _text(name: str, data: bytes) -> Table:
    data = _as_utf8(name, data)
    while data.startswith(_COMMENT):
        data = data.partition(b"\n")[2]
    first = re.match(rb"[\r\n]*([^\r\n]*)", data)
    if not first or not first[1] or b"\x00" in data[:_BLOCK]:
        raise SplitError(f"{name} has no line of text. It needs lines of ids and parts.")
    if len(first[1]) > _MAX_LINE:
        raise SplitError(f"The first line of {name} is too long for a table of ids and parts.")
    check_lines(name, data.count(b"\n"))
    line = first[1].decode("utf-8")
    delimiter = max(_DELIMITERS, key=line.count)
    width = len(next(csv.reader([line], delimiter=delimiter)))
    if width > _MAX_COLUMNS:
        raise SplitError(f"{name} has {width:,} columns; at most {_MAX_COLUMNS} are looked at.")
    ragged: list[object] = []

    def left_out(row: object) -> str:
        ragged.append(row)
        return "skip"

    names = [f"f{number}" for number in range(width)]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=_BLOCK),
            arrow_csv.ParseOptions(delimiter=delimiter, invalid_row_handler=left_out),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except (pa.ArrowException, OSError) as error:
        raise SplitError(
            f"{name} cannot be read as lines of cells. Write it as CSV with commas, semicolons or "
            "tabs, or as Parquet."
        ) from error
    columns = (pc.replace_substring_regex(_clean(table[item]), _FORMULA, r"\1") for item in names)
    return Table(name, tuple(columns), (), len(ragged))


def _as_utf8(name: str, data: bytes) -> bytes:
    """Return a text in UTF-8 without a mark at its beginning."""
    encoding = "utf-16" if data.startswith(_UTF_16) else "utf-8-sig"
    try:
        return data.decode(encoding).encode()
    except UnicodeDecodeError as error:
        raise SplitError(
            f"{name} is neither text in UTF-8 nor Parquet. Save it as CSV (UTF-8) or Parquet."
        ) from error
