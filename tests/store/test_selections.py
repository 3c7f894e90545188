"""Selections that do not fit into a URL."""

import re

from eoexplore.core.selection import EVERYTHING, Selection
from eoexplore.core.selection import parse as parse_text
from eoexplore.store import selections

IDS = "ids=" + "|".join(
    f"S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_{n:02}_57" for n in range(20)
)
POLYGON = "poly=" + ",".join(f"{n / 100:.2f},{n % 7 + 40}.123456" for n in range(1000, 1060))


def test_a_short_selection_is_written_out() -> None:
    selection, _ = parse_text("split=val&country=Portugal")
    assert selections.text_of(selection) == "country=Portugal&split=validation"
    assert selections.parse("split=val")[0] == parse_text("split=validation")[0]


def test_a_long_selection_is_named_and_found_again() -> None:
    selection, notices = parse_text(f"{IDS}&{POLYGON}")
    assert not notices
    assert len(selection.canonical()) > selections.MAX_CHARACTERS
    name = selections.text_of(selection)
    assert re.fullmatch("sel:[0-9a-f]{16}", name)
    assert selections.parse(name) == (selection, ())
    assert selections.text_of(selection) == name


def test_a_name_of_another_machine_selects_all_and_says_so() -> None:
    selection, notices = selections.parse("sel:0123456789abcdef")
    assert selection == EVERYTHING
    assert "not kept on this machine" in notices[0]


def test_a_name_is_never_a_path() -> None:
    for text in ("sel:../../secret", "sel:0123456789abcdeg", "sel:0123456789abcdef/..", "sel:"):
        selection, notices = selections.parse(text)
        assert selection == Selection()
        assert notices
