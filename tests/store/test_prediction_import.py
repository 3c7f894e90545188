"""Predictions from elsewhere: what is understood of a file, and what is refused."""

import io

import filelock
import numpy as np
import pandas as pd
import pytest

from eoexplore.core.errors import PredictionError
from eoexplore.store import catalog, prediction_import, prediction_sets
from tests import builders

TILE = "33UUP"
PATCHES = tuple(builders.Patch(TILE, x, 5) for x in range(3))
IDS = sorted(patch.id for patch in PATCHES)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(folder / "cache"))
        builders.write_metadata(folder / "small", PATCHES)
        return catalog.add(folder / "small")


@pytest.fixture
def opened(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path))
    return dataset


def csv(columns, between=","):
    return pd.DataFrame(columns).to_csv(index=False, sep=between).encode()


def look(opened, columns, **more):
    return prediction_import.look(opened, "scores.csv", csv(columns), **more)


SCORES = {"Pastures": [0.9, 0.1, 0.4], "arable land ": [0.2, 0.3, 1.0]}


@pytest.mark.parametrize("between", [",", ";", "\t", "parquet"])
def test_columns_are_found_by_the_names_of_classes(opened, between):
    table = {"name": ["a", "b", "c"], **SCORES, "patch": IDS[::-1]}
    data = csv(table, between) if between != "parquet" else None
    if data is None:
        buffer = io.BytesIO()
        pd.DataFrame(table).to_parquet(buffer)
        data = buffer.getvalue()
    found = prediction_import.look(opened, "scores", data)
    # In the order of the dataset, whatever that of the file is, and lines in that of the samples.
    assert found.classes == ("Arable land", "Pastures")
    assert found.rows.tolist() == [0, 1, 2]
    assert found.values.tolist() == [[1.0, 0.4], [0.3, 0.1], [0.2, 0.9]]
    assert (found.kind, found.certain) == ("probabilities", True)
    text = " ".join(found.sentences)
    assert "3 of the 3 samples" in text
    assert "2 of the 19 classes have a column" in text
    kept = prediction_import.keep(opened, found, "mine", "train")
    np.testing.assert_allclose(kept.scores, found.values, atol=1e-7)
    assert kept.about.trained_on_split == "train"
    assert prediction_sets.read(opened, "mine").rows.tolist() == [0, 1, 2]


def test_unnamed_columns_need_an_order(opened):
    names = opened.dataset.classes.names
    values = {f"c{number}": [number / 20] * 3 for number in range(19)}
    table = {"id": IDS, **values}
    with pytest.raises(PredictionError, match=r"Say their order: alphabet \(Agro-forestry areas"):
        look(opened, table)
    by_name = look(opened, table, order="alphabet")
    own = look(opened, table, order="dataset")
    assert own.classes == names
    assert own.values[0].tolist() == [number / 20 for number in range(19)]
    assert by_name.classes == tuple(sorted(names))
    assert "c0 is Agro-forestry areas" in " ".join(by_name.sentences)
    del table["c18"]
    with pytest.raises(PredictionError, match="18 have numbers, where the dataset has 19"):
        look(opened, table, order="dataset")


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [([90.0, 10, 0], "percent", [0.9, 0.1, 0]), ([-2.0, 0, 2], "logits", [0.1192, 0.5, 0.8808])],
)
def test_percents_and_logits_are_asked_for(opened, values, kind, expected):
    found = look(opened, {"id": IDS, "Pastures": values})
    assert (found.kind, found.certain) == (kind, False)
    assert f"which look like {kind}" in found.sentences[-1]
    with pytest.raises(PredictionError, match="Say what they are"):
        prediction_import.keep(opened, found, "mine")
    assert prediction_sets.available(opened.fingerprint) == ()
    kept = prediction_import.keep(opened, prediction_import.with_kind(found, kind), "mine")
    np.testing.assert_allclose(kept.scores[:, 0], expected, atol=1e-4)
    with pytest.raises(PredictionError, match="so they are no probabilities"):
        look(opened, {"id": IDS, "Pastures": values}, values="probabilities")


def test_what_is_odd_is_said_and_left_out(opened):
    ids = [*IDS, "nobody", IDS[0]]
    found = look(opened, {"id": ids, "Pastures": [0.5, np.nan, 0.2, 0.1, 0.5]})
    assert found.rows.tolist() == [0, 2]
    text = " ".join(found.sentences)
    assert "1 line has an id that is no sample here, such as nobody." in text
    assert "1 line has a value that is no number" in text
    assert "Not in the file: Urban fabric" in text


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"id": [IDS[0], IDS[0]], "Pastures": [0.1, 0.2]}, "more than once in scores.csv, with"),
        ({"id": ["x", "y"], "Pastures": [0.1, 0.2]}, "No column of scores.csv has ids"),
        ({"id": IDS, "Pastures": ["high", "low", "0"]}, "has no numbers"),
        ({"id": IDS, "Pastures": [np.nan] * 3}, "No line of scores.csv"),
        ({"id": IDS, "Sea": [0.1] * 3}, "No column of scores.csv is named after a class"),
    ],
)
def test_what_cannot_be_used_is_a_sentence(opened, table, says):
    with pytest.raises(PredictionError, match=says):
        look(opened, table)


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"PAR1nothing", b"a,a\n1,2\n", b"id\n"])
def test_what_is_no_table_is_a_sentence(opened, data):
    with pytest.raises(PredictionError):
        prediction_import.look(opened, "odd", data)


def test_a_name_that_is_taken_keeps_what_it_has(opened):
    first = look(opened, {"id": IDS, **SCORES})
    prediction_import.keep(opened, first, "mine")
    # The same again is the same.
    prediction_import.keep(opened, first, "mine")
    other = look(opened, {"id": IDS, "Pastures": [0.3] * 3})
    with pytest.raises(PredictionError, match="Choose another name"):
        prediction_import.keep(opened, other, "mine")
    assert prediction_sets.read(opened, "mine").about.classes == first.classes


def test_a_set_that_is_being_made_is_left_alone(opened):
    found = look(opened, {"id": IDS, **SCORES})
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    folder.mkdir(parents=True)
    with (
        filelock.FileLock(folder / prediction_sets.LOCK),
        pytest.raises(PredictionError, match="is being made already"),
    ):
        prediction_import.keep(opened, found, "mine")
    assert prediction_sets.available(opened.fingerprint) == ()
    assert prediction_import.keep(opened, found, "mine").about.name == "mine"
