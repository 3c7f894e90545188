"""What came of a GeoTIFF: a picture in class colours, the area of each class, and the files."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import streamlit as st
from PIL import Image

from eoexplore.charts import prediction
from eoexplore.jobs.geotiff_inference import Result
from eoexplore.jobs.uploads import Upload
from eoexplore.tiles import own
from eoexplore.ui import pages
from eoexplore.ui.charts import shown
from eoexplore.ui.text import as_text

_MOST_PX = 900
_SCORES = "scores.tif"
_FILES = {
    "classes.tif": "Classes, on the file's own pixels",
    "confidence.tif": "Confidence, on the file's own pixels",
    "classes_utm.tif": "Classes, on the model's pixels",
    "confidence_utm.tif": "Confidence, on the model's pixels",
    _SCORES: "Scores of squares",
}


def show(upload: Upload, found: Result) -> None:
    """Show what a model said of a file.

    Args:
        upload: the file.
        found: what its job has written.
    """
    st.subheader(as_text(f"What {str(found.details.get('model', 'the model'))[:80]} says"))
    if found.details.get("synthetic"):
        st.badge("synthetic", color="orange", help="The model was trained on made-up imagery.")
    for sentence in found.warnings:
        st.warning(as_text(sentence))
    left, right = st.columns(2, gap="large")
    with left:
        picture = _picture(found)
        if picture is not None:
            st.image(
                Image.fromarray(picture), caption="Predicted classes, on the file's own pixels"
            )
            st.page_link(
                str(pages.FOLDER / "map.py"),
                label="Show it on the map",
                icon=":material/map:",
                query_params={own.ID: upload.id},
            )
        _files(upload, found)
    with right, st.container(border=True):
        _areas(upload, found)


def _areas(upload: Upload, found: Result) -> None:
    """Show the area of each class or, of a model of whole patches, its scores of squares."""
    colours = {str(item["name"]): str(item["colour"]) for item in found.details["classes"]}
    if _SCORES in found.files:
        with rasterio.open(found.folder / _SCORES, driver="GTiff") as file:
            chart = prediction.squares(list(colours), colours, file.read())
    else:
        chart = prediction.hectares(found.hectares, colours, found.missing_hectares)
    said = {"file": upload.name, "model": str(found.details.get("model"))}
    shown.whole(chart, "hectares", f"prediction-{upload.id[:8]}", said)


def _files(upload: Upload, found: Result) -> None:
    st.markdown("To take away, as GeoTIFF with class colours:")
    for name in found.files:
        st.download_button(
            _FILES.get(name, name),
            (found.folder / name).read_bytes,
            f"prediction-{upload.id[:8]}-{name}",
            "image/tiff",
            key=f"result_{name}",
            on_click="ignore",
            icon=":material/download:",
        )


def _picture(found: Result) -> npt.NDArray[np.uint8] | None:
    """Return the classes in their colours, thinned to what a page shows; none without a mask."""
    path = found.folder / "classes.tif"
    if not path.is_file():
        return None
    return np.asarray(own.colours(found)[_thinned(path)], np.uint8)


def _thinned(path: Path) -> npt.NDArray[np.integer]:
    with rasterio.open(path, driver="GTiff") as file:
        times = max(1, -(-max(file.height, file.width) // _MOST_PX))
        shape = (-(-file.height // times), -(-file.width // times))
        found: npt.NDArray[np.integer] = file.read(1, out_shape=shape)
    return found
