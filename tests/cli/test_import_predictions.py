"""`import-predictions`: look first, keep when it is named, judge."""

import pandas as pd

from eoexplore.store import catalog, prediction_sets


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
    status, _, err = said("import-predictions", tree, tmp_path / "none.csv")
    assert (status, "cannot be read" in err) == (1, True)
