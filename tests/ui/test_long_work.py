import pytest

from eoexplore.jobs.progress import Job
from eoexplore.ui.long_work import progress_text


@pytest.mark.parametrize(
    ("rate", "left", "text"),
    [
        (None, None, "Indexing demo · 445 of 1,890 · reading patches"),
        (65.4, 22.1, "Indexing demo · 445 of 1,890 · reading patches · 65 a second · "
         "about 22 s left"),
        (1234.0, 7000.0, "Indexing demo · 445 of 1,890 · reading patches · 1,234 a second · "
         "about 1.9 h left"),
        (0.25, 5780.0, "Indexing demo · 445 of 1,890 · reading patches · 0.2 a second · "
         "about 1.6 h left"),
    ],
)  # fmt: skip
def test_running_work_says_how_far_how_fast_and_how_long_still(rate, left, text):
    job = Job("id", "index", "Indexing demo", done=445, total=1890, what="reading patches")
    assert progress_text(Job(**{**job.__dict__, "rate": rate, "seconds_left": left})) == text
