"""Tables that are damaged, or not quite what was released."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from eoexplore import datasets
from eoexplore.core.errors import MetadataError
from tests.builders import Patch, lacking, write_metadata

RECOMMENDED = "metadata.parquet"
EXCLUDED = "metadata_for_patches_with_snow_cloud_or_shadow.parquet"
PATCHES = tuple(Patch("33UUP", 20 + number, 40) for number in range(4))
COLUMNS = (
    "patch_id", "labels", "split", "country", "s1_name", "contains_seasonal_snow",
    "contains_cloud_or_shadow",
)  # fmt: skip


@pytest.fixture
def root(tmp_path):
    write_metadata(tmp_path, PATCHES)
    return tmp_path


def change(root, column, row, value, name=RECOMMENDED):
    """Put another value into a table."""
    rows = pq.read_table(root / name).to_pylist()
    rows[row][column] = value
    pq.write_table(pa.Table.from_pylist(rows), root / name)


def problems(root):
    return {problem.kind: problem for problem in datasets.open_dataset(root).health().problems}


def test_the_table_alone_is_a_dataset(root):
    dataset = datasets.open_dataset(root)
    assert dataset.layout == "metadata"
    assert datasets.open_dataset(root / RECOMMENDED).layout == "metadata"
    assert dataset.samples()["id"].tolist() == [patch.id for patch in PATCHES]
    assert lacking(dataset) == {}
    assert dict(dataset.health().layers) == {"s2": 0, "s1": 0, "reference_map": 0}


def test_either_table_alone_will_do_and_both_are_joined(root):
    (root / RECOMMENDED).rename(root / EXCLUDED)
    rows = pq.read_table(root / EXCLUDED).to_pylist()
    for row in rows:
        row["contains_seasonal_snow"] = True
    rows[1]["contains_cloud_or_shadow"] = True
    pq.write_table(pa.Table.from_pylist(rows), root / EXCLUDED)
    frame = datasets.open_dataset(root).samples()
    assert frame["flags"].tolist() == [["snow"], ["snow", "cloud_or_shadow"], ["snow"], ["snow"]]
    assert "metadata.parquet is not there" in problems(root)["missing_table"].sentence
    others = tuple(Patch("32TMT", 20 + number, 40, split="test") for number in range(3))
    write_metadata(root, others)
    frame = datasets.open_dataset(root).samples()
    assert frame["id"].tolist() == sorted(patch.id for patch in PATCHES + others)
    assert frame["split"].value_counts().to_dict() == {"train": 4, "test": 3}
    assert "missing_table" not in problems(root)


@pytest.mark.parametrize("column", COLUMNS)
def test_a_table_without_a_column_says_which_and_what_is_there(root, column):
    table = pq.read_table(root / RECOMMENDED).drop_columns([column])
    pq.write_table(table, root / RECOMMENDED)
    with pytest.raises(MetadataError) as caught:
        datasets.open_dataset(root).samples()
    assert f"metadata.parquet has no column {column}." in str(caught.value)
    assert "s2v1_name" in str(caught.value)


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("labels", ["Pastures", "Sea of Trees"], "Sea of Trees"),
        ("labels", ["pastures"], "pastures"),
        ("labels", [], "no label"),
        ("labels", None, "no label"),
        ("labels", [None], "None"),
        ("patch_id", "S2A_33UUP", "S2A_33UUP"),
        ("patch_id", None, "None"),
        ("patch_id", "", ""),
        ("patch_id", PATCHES[2].id + "/../../etc", PATCHES[2].id + "/../../etc"),
        ("patch_id", PATCHES[2].id.replace("T33UUP", "T33UAP"), "T33UAP"),
        ("patch_id", PATCHES[2].id.replace("_22_", "_91_"), "_91_"),
        ("patch_id", PATCHES[2].id.replace("20170613T", "20170231T"), "20170231T"),
        ("patch_id", PATCHES[2].id + "\n", PATCHES[2].id),
        ("s1_name", "S1A_nothing", "S1A_nothing"),
        ("s1_name", None, "None"),
        ("s1_name", PATCHES[0].s1_id, PATCHES[0].s1_id),
        ("split", "val", "val"),
        ("split", "", ""),
        ("split", None, "None"),
        ("country", None, "None"),
        ("contains_seasonal_snow", None, "None"),
        ("contains_cloud_or_shadow", None, "None"),
    ],
)
def test_a_bad_value_is_told_with_its_row_and_left_out(root, column, value, shown):
    change(root, column, 2, value)
    frame = datasets.open_dataset(root).samples()
    assert frame["id"].tolist() == [PATCHES[0].id, PATCHES[1].id, PATCHES[3].id]
    found = problems(root)[f"bad_{column}"]
    assert found.count == 1
    assert f"metadata.parquet, row 2: {column} is " in found.sentence
    assert shown in found.sentence
    assert found.examples[0].startswith("row 2: ")
    assert [kind for kind in problems(root) if kind.startswith("bad_")] == [f"bad_{column}"]


def test_hostile_values_are_cut_and_nothing_more(root):
    change(root, "split", 0, "x" * 100_000)
    change(root, "labels", 1, ["<img src=x onerror=alert(1)>"])
    assert len(problems(root)["bad_split"].sentence) < 300
    assert "<img src=x onerror=alert(1)>" in problems(root)["bad_labels"].sentence
    assert len(datasets.open_dataset(root).samples()) == 2


def test_a_table_without_one_usable_row_is_an_error_that_shows_one(root):
    for row in range(4):
        change(root, "split", row, "val")
    with pytest.raises(MetadataError) as caught:
        datasets.open_dataset(root).samples()
    assert "no usable row" in str(caught.value)
    assert "row 0: split is 'val'" in str(caught.value)


def test_a_table_of_no_rows_is_a_dataset_of_no_samples(root):
    pq.write_table(pq.read_table(root / RECOMMENDED).slice(0, 0), root / RECOMMENDED)
    frame = datasets.open_dataset(root).samples()
    assert len(frame) == 0
    assert datasets.open_dataset(root).health().samples == 0


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a table at all" * 50])
def test_a_file_that_is_no_table_is_an_error_in_a_sentence(root, content):
    (root / RECOMMENDED).write_bytes(content)
    with pytest.raises(MetadataError, match="cannot be read as a parquet table"):
        datasets.open_dataset(root).samples()


def test_a_table_cut_short_is_an_error_in_a_sentence(root):
    data = (root / RECOMMENDED).read_bytes()
    (root / RECOMMENDED).write_bytes(data[: len(data) // 2])
    with pytest.raises(MetadataError, match="cannot be read as a parquet table"):
        datasets.open_dataset(root).samples()


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("labels", ["Pastures"] * 4),
        ("labels", [1, 2, 3, 4]),
        ("contains_seasonal_snow", ["often"] * 4),
        ("split", [["train"]] * 4),
        ("patch_id", [{"a": 1}] * 4),
    ],
)
def test_a_column_of_another_type_is_named_with_both_types(root, column, values):
    table = pq.read_table(root / RECOMMENDED)
    place = table.schema.get_field_index(column)
    pq.write_table(table.set_column(place, column, pa.array(values)), root / RECOMMENDED)
    with pytest.raises(MetadataError, match=f"column {column} holds .* where .* belongs"):
        datasets.open_dataset(root).samples()


def test_tables_written_by_other_libraries_are_the_same_table(root):
    expected = datasets.open_dataset(root).samples()
    table = pq.read_table(root / RECOMMENDED)
    # As polars writes them.
    large = {"patch_id": pa.large_string(), "labels": pa.large_list(pa.large_string())}
    for name, kind in large.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].cast(kind))
    # As pandas writes categories.
    place = table.schema.get_field_index("split")
    table = table.set_column(place, "split", table["split"].dictionary_encode())
    pq.write_table(table, root / RECOMMENDED, row_group_size=2)
    pd.testing.assert_frame_equal(datasets.open_dataset(root).samples(), expected)


def test_folders_that_look_like_columns_are_no_columns(root):
    deeper = root / "split=test" / "reben"
    deeper.mkdir(parents=True)
    (root / RECOMMENDED).rename(deeper / RECOMMENDED)
    assert set(datasets.open_dataset(deeper).samples()["split"]) == {"train"}


def test_patches_that_stand_twice_count_once(root):
    table = pq.read_table(root / RECOMMENDED)
    pq.write_table(table.slice(1, 2), root / EXCLUDED)
    frame = datasets.open_dataset(root).samples()
    assert frame["id"].tolist() == [patch.id for patch in PATCHES]
    found = problems(root)["duplicate_patch"]
    assert found.count == 2
    assert found.examples == (PATCHES[1].id, PATCHES[2].id)


def test_the_mask_has_the_bits_of_the_labels_in_the_order_of_the_paper(root):
    names = datasets.open_dataset(root).classes.names
    change(root, "labels", 0, list(names))
    change(root, "labels", 1, [names[18], names[0]])
    frame = datasets.open_dataset(root).samples()
    assert frame["label_mask"].dtype == np.uint64
    assert frame["label_mask"].tolist()[:2] == [2**19 - 1, 1 << 18 | 1]
    assert frame["labels"].tolist()[:2] == [sorted(names), [names[18], names[0]]]


@pytest.mark.parametrize(
    ("month", "season"), [(12, "winter"), (2, "winter"), (3, "spring"), (5, "spring"),
                          (6, "summer"), (8, "summer"), (9, "autumn"), (11, "autumn")],
)  # fmt: skip
def test_seasons_are_meteorological(tmp_path, month, season):
    write_metadata(tmp_path, (Patch("33UUP", 1, 1, date=f"2017{month:02d}01T101031"),))
    assert datasets.open_dataset(tmp_path).samples()["season"].tolist() == [season]
