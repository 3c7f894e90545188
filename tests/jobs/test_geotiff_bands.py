import pytest

from eoexplore.core.errors import UploadError
from eoexplore.jobs._geotiff_bands import matched, suggested

BANDS = ("s2/B02", "s2/B8A")


def test_bands_are_found_by_name():
    for name in ("B02", "b2", "s2/B02", "S2_B02", "Band 2", "B02 (blue)", "blue", "T33_B02_10m"):
        assert suggested(("s2/B02",), ("x", name))[0].number == 2, name
    for name in ("B12", "B020", "B2A", "vv", ""):
        assert suggested(("s2/B02",), ("x", name))[0].number is None, name
    assert [match.number for match in suggested(("s1/VV", "s1/VH"), ("VH dB", "Sigma0_VV"))] == [
        2,
        1,
    ]
    # Twice the same: nobody knows which.
    assert suggested(("s2/B02",), ("B02", "B2"))[0].number is None
    both = ("before/B02", "after/B02")
    assert [match.number for match in suggested(both, ("after B02", "before_B02"))] == [2, 1]
    assert suggested(both, ("B02", "B2"))[0].number is None


def test_bands_without_names_wait_for_a_word():
    assert [match.why for match in suggested(BANDS, ("", ""))] == ["order", "order"]
    with pytest.raises(
        UploadError, match=r"have no names\. Say that they are, in this order, s2/B02"
    ):
        matched(BANDS, ("", ""))
    assert [match.number for match in matched(BANDS, ("", ""), "order")] == [1, 2]
    chosen = matched(BANDS, ("", "", ""), "s2/B8A=1, s2/B02=3")
    assert [(match.number, match.why) for match in chosen] == [(3, "chosen"), (1, "chosen")]


def test_bands_that_are_not_there_are_named():
    twelve = tuple(f"s2/B{n:02}" for n in range(1, 13))
    with pytest.raises(UploadError, match=r"lacks 12 bands of the 12 .*s2/B12\. It has 1 band\."):
        matched(twelve, ("",))
    with pytest.raises(UploadError, match=r"lacks 1 band of the 2 .*: s2/B8A"):
        matched(BANDS, ("B02", "B03"))
    for asked, sentence in (
        ("order", "takes 2 bands, and the file has 3"),
        ("s2/B02=4", "has no band 4; it has 3 bands"),
        ("s2/B02=0", "has no band 0"),
        ("B02=1", "'B02=1' does not say which"),
        ("__import__('os')", "does not say which"),
    ):
        with pytest.raises(UploadError, match=sentence):
            matched(BANDS, ("", "", ""), asked)
