"""What a model says of a GeoTIFF of one's own, in any reference system and resolution.

The file is warped to squares of a size that the model is meant for, in the UTM zone of its middle;
the model looks at windows that overlap; what it says is blended, measured on the ellipsoid, and
written on the model's grid and on the file's own. Memory is bounded by a row of windows.
"""

import json
import math
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import Affine

import eoexplore
from eoexplore.analysis.windows import Windows, blend
from eoexplore.core.errors import UploadError, Withdrawn
from eoexplore.core.model_card import ModelCard
from eoexplore.jobs import _geotiff_bands as bands
from eoexplore.jobs import _geotiff_read as reading
from eoexplore.jobs import _geotiff_write as write
from eoexplore.jobs._geotiff_batches import Answer, Predict, answers
from eoexplore.jobs._geotiff_grid import Grid, model_grid
from eoexplore.jobs.progress import Cancelled, Report

RESULT = "result.json"
"""File of what was predicted, beside the rasters."""
COARSEST = 2.0
"""How many times larger than the model's largest pixel those of a file may be."""
MOST_PIXELS = 200_000_000
"""Of the file, and of the model's grid."""
_FAR = 5.0
_NARROW = 0.02
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """A GeoTIFF that is open, and how a model looks at it."""

    file: Any
    """Dataset of rasterio."""
    card: ModelCard
    """The model."""
    matches: tuple[bands.Match, ...]
    """Which band of the file is which of the model."""
    own: Grid
    """Pixels of the file."""
    grid: Grid
    """Pixels of the model."""
    warnings: tuple[str, ...]
    """What a user should know, a sentence each."""


@dataclass(frozen=True)
class Result:
    """What came out."""

    folder: Path
    """Where the rasters and their description lie."""
    files: tuple[str, ...]
    """Names of the rasters."""
    hectares: Mapping[str, float]
    """Area of each class on the ellipsoid, largest first; empty for scores of patches."""
    missing_hectares: float = 0.0
    """Area of the file without any value, where nothing was predicted."""
    windows: int = 0
    """How many windows were predicted."""
    warnings: tuple[str, ...] = ()
    """What a user should know, a sentence each."""
    matches: tuple[bands.Match, ...] = ()
    """Which band of the file was which of the model."""
    pixel_m: float = 0.0
    """Side of the model's pixels."""
    epsg: int = 0
    """Reference system of the model's grid."""
    bounds: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    """West, south, east and north of the model's grid in degrees."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """More about the model, as in its card."""


def fitting(card: ModelCard, pixel_m: tuple[float, float]) -> tuple[float, tuple[str, ...]]:
    """Return the pixel that a model takes a file at, and what to say about it.

    Within the range that the model is meant for, pixels stay as they are; all others are brought
    to the middle of the range, which stands for what it was trained on.

    Args:
        card: the model.
        pixel_m: sides of the file's pixels on the ground, in metres.

    Raises:
        UploadError: the file is too coarse for the model.
    """
    least, most = card.gsd_m
    side = (pixel_m[0] * pixel_m[1]) ** 0.5
    middle = float(f"{(least * most) ** 0.5:.4g}")
    meant = f"{least:g} m" if least == most else f"{least:g} to {most:g} m"
    if max(pixel_m) > COARSEST * most:
        raise UploadError(
            f"The file's pixels are {max(pixel_m):,.4g} m wide, and {card.name} is meant for "
            f"{meant}: what it looks for is not to be seen. Choose finer imagery or another model."
        )
    # A degree of latitude and one of longitude, or the bend of a projection, differ a little.
    if least * 0.98 <= side <= most * 1.02:
        return min(max(round(side, 2), least), most), ()
    if side > most:
        said = f"Pixels of {side:.4g} m are larger than the {meant} that {card.name} is meant for: "
        return middle, (f"{said}they become {middle:g} m, and fine detail is not there.",)
    how = "taken at every" if card.resample == "nearest" else "averaged to"
    said = f"Pixels of {side:.4g} m are smaller than the {meant} that {card.name} is meant for: "
    return middle, (f"{said}they are {how} {middle:g} m.",)


@contextmanager
def opened(path: Path, card: ModelCard, asked: str = "") -> Iterator[Source]:
    """Open a GeoTIFF for a model.

    Args:
        path: the file.
        card: the model.
        asked: which band is which, as `_geotiff_bands.matched` takes it.

    Raises:
        UploadError: it is no GeoTIFF that the model can use, with the reason.
    """
    # Only what opens it: faults of those who use it are no faults of the file.
    with reading.opening():
        file = rasterio.open(path, driver="GTiff")
    with file:
        with reading.opening():
            source = _source(file, card, asked)
        yield source


def _source(file: Any, card: ModelCard, asked: str) -> Source:  # noqa: ANN401 (of rasterio)
    if file.crs is None or file.transform == Affine.identity():
        raise UploadError(
            "The file does not say where it lies: it has no reference system (CRS) or no grid. "
            "Save it with its CRS, for example with gdal_translate -a_srs EPSG:32633."
        )
    names = [name or "" for name in file.descriptions]
    matches = bands.matched(card.bands, names, asked)
    own = Grid(file.crs, file.transform, file.width, file.height)
    pixel, warnings = fitting(card, own.pixel_m())
    if own.is_plain and math.isclose(own.transform.a, pixel, rel_tol=0.01):
        # Metres of a grid are up to 0.1 % longer or shorter than those on the ground.
        pixel = own.transform.a
    grid = model_grid(own, pixel)
    for pixels, whose in ((own, "The file has"), (grid, "On the model's grid the file has")):
        if pixels.width * pixels.height > MOST_PIXELS:
            raise UploadError(
                f"{whose} {pixels.width:,} x {pixels.height:,} pixels; up to "
                f"{MOST_PIXELS / 1e6:,.0f} million are taken. Cut it to a smaller area."
            )
    return Source(file, card, matches, own, grid, warnings)


def run(
    source: Source,
    predict: Predict,
    folder: Path,
    progress: Report = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Result:
    """Predict a file and write what comes out.

    Args:
        source: the file and the model.
        predict: the model: a batch of stored values, shape (n, band, row, column) with NaN for
            missing, to probabilities, shape (n, class) or (n, class, row, column).
        folder: where results go; made if need be, what it holds of an earlier result is replaced.
        progress: told windows done, windows in all, and what is at work.
        cancelled: asked between two batches and two rows of tiles.

    Raises:
        UploadError: no pixel of the file counts, or it is damaged.
        JobError: the result cannot be written.
        Cancelled: as asked; nothing is left behind.
    """
    partial = folder / f"{uuid.uuid4().hex[:8]}.partial"
    with write.writing():
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*.partial"):
            # Of a process that was killed.
            shutil.rmtree(left, ignore_errors=True)
        partial.mkdir()

    def step(done: int, total: int, what: str) -> None:
        progress(done, total, what)
        if cancelled():
            raise Cancelled

    try:
        work = _segment if source.card.task == "segmentation" else _score
        result = work(source, predict, partial, step)
        with write.writing():
            (partial / RESULT).write_text(
                json.dumps(document(result), indent=1, ensure_ascii=False), encoding="utf-8"
            )
            for name in (*result.files, RESULT):
                (partial / name).replace(folder / name)
            for name in set(write.NAMES) - set(result.files):
                # Of an earlier result of another kind.
                (folder / name).unlink(missing_ok=True)
    except Withdrawn:
        raise Cancelled from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return replace(result, folder=folder)


def document(result: Result) -> dict[str, Any]:
    """Return a result as JSON has it, without where it lies."""
    said = asdict(result)
    del said["folder"]
    return said


def read_result(folder: Path) -> Result | None:
    """Return the result that a folder holds; none where there is none, or not all of it."""
    try:
        said = json.loads((folder / RESULT).read_text(encoding="utf-8"))
        said["matches"] = tuple(bands.Match(**match) for match in said["matches"])
        lists = {key: tuple(said[key]) for key in ("files", "warnings", "bounds")}
        result = Result(folder, **{**said, **lists})
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = set(result.files) <= set(write.NAMES) and all(
        (folder / name).is_file() for name in result.files
    )
    return result if whole else None


def _finished(
    source: Source, folder: Path, files: tuple[str, ...], seen: Answer, hectares: Floats | None
) -> Result:
    if not seen.windows:
        raise UploadError(
            "All pixels of the file are missing (nodata or NaN) in the model's bands, so there is "
            "nothing to predict."
        )
    card = source.card
    named: dict[str, float] = {}
    if hectares is not None:
        order = np.argsort(-hectares[:-1], kind="stable")
        named = {card.classes[place].name: float(hectares[place]) for place in order}
    return Result(
        folder,
        files,
        named,
        float(hectares[-1]) if hectares is not None else 0.0,
        seen.windows,
        (*source.warnings, *_strange(card, seen)),
        source.matches,
        source.grid.transform.a,
        int(source.grid.crs.to_epsg()),
        source.grid.bounds_degrees(),
        {
            "model": card.name,
            "sha256": card.sha256,
            "source": card.source,
            "licence": card.licence,
            "synthetic": card.synthetic,
            "classes": [asdict(item) for item in card.classes],
            "eoexplore": eoexplore.__version__,
        },
    )


def _strange(card: ModelCard, seen: Answer) -> tuple[str, ...]:
    """Say which bands have values unlike those of the training: most often another unit."""
    mean, std = np.array(card.mean), np.array(card.std)
    far = (np.abs(seen.mean - mean) > _FAR * std) | (seen.std < _NARROW * std)
    strange = [band for band, is_far in zip(card.bands, far, strict=True) if is_far]
    if not strange:
        return ()
    place = int(np.flatnonzero(far)[0])
    return (
        f"Values of {', '.join(strange)} are unlike those that the model was trained on "
        f"({strange[0]}: {seen.mean[place]:.3g} on average, with a deviation of "
        f"{seen.std[place]:.2g}; then: {mean[place]:.3g} and {std[place]:.2g}). "
        "See that they are in the same unit.",
    )


def _segment(source: Source, predict: Predict, folder: Path, step: Report) -> Result:
    """Predict a class for each pixel."""
    card, grid = source.card, source.grid
    windows = Windows(grid.height, grid.width, card.input_size, card.input_size // 2)
    values = write.Values.of(card)
    seen = Answer(len(card.bands))
    hectares = np.zeros(len(card.classes) + 1)
    ending = "" if grid == source.own else write.UTM
    with _read(source) as read, write.Rasters(folder, ending, grid, card) as rasters:
        said = answers(card, windows, read, predict, seen, step)
        for top, rows in blend(windows, said):
            # The last one is not a class: whether any band has a value.
            probability, there = rows[:-1], rows[-1] > 0.5
            best = np.where(there, probability.argmax(axis=0), len(card.classes))
            hectares += grid.hectares_of(top, best, len(card.classes) + 1)
            percent = np.rint(np.clip(probability.max(axis=0), 0, 1) * 100).astype(np.uint8)
            rasters.add(
                np.append(values.codes, values.codes.dtype.type(values.missing))[best],
                np.where(there, percent, np.uint8(write.NO_CONFIDENCE)),
            )
    hectares[-1] = max(0.0, source.own.hectares() - hectares[:-1].sum())
    total = len(windows)
    files = (f"classes{ending}.tif", f"confidence{ending}.tif")
    result = _finished(source, folder, files, seen, hectares)
    if ending:
        write.bring_back(
            folder,
            ending,
            source.own,
            card,
            lambda share: step(total, total, f"back to the file's pixels, {share:.0%}"),
        )
        result = replace(result, files=("classes.tif", "confidence.tif", *files))
    write.add_smaller(
        [folder / name for name in result.files],
        lambda: step(total, total, "smaller versions for maps"),
    )
    return result


def _score(source: Source, predict: Predict, folder: Path, step: Report) -> Result:
    """Predict scores for squares side by side, one pixel each."""
    card, grid, size = source.card, source.grid, source.card.input_size
    rows, columns = -(-grid.height // size), -(-grid.width // size)
    windows = Windows(rows * size, columns * size, size, 0)
    scores = np.full((len(card.classes), rows, columns), np.nan, np.float32)
    seen, left_out = Answer(len(card.bands)), 0
    with _read(source) as read:
        for top, left, values in answers(card, windows, read, predict, seen, step):
            if values[-1].mean() > 0.5:
                scores[:, top // size, left // size] = values[:-1, 0, 0]
            else:
                left_out += bool(values[-1].any())
    said = _left_out(left_out, seen.windows, size)
    coarse = Grid(grid.crs, grid.transform @ Affine.scale(size), columns, rows)
    write.scores(folder, scores, coarse, card)
    result = _finished(source, folder, (write.SCORES,), seen, None)
    return replace(result, warnings=(*result.warnings, *said))


def _left_out(count: int, windows: int, size: int) -> tuple[str, ...]:
    """Say how many squares have values, but too few for a score.

    Raises:
        UploadError: all of them.
    """
    half = "values in more than half of their pixels"
    if not count:
        return ()
    if count == windows:
        raise UploadError(
            f"No square of {size} x {size} pixels has {half} (squares with some: {count:,}), so "
            "nothing can be predicted. Choose imagery with fewer gaps, or a model of pixels."
        )
    return (f"{count:,} of {windows:,} squares have no score: they lack {half}.",)


def _read(source: Source) -> AbstractContextManager[reading.Read]:
    numbers = [match.number for match in source.matches]
    return reading.on_grid(source.file, source.grid, numbers, source.card.resample)
