"""The figures of docs/performance.md: one run, one machine, JSON on standard output.

    python benchmarks/first_figures.py [--metadata FOLDER] > figures.json

Makes the demo in a temporary folder, indexes it, and times tiles, filters and opening. With
--metadata, the folder of the released tables, the figures for all 549,488 patches are added.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def timed(act: Callable[[], object], repeats: int = 1) -> float:
    """Return the median seconds of some runs."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def bytes_in(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def demo_figures(folder: Path) -> dict[str, float]:
    """Make and index the demo; return seconds and megabytes."""
    from eoexplore import demo
    from eoexplore.jobs import index
    from eoexplore.store import catalog

    out = folder / "reben-synthetic"
    figures = {"demo_s": timed(lambda: demo.generate(out))}
    figures["demo_mb"] = bytes_in(out) / 1e6
    figures["open_s"] = timed(lambda: catalog.add(out))
    figures["index_s"] = timed(lambda: index.build("reben-synthetic"))
    opened = catalog.open_slug("reben-synthetic")
    figures["index_mb"] = opened.folder.size() / 1e6
    figures["patches_per_s"] = len(opened.samples) / figures["index_s"]
    figures["index_share"] = figures["index_mb"] / figures["demo_mb"]
    figures["mosaics_mb"] = bytes_in(opened.folder.path / "mosaics") / 1e6
    figures["mosaics_share"] = figures["mosaics_mb"] / figures["demo_mb"]
    spectra = sum(file.stat().st_size for file in opened.folder.path.rglob("spectra*.parquet"))
    figures["spectra_mb"] = (spectra + bytes_in(opened.folder.path / "spectra")) / 1e6
    return figures


def tile_figures(slug: str, lon: float, lat: float, zooms: range) -> dict[str, float]:
    """Return milliseconds per tile, cold and after a neighbouring tile, by layer and zoom."""
    from eoexplore.core import mercator
    from eoexplore.store import catalog
    from eoexplore.tiles.tile import TileRequest, render

    opened = catalog.open_slug(slug)
    x, y = mercator.to_metres(lon, lat)
    figures = {}
    for layer in ("s2", "s1", "reference_map", "footprints", "density"):
        for z in zooms:
            side = 2 * mercator.HALF_WORLD / 2**z
            column, row = (
                int((x + mercator.HALF_WORLD) / side),
                int((mercator.HALF_WORLD - y) / side),
            )
            ask = [TileRequest(layer, z, column + step, row) for step in range(2)]
            cold = timed(lambda ask=ask: render(opened, ask[0]))
            figures[f"{layer}_z{z}_first_ms"] = cold * 1e3
            figures[f"{layer}_z{z}_next_ms"] = timed(lambda ask=ask: render(opened, ask[1])) * 1e3
    return figures


def metadata_figures(folder: Path) -> dict[str, float]:
    """Return figures for the released tables."""
    import pandas as pd

    from eoexplore.analysis.selection import Table
    from eoexplore.core.selection import parse
    from eoexplore.store import catalog

    table = folder / "metadata.parquet"
    figures = {"read_parquet_s": timed(lambda: pd.read_parquet(table), 3)}
    figures["first_open_s"] = timed(lambda: catalog.add(folder))
    slug = next(item.slug for item in catalog.entries() if item.path == str(folder.resolve()))
    catalog.tables.clear()
    figures["open_again_s"] = timed(lambda: catalog.open_slug(slug))
    opened = catalog.open_slug(slug)
    chosen, _ = parse("class=any:Marine waters&country=Portugal&season=summer&split=test")
    frame, classes = opened.samples.frame, opened.dataset.classes
    figures["filter_ms"] = timed(lambda: Table(frame, classes).select(chosen).mask(), 9) * 1e3
    marine = classes.names.index("Marine waters")
    peer = frame[["country", "season", "split"]].assign(
        marine=(frame["label_mask"].to_numpy() >> marine & 1).astype(bool)
    )
    text = "marine and country == 'Portugal' and season == 'summer' and split == 'test'"
    figures["query_ms"] = timed(lambda: peer.query(text), 9) * 1e3
    return figures | tile_figures(slug, -8.4, 38.4, range(4, 8))


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--metadata", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["EOEXPLORE_CACHE"] = str(Path(name) / "cache")
        figures = demo_figures(Path(name))
        figures |= tile_figures("reben-synthetic", 13.70, 48.26, range(8, 17))
        if args.metadata:
            figures |= {
                f"all_{key}": value for key, value in metadata_figures(args.metadata).items()
            }
    json.dump({key: round(value, 3) for key, value in figures.items()}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
