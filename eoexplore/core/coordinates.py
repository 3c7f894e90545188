"""Coordinates as people write them: decimal degrees, degrees and minutes, with letters or not."""

import re
from dataclasses import dataclass

_DEGREES, _MINUTES = "\u00ba\u02da", "\u2032\u2019\u00b4\u02b9"
_SECONDS, _MINUS, _SPACES = "\u2033\u201d\u201c\u02ba", "\u2212\u2013\u2011", "\u00a0\u202f\u2009"
_SAME = str.maketrans(
    {
        sign: plain
        for signs, plain in zip(
            (_DEGREES, _MINUTES, _SECONDS, _MINUS, _SPACES), ("°", "'", '"', "-", " "), strict=True
        )
        for sign in signs
    }
)
"""The ways that typesetting writes a degree, a minute, a second, a minus and a space."""
_TOKEN = re.compile(
    r"\s*(?:(?P<N>[0-9]{1,3}(?:\.[0-9]{1,15})?(?![0-9.]))|(?P<L>[NSEW])|(?P<D>°)|(?P<M>')"
    r'|(?P<C>")|(?P<S>[+-])|(?P<K>[,;/]))\s*'
)
_HALF = r"([NSEW]?\s*[+-]?[0-9]{1,3}),([0-9]{1,15})(\s*°?\s*[NSEW]?)"
_COMMAS = re.compile(rf"{_HALF}\s*(?:[;/]|,\s|\s)\s*{_HALF}")
"""Two numbers with a decimal comma each, and something else than a bare comma between them."""
_ANGLE = re.compile(r"L?S?ND?(NM?(NC?)?)?L?")

Token = tuple[str, str]


@dataclass(frozen=True)
class Spot:
    """A place on the globe, and how a text was understood as one."""

    lat: float
    """Latitude in degrees, north positive."""
    lon: float
    """Longitude in degrees, east positive."""
    lettered: bool
    """Whether letters said which is which."""
    swapped: bool
    """Whether the longitude stood first."""

    @property
    def title(self) -> str:
        """The place as text."""
        north, east = "N" if self.lat >= 0 else "S", "E" if self.lon >= 0 else "W"
        return f"{_short(self.lat)}° {north}, {_short(self.lon)}° {east}"

    @property
    def detail(self) -> str:
        """How the text was understood."""
        if self.lettered:
            return "latitude and longitude as their letters say"
        if self.swapped:
            return "read as longitude, latitude"
        return "read as latitude, longitude"


def read(text: str) -> Spot | None:
    """Understand a text as coordinates, latitude first unless letters or numbers say otherwise.

    Args:
        text: such as `48.21, 12.94`, `48°12'36"N 12°56'24"E` or `48,21 12,94`.

    Returns:
        The place, or none where the text is nothing of the kind.
    """
    plain = text.translate(_SAME).replace("''", '"').strip().upper()
    commas = _COMMAS.fullmatch(plain)
    if commas:
        plain = "{}.{}{} {}.{}{}".format(*commas.groups())
    tokens = _tokens(plain)
    halves = _halves(tokens) if tokens else None
    if halves is None:
        return None
    first, second = _angle(halves[0]), _angle(halves[1])
    if first is None or second is None:
        return None
    return _spot(first, second)


def swapped(spot: Spot) -> Spot | None:
    """Return the place with the numbers the other way round, if letters do not forbid it."""
    if spot.lettered or abs(spot.lon) > 90:
        return None
    return Spot(spot.lon, spot.lat, lettered=False, swapped=not spot.swapped)


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            return []
        found.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return found


def _halves(tokens: list[Token]) -> tuple[list[Token], list[Token]] | None:
    """Split what was written into its two angles."""
    kinds = "".join(kind for kind, _ in tokens)
    letters = [at for at, kind in enumerate(kinds) if kind == "L"]
    if letters:
        if len(letters) != 2:
            return None
        cut = letters[1] if letters[0] == 0 else letters[0] + 1
    elif "K" in kinds:
        cut = kinds.index("K")
    else:
        cut = _second(kinds)
    first, second = tokens[:cut], tokens[cut:]
    if first and first[-1][0] == "K":
        first = first[:-1]
    if second and second[0][0] == "K":
        second = second[1:]
    return first, second


def _second(kinds: str) -> int:
    """Return where the second angle begins, when neither letters nor a comma tell."""
    numbers = [at for at, kind in enumerate(kinds) if kind == "N"]
    degrees = [at for at, kind in enumerate(kinds) if kind == "D"]
    if len(degrees) == 2:
        cut = degrees[1] - 1
    elif not degrees and len(numbers) % 2 == 0:
        cut = numbers[len(numbers) // 2] if numbers else 0
    else:
        return 0
    return cut - 1 if cut > 0 and kinds[cut - 1] == "S" else cut


def _angle(tokens: list[Token]) -> tuple[float, str] | None:
    """Return the degrees of an angle and its letter, which may be empty."""
    kinds = "".join(kind for kind, _ in tokens)
    if not _ANGLE.fullmatch(kinds) or kinds.count("L") > 1:
        return None
    numbers = [word for kind, word in tokens if kind == "N"]
    parts = [float(word) for word in numbers]
    if any("." in word for word in numbers[:-1]) or any(part >= 60 for part in parts[1:]):
        return None
    value = sum(part / 60**power for power, part in enumerate(parts))
    letter = next((word for kind, word in tokens if kind == "L"), "")
    sign = next((word for kind, word in tokens if kind == "S"), "")
    if letter and sign:
        return None
    return (-value if sign == "-" or letter in ("S", "W") else value), letter


def _spot(first: tuple[float, str], second: tuple[float, str]) -> Spot | None:
    letters = first[1] + second[1]
    if letters and (len(letters) != 2 or (first[1] in "NS") == (second[1] in "NS")):
        return None
    turned = first[1] in "EW" if letters else abs(first[0]) > 90 >= abs(second[0])
    lat, lon = (second[0], first[0]) if turned else (first[0], second[0])
    if abs(lat) > 90 or abs(lon) > 180:
        return None
    return Spot(lat, lon, lettered=bool(letters), swapped=turned)


def _short(degrees: float) -> str:
    return f"{abs(degrees):.5f}".rstrip("0").rstrip(".")
