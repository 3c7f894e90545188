"""`evaluate`: the same numbers as another implementation, from the files themselves."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics

from eoexplore import models
from eoexplore.jobs import inputs, predict, predict_part
from eoexplore.jobs.predict import Asked
from eoexplore.store import catalog, mosaic
from tests import builders, predicting

LABELS = (
    ("Arable land", "Pastures"), ("Pastures",), ("Marine waters",), ("Arable land",),
    ("Pastures", "Inland waters"), ("Arable land", "Marine waters"),
)  # fmt: skip
TILES = ("33UUP", "33UVP", "29SNC")
PATCHES = tuple(
    builders.Patch(tile, 20 + place, 30, labels=own, split="test" if place % 2 else "validation")
    for tile in TILES
    for place, own in enumerate(LABELS)
)
NAMES = predicting.LABELS.class_names


@pytest.fixture
def opened(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_MODELS", str(predicting.write_models(tmp_path / "models")))
    monkeypatch.setenv("EOEXPLORE_DEVICE", "cpu")
    monkeypatch.setattr(predict, "_run", predicting.run_here)
    monkeypatch.setattr(mosaic, "GRID", 60)
    monkeypatch.setitem(mosaic._COG, "overviews", "NONE")
    predict_part._engine.cache_clear()
    yield catalog.add(builders.write_tree(tmp_path / "reben-judged", PATCHES))
    if predict_part._engine.cache_info().currsize:
        predict_part._engine(1).close()


def scores_of(opened, rows):
    loaded = models.load("labels")
    return loaded.predict(inputs.read(opened, rows, loaded.card).batch).astype(np.float64)


def truth_of(opened, rows):
    labels = [set(own) for own in opened.samples.frame["labels"].iloc[rows]]
    return np.array([[name in own for name in NAMES] for own in labels])


def by_scikit(truth, scores):
    """Return every figure of labels as scikit-learn has it."""
    said, found = scores >= 0.5, {}
    for mean in ("macro", "micro", "weighted", "samples"):
        found[f"average_precision_{mean}"] = metrics.average_precision_score(
            truth, scores, average=mean
        )
        for name in ("f1", "precision", "recall"):
            score = getattr(metrics, f"{name}_score")
            found[f"{name}_{mean}"] = score(truth, said, average=mean, zero_division=0)
    return found | {
        "subset_accuracy": metrics.accuracy_score(truth, said),
        "hamming_loss": metrics.hamming_loss(truth, said),
        "ranking_loss": metrics.label_ranking_loss(truth, scores),
        "coverage_error": metrics.coverage_error(truth, scores),
        "label_ranking_average_precision": metrics.label_ranking_average_precision_score(
            truth, scores
        ),
    }


@pytest.mark.parametrize("select", ["", "split=test"])
def test_labels_are_judged_as_scikit_learn_does(opened, document, select):
    predict.predict(Asked(opened.slug, "labels", name="mine"))
    found = document("evaluate", opened.slug, "--predictions", "mine", "--select", select)
    splits = opened.samples.frame["split"].astype(str)
    rows = np.flatnonzero((splits == "test") | (select == "")).tolist()
    expected = by_scikit(truth_of(opened, rows), scores_of(opened, rows))
    assert set(found["metrics"]) == set(expected)
    for name, value in expected.items():
        assert math.isclose(found["metrics"][name]["value"], value, abs_tol=1e-6), name
        own = found["metrics"][name]
        assert own["low"] <= own["value"] <= own["high"]


def test_pixels_are_judged_as_scikit_learn_does(opened, document):
    predict.predict(Asked(opened.slug, "masks", name="land"))
    found = document("evaluate", opened.slug, "--predictions", "land", "--chart", "pixel_scores")
    loaded = models.load("masks")
    codes = [item.code for item in predicting.MASKS.classes]
    truth, said = [], []
    for row, sample in enumerate(opened.samples.frame["id"]):
        known = opened.dataset.read(sample, "reference_map", "reference_map")[2::5, 2::5]
        mask = loaded.predict(inputs.read(opened, [row], loaded.card).batch)[0].argmax(0)
        # Codes of one class are one: 512 and 521 are no class of this model.
        kept = np.isin(known, codes)
        truth.append(known[kept])
        said.append(np.array(codes)[mask[kept]])
    truth, said = np.concatenate(truth), np.concatenate(said)
    every = {"labels": codes, "average": "macro", "zero_division": 0}
    expected = {
        "mean_iou": metrics.jaccard_score(truth, said, **every),
        "pixel_f1_macro": metrics.f1_score(truth, said, **every),
        "pixel_precision_macro": metrics.precision_score(truth, said, **every),
        "mean_accuracy": metrics.recall_score(truth, said, **every),
        "accuracy": metrics.accuracy_score(truth, said),
        "frequency_weighted_iou": metrics.jaccard_score(
            truth, said, **{**every, "average": "weighted"}
        ),
        "kappa": metrics.cohen_kappa_score(truth, said),
    }
    assert set(found["metrics"]) == set(expected)
    for name, value in expected.items():
        assert math.isclose(found["metrics"][name]["value"], value, abs_tol=1e-6), name


def test_two_sets_are_compared_on_the_patches_that_both_have(opened, document):
    count = len(opened.samples)
    first = scores_of(opened, list(range(count)))
    predicting.write_set(opened, "one", np.arange(count), first, NAMES)
    turned = first[2:, ::-1]
    predicting.write_set(opened, "two", np.arange(2, count), turned, NAMES)
    found = document("evaluate", opened.slug, "--predictions", "one", "--beside", "two")
    facts = found["charts"]["scores_overview"]["facts"]
    assert facts["samples"] == count - 2
    truth = truth_of(opened, list(range(2, count)))
    own, other = (by_scikit(truth, scores)["f1_micro"] for scores in (first[2:], turned))
    assert math.isclose(facts["difference"]["f1_micro"]["value"], own - other, abs_tol=1e-6)
    predicting.write_set(opened, "copy", np.arange(count), first, NAMES)
    same = document("evaluate", opened.slug, "--predictions", "one", "--beside", "copy")
    apart = same["charts"]["scores_overview"]["facts"]["difference"]
    assert {tuple(ends.values()) for ends in apart.values()} == {(0, 0, 0)}


def test_figures_of_labels_and_of_pixels_stand_beside_each_other(opened, document):
    predict.predict(Asked(opened.slug, "masks", name="land"))
    ask = ("evaluate", opened.slug, "--predictions", "land", "--select", "split=test")
    whole, labels, pixels = (
        document(*ask, *more)
        for more in ((), ("--chart", "scores_overview"), ("--chart", "pixel_scores"))
    )
    assert whole["metrics"] == labels["metrics"] | pixels["metrics"]
    assert not labels["metrics"].keys() & pixels["metrics"].keys()
    assert whole["samples"] == sum(patch.split == "test" for patch in PATCHES)


def test_figures_of_two_sets_are_told_by_set(opened, document):
    predict.predict(Asked(opened.slug, "masks", name="land"))
    count = len(opened.samples)
    predicting.write_set(opened, "words", np.arange(count), np.full((count, 3), 0.6), NAMES)
    both = document("evaluate", opened.slug, "--predictions", "land", "--beside", "words")
    alone = document("evaluate", opened.slug, "--predictions", "land")
    assert set(both["metrics"]) == {"land", "words"}
    assert both["metrics"]["land"]["mean_iou"] == alone["metrics"]["mean_iou"]
    assert both["metrics"]["words"]["f1_micro"]["value"] > 0
    assert "mean_iou" not in both["metrics"]["words"]
    predict.predict(Asked(opened.slug, "masks", name="again"))
    both = document("evaluate", opened.slug, "--predictions", "land", "--beside", "again")
    assert both["metrics"]["again"]["mean_iou"] == alone["metrics"]["mean_iou"]


def test_other_labels_than_the_stored_ones(opened, document, said, tmp_path):
    count = len(opened.samples)
    predicting.write_set(opened, "one", np.arange(count), np.eye(3)[np.arange(count) % 3], NAMES)
    ids = opened.samples.frame["id"].tolist()
    true = [[NAMES[number % 3]] for number in range(count)]
    path = tmp_path / "true.parquet"
    # What the file does not have is not judged, and what the dataset does not have is ignored.
    table = {"patch_id": [*ids[:-1], "another"], "true_labels": [*true[:-1], ["Pastures"]]}
    pq.write_table(pa.table(table), path)
    found = document("evaluate", opened.slug, "--predictions", "one", "--truth", path)
    overview = found["charts"]["scores_overview"]["facts"]
    assert overview["samples"] == count - 1
    assert overview["metrics"]["f1_macro"]["value"] == 1
    for columns, says in (
        ({"name": ids}, "needs a column patch_id"),
        ({"id": ids[:1], "labels": [["Sea"]]}, "no class of the dataset"),
        ({"id": ["x"], "labels": [["Pastures"]]}, "None of the ids"),
    ):
        pq.write_table(pa.table(columns), path)
        status, _, err = said("evaluate", opened.slug, "--predictions", "one", "--truth", path)
        assert (status, says in err) == (1, True)
    path.write_text("no parquet")
    assert (
        "cannot be read"
        in said("evaluate", opened.slug, "--predictions", "one", "--truth", path)[2]
    )


def test_a_set_beside_itself_is_a_sentence(opened, said):
    predicting.write_set(opened, "one", [0], [[1, 0, 0]], NAMES)
    err = said("evaluate", opened.slug, "--predictions", "one", "--beside", "one")[2]
    assert "beside itself" in err


def test_a_report_is_written_beside_the_numbers_and_never_into_the_dataset(opened, said, tmp_path):
    count = len(opened.samples)
    predicting.write_set(opened, "one", np.arange(count), np.eye(3)[np.arange(count) % 3], NAMES)
    target = tmp_path / "new" / "one.html"
    words = ("evaluate", opened.slug, "--predictions", "one", "--select", "split=test")
    option = ("--option", "scores_overview.mean=micro")
    status, out, _ = said(*words, *option, "--report", target)
    page = target.read_text(encoding="utf-8")
    assert status == 0
    assert page.startswith("<!doctype html>")
    sentence = next(line for line in out.splitlines() if line.startswith("On 9 patches"))
    assert f"<p>{sentence}</p>" in page
    assert "Average precision, micro" in page
    assert [path.name for path in target.parent.iterdir()] == ["one.html"]
    inside = opened.dataset.path / "one.html"
    status, _, err = said(*words, "--report", inside)
    assert (status, "never written to" in err, inside.exists()) == (1, True, False)


def test_a_set_that_is_not_there_is_a_sentence(opened, said):
    status, _, err = said("evaluate", opened.slug, "--predictions", "nothing")
    assert (status, "There are: none yet" in err) == (1, True)


def test_training_patches_are_said_to_be_remembered(opened, said):
    count = len(opened.samples)
    scores = np.full((count, 3), 0.7)
    predicting.write_set(
        opened, "one", np.arange(count), scores, NAMES, trained_on_split="validation"
    )
    out = said("evaluate", opened.slug, "--predictions", "one")[1]
    assert "trained on the split “validation”, to which 9 of the 18" in out
    out = said("evaluate", opened.slug, "--predictions", "one", "--select", "split=test")[1]
    assert "trained on the split" not in out
