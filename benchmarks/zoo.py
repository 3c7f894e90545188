"""Loads every architecture of the published zoo, written with random weights in its layout.

    python benchmarks/zoo.py [architecture …]

Says for each: the largest difference to the logits of the plain timm network, how far the logits of
two patches are apart (a network that answers the same to everything would prove nothing), and the
time that loading and a patch take. The table of docs/models.md is its output.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from eoexplore import models
from tests import zoo

ARCHITECTURES = (
    "resnet50", "resnet101", "vit_base_patch8_224", "convnextv2_base", "mobilevit_s",
    "mixer_b16_224", "convmixer_768_32", "rdnet_base",
)  # fmt: skip


def main() -> None:
    """Print one line of the table for each architecture."""
    import torch

    wanted = sys.argv[1:] or ARCHITECTURES
    say("| architecture | parameters | largest difference | patches apart by | loading | a patch |")
    say("|---|--:|--:|--:|--:|--:|")
    for architecture in wanted:
        plain = zoo.network(architecture)
        with tempfile.TemporaryDirectory() as folder:
            path = zoo.save(Path(folder) / f"{architecture}-all-v0.2.0", plain, architecture)
            begin = time.perf_counter()
            loaded = models.open_folder(path).load("cpu")
            seconds = time.perf_counter() - begin
        values = zoo.patches(zoo.BANDS["all-v0.2.0"])
        batch = np.stack([values[band] for band in zoo.BANDS["all-v0.2.0"].split()], axis=1)
        normalised = torch.from_numpy(zoo.normalised(values, zoo.BANDS["all-v0.2.0"]))
        begin = time.perf_counter()
        with torch.inference_mode():
            found = loaded.network(loaded.prepare(batch))
            took = (time.perf_counter() - begin) / len(batch)
            difference = float((found - plain(normalised)).abs().max())
            span = float((found[0] - found[1]).abs().max())
        millions = sum(value.numel() for value in plain.parameters()) / 1e6
        say(
            f"| {architecture} | {millions:.1f} M | {difference:.1e} | {span:.2f} "
            f"| {seconds:.1f} s | {took * 1000:.0f} ms |"
        )


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
