"""A user's own split: what files say, and what comes of it."""

import bz2
import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoexplore.core.errors import SplitError
from eoexplore.store import catalog, split_files, split_tables
from eoexplore.store.splits import split_of
from tests import builders
from tests.charts.conftest import grid, opened_of

OPENED = opened_of(grid(2))
IDS = tuple(OPENED.samples.frame["id"])
WORDS = ("train", "validation", "test", "train")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path))


def read(*files):
    """Read files given as (name, text or bytes), and return the parts of the samples."""
    content = [(name, data.encode() if isinstance(data, str) else data) for name, data in files]
    split, report = split_files.read(OPENED, content)
    # A link works, and says the same.
    again = split_of(OPENED, split.rule)
    assert (again.rule, again.made) == (split.rule, split.made)
    assert (again.parts == split.parts).all()
    assert " ".join(report.sentences()) in again.made
    return split.parts.tolist(), report


def lines(ids=IDS, words=WORDS, between=",", head="id,split", end="\n"):
    rows = [head.replace(",", between)] if head else []
    rows += [between.join(pair) for pair in zip(ids, words, strict=True)]
    return end.join(rows) + end


def parquet(**columns):
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        lines(),
        lines(between=";"),
        lines(between="\t"),
        lines(head=""),
        lines(end="\r\n"),
        lines(head="patch_id,subset"),
        lines(head="Name der Szene,Teil"),
        "\ufeff" + lines(),
        "\ufeff" + lines(head=""),
        "# made by hand, with; commas, and\n#\n" + lines(),
        "\n\n" + lines(),
        lines().upper().replace("PATCH_", "patch_"),
        lines(words=("Training", " val ", "testing", "TRAIN")),
        "".join(f'"{id_}","{word}"\n' for id_, word in zip(IDS, WORDS, strict=True)),
        "".join(f"7,{word},{id_},x\n" for id_, word in zip(IDS, WORDS, strict=True)),
        lines().encode("utf-16"),
        gzip.compress(lines().encode(), mtime=0),
        bz2.compress(lines().encode()),
        parquet(id=IDS, split=WORDS),
        parquet(number=[1, 2, 3, 4], area=[0.5] * 4, what=WORDS, sample=IDS),
        parquet(id=pa.array(IDS).dictionary_encode(), split=pa.array(WORDS).dictionary_encode()),
    ],
)  # fmt: skip
def test_every_usual_form_of_a_table(data):
    parts, report = read(("mine.csv", data))
    assert parts == [0, 1, 2, 0]
    assert (report.matched, report.missing, report.unknown, report.doubled) == (4, 0, 0, 0)
    assert (report.lines, report.matched_by, report.words) == (4, ("patch id",), ())


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(WORDS)), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t"]),
    st.booleans(),
)
def test_any_lines_give_what_they_say(pairs, between, head):
    ids, words = zip(*pairs, strict=True)
    text = lines(ids, words, between, "id,split" if head else "")
    said = {id_: {word for own, word in pairs if own == id_} for id_ in IDS}
    kept = [len(own) == 1 for own in said.values()]
    if not any(kept):
        with pytest.raises(SplitError, match="more than one part"):
            read(("mine.csv", text))
        return
    parts, report = read(("mine.csv", text))
    numbers = ("train", "validation", "test")
    assert parts == [numbers.index(*own) if len(own) == 1 else -1 for own in said.values()]
    assert report.matched == sum(kept)
    assert report.contradicting == sum(len(own) > 1 for own in said.values())
    assert report.missing == sum(not own for own in said.values())
    assert report.doubled == sum(len(own) == 1 and ids.count(id_) > 1 for id_, own in said.items())


def test_files_whose_names_say_the_part():
    packed = bz2.compress(f"{IDS[2]}\n".encode())
    parts, report = read(
        ("train.csv", f"{IDS[0]}\n{IDS[3]}\n"), ("my-val_2.txt", IDS[1]), ("test.csv.bz2", packed)
    )
    assert parts == [0, 1, 2, 0]
    assert report.names == ("train.csv", "my-val_2.txt", "test.csv.bz2")


def test_a_folder_in_a_name_is_left_out():
    _, report = read(("../../secret/tra\nin.csv", lines()), (r"C:\files\test.csv", IDS[2]))
    assert report.names == ("train.csv", "test.csv")


def test_unknown_ids_are_counted_and_shown():
    strange = [f"elsewhere_{n}" for n in range(9)]
    parts, report = read(("a.csv", lines((*IDS[:2], *strange, strange[0]), ["train"] * 12)))
    assert parts == [0, 0, -1, -1]
    assert (report.unknown, report.unknown_ids) == (9, tuple(strange[:3]))
    assert (report.matched, report.missing, report.lines) == (2, 2, 12)
    said = " ".join(report.sentences())
    assert "9 ids without a patch in this dataset, such as elsewhere_0" in said
    assert "2 patches of the dataset not listed" in said


def test_the_first_line_counts_where_it_is_no_header():
    parts, report = read(("train.csv", f"elsewhere_1\n{IDS[0]}\n"))
    assert (parts[0], report.unknown, report.lines) == (0, 1, 2)
    parts, report = read(("train.csv", f"s2v1_name\n{IDS[0]}\n"))
    assert (parts[0], report.unknown, report.lines) == (0, 0, 1)


def test_doubled_ids_count_once_and_contradicting_ones_not_at_all():
    ids = (IDS[0], IDS[0], IDS[1], IDS[1], IDS[2])
    parts, report = read(("a.csv", lines(ids, ("train", "train", "train", "test", "test"))))
    assert parts == [0, -1, 2, -1]
    assert (report.doubled, report.contradicting, report.matched) == (1, 1, 2)
    assert report.contradicting_ids == (IDS[1],)
    assert any(
        "in more than one part, such as patch_00001: in none" in sentence
        for sentence in report.sentences()
    )


def test_words_that_are_no_part_are_said():
    parts, report = read(("a.csv", lines(words=("train", "holdout", "", "fold9"))))
    assert parts == [0, -1, -1, -1]
    assert report.words == ("holdout", "fold9")
    # They are listed, so they are not missing.
    assert report.missing == 0


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "Choose 1 to 20 files"),
        ([("a.csv", IDS[0])] * 21, "Choose 1 to 20 files"),
        ([("a.csv", "")], "a.csv has no line of text"),
        ([("a.csv", "\n\n")], "no line of text"),
        ([("a.csv", "# nothing\n")], "no line of text"),
        ([("a.csv", "a\x00b,c")], "no line of text"),
        ([("a.csv", b"\xff\xfe\x00")], "neither text in UTF-8 nor Parquet"),
        ([("a.csv", "Z\xfcrich,train".encode("latin-1"))], "neither text in UTF-8 nor Parquet"),
        ([("a.csv", "one,train\ntwo,test\n")], "No line of a.csv has a patch id of Made"),
        ([("a.csv", "one,train\ntwo,test\n")], "reads: two; test. A patch id reads: patch_00000"),
        ([("a.csv", f"{IDS[0]}\n")], "does not say which patches are for training"),
        ([("train_and_test.csv", f"{IDS[0]}\n")], "does not say which patches"),
        (
            [("a.csv", lines(words=("A", "B", "C", "D")))],
            "No part of a split is called: A, B, C, D",
        ),
        ([("a.parquet", b"PAR1 is not enough")], "cannot be read as a Parquet table"),
        ([("a.parquet", parquet(area=[1.5]))], "no line with a text"),
        ([("a.parquet", parquet(id=pa.array([], pa.string())))], "no line with a text"),
        ([("a.csv.gz", gzip.compress(b"x" * 100, mtime=0)[:-9])], "damaged or cut short"),
        ([("a.csv.bz2", b"BZh91AY&SY nonsense")], "damaged or cut short"),
        ([("a.csv", ",".join("x" * 300))], "300 columns"),
        ([("a.csv", "x" * 200_000)], "first line of a.csv is too long"),
    ],
)
def test_files_of_no_use_get_a_sentence(files, said):
    with pytest.raises(SplitError) as raised:
        read(*files)
    assert said in str(raised.value)


def test_lines_of_another_number_of_cells_are_left_out():
    parts, report = read(("a.csv", lines() + f"{IDS[0]},test,more\n"))
    assert (parts, report.ragged) == ([0, 1, 2, 0], 1)


def test_large_files_are_not_read(monkeypatch):
    monkeypatch.setattr(split_tables, "MAX_BYTES", 1_000)
    zeros = b"\n" * 100_000
    large = parquet(id=[f"{n:09d}" for n in range(10_000)])
    for data in (zeros, gzip.compress(zeros, mtime=0), bz2.compress(zeros), large):
        with pytest.raises(SplitError, match="larger than"):
            read(("a.csv", data))


def test_lines_are_counted_over_all_files(monkeypatch):
    monkeypatch.setattr(split_tables, "MAX_LINES", 6)
    assert read(("a.csv", lines()))[0] == [0, 1, 2, 0]
    for files in (
        [("a.csv", lines() * 2)],
        [("a.parquet", parquet(id=IDS * 2, split=WORDS * 2))],
        [("a.csv", lines()), ("b.csv", lines())],
    ):
        with pytest.raises(SplitError, match="lines; at most 6"):
            read(*files)


def test_many_names_are_shortened():
    files = [(f"train_{number}.csv", f"{IDS[0]}\n") for number in range(5)]
    split, report = split_files.read(OPENED, [(name, text.encode()) for name, text in files])
    assert split.title == "Your file train_0.csv, train_1.csv, train_2.csv and 2 more"
    assert len(report.names) == 5


def test_a_full_cache_is_a_sentence(tmp_path):
    (tmp_path / "splits").write_text("a file where the folder should be")
    with pytest.raises(SplitError, match="cannot be kept"):
        split_files.read(OPENED, [("a.csv", lines().encode())])


def test_what_a_spreadsheet_would_take_for_a_formula_is_a_text():
    opened = opened_of(grid(2))
    opened.samples.frame["id"] = ["+a", "-b", "=c", "d"]
    data = lines(("'+a", "'-b", "'=c", "d")).encode()
    split, report = split_files.read(opened, [("a.csv", data)])
    assert (split.parts.tolist(), report.unknown) == ([0, 1, 2, 0], 0)


def test_the_same_content_has_the_same_address_in_any_form(tmp_path):
    forms = [("mine", lines().encode()), ("mine", parquet(x=IDS, y=WORDS))]
    rules = {split_files.read(OPENED, [form])[0].rule for form in forms}
    assert len(rules) == 1
    kept = list((tmp_path / "splits").iterdir())
    assert [path.stem for path in kept] == [rules.pop().removeprefix("file:")]


def test_files_are_kept_up_to_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(split_files, "_KEPT", 3)
    rules = [split_files.read(OPENED, [("a.csv", lines(IDS[:n], WORDS[:n]).encode())])[0].rule
             for n in (1, 2, 3, 4)]  # fmt: skip
    assert len(list((tmp_path / "splits").iterdir())) == 3
    fresh = opened_of(grid(2))
    assert split_of(fresh, rules[3]).parts.tolist() == [0, 1, 2, 0]


def test_a_damaged_kept_file_is_a_sentence(tmp_path):
    (tmp_path / "splits").mkdir()
    for data in (b"", b"PAR1", parquet(id=IDS, split=WORDS)):
        (tmp_path / "splits" / "0123456789abcdef.parquet").write_bytes(data)
        with pytest.raises(SplitError, match="not kept on this machine"):
            split_of(opened_of(grid(1)), "file:0123456789abcdef")


def test_a_kept_file_that_fits_no_patch_of_another_dataset():
    rule = split_files.read(OPENED, [("a.csv", lines().encode())])[0].rule
    other = opened_of(grid(1))
    other.samples.frame["id"] = ["something else"]
    with pytest.raises(SplitError, match="4 ids without a patch"):
        split_of(other, rule)


# -- names of reBEN -------------------------------------------------------------------------------

PATCHES = builders.block("33UUP", 13.1, 48.2)


@pytest.fixture
def tiny(tmp_path):
    root = tmp_path / "reben-tiny"
    builders.write_metadata(root, tuple(sorted(PATCHES, key=lambda patch: patch.id)))
    return catalog.add(root)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (lambda p: p.id, "patch id"),
        (lambda p: p.s1_id, "Sentinel-1 name"),
        (lambda p: f"S2A_MSIL2A_{p.date}_{p.x}_{p.y}_{p.tile}", "BigEarthNet v1 name"),
    ],
)
def test_all_names_of_a_patch_are_known(tiny, name, title):
    text = lines([name(patch) for patch in PATCHES], WORDS)
    split, report = split_files.read(tiny, [("a.csv", text.encode())])
    assert report.matched_by == (title,)
    found = dict(zip(tiny.samples.frame["id"], split.parts.tolist(), strict=True))
    assert [found[patch.id] for patch in PATCHES] == [0, 1, 2, 0]


def test_without_v1_names_the_others_still_count(tiny, tmp_path):
    path = tmp_path / "reben-tiny" / "metadata.parquet"
    pq.write_table(pq.read_table(path).drop_columns("s2v1_name"), path)
    assert tiny.dataset.other_names() == {}
    _, report = split_files.read(tiny, [("train.csv", PATCHES[0].id.encode())])
    assert report.matched == 1
