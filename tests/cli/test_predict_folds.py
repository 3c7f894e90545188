"""`predict-folds`: from a dataset to a set that is out of sample."""

import numpy as np
import pytest

from eoexplore.jobs import fold_models, predict, predict_part
from eoexplore.store import mosaic
from tests import builders, predicting

PATCHES = tuple(builders.Patch("33UUP", x, 5, split="test") for x in (5, 20, 35))


@pytest.fixture
def folded(tmp_path, monkeypatch):
    monkeypatch.setattr(predict, "_run", predicting.run_here)
    monkeypatch.setattr(mosaic, "GRID", 60)
    monkeypatch.setitem(mosaic._COG, "overviews", "NONE")
    monkeypatch.setattr(fold_models, "EPOCHS", 1)
    monkeypatch.setenv("EOEXPLORE_DEVICE", "cpu")
    predict_part._engine.cache_clear()
    yield builders.write_tree(tmp_path / "reben-folded", PATCHES)
    if predict_part._engine.cache_info().currsize:
        predict_part._engine(1).close()


def test_it_is_made_found_and_judged(folded, said, document):
    words = ("predict-folds", folded, "--folds", 3, "--name", "folds")
    found = document(*words)
    assert (found["set"], found["samples"], found["predicted"]) == ("folds", 3, 3)
    assert found["left_out"] == {}
    assert found["trained_on"]["out_of_fold"] is True
    status, out, _ = said(*words)
    assert status == 0
    assert "folds has 3 samples, each predicted by a model that has not seen it" in out
    assert "predicted now" not in out
    judged = document("evaluate", folded, "--predictions", "folds")
    assert judged["samples"] == 3
    assert "did not learn from it or its surroundings" in str(judged)
    assert "Nobody states" not in str(judged)
    by = ("--chart", "scores_by_group", "--option", "scores_by_group.by=distance")
    _, out, err = said("evaluate", folded, "--predictions", "folds", *by)
    assert "learnt from no part of the split" in out + err


def test_a_rare_class_is_told(folded, said):
    """A class that lies in one fold alone is learnt by no model that predicts there."""
    values = np.full((120, 120), 211, np.uint16)
    for patch in PATCHES:
        values[:60] = 231
        values[:20] = 523 if patch is PATCHES[0] else 231
        path = patch.path(folded, "reference_map", "reference_map")
        path.unlink()
        builders.write_raster(path, values, patch, 0)
    status, out, _ = said("predict-folds", folded, "--folds", 3, "--name", "folds")
    assert status == 0
    assert "never predicted there" in out
    assert "Marine waters (beside fold" in out


def test_what_cannot_be_is_a_sentence(folded, said):
    status, _, err = said("predict-folds", folded)
    assert (status, "lies in 3 blocks of 6 km, too few for 5 folds" in err) == (1, True)
    status, _, err = said("predict-folds", folded, "--folds", 3, "--block-km", -1)
    assert (status, "blocks have a side" in err) == (1, True)
    assert said("predict-folds", folded, "--folds", "many")[0] == 2
