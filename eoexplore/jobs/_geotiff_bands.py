"""Which band of a file is which band of a model: by name, by order, or as the user says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eoexplore.core.errors import UploadError

BY_ORDER = "order"
"""What is written instead of a list where the file has the model's bands in the model's order."""
_SENTINEL_2 = {
    "coastal": "B01", "blue": "B02", "green": "B03", "red": "B04", "nir": "B08",
    "swir1": "B11", "swir2": "B12",
}  # fmt: skip
"""Colours as many tools write them for Sentinel-2 (ESA, Sentinel-2 MSI user guide)."""
_NUMBERED = re.compile(r"b(?:and)?[ _-]?0*(\d{1,2})(a?)")
_CHOICE = re.compile(r"([^=]+)=(\d{1,4})")


@dataclass(frozen=True)
class Match:
    """One band of the model, and where the file has it."""

    band: str
    """Band of the model, such as "s2/B02"."""
    number: int | None
    """Band of the file, from 1; none where it is not known."""
    why: str
    """How it was found: "name", "order" or "chosen"; empty where it was not."""


def suggested(bands: Sequence[str], names: Sequence[str]) -> tuple[Match, ...]:
    """Return what the file itself says of its bands; the user has the last word.

    By order only where no band of the file has a name, and there are as many as the model has.

    Args:
        bands: of the model, as "layer/band".
        names: descriptions of the file's bands; empty where there is none.
    """
    if len(bands) == len(names) and not any(name.strip() for name in names):
        return tuple(Match(band, place, "order") for place, band in enumerate(bands, start=1))
    found = []
    for band in bands:
        at = [place for place, name in enumerate(names, start=1) if _is_named(name, band, bands)]
        # Two bands of one name leave it open which is meant.
        found.append(Match(band, at[0], "name") if len(at) == 1 else Match(band, None, ""))
    return tuple(found)


def matched(bands: Sequence[str], names: Sequence[str], asked: str = "") -> tuple[Match, ...]:
    """Return where the file has each band of a model.

    Args:
        bands: of the model, as "layer/band".
        names: descriptions of the file's bands.
        asked: "order", or choices such as "s2/B02=1,s2/B03=2" that go before the names.

    Raises:
        UploadError: a band is missing, or nobody has said which it is.
    """
    if asked.strip() == BY_ORDER:
        if len(names) != len(bands):
            raise UploadError(
                f"The model takes {_some(len(bands))}, and the file has {len(names):,}: their "
                f"order does not tell which is which. The model's: {', '.join(bands)}."
            )
        return tuple(Match(band, place, "order") for place, band in enumerate(bands, start=1))
    chosen = _chosen(bands, len(names), asked)
    found = tuple(
        Match(match.band, chosen[match.band], "chosen") if match.band in chosen else match
        for match in suggested(bands, names)
    )
    _check(found, names)
    return found


def _check(found: Sequence[Match], names: Sequence[str]) -> None:
    missing = [match.band for match in found if match.number is None]
    if missing:
        raise UploadError(
            f"The file lacks {_some(len(missing))} of the {len(found)} that the model takes, or "
            f"does not name them: {', '.join(missing)}. It has {_some(len(names))}. "
            "Say which band is which, or choose a model that takes fewer."
        )
    if any(match.why == "order" for match in found):
        raise UploadError(
            f"The bands of the file have no names. Say that they are, in this order, "
            f"{', '.join(match.band for match in found)}, or which band is which."
        )


def _some(count: int) -> str:
    return "1 band" if count == 1 else f"{count:,} bands"


def _chosen(bands: Sequence[str], count: int, asked: str) -> Mapping[str, int]:
    chosen = {}
    for part in filter(None, (part.strip() for part in asked.split(","))):
        match = _CHOICE.fullmatch(part)
        band = match[1].strip() if match else ""
        if match is None or band not in bands:
            raise UploadError(
                f"{part[:40]!r} does not say which band is which; write for example "
                f"{bands[0]}=1. Bands of the model: {', '.join(bands)}."
            )
        if not 1 <= int(match[2]) <= count:
            raise UploadError(f"The file has no band {match[2]}; it has {_some(count)}.")
        chosen[band] = int(match[2])
    return chosen


def _is_named(name: str, band: str, bands: Sequence[str]) -> bool:
    """Tell whether a description names a band, with or without its layer and leading zeros."""
    layer, _, own = band.partition("/")
    wanted = _plain(own)
    words = {_plain(word) for word in re.split(r"[\s/,;:()\[\]]+", name) if word}
    words |= {_plain(word) for word in re.split(r"[\s/,;:()\[\]_-]+", name) if word}
    words.add(_plain(name))
    if layer == "s2":
        words |= {_plain(_SENTINEL_2[word]) for word in words & _SENTINEL_2.keys()}
    if wanted not in words:
        return False
    others = {
        other.partition("/")[0] for other in bands if _plain(other.partition("/")[2]) == wanted
    }
    # The same name in two layers: then the layer has to be named too.
    return len(others) == 1 or layer in words


def _plain(word: str) -> str:
    word = word.strip().lower()
    match = _NUMBERED.fullmatch(word)
    return f"b{int(match[1])}{match[2]}" if match else word
