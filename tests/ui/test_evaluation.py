"""The evaluation page: which sets are judged, what is said in amber, and how they are predicted."""

import functools

import numpy as np
import pandas as pd
import pytest

from eoexplore import models
from eoexplore.jobs.progress import Job
from eoexplore.store import catalog, prediction_sets
from tests import builders, predicting
from tests.visits import said

NAMES = ("Arable land", "Pastures", "Marine waters")
PATCHES = tuple(
    builders.Patch("33UUP", 20 + place, 30, split=split, labels=("Arable land",))
    for place, split in enumerate(("train", "test", "test", "validation"))
)


@pytest.fixture
def opened(own_folders, started):
    return catalog.add(builders.write_tree(own_folders / "reben-tiny", PATCHES))


@pytest.fixture
def run(visit):
    return functools.partial(visit, "Evaluation")


def scores(count=4, right=0.9):
    return np.tile([right, 0.2, 0.1], (count, 1))


def test_without_predictions_it_says_how_to_make_some(run, opened):
    assert "There are no predictions for this dataset yet." in said(run())


def test_a_set_is_judged_on_the_selection(run, opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    test = run(select="split=test")
    text = said(test)
    assert "On 2 patches of 1 tile, mine" in text
    table = test.dataframe[0].value.set_index("Figure")
    assert table["value"]["F1, micro"] == 1


def test_what_it_was_trained_on_is_said_in_amber(run, opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES, trained_on_split="train")
    whole = " ".join(item.value for item in run().warning)
    assert "1 of the 4 judged patches belong" in whole
    outside = " ".join(item.value for item in run(select="split=test").warning)
    assert "judged patches" not in outside
    predicting.write_set(opened, "other", range(4), scores(), NAMES)
    other = " ".join(item.value for item in run(set="other").warning)
    assert "Nobody states what other was trained on" in other
    # These patches are genuine: whatever a model of synthetic ones learnt, it was not these.
    predicting.write_set(opened, "made-up", range(4), scores(), NAMES, synthetic=True)
    said = " ".join(item.value for item in run(set="made-up").warning)
    assert "Nobody states" not in said
    assert "synthetic imagery" in said


def test_a_set_that_is_made_anew_is_judged_anew(run, opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    first = run().dataframe[0].value
    predicting.write_set(opened, "mine", range(4), scores(right=0.4), NAMES, created="2026-02-02")
    second = run().dataframe[0].value
    assert (first["value"] != second["value"]).any()


def test_two_sets_are_compared_on_what_both_have(run, opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    predicting.write_set(opened, "worse", range(3), scores(3, 0.3), NAMES)
    test = run(set="mine", set2="worse")
    assert [item.value for item in test.selectbox if item.key in ("set", "set2")] == [
        "mine",
        "worse",
    ]
    assert "On 3 patches that both have" in said(test)
    assert {"mine", "worse", "difference"} <= set(test.dataframe[0].value.columns)


def test_a_selection_without_predictions_is_a_sentence(run, opened):
    predicting.write_set(opened, "mine", [0], scores(1), NAMES)
    assert "says nothing of the 2 patches of the selection" in said(run(select="split=test"))


def test_a_damaged_set_is_a_sentence(run, opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    (folder / prediction_sets.SCORES).write_bytes(b"")
    prediction_sets._sets.clear()
    assert "are damaged" in said(run())


def test_the_selection_is_predicted_by_a_job(run, opened, started, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_MODELS", str(predicting.write_models(tmp_path / "models")))
    names = [offer.name for offer in models.available()]
    assert {"masks", "labels"} <= set(names)
    test = run(select="split=test")
    test.selectbox(key="predict_model").select("labels")
    test.button(key="predict_go").click().run()
    assert not test.exception
    args = ["predict", "reben-tiny", "--model=labels", "--select=split=test"]
    assert started == [("predict", args, "reben-tiny")]


def test_the_set_that_was_asked_for_is_judged_once_it_is_there(
    run, opened, started, tmp_path, monkeypatch
):
    monkeypatch.setenv("EOEXPLORE_MODELS", str(predicting.write_models(tmp_path / "models")))
    predicting.write_set(opened, "first", range(4), scores(), NAMES)
    test = run()
    predicting.write_set(opened, "of-somebody-else", range(4), scores(), NAMES)
    assert test.run().selectbox(key="set").value == "first"
    test.button(key="predict_go").click().run()
    assert test.selectbox(key="set").value == "first"
    predicting.write_set(opened, "asked-for", range(4), scores(right=0.1), NAMES)
    test.run()
    assert not test.exception
    assert test.selectbox(key="set").value == "asked-for"
    test.selectbox(key="set").select("first").run()
    assert test.run().selectbox(key="set").value == "first"


def test_one_prediction_of_a_dataset_is_at_work_at_a_time(run, opened, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_MODELS", str(predicting.write_models(tmp_path / "models")))
    assert not run().button(key="predict_go").disabled
    at_work = Job("1", "predict", "Predicting with labels", "reben-tiny", done=3, total=9)
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [at_work])
    test = run()
    assert test.button(key="predict_go").disabled
    assert "can begin when it is done" in said(test)


def test_a_prediction_that_failed_says_why(run, opened, monkeypatch):
    failed = Job("1", "predict", "Predicting", "reben-tiny", state="failed", error="No room.")
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [failed])
    assert "No room." in said(run())


def test_a_set_is_deleted_when_asked(run, opened):
    predicting.write_set(opened, "mine", range(4), scores(), NAMES)
    test = run()
    test.button(key="set_delete").click().run()
    assert not test.exception
    assert prediction_sets.available(opened.fingerprint) == ()
    assert "There are no predictions" in said(test)


def test_a_condition_on_predictions_is_made_in_the_filter(run, opened):
    predicting.write_set(opened, "mine", range(3), np.diag([0.9, 0.8, 0.7]), NAMES)
    test = run()
    key = next(item.key for item in test.selectbox if "pred_column" in (item.key or ""))
    test.selectbox(key=key).select("Pastures")
    button = next(item.key for item in test.button if "pred_add" in (item.key or ""))
    test.button(key=button).click().run()
    assert not test.exception
    assert test.query_params["select"] == "pred.mine.Pastures=>=0.5"
    assert "**1** of 4 patches" in said(test)


def test_a_file_is_looked_at_before_it_is_kept(run, opened):
    ids = opened.samples.frame["id"].tolist()
    data = pd.DataFrame({"id": [*ids, "nobody"], "Arable land": [-1.0, 0, 1, 2, 3]})
    test = run()
    test.file_uploader(key="import_file").upload(
        "My scores.csv", data.to_csv(index=False).encode(), "text/csv"
    ).run()
    assert not test.exception
    assert "1 line has an id that is no sample here" in said(test)
    assert test.button(key="import_keep").disabled
    test.selectbox(key="import_values").select("logits").run()
    assert test.text_input(key="import_name").value == "my-scores"
    test.button(key="import_keep").click().run()
    assert not test.exception
    (about,) = prediction_sets.available(opened.fingerprint)
    assert (about.name, about.classes) == ("my-scores", ("Arable land",))
    assert test.selectbox(key="set").value == "my-scores"
    assert "On 4 patches" in said(test)


def test_a_file_that_is_no_table_is_a_sentence(run, opened):
    test = run()
    test.file_uploader(key="import_file").upload("x.csv", b"nothing", "text/csv").run()
    assert not test.exception
    assert "x.csv" in said(test)
    assert prediction_sets.available(opened.fingerprint) == ()


def with_masks(run, folder, value):
    for patch in PATCHES[:3]:
        values = np.full((120, 120), value, np.uint16)
        builders.write_raster(folder / f"{patch.id}.tif", values, patch, None)
    test = run()
    test.radio(key="import_what").set_value("A folder of masks").run()
    test.text_input(key="import_path").set_value(str(folder))
    next(button for button in test.button if button.label == "Look").click().run()
    assert not test.exception
    return test


def test_a_folder_of_masks_is_looked_at_before_a_job_keeps_it(run, opened, started, tmp_path):
    folder = tmp_path / "data" / "My masks"
    test = with_masks(run, folder, 2)
    assert "3 of the 4 samples of the dataset have a mask in My masks" in said(test)
    assert "say whether they are numbers or numbers-from-1" in said(test)
    assert test.button(key="import_mask_keep").disabled
    test.selectbox(key="import_codes").select("numbers").run()
    test.selectbox(key="import_class_order").select("dataset").run()
    assert "2 is Arable land (100.0%)" in said(test)
    assert test.text_input(key="import_mask_name").value == "my-masks"
    test.selectbox(key="import_mask_split").select("train")
    test.button(key="import_mask_keep").click().run()
    assert not test.exception
    args = [
        "import-predictions", "reben-tiny", str(folder), "--name=my-masks", "--values=numbers",
        "--order=dataset", "--trained-on=train",
    ]  # fmt: skip
    assert started == [("import-predictions", args, "reben-tiny")]


def test_codes_need_no_word_and_a_bad_name_is_said_at_once(run, opened, started, tmp_path):
    test = with_masks(run, tmp_path / "data" / "masks", 211)
    assert "211 is Arable land (100.0%)" in said(test)
    test.text_input(key="import_mask_name").set_value("My masks")
    test.button(key="import_mask_keep").click().run()
    assert "cannot be the name of a prediction set" in said(test)
    assert started == []
    test.text_input(key="import_mask_name").set_value("mine")
    test.button(key="import_mask_keep").click().run()
    assert started[0][1][3:] == ["--name=mine", "--values=codes"]


def test_masks_beyond_the_roots_are_not_looked_at(run, opened, started, tmp_path):
    inside = said(with_masks(run, tmp_path / "elsewhere", 211))
    assert "outside the folders that this app may open" in inside
    assert "Arable land (100" not in inside


def test_an_import_is_followed_and_can_be_stopped(run, opened, monkeypatch):
    running = Job(
        "2", "import-predictions", "Importing masks as mine", "reben-tiny", done=30, total=120,
        what="keeping the masks",
    )  # fmt: skip
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [running])
    stopped = []
    monkeypatch.setattr("eoexplore.jobs.background.cancel", stopped.append)
    test = run()
    test.button(key="import-predictions_cancel").click().run()
    assert stopped == ["2"]
    failed = Job(
        "3", "import-predictions", "Importing", "reben-tiny", state="failed", error="Two bands."
    )
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [failed])
    assert "Two bands." in said(run())


def test_pixels_without_a_prediction_are_said_in_amber(run, opened):
    more = {"task": "segmentation", "layers": ("mask",)}
    predicting.write_set(opened, "mine", range(4), scores(), NAMES, unjudged_share=0.25, **more)
    predicting.write_set(opened, "whole", range(4), scores(), NAMES, **more)
    assert "mine says nothing of 25.0% of the labelled pixels" in said(run(set="mine"))
    assert "says nothing" not in said(run(set="whole"))
