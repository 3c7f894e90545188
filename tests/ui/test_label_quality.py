"""The page of label quality without a browser: the predictions, what is said of them, the jobs."""

import functools
import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from eoexplore.core.findings import Findings
from eoexplore.jobs import label_issues
from eoexplore.jobs.progress import Job
from eoexplore.store import catalog, issues, prediction_sets
from eoexplore.store.issues import Kept
from tests import builders, predicting
from tests.visits import said

NAMES = ("Arable land", "Pastures", "Marine waters")
SLUG = "reben-tiny"
PATCHES = tuple(
    builders.Patch("33UUP", 20 + place, 30, split=split, labels=("Arable land",))
    for place, split in enumerate(("train", "test", "test", "validation"))
)


@pytest.fixture
def opened(own_folders, started):
    builders.write_metadata(own_folders / SLUG, PATCHES)
    return catalog.add(own_folders / SLUG)


@pytest.fixture
def run(opened, visit):
    return functools.partial(visit, "Label quality", dataset=SLUG)


def given(test):
    """Return what the component is given; none where it is not shown."""
    for found in test.get("bidi_component"):
        data = json.loads(found.proto.json or "{}")
        if "may_look" in data:
            return data
    return None


def write(opened, name="mine", **more):
    scores = np.tile([0.9, 0.2, 0.1], (4, 1))
    return predicting.write_set(opened, name, range(4), scores, NAMES, **more)


def looked(opened, predictions=None, key=None):
    """Write what was found as if it had been looked for."""
    for item in label_issues.wanted(predictions):
        own = None if item.needs == "index" else predictions
        folder = issues.folder_of(opened, own.about.name if own else "")
        made = key or label_issues._key(opened, item, own)
        issues.write(folder, item.name, Kept(made, Findings.of([1], [0], [1], [0.5])))


def test_without_predictions_it_is_looked_without_a_model(run, started):
    test = run()
    assert test.selectbox(key="set").options == ["none"]
    data = given(test)
    assert (data["dataset"], data["set"], data["is_looking"]) == (SLUG, "none", False)
    assert data["may_look"] is bool(label_issues.names(None))
    assert "Nobody has looked yet." in said(test)
    test.button(key="look").click().run()
    assert not test.exception
    assert started == [("label-issues", ["label-issues", SLUG], SLUG)]


def test_a_set_is_named_to_the_job_and_masks_come_first(run, opened, started):
    write(opened, "a-labels", trained_on_split="train")
    write(opened, "b-masks", trained_on_split="train", task="segmentation", layers=("mask",))
    test = run()
    assert test.selectbox(key="set").options == ["b-masks", "a-labels", "none"]
    assert given(test)["set"] == "b-masks"
    assert given(test)["map_layers"].endswith("pred:b-masks:mask:60")
    test = run(set="a-labels", select="split=test", palette="safe")
    assert given(test)["set"] == "a-labels"
    assert given(test)["query"].startswith("select=split%3Dtest&palette=safe")
    test.button(key="look").click().run()
    args = ["label-issues", SLUG, "--predictions=a-labels"]
    assert started == [("label-issues", args, SLUG)]


def test_what_is_known_is_not_looked_for_again(run, opened):
    found = write(opened, trained_on_split="train")
    looked(opened, found)
    test = run()
    assert [button for button in test.button if button.key == "look"] == []
    before = given(test)["stamp"]
    looked(opened, found, key="of another model")
    test = run()
    assert test.button(key="look").label == "Look again"
    assert "Something has changed since" in said(test)
    # The queue is asked for anew.
    assert given(test)["stamp"] != before


def test_what_the_model_has_seen_is_said_in_amber(run, opened):
    write(opened, trained_on_split="train")
    write(opened, "of-made-up-land", synthetic=True)
    test = run(set="mine")
    amber = " ".join(item.value for item in test.warning).replace("\\", "")
    assert "mine was trained on the split “train”" in amber
    made_up = run(set="of-made-up-land")
    assert ["synthetic imagery" in item.value for item in made_up.warning] == [True]
    assert [item for item in test.button if item.key == "predict_folds"] == []
    none = run(set="none")
    assert [item.value for item in none.warning] == []


def test_where_no_sample_is_honest_folds_are_offered(run, opened, started, monkeypatch):
    monkeypatch.setattr("eoexplore.jobs.fold_models.card", lambda _: None)
    write(opened)
    test = run()
    assert "Nobody states what mine was trained on" in said(test)
    assert "Of no patch does mine give a score" in said(test)
    test.button(key="predict_folds").click().run()
    assert not test.exception
    assert started == [("predict-folds", ["predict-folds", SLUG], SLUG)]


def test_where_nothing_is_predicted_folds_are_offered(run, opened, started, monkeypatch):
    # Metadata alone: there is nothing to learn from, and that is said.
    test = run()
    assert "No map was predicted here yet" in said(test)
    assert "has no label maps here" in said(test)
    assert [item for item in test.button if item.key == "predict_folds"] == []
    monkeypatch.setattr("eoexplore.jobs.fold_models.card", lambda _: None)
    write(opened, trained_on_split="train")
    test = run(set="none", section="Noise")
    test.button(key="predict_folds").click().run()
    assert started == [("predict-folds", ["predict-folds", SLUG], SLUG)]
    write(opened, "masks", trained_on_split="train", task="segmentation", layers=("mask",))
    # What was asked for is chosen when it is there.
    test.run()
    assert test.selectbox(key="set").value == "masks"
    assert "No map was predicted" not in said(run(set="none"))


@pytest.mark.parametrize("kind", ["label-issues", "predict-folds"])
def test_a_job_is_followed_and_can_be_stopped(run, opened, monkeypatch, kind):
    write(opened)
    at_work = Job("7", kind, "Working", SLUG, done=3, total=9)
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [at_work])
    stopped = []
    monkeypatch.setattr("eoexplore.jobs.background.cancel", stopped.append)
    test = run()
    # What is there already is shown meanwhile, and nothing is started twice.
    assert given(test)["is_looking"] is (kind == "label-issues")
    started = "look" if kind == "label-issues" else "predict_folds"
    assert [item for item in test.button if item.key == started] == []
    test.button(key=f"{kind}_cancel").click().run()
    assert stopped == ["7"]


def test_a_job_that_failed_says_why(run, opened, monkeypatch):
    failed = Job("7", "label-issues", "Working", SLUG, state="failed", error="No room.")
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [failed])
    assert "No room." in said(run())


def test_a_set_of_a_link_that_is_not_here_is_said(run, opened):
    write(opened, trained_on_split="train")
    test = run(set="gone")
    assert given(test)["set"] == "mine"
    assert "The predictions of this link are not here: gone" in said(test)


def test_a_damaged_set_is_a_sentence(run, opened):
    write(opened)
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    (folder / prediction_sets.SCORES).write_bytes(b"")
    prediction_sets._sets.clear()
    assert "are damaged" in said(run())


def test_sections_of_charts_stand_beside_the_findings(run, opened, monkeypatch):
    test = run(section="Findings")
    assert given(test) is not None
    monkeypatch.setattr("eoexplore.ui.charts.section.chart.kinds", lambda _: ())
    alone = run()
    assert given(alone) is not None
    assert alone.session_state["section"] == "Findings"


def hearing():
    import streamlit as st

    from eoexplore.store import catalog
    from eoexplore.ui import state
    from eoexplore.ui.quality import looking

    opened = catalog.open_slug(st.session_state["slug"])
    looking.hear(st.session_state["payload"], opened.slug, "")
    st.session_state["sentences"] = state.said()


def heard(payload):
    test = AppTest.from_function(hearing)
    test.session_state["payload"], test.session_state["slug"] = payload, SLUG
    test.run()
    assert not test.exception
    return test.session_state


@pytest.mark.parametrize("payload", [None, 3, {}, {"kind": "nonsense"}, {"kind": ["look"]}])
def test_odd_requests_are_harmless(opened, started, payload):
    assert "select" not in heard(payload)
    assert started == []


def test_the_queue_may_ask_for_the_job_and_for_all_patches(opened, started, monkeypatch):
    heard({"kind": "look"})
    assert started == [("label-issues", ["label-issues", SLUG], SLUG)]
    assert heard({"kind": "select", "text": ""})["select"] == ""

    def full(*_, **__):
        from eoexplore.core.errors import JobError

        raise JobError("No room for a job.")

    monkeypatch.setattr("eoexplore.jobs.background.start", full)
    assert heard({"kind": "look"})["sentences"] == ["No room for a job."]


def test_other_thresholds_are_stated_in_the_address_and_bad_ones_are_said(run, opened):
    write(opened, trained_on_split="none", task="segmentation", layers=("mask", "prob"))
    size = len(opened.dataset.classes.classes)
    limits = np.full(size, np.nan)
    limits[opened.dataset.classes.names.index("Pastures")] = 0.4
    folder = issues.folder_of(opened, "mine")
    issues.write_looked(folder, issues.Looked(limits, np.zeros((size, 2))))
    test = run()
    assert given(test)["limits"] == ""
    assert test.selectbox(key="limit_class").options == ["Pastures"]
    test.slider(key="limit_number Pastures").set_value(0.6)
    test.button(key="limit_use").click().run()
    assert not test.exception
    assert given(test)["limits"] == "Pastures=0.6"
    assert given(run(limits="Pastures=0.3"))["limits"] == "Pastures=0.3"
    wrong = run(limits="Lava=0.3")
    assert given(wrong)["limits"] == ""
    assert "no class 'Lava'" in said(wrong)
