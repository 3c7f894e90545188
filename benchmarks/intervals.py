"""How often intervals and sets hold what they should: simulated evaluations whose truth is known.

    python benchmarks/intervals.py --evaluations 200

Prints tables in Markdown with the date. One core, about four minutes. Tiles differ: in how common a
class is, in how high its scores are and in how well they tell it apart, or in which classes are
taken for which others. So samples of one tile resemble each other, as they do in satellite images.
The truth is that of very many tiles.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from eoexplore.analysis import bootstrap, conformal, multilabel, pixels
from eoexplore.analysis.bootstrap import Clusters

Floats = npt.NDArray[np.float64]
SAMPLES = 40
"""Of a tile."""
RARITY = np.array([-3.5, -3, -2.5, -2, -1.5, -1, -0.5, 0])
"""Log-odds of each class in a tile as there are many: from 4 % to half of the samples."""
APART = np.array([1.0, 1.2, 1.4, 1.6, 1.0, 1.2, 1.4, 1.6])
"""How far the scores of a class lie from those of the rest, half of it, in logits."""
COMMON = np.array([2, 1.5, 1, 0.5, 0, -1])
"""Log of the share of each class in masks, up to a sum."""
RIGHT = np.array([2, 1.5, 1, 1, 0.5, 0])
"""Log-odds that a pixel of each class is right."""
PIXELS = 900
"""Of a sample."""


def labels(
    random: np.random.Generator, tiles: int, samples: int = SAMPLES
) -> tuple[npt.NDArray[np.bool_], Floats, Floats]:
    """Return truth and the scores of two models on the same samples, shape (n, class) each."""
    one, many = (tiles, 1, len(RARITY)), (tiles, samples, len(RARITY))
    truth = random.random(many) < expit(RARITY + random.normal(0, 1, one))
    common = random.normal(0, 0.5, one)
    scores = [
        expit(
            RARITY
            + random.normal(0, 0.7, one)
            + (better * APART + common + random.normal(0, 0.2, one)) * (2 * truth - 1)
            + random.normal(0, 1.3, many)
        ).reshape(-1, len(RARITY))
        for better in (1.0, 1.1)
    ]
    return truth.reshape(-1, len(RARITY)), scores[0], scores[1]


def masks(random: np.random.Generator, tiles: int) -> npt.NDArray[np.int64]:
    """Return pixels by true and predicted class of each tile, shape (tile, class, class)."""
    classes = len(COMMON)
    diagonal = np.arange(classes)
    mix = COMMON + random.normal(0, 1, (tiles, 1, classes))
    shares = np.exp(mix + random.normal(0, 1.5, (tiles, SAMPLES, classes)))
    there = random.multinomial(PIXELS, shares / shares.sum(-1, keepdims=True)).sum(1)
    right = expit(RIGHT + random.normal(0, 0.8, (tiles, classes)))
    taken = np.exp(COMMON + random.normal(0, 0.7, (tiles, classes, classes)))
    taken[:, diagonal, diagonal] = 0
    taken *= ((1 - right) / taken.sum(-1))[..., None]
    taken[:, diagonal, diagonal] = right
    return random.multinomial(there, taken)


def macro(truth: npt.NDArray[np.bool_], scores: Floats) -> float:
    """Return macro average precision."""
    found = multilabel.by_class(truth, scores, 0.5).average_precision
    return float(np.nanmean(found))


def truths(random: np.random.Generator) -> dict[str, float]:
    """Return what is true of all tiles."""
    truth, one, other = labels(random, 20_000)
    worse, better = macro(truth, one), macro(truth, other)
    counted = masks(random, 40_000).sum(0)
    return {
        "macro average precision": worse,
        "its difference between two models": better - worse,
        "mean IoU": pixels.measure(counted)["mean_iou"],
    }


def evaluation(
    random: np.random.Generator, tiles: int, draws: int, seed: int, *, alone: bool
) -> Iterator[tuple[str, bootstrap.Intervals]]:
    """Yield the intervals of one evaluation; `alone`: as if samples did not resemble each other."""
    truth, one, other = labels(random, tiles)
    tile = np.repeat(np.arange(tiles), SAMPLES)
    clusters = Clusters.of(np.arange(len(tile)) if alone else tile)
    values = [macro(truth, scores) for scores in (other, one)]
    found = [
        bootstrap.average_precision_replicates(truth, scores, clusters, draws, seed).macro
        for scores in (other, one)
    ]
    yield "macro average precision", bootstrap.intervals(values[1], found[1], clusters)
    pair = bootstrap.paired((values[0], values[1]), (found[0], found[1]), clusters)
    yield "its difference between two models", pair
    if not alone:
        counted = masks(random, tiles)
        clusters = Clusters.of(np.arange(tiles))
        drawn = pixels.measures(bootstrap.resampled(counted, clusters, draws, seed))["mean_iou"]
        value = pixels.measure(counted.sum(0))["mean_iou"]
        yield "mean IoU", bootstrap.intervals(value, drawn, clusters)


def intervals(options: argparse.Namespace, say: Callable[[str], object]) -> None:
    """Print how often intervals hold the truth."""
    random = np.random.default_rng(options.seed)
    true = truths(random)
    say("| figure | truth | tiles | drawn | holds the truth | below it | above it | width |\n")
    say("|---|--:|--:|---|--:|--:|--:|--:|\n")
    for tiles, alone in ((60, False), (60, True), (20, False), (10, False)):
        found: dict[str, list[tuple[float, float]]] = {}
        for number in range(options.evaluations):
            drawn = evaluation(random, tiles, options.draws, number, alone=alone)
            for name, ends in drawn:
                found.setdefault(name, []).append((float(ends.low), float(ends.high)))
        for name, pairs in found.items():
            low, high = np.array(pairs).T
            under, over = (high < true[name]).mean(), (low > true[name]).mean()
            say(
                f"| {name} | {true[name]:.4f} | {tiles} | {'samples' if alone else 'tiles'} | "
                f"{1 - under - over:.1%} | {under:.1%} | {over:.1%} | "
                f"{(high - low).mean():.3f} |\n"
            )


def covered(options: argparse.Namespace, say: Callable[[str], object]) -> None:
    """Print the coverage of conformal sets on samples drawn as those of the fit, and elsewhere."""
    random = np.random.default_rng(options.seed)
    say("\n| fitted on | judged on | nominal | reached, mean | lowest class | highest class |\n")
    say("|---|---|--:|--:|--:|--:|\n")
    for alpha in (0.2, 0.1, 0.05):
        inside, beyond = [], []
        for _ in range(options.evaluations):
            # One sample of each tile: so that samples do not resemble each other.
            truth, scores, _ = labels(random, 6_000, samples=1)
            fit = conformal.fit(truth[:2000], scores[:2000], alpha)
            inside.append(conformal.coverage(truth[2000:], scores[2000:], fit).by_class)
            shifted = scores[2000:] ** 1.3
            beyond.append(conformal.coverage(truth[2000:], shifted, fit).by_class)
        for name, drawn in (("drawn alike", inside), ("lower scores", beyond)):
            reached = np.mean(drawn, 0)
            say(
                f"| 2,000 samples | 4,000, {name} | {1 - alpha:.0%} | {reached.mean():.1%} | "
                f"{reached.min():.1%} | {reached.max():.1%} |\n"
            )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--evaluations", type=int, default=200, help="how many are simulated")
    parser.add_argument("--draws", type=int, default=bootstrap.REPLICATES, help="of an interval")
    parser.add_argument("--seed", type=int, default=7, help="of the simulation")
    options = parser.parse_args()
    started = time.perf_counter()
    say = sys.stdout.write
    say(
        f"{date.today():%d %B %Y}, {options.evaluations} simulated evaluations, "
        f"{options.draws:,} draws, seed {options.seed}\n\n"
    )
    intervals(options, say)
    covered(options, say)
    say(f"\n{time.perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    main()
