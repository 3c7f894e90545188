"""Countries of a table against outlines."""

import pytest

from eoexplore.evidence import borders
from eoexplore.evidence.kind import Asked, CannotTell
from tests.charts.conftest import Row, grid, opened_of
from tests.evidence.model_free import said


def find(*rows):
    return borders.find(Asked(opened_of(rows)))


def test_a_patch_far_inside_another_country_is_found_on_each_date():
    # Column 80, row 40 of 33UUP lies near Wels in Austria.
    wrong = Row(x=80, y=40, country="Portugal")
    found = find(Row(x=80, y=40), wrong, Row(x=80, y=40, country="Portugal", date="2018-01-10"))
    assert found.rows.tolist() == [1, 2]
    assert found.facts["distance_m"][0] > 1_500_000
    assert found.scores.tolist() == [1.0, 1.0]
    sentence = said(Asked(opened_of([wrong])), borders.KIND)
    assert sentence.startswith("Its middle lies in another country, ")


def test_patches_at_home_at_sea_and_of_unknown_countries_are_not():
    # Column 0, row 40 of 29SMC lies in the Atlantic.
    sea = Row(x=0, y=40, tile="29SMC", country="Austria")
    assert len(find(Row(x=80, y=40), sea, Row(x=80, y=40, country="Utopia"))) == 0


def test_the_score_grows_with_the_distance():
    assert borders.score(5_000.0) == 0.5
    assert borders.score(1_000.0) < 0.1
    assert borders.score(20_000.0) > 0.99


@pytest.mark.parametrize(
    ("rows", "why"), [(grid(2, tile=""), "no location"), (grid(2, country=""), "no country")]
)
def test_what_cannot_be_told_is_said(rows, why):
    with pytest.raises(CannotTell, match=why):
        find(*rows)
