"""What the search for wrong labels finds on demos whose truth is known, beside plain cleanlab.

    python -m benchmarks.label_issues --seeds 301 302 303 304 305

Makes a demo for each seed, indexes it, predicts it with the two models of EOExplore, and looks for
wrong labels. Prints tables in Markdown; about two minutes a seed on two cores. The demos stay in
--folder, where one is named. Seeds that the models or the constants of the method were made with
say nothing, and are refused.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy import stats

KNOWN = {*range(1, 7), *range(42, 47), *range(101, 106), *range(301, 311)}
"""Seeds that the models learnt from, or that the method was made and its constants fitted with."""
_LEAST = 30
"""Patches of a class without which its interval is told apart."""


def main() -> None:
    """Measure the seeds and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--folder", type=Path, help="where demos and what is made of them stay")
    asked = parser.parse_args()
    used = sorted(KNOWN & set(asked.seeds))
    if used:
        raise SystemExit(f"The method was made with the seeds {used}. Name others.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = (asked.folder or Path(scratch)).resolve()
        os.environ["EOEXPLORE_CACHE"] = str(folder / "cache")
        os.environ["EOEXPLORE_ROOTS"] = str(folder)
        from benchmarks import label_truth

        orders = {
            "Patches with a wrong map, from masks": label_truth.patches,
            "Cells of 60 m, from masks": label_truth.cells,
            "Patches with wrong labels, from masks": label_truth.scenes,
            "Patches with wrong labels, from scores of patches": label_truth.scenes_of_scores,
        }
        lines: dict[str, list[label_truth.Line]] = {name: [] for name in orders}
        noise = []
        for seed in asked.seeds:
            own = label_truth.subject(folder, seed)
            for name, order in orders.items():
                lines[name].append(order(own))
            noise.append(label_truth.noise(own))
            say(f"seed {seed} is done")
    say(f"\n{datetime.now(UTC):%Y-%m-%d}, seeds {', '.join(map(str, asked.seeds))}\n")
    for name, found in lines.items():
        show(name, asked.seeds, found)
    show_noise(noise)


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(name: str, seeds: Sequence[int], lines: Sequence) -> None:  # type: ignore[type-arg]
    """Print one order of all seeds."""
    say(f"**{name}**\n")
    say("| seed | errors | by lot | at 50 | at errors | lift | cleanlab at 50 | at errors | lift |")
    say("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for seed, one in zip(seeds, lines, strict=True):
        say(
            f"| {seed} | {one.errors:,} | {one.base:.2%} | {one.ours[0]:.0%} | {one.ours[1]:.0%} "
            f"| {one.lift:.1f} | {one.plain[0]:.0%} | {one.plain[1]:.0%} | {one.plain_lift:.1f} |"
        )
    lift = np.array([one.lift for one in lines])
    plain = np.array([one.plain_lift for one in lines])
    say(f"\nLift {_mean(lift)}, of cleanlab {_mean(plain)}, difference {_mean(lift - plain)}.")
    sure = np.array([one.sure for one in lines])
    if np.isfinite(sure).any():
        precision, recall = np.nanmean(sure, 0)
        say(f"With a chance of 0.1 or more: precision {precision:.0%}, recall {recall:.0%}.")
    kinds = sorted({kind for one in lines for kind in one.by_kind or {}})
    for kind in kinds:
        own = [one.by_kind[kind] for one in lines if one.by_kind and kind in one.by_kind]
        say(f"Found of {kind}: {np.mean(own):.0%} (in {len(own)} demos).")
    say("")


def _mean(values: np.ndarray) -> str:
    """Return a mean over seeds with its interval of 95 % by Student's t."""
    if len(values) < 2:
        return f"{values.mean():.2f}"
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return f"{values.mean():.2f} ({values.mean() - half:.2f} to {values.mean() + half:.2f})"


def show_noise(noise: Sequence[Sequence[tuple[str, int, float, float, float, float]]]) -> None:
    """Print how often the intervals of 90 % hold the true share."""
    say("**Noise of classes: do the intervals of 90 % hold?**\n")
    for few in (False, True):
        rows = [one for own in noise for one in own if (one[1] < _LEAST) is few]
        if not rows:
            continue
        true, low, high = (np.array([row[place] for row in rows]) for place in (2, 4, 5))
        held = (true >= low - 1e-12) & (true <= high + 1e-12)
        word = f"fewer than {_LEAST}" if few else f"{_LEAST} or more"
        say(
            f"Classes with {word} patches: {len(rows)} intervals, {held.mean():.1%} hold the true "
            f"share ({(true < low - 1e-12).mean():.1%} lie above it, "
            f"{(true > high + 1e-12).mean():.1%} below); median width {np.median(high - low):.3f}."
        )


if __name__ == "__main__":
    main()
