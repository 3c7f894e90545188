"""Mean spectrum of each class, and the band between its 10th and 90th percentile; backscatter."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.analysis import spectra
from eoexplore.analysis.spectra import Signature
from eoexplore.charts import _curves, _spectra
from eoexplore.charts._curves import Curve, Point
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part
from eoexplore.core.types import Layer

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.float64] | npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Series:
    """Figures of the pixels of one part in one season."""

    part: Part
    """The part."""
    season: str
    """The season, or all of them."""
    bands: tuple[Signature, ...]
    """Figures of each band, in the unit that is shown."""
    patches: npt.NDArray[np.int64]
    """Patches that the pixels of each class come from, shape (classes,)."""

    @property
    def pixels(self) -> npt.NDArray[np.int64]:
        """Pixels of each class in the band that has most of them, shape (classes,)."""
        found: npt.NDArray[np.int64] = np.max([band.pixels for band in self.bands], axis=0)
        return found

    @property
    def mean(self) -> Floats:
        """Mean of each class in each band, NaN without a pixel; shape (classes, bands)."""
        return np.stack([band.mean for band in self.bands], axis=1)


def make(asked: Asked) -> Chart:
    """Show the spectra of the classes, or of one."""
    backscatter = asked.options["of"] == "backscatter"
    layer = _spectra.radar(asked) if backscatter else _spectra.optical(asked)
    own = _spectra.pixels(asked)
    season = asked.options.get("season", _spectra.ALL)
    apart = _spectra.seasons(asked) if season == _spectra.EACH else [season]
    series = [_measure(asked, own, layer, part, when) for part in asked.parts for when in apart]
    total = np.sum([one.pixels for one in series], axis=0)
    wanted = asked.options["classes"]
    shown = [
        number
        for number, item in enumerate(asked.classes)
        if total[number] and wanted in (_spectra.ALL, item.name)
    ]
    if not shown:
        raise CannotTell(_spectra.nothing(season))
    curves = [_curve(asked, layer, one, number) for number in shown for one in series]
    return Chart(
        title=_title(asked, backscatter),
        sentence=_sentence(asked, layer, series, shown),
        table=_table(asked, layer, series, shown),
        figure=_figure(asked, layer, curves, len(series)),
        notes=_notes(asked, layer, series, shown),
        facts={
            "pixels": {asked.classes[n].name: int(series[0].pixels[n]) for n in shown},
            "patches": {asked.classes[n].name: int(series[0].patches[n]) for n in shown},
        },
    )


def _measure(asked: Asked, own: _spectra.Pixels, layer: Layer, part: Part, season: str) -> _Series:
    rows = _spectra.chosen(asked, own, part, season)
    found = own.found
    places, weights = own.places[rows], found.stands_for[rows].astype(np.float64)
    classes = len(asked.classes)
    bands = []
    for band in layer.bands:
        key = f"{layer.name}/{band.name}"
        coding, stored = found.codings[key], found.stored[key][rows].astype(np.int64)
        known = stored != coding.empty
        one = spectra.signature(places[known], stored[known], weights[known], classes)
        unit = (layer.reflectance or 1.0) / coding.scale
        bands.append(Signature(one.pixels, one.mean * unit, one.low * unit, one.high * unit))
    return _Series(part, season, tuple(bands), _spectra.patches(own, rows, classes))


def _curve(asked: Asked, layer: Layer, series: _Series, number: int) -> Curve:
    points = tuple(
        Point(
            band.name,
            band.wavelength_nm,
            float(one.mean[number]),
            float(one.low[number]),
            float(one.high[number]),
            int(one.pixels[number]),
        )
        for band, one in zip(layer.bands, series.bands, strict=True)
        if one.pixels[number]
    )
    item = asked.classes[number]
    mark = " *" if 0 < series.pixels[number] < _spectra.FEW else ""
    season = "" if series.season == _spectra.ALL else series.season
    part = series.part.name if len(asked.parts) > 1 else ""
    conditions = {"season": (series.season,)} if season else {}
    selection = series.part.only(item.name, **conditions)
    return Curve(item.name, item.colour, mark, part, season, selection, points)


def _figure(asked: Asked, layer: Layer, curves: list[Curve], each: int) -> go.Figure:
    if layer.reflectance is None:
        return _curves.intervals(curves, f"Backscatter ({layer.unit})")
    if asked.options["classes"] != _spectra.ALL:
        return _curves.with_bands(curves, "Reflectance")
    if each > 1:
        return _curves.panels(curves, "Reflectance", each)
    return _curves.lines(curves, "Reflectance")


def _title(asked: Asked, backscatter: bool) -> str:
    what = "radar backscatter" if backscatter else "spectrum"
    season = asked.options.get("season", _spectra.ALL)
    when = "" if season in (_spectra.ALL, _spectra.EACH) else f" in {season}"
    when = when or (" in each season" if season == _spectra.EACH else "")
    wanted = asked.options["classes"]
    if wanted == _spectra.ALL:
        return f"The {what} of each class{when}"
    return f"{what.capitalize()} of {wanted}{when}"


def _sentence(asked: Asked, layer: Layer, series: list[_Series], shown: list[int]) -> str:
    noun = "Backscatter" if layer.reflectance is None else "Reflectance"
    pixels = _by_part(asked, [one.pixels[shown] for one in series])
    if len(shown) == 1:
        patches = _by_part(asked, [one.patches[shown] for one in series])
        said = f"{noun} of {asked.classes[shown[0]].name} from {pixels} pixels of {patches} "
        return said + "patches" + _of_one(layer, series, shown[0])
    first = max(series, key=lambda one: int(one.pixels[shown].sum()))
    mean = first.mean[shown]
    band = int(np.argmax(_spread(mean)))
    low, high = (int(pick(mean[:, band])) for pick in (np.nanargmin, np.nanargmax))
    said = f"{noun} of {len(shown)} classes from {pixels} pixels. Their means differ most in "
    said += f"{layer.bands[band].name} ({layer.bands[band].title}): from "
    said += f"{_written(layer, mean[low, band])} of {asked.classes[shown[low]].name} to "
    said += f"{_written(layer, mean[high, band])} of {asked.classes[shown[high]].name}"
    said += f" ({_named(asked, first)})." if len(series) > 1 else "."
    return said + _difference(asked, layer, series, shown)


def _of_one(layer: Layer, series: list[_Series], number: int) -> str:
    """Return the band in which seasons or parts differ most; of one, its least and largest."""
    mean = np.stack([one.mean[number] for one in series])
    known = [one for one in series if one.pixels[number]]
    if len(known) == 1:
        own = known[0].mean[number]
        low, high = (int(pick(own)) for pick in (np.nanargmin, np.nanargmax))
        said = f": the mean lies between {_written(layer, own[low])} in {layer.bands[low].name}"
        return f"{said} and {_written(layer, own[high])} in {layer.bands[high].name}."
    band = int(np.argmax(_spread(mean)))
    said = "; ".join(
        f"{_written(layer, one.mean[number, band])} in {one.season}"
        if one.season != _spectra.ALL
        else f"{_written(layer, one.mean[number, band])} ({one.part.name})"
        for one in known
    )
    return f". The means differ most in {layer.bands[band].name}: {said}."


def _by_part(asked: Asked, counts: list[npt.NDArray[np.int64]]) -> str:
    """Return what the series of each part add up to, such as "1,200 and 300"."""
    half = len(counts) // len(asked.parts)
    sums = [
        sum(int(own.sum()) for own in counts[first : first + half])
        for first in range(0, len(counts), half)
    ]
    return " and ".join(f"{number:,}" for number in sums)


def _named(asked: Asked, series: _Series) -> str:
    part = series.part.name if len(asked.parts) > 1 else ""
    return ", ".join(filter(None, (part, "" if series.season == _spectra.ALL else series.season)))


def _written(layer: Layer, value: float) -> str:
    return f"{value:.1f} {layer.unit}" if layer.reflectance is None else f"{value:.3f}"


def _spread(mean: Floats) -> Floats:
    """Return how far the means of the classes lie apart in each band, shape (bands,)."""
    low, high = (np.where(np.isnan(mean), end, mean) for end in (np.inf, -np.inf))
    found: Floats = np.maximum(high.max(axis=0) - low.min(axis=0), 0.0)
    return found


def _difference(asked: Asked, layer: Layer, series: list[_Series], shown: list[int]) -> str:
    """Return where the two parts differ most, in the first season that both have."""
    if len(asked.parts) < 2:
        return ""
    half = len(series) // 2
    best: tuple[float, str] = (-1.0, " The two have no class in common.")
    for one, other in zip(series[:half], series[half:], strict=True):
        # Means of a few pixels differ by chance.
        enough = np.minimum(one.pixels, other.pixels)[shown] >= _spectra.FEW
        apart = np.abs(one.mean[shown] - other.mean[shown])
        apart = np.where(enough[:, None] & np.isfinite(apart), apart, -1.0)
        row, band = np.unravel_index(int(np.argmax(apart)), apart.shape)
        if apart[row, band] > best[0]:
            number = shown[int(row)]
            values = [_written(layer, own.mean[number, band]) for own in (one, other)]
            said = f" The two differ most in {layer.bands[int(band)].name} of "
            said += f"{asked.classes[number].name}: {values[0]} and {values[1]}"
            said += "." if one.season == _spectra.ALL else f" in {one.season}."
            best = float(apart[row, band]), said
    return best[1]


def _table(asked: Asked, layer: Layer, series: list[_Series], shown: list[int]) -> pd.DataFrame:
    """Return a line for each class, season and band; columns for each part."""
    half = len(series) // len(asked.parts)
    bands, count = len(layer.bands), len(shown)
    seasons = [one.season for one in series[:half]]
    columns: dict[str, object] = {
        "Class": np.repeat([asked.classes[number].name for number in shown], half * bands)
    }
    if len(seasons) > 1:
        columns["Season"] = np.tile(np.repeat(seasons, bands), count)
    columns["Band"] = [band.name for band in layer.bands] * (count * half)
    if layer.reflectance is not None:
        columns["Wavelength (nm)"] = [band.wavelength_nm for band in layer.bands] * (count * half)
    means = []
    for place, part in enumerate(asked.parts):
        before = f"{part.name}: " if len(asked.parts) > 1 else ""
        own = series[place * half : (place + 1) * half]
        figures = {
            "pixels": _lines([np.stack([b.pixels for b in one.bands], 1) for one in own], shown),
            "patches": _lines([np.repeat(one.patches[:, None], bands, 1) for one in own], shown),
            "mean": _lines([one.mean for one in own], shown),
            "10th percentile": _lines(
                [np.stack([b.low for b in one.bands], 1) for one in own], shown
            ),
            "90th percentile": _lines(
                [np.stack([b.high for b in one.bands], 1) for one in own], shown
            ),
        }
        means.append(figures["mean"])
        columns |= {
            (before + name) if before else name.capitalize(): v for name, v in figures.items()
        }
    if len(means) > 1:
        columns["Difference of means"] = means[0] - means[1]
    return pd.DataFrame(columns)


def _lines(values: list[Numbers], shown: list[int]) -> Numbers:
    """Return values by class, season and band as one column."""
    return np.concatenate([own[[number]].ravel() for number in shown for own in values])


def _notes(asked: Asked, layer: Layer, series: list[_Series], shown: list[int]) -> tuple[str, ...]:
    notes = [
        "Lines and points are means over pixels; bands and bars reach from the 10th to the 90th "
        "percentile: eight of ten pixels lie within."
    ]
    if layer.reflectance is not None:
        notes.append(
            f"Reflectance = stored value × {layer.reflectance:g}; wavelengths are the centres of "
            "the bands of Sentinel-2A (ESA, MSI spectral response functions)."
            if asked.opened.dataset.name == "reben"
            else f"Reflectance = stored value × {layer.reflectance:g}, at the centre of each band."
        )
    else:
        notes.append("Means are of decibels, not of power.")
    few = [n for n in shown if any(0 < one.pixels[n] < _spectra.FEW for one in series)]
    if few:
        said = ", ".join(f"{asked.classes[n].name}" for n in few)
        notes.append(f"* Fewer than {_spectra.FEW} pixels: {said}.")
    lacking = [
        item.name for n, item in enumerate(asked.classes) if not any(o.pixels[n] for o in series)
    ]
    if lacking and asked.options["classes"] == _spectra.ALL:
        notes.append(f"Without a pixel here: {', '.join(lacking)}.")
    if len(asked.parts) > 1:
        notes.append(_spectra.NO_TEST)
    return (*notes, *_spectra.left_out(asked, layer), _spectra.DRAWN)


def options(asked: Asked) -> tuple[Option, ...]:
    """Return what can be chosen: the sensor, a class, a season."""
    names = {item.name: item.name for item in asked.classes}
    of = {"reflectance": "Reflectance", "backscatter": "Radar backscatter"}
    return (
        Option("of", "Of", of),
        Option("classes", "Classes", {_spectra.ALL: "All classes"} | names),
        *_spectra.season_option(asked, apart=True),
    )


CHART = Kind(
    name="signatures",
    page="statistics",
    section="Spectra",
    order=500,
    title="What is the spectrum of each class?",
    make=make,
    options=options,
)
