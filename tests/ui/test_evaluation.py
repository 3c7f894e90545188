"""The evaluation page: which sets are judged, what is said in amber, and how they are predicted."""

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from eoexplore import models
from eoexplore.jobs.progress import Job
from eoexplore.store import catalog, prediction_sets
from eoexplore.ui import pages
from tests import builders, predicting

SHELL = pages.FOLDER.parent / "eoexplore" / "ui" / "shell.py"
NAMES = ("Arable land", "Pastures", "Marine waters")
PATCHES = tuple(
    builders.Patch("33UUP", 20 + place, 30, split=split, labels=("Arable land",))
    for place, split in enumerate(("train", "test", "test", "validation"))
)


@pytest.fixture
def started():
    return []


@pytest.fixture
def opened(tmp_path, monkeypatch, started):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("EOEXPLORE_ROOTS", str(tmp_path / "data"))

    def start(kind, title, args, dataset=None, **_):
        if kind != "index":
            started.append((kind, args, dataset))

    monkeypatch.setattr("eoexplore.jobs.background.start", start)
    st.cache_resource.clear()
    return catalog.add(builders.write_tree(tmp_path / "data" / "reben-tiny", PATCHES))


def run(**query):
    test = AppTest.from_file(str(SHELL), default_timeout=60)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    test.switch_page(str(pages.FOLDER / "evaluation.py")).run()
    assert not test.exception
    return test


def said(test):
    blocks = (test.markdown, test.caption, test.warning, test.error, test.info, test.subheader)
    return "\n".join(element.value.replace("\\", "") for block in blocks for element in block)


def scores(count=4, right=0.9):
    return np.tile([right, 0.2, 0.1], (count, 1))


def test_without_predictions_it_says_how_to_make_some(opened):
    assert "There are no predictions for this dataset yet." in said(run())


def test_a_set_is_judged_on_the_selection(opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    test = run(select="split=test")
    text = said(test)
    assert "On 2 patches of 1 tile, mine" in text
    table = test.dataframe[0].value.set_index("Figure")
    assert table["value"]["F1, micro"] == 1


def test_what_it_was_trained_on_is_said_in_amber(opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES, trained_on_split="train")
    whole = " ".join(item.value for item in run().warning)
    assert "1 of the 4 judged patches belong" in whole
    outside = " ".join(item.value for item in run(select="split=test").warning)
    assert "judged patches" not in outside
    predicting.write_set(opened, "other", range(4), scores(), NAMES, synthetic=True)
    other = " ".join(item.value for item in run(set="other").warning)
    assert "Nobody states what other was trained on" in other
    assert "synthetic imagery" in other


def test_a_set_that_is_made_anew_is_judged_anew(opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    first = run().dataframe[0].value
    predicting.write_set(opened, "mine", range(4), scores(right=0.4), NAMES, created="2026-02-02")
    second = run().dataframe[0].value
    assert (first["value"] != second["value"]).any()


def test_two_sets_are_compared_on_what_both_have(opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    predicting.write_set(opened, "worse", range(3), scores(3, 0.3), NAMES)
    test = run(set="mine", set2="worse")
    assert [item.value for item in test.selectbox if item.key in ("set", "set2")] == [
        "mine",
        "worse",
    ]
    assert "On 3 patches that both have" in said(test)
    assert {"mine", "worse", "difference"} <= set(test.dataframe[0].value.columns)


def test_a_selection_without_predictions_is_a_sentence(opened):
    predicting.write_set(opened, "mine", [0], scores(1), NAMES)
    assert "says nothing of the 2 patches of the selection" in said(run(select="split=test"))


def test_a_damaged_set_is_a_sentence(opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    (folder / prediction_sets.SCORES).write_bytes(b"")
    prediction_sets._sets.clear()
    assert "are damaged" in said(run())


def test_the_selection_is_predicted_by_a_job(opened, started, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_MODELS", str(predicting.write_models(tmp_path / "models")))
    names = [offer.name for offer in models.available()]
    assert {"masks", "labels"} <= set(names)
    test = run(select="split=test")
    test.selectbox(key="predict_model").select("labels")
    test.button(key="predict_go").click().run()
    assert not test.exception
    args = ["predict", "reben-tiny", "--model=labels", "--select=split=test"]
    assert started == [("predict", args, "reben-tiny")]


def test_a_prediction_that_failed_says_why(opened, monkeypatch):
    failed = Job("1", "predict", "Predicting", "reben-tiny", state="failed", error="No room.")
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [failed])
    assert "No room." in said(run())


def test_a_set_is_deleted_when_asked(opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    test = run()
    test.button(key="set_delete").click().run()
    assert not test.exception
    assert prediction_sets.available(opened.fingerprint) == ()
    assert "There are no predictions" in said(test)


def test_a_condition_on_predictions_is_made_in_the_filter(opened):
    predicting.write_set(opened, "mine", range(3), np.diag([0.9, 0.8, 0.7]), NAMES)
    test = run()
    key = next(item.key for item in test.selectbox if "pred_column" in (item.key or ""))
    test.selectbox(key=key).select("Pastures")
    button = next(item.key for item in test.button if "pred_add" in (item.key or ""))
    test.button(key=button).click().run()
    assert not test.exception
    assert test.query_params["select"] == "pred.mine.Pastures=>=0.5"
    assert "**1** of 4 patches" in said(test)


def test_a_file_is_looked_at_before_it_is_kept(opened):
    ids = opened.samples.frame["id"].tolist()
    data = pd.DataFrame({"id": [*ids, "nobody"], "Arable land": [-1.0, 0, 1, 2, 3]})
    test = run()
    test.file_uploader(key="import_file").upload(
        "My scores.csv", data.to_csv(index=False).encode(), "text/csv"
    ).run()
    assert not test.exception
    assert "1 lines have an id that is no sample here" in said(test)
    assert test.button(key="import_keep").disabled
    test.selectbox(key="import_values").select("logits").run()
    assert test.text_input(key="import_name").value == "my-scores"
    test.button(key="import_keep").click().run()
    assert not test.exception
    (about,) = prediction_sets.available(opened.fingerprint)
    assert (about.name, about.classes) == ("my-scores", ("Arable land",))
    assert "On 4 patches" in said(test)


def test_a_file_that_is_no_table_is_a_sentence(opened):
    test = run()
    test.file_uploader(key="import_file").upload("x.csv", b"nothing", "text/csv").run()
    assert not test.exception
    assert "x.csv" in said(test)
    assert prediction_sets.available(opened.fingerprint) == ()
