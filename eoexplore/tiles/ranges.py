"""Ranges that follow from the pixels of the whole dataset, so that every tile has the same."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eoexplore.core import nomenclature
from eoexplore.core.types import Classes, Layer
from eoexplore.render.composites import read_style
from eoexplore.render.styles import Channel, Options, Pair, Style
from eoexplore.store import spectra
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import FileStamp, IndexFolder, file_stamp

Floats = npt.NDArray[np.float32]
_NO_SAMPLE = "Percentiles come with the index, which has none yet; the usual range is shown."


def look(opened: Opened, layer: str, text: str) -> tuple[Style, tuple[str, ...]]:
    """Return the style that a text asks for, with its codes checked and its ranges put in place.

    Args:
        opened: the dataset.
        layer: name of a layer that has styles.
        text: in the grammar of `render.styles`.

    Returns:
        The style, and one sentence for each part of the text that could not be used.
    """
    style, notices = read_style(_layer(opened, layer), text)
    if style.categorical:
        options, more = _known_codes(style.options, schema_of(opened.dataset.classes, style))
        return replace(style, options=options), notices + more
    ready, more = ranged(opened, style)
    return ready, notices + more


def _layer(opened: Opened, name: str) -> Layer | str:
    return next((item for item in opened.dataset.layers if item.name == name), name)


def schema_of(classes: Classes, style: Style) -> Classes:
    """Return the classes that a style of labels shows; the dataset's own if it has no levels."""
    return nomenclature.levels(classes).get(style.id, classes)


def _known_codes(options: Options, schema: Classes) -> tuple[Options, tuple[str, ...]]:
    """Leave out codes of no class, and let the first code of each class stand for it."""
    items = (*schema.classes, schema.unlabelled)
    first = {code: int(nomenclature.key_of(item)) for item in items for code in item.codes}
    asked = {*options.only, *options.without}
    strange = sorted(code for code in asked if code not in first)
    if not asked:
        return options, ()
    only, without = (
        tuple(sorted({first[code] for code in codes if code in first}))
        for codes in (options.only, options.without)
    )
    found = replace(options, only=only, without=without)
    if not strange:
        return found, ()
    named = ", ".join(map(str, strange[:10]))
    return found, (f"{schema.name} has no class of code {named}; left out.",)


def ranged(opened: Opened, style: Style) -> tuple[Style, tuple[str, ...]]:
    """Put the percentiles of the dataset in the place of a style's ranges, if it asks for them.

    Args:
        opened: the dataset.
        style: a style of pictures.

    Returns:
        The style, and a sentence if percentiles were asked for that nobody knows yet.
    """
    wanted = style.percentiles
    if wanted is None or style.categorical:
        return style, ()
    folder = opened.folder
    layer = _layer(opened, style.layer)
    found = _limits(folder.path, file_stamp(folder.spectra_pixels), layer, style.id, wanted)
    if found is None:
        return style, (_NO_SAMPLE,) if style.options.percentiles else ()
    usual = tuple((channel.low, channel.high) for channel in style.channels)
    pairs = tuple(pair or other for pair, other in zip(found, usual, strict=True))
    return style.within(pairs), ()


@functools.lru_cache(maxsize=512)
def _limits(
    path: Path, _stamp: FileStamp, layer: Layer | str, style_id: str, percentiles: Pair
) -> tuple[Pair | None, ...] | None:
    """Return the percentiles of each channel, rounded to four digits; none without a sample."""
    style, _ = read_style(layer, style_id)
    samples = [sample(IndexFolder(path), style.layer, channel) for channel in style.channels]
    if any(values is None for values in samples):
        return None
    found = [_percentiles(values, percentiles) for values in samples if values is not None]
    return tuple(found)


def _percentiles(values: Floats, percentiles: Pair) -> Pair | None:
    if not len(values):
        return None
    low, high = (float(f"{value:.4g}") for value in np.percentile(values, percentiles))
    return (low, high) if low < high else None


def sample(folder: IndexFolder, layer: str, channel: Channel) -> Floats | None:
    """Return what a channel shows at the index's sample of the dataset's pixels.

    Args:
        folder: the index.
        layer: layer of the channel.
        channel: a band, a difference or an index.

    Returns:
        Values without NaN, shape (n,); none while the index has no sample of its bands.
    """
    pixels = spectra.pixels(folder)
    if pixels is None or any(f"{layer}/{band}" not in pixels for band in channel.bands):
        return None
    bands = {band: pixels[f"{layer}/{band}"] for band in channel.bands}
    values = np.asarray(channel.values(bands), np.float32)
    return values[np.isfinite(values)]
