"""`import-predictions`: look first, keep when it is named, judge."""

import numpy as np
import pandas as pd

from eoexplore.store import catalog, mosaic, prediction_sets
from tests import builders
from tests.cli.conftest import PATCHES


def test_a_file_is_looked_at_and_then_kept_and_judged(tree, said, document, tmp_path):
    opened = catalog.add(tree)
    ids = opened.samples.frame["id"].tolist()
    path = tmp_path / "scores.csv"
    pd.DataFrame({"id": ids, "Pastures": [2.0, -2.0, 1.0]}).to_csv(path, index=False)
    status, out, _ = said("import-predictions", tree, path)
    assert status == 0
    assert "look like logits" in out
    assert "Nothing is kept yet: add --name." in out
    status, _, err = said("import-predictions", tree, path, "--name", "mine")
    assert (status, "Say what they are" in err) == (1, True)
    assert prediction_sets.available(opened.fingerprint) == ()
    found = document("import-predictions", tree, path, "--values", "logits", "--name", "mine")
    assert (found["set"], found["samples"], found["values"]) == ("mine", 3, "logits")
    judged = document("evaluate", tree, "--predictions", "mine", "--chart", "scores_overview")
    assert judged["samples"] == 3
    ways = ("--values", "logits", "--trained-on", "none")
    assert document("import-predictions", tree, path, *ways, "--name", "honest")["set"] == "honest"
    judged = document("evaluate", tree, "--predictions", "honest", "--chart", "scores_overview")
    assert "trained on" not in str(judged["charts"])
    status, _, err = said("import-predictions", tree, tmp_path / "none.csv")
    assert (status, "cannot be read" in err) == (1, True)


def test_a_folder_of_masks_is_looked_at_and_then_kept_and_judged(
    tree, said, document, tmp_path, monkeypatch
):
    monkeypatch.setattr(mosaic, "GRID", 60)
    monkeypatch.setitem(mosaic._COG, "overviews", "NONE")
    folder = tmp_path / "masks"
    for patch, value in zip(PATCHES, (2, 4, 2), strict=True):
        values = np.full((120, 120), value, np.uint8)
        builders.write_raster(folder / f"{patch.id}_mask.tif", values, patch, None)
    (folder / f"{PATCHES[2].id}_mask.tif").write_bytes(b"II*")
    opened = catalog.add(tree)
    status, out, _ = said("import-predictions", tree, folder)
    assert status == 0
    assert "3 of the 3 samples of the dataset have a mask in masks, of 120 x 120 pixels." in out
    assert "1 is left out: Damaged" in out
    assert "whether they are numbers or numbers-from-1" in out
    assert "Nothing is kept yet: add --name." in out
    status, _, err = said("import-predictions", tree, folder, "--name", "mine")
    assert (status, "Nothing was kept" in err) == (1, True)
    assert prediction_sets.available(opened.fingerprint) == ()
    ways = ("--values", "numbers", "--order", "dataset", "--trained-on", "train")
    found = document("import-predictions", tree, folder, *ways, "--name", "mine")
    assert (found["set"], found["samples"], found["values"]) == ("mine", 2, "numbers")
    assert list(found["left_out"].values()) == [1]
    read = prediction_sets.read(opened, "mine")
    assert read.about.trained_on_split == "train"
    assert dict(zip(read.about.classes, read.scores[0], strict=True))["Arable land"] == 1
    judged = document("evaluate", tree, "--predictions", "mine", "--chart", "pixel_scores")
    land = np.isin(PATCHES[0].pixels("reference_map", "reference_map"), (211, 212, 213))
    pasture = PATCHES[1].pixels("reference_map", "reference_map") == 231
    # Two of the builder's ten codes are of no class.
    labelled = sum(
        (~np.isin(patch.pixels("reference_map", "reference_map"), (142, 999))).sum()
        for patch in PATCHES[:2]
    )
    accuracy = judged["metrics"]["accuracy"]["value"]
    assert abs(accuracy - (land.sum() + pasture.sum()) / labelled) < 1e-9


def test_one_mask_is_not_a_folder(tree, said, tmp_path):
    (tmp_path / "one.tif").write_bytes(b"II*")
    status, _, err = said("import-predictions", tree, tmp_path / "one.tif")
    assert (status, "Name the folder of all masks" in err) == (1, True)
    # The dataset itself has many files for each patch; its label maps alone are masks.
    status, _, err = said("import-predictions", tree, tree)
    assert (status, "two files for one sample" in err) == (1, True)
    maps = tree / "Reference_Maps"
    assert said("import-predictions", tree, maps)[0] == 0
    status, _, err = said("import-predictions", tree, maps, "--values", "logits")
    assert (status, "There are: codes, numbers, numbers-from-1." in err) == (1, True)
