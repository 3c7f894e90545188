"""The colours of assets/nomenclature/safe.csv: one seeded run, a minute and a half, one core.

    python benchmarks/safe_palettes.py

Looks for colours whose smallest CIEDE2000 difference is as large as possible for normal sight
and for both simulations of each colour blindness (eoexplore.render.vision), while each class
stays within the hues of its theme: towns red, mines purple, crops yellow to brown, forests green,
wetlands violet, water blue. Unlabelled stays near black. The last list, `any`, is for classes
that have no theme: ordered so that the first n of it are far apart for any n.
"""

import csv
import sys
import time
from pathlib import Path

import numpy as np

from eoexplore.core import nomenclature
from eoexplore.datasets._reben_facts import classes
from eoexplore.render import vision

TARGET = Path(__file__).resolve().parents[1] / "assets" / "nomenclature" / "safe.csv"
STEP = 15
SEED = 20180613
BLACK, GREY = (10, 10, 10), (189, 189, 189)
THEMES = {
    # Level-2 code: hue and how far from it (degrees), chroma and lightness from and to (CIELAB).
    11: (20, 18, 48, 130, 25, 70),
    12: (338, 26, 30, 130, 20, 80),
    13: (330, 20, 22, 130, 15, 75),
    14: (350, 28, 12, 70, 60, 95),
    21: (98, 16, 38, 130, 72, 97),
    22: (65, 22, 45, 130, 40, 85),
    23: (112, 18, 35, 130, 55, 95),
    24: (75, 32, 18, 90, 35, 95),
    31: (142, 28, 26, 130, 18, 80),
    32: (125, 45, 15, 90, 30, 95),
    33: (80, 35, 0, 26, 45, 97),
    41: (302, 26, 25, 130, 18, 80),
    42: (295, 34, 14, 75, 50, 94),
    51: (240, 26, 22, 130, 40, 92),
    52: (276, 22, 28, 130, 15, 60),
}
ROUNDS = {"clc19": 60, "clc3": 30, "clc2": 60, "clc1": 20, "any": 60}


class Colours:
    """Colours of a grid over sRGB, and how far apart any two of them look to everybody."""

    def __init__(self) -> None:
        levels = np.arange(0, 256, STEP)
        cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1).reshape(-1, 3)
        light = vision.lab(cube)[:, 0]
        self.rgb = np.vstack([[BLACK, GREY], cube[(light > 12) & (light < 97)]])
        self.light, a, b = vision.lab(self.rgb).T
        self.chroma, self.hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
        self.apart = apart(self.rgb)

    def themed(self, theme: tuple[float, ...]) -> np.ndarray:
        """Return the places of the colours of a theme."""
        hue, off, low, high, dark, bright = theme
        fits = np.abs((self.hue - hue + 180) % 360 - 180) <= off
        fits &= (self.chroma >= low) & (self.chroma <= high)
        return np.flatnonzero(fits & (self.light >= dark) & (self.light <= bright))


def apart(rgb: np.ndarray) -> np.ndarray:
    """Return the smallest difference over all sights of each pair of colours."""
    least = np.full((len(rgb), len(rgb)), np.inf, np.float32)
    for sight in vision.SIGHTS:
        seen = vision.lab(vision.as_seen(rgb, sight)).astype(np.float32)
        for start in range(0, len(rgb), 256):
            rows = slice(start, start + 256)
            far = vision.difference(seen[rows, None], seen[None])
            np.minimum(least[rows], far, out=least[rows], casting="unsafe")
    return least


def worst(least: np.ndarray) -> float:
    """Return the smallest difference between two different colours."""
    return float((least + np.diag(np.full(len(least), np.inf))).min())


def choose(colours: Colours, choices: list[np.ndarray], rounds: int) -> np.ndarray:
    """Return one place of each list of choices, all far apart: coordinate descent, many starts.

    The cost of a pair falls exponentially with its difference; as the scale shrinks, the
    smallest difference alone decides.
    """
    rng = np.random.default_rng(SEED)
    best, found = -1.0, np.zeros(len(choices), int)
    for _ in range(rounds):
        picked = np.array([rng.choice(own) for own in choices])
        for scale in (3, 1.5, 0.8, 0.4, 0.25):
            for _ in range(8):
                before = picked.copy()
                for place in rng.permutation(len(choices)):
                    others = np.delete(picked, place)
                    far = colours.apart[np.ix_(choices[place], others)]
                    cost = np.exp(-far / scale).sum(axis=1)
                    picked[place] = choices[place][cost.argmin()]
                if (picked == before).all():
                    break
        least = worst(colours.apart[np.ix_(picked, picked)])
        if least > best:
            best, found = least, picked
    return found


def without_theme(colours: Colours, first: int, count: int) -> np.ndarray:
    """Return places of colours in an order such that the first few are the farthest apart.

    Neither very dark nor very light ones, as they must stand out on imagery and on paper.
    """
    fits = np.flatnonzero((colours.light > 35) & (colours.light < 92))
    start = choose(colours, [np.array([1]), *[fits] * first], ROUNDS["any"])[1:]
    order = [int(start[colours.chroma[start].argmax()])]
    # Grey means "unknown" and takes part, but is not on the list.
    left = {int(place) for place in start} - set(order)
    while len(order) < count:
        pool = sorted(left) if left else fits.tolist()
        far = colours.apart[np.ix_(pool, [1, *order])].min(axis=1)
        order.append(pool[int(far.argmax())])
        left.discard(order[-1])
    return np.array(order)


def main() -> None:
    """Write the table and say how far apart its colours are."""
    started = time.perf_counter()
    colours = Colours()
    rows: list[tuple[str, str, str]] = []
    for level, schema in nomenclature.levels(classes()).items():
        themes = [THEMES[item.codes[0] // 10] for item in schema.classes]
        choices = [*(colours.themed(theme) for theme in themes), np.array([0])]
        picked = choose(colours, choices, ROUNDS[level])
        keys = [" ".join(map(str, item.codes)) for item in schema.classes]
        rows += zip([level] * len(picked), [*keys, "999"], texts(colours, picked), strict=True)
        report(level, colours, picked, started)
    picked = without_theme(colours, first=12, count=30)
    keys = [str(number) for number in range(1, len(picked) + 1)]
    rows += zip(["any"] * len(picked), keys, texts(colours, picked), strict=True)
    for count in (4, 8, 10, 12, 20, 30):
        report(f"any, first {count}", colours, picked[:count], started)
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("level", "codes", "colour"), *rows])


def texts(colours: Colours, picked: np.ndarray) -> list[str]:
    """Return colours written #rrggbb."""
    return ["#{:02x}{:02x}{:02x}".format(*colours.rgb[place]) for place in picked]


def report(name: str, colours: Colours, picked: np.ndarray, started: float) -> None:
    """Say how far apart the colours of a list are."""
    least = worst(colours.apart[np.ix_(picked, picked)])
    seconds = time.perf_counter() - started
    sys.stderr.write(
        f"{name}: {len(picked)} colours, at least {least:.2f} apart ({seconds:.0f} s)\n"
    )


if __name__ == "__main__":
    main()
