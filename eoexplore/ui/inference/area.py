"""The selected patches, or those of an area that was drawn on the map: predicted together."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from eoexplore.charts import prediction
from eoexplore.core.errors import EOExploreError
from eoexplore.models import Offer
from eoexplore.ui import pages
from eoexplore.ui.charts import shown
from eoexplore.ui.inference import choosing, pictures, server
from eoexplore.ui.inference.patch import candidates
from eoexplore.ui.inference.server import Probabilities
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

MOST = 400
"""Patches that are predicted on a page: more are work for a job."""
_TOGETHER = 16
_THUMB = 24
"""Pixels along a patch in the mosaic."""
_MOST_CELLS = 120
_MOSAIC_PX = 600
"""Width and height of the mosaic on the page, at most."""
_DONE = "area_done"
"""Session key: what was predicted last, and for which question."""


@dataclass
class Area:
    """What a model says of some patches."""

    rows: list[int] = field(default_factory=list)
    """Rows of the sample table, in the order of the other lists."""
    values: list[npt.NDArray[np.floating]] = field(default_factory=list)
    """Share of each class in the mask, or its score; shape (class,) each."""
    thumbs: list[npt.NDArray[np.uint8]] = field(default_factory=list)
    """Number of the class in a thinned mask; empty for scores."""
    left_out: list[str] = field(default_factory=list)
    """Why some patches have no prediction."""


def show(view: View, offer: Offer) -> None:
    """Offer to predict the selected patches, and show what came of it.

    Args:
        view: what is looked at.
        offer: the model.
    """
    rows = candidates(view, offer)
    _explain(rows)
    if not len(rows):
        return
    chosen = rows[:MOST].tolist()
    key = (offer.name, offer.version, view.opened.version, view.selection.canonical())
    if st.button(f"Predict {len(chosen):,} patches", type="primary", key="area_go"):
        found = _run(view, offer, chosen)
        if found is not None:
            st.session_state[_DONE] = (key, found)
    done = st.session_state.get(_DONE)
    if done is not None and done[0] == key:
        _result(view, offer, done[1])


def _explain(rows: npt.NDArray[np.intp]) -> None:
    st.markdown(
        f"**{len(rows):,}** of the selected patches have all that the model needs."
        + (f" The first {MOST} are predicted here." if len(rows) > MOST else "")
    )
    st.page_link(
        str(pages.FOLDER / "map.py"),
        label="Draw an area on the map to choose others",
        icon=":material/draw:",
    )
    if len(rows) > MOST:
        st.page_link(
            str(pages.FOLDER / "evaluation.py"),
            label=f"Predict all {len(rows):,} as a job, and judge them",
            icon=":material/grading:",
        )


def _run(view: View, offer: Offer, rows: list[int]) -> Area | None:
    """Predict patches some at a time; another click of the user breaks it off between two."""
    found = Area()
    bar = st.progress(0.0, text="The model looks at the patches …")
    try:
        for start in range(0, len(rows), _TOGETHER):
            part = rows[start : start + _TOGETHER]
            values, asked = server.predict(view.opened, offer, part)
            for row, own in values.items():
                found.rows.append(row)
                _keep(found, own)
            found.left_out += asked.left_out.values()
            done = start + len(part)
            bar.progress(done / len(rows), text=f"{done:,} of {len(rows):,} patches")
    except EOExploreError as error:
        choosing.sentence(error)
        return None
    bar.empty()
    return found


def _keep(found: Area, own: Probabilities) -> None:
    if own.ndim == 1:
        found.values.append(own)
        return
    numbers = own.argmax(0)
    found.values.append(np.bincount(numbers.ravel(), minlength=len(own)) / numbers.size)
    places = ((np.arange(_THUMB) + 0.5) * len(numbers) / _THUMB).astype(int)
    found.thumbs.append(numbers[np.ix_(places, places)].astype(np.uint8))


def _result(view: View, offer: Offer, found: Area) -> None:
    for sentence in sorted(set(found.left_out))[:3]:
        st.warning(as_text(sentence))
    if not found.rows:
        return
    if found.thumbs:
        _mosaic(view, offer, found)
    masks = view.opened.samples.frame["label_mask"].to_numpy(np.uint64)[found.rows]
    names = view.opened.dataset.classes.names
    has = {name: (masks >> np.uint64(bit) & np.uint64(1)) > 0 for bit, name in enumerate(names)}
    values = np.stack(found.values)
    with st.container(border=True):
        chart = prediction.together(offer.card, values, has, prediction.THRESHOLD)
        said = {
            "dataset": f"{view.opened.dataset.title} ({view.opened.fingerprint})",
            "selection": view.selection.canonical() or "all",
            "model": f"{offer.name} {server.sha256(offer)[:16]}",
        }
        shown.whole(chart, "area", f"{view.opened.slug}-area", said)


def _mosaic(view: View, offer: Offer, found: Area) -> None:
    """Show the masks where they lie, of the tile that has most of them."""
    samples = view.opened.samples
    rows = np.array(found.rows)
    tiles = samples.tiles[0][rows]
    if not (tiles >= 0).any():
        return
    best = int(np.bincount(tiles[tiles >= 0]).argmax())
    own = np.flatnonzero(tiles == best)
    x, y = samples.x[rows[own]], samples.y[rows[own]]
    x, y = x - x.min(), y - y.min()
    if max(int(x.max()), int(y.max())) >= _MOST_CELLS:
        return
    canvas = np.zeros(((int(y.max()) + 1) * _THUMB, (int(x.max()) + 1) * _THUMB, 4), np.uint8)
    colours = pictures.table_of(pictures.class_colours(view, offer.card))
    for place, column, line in zip(own.tolist(), x.tolist(), y.tolist(), strict=True):
        down, right = line * _THUMB, column * _THUMB
        canvas[down : down + _THUMB, right : right + _THUMB] = colours[found.thumbs[place]]
    # Whole times as large, so that its pixels stay squares.
    times = max(1, _MOSAIC_PX // max(canvas.shape[:2]))
    st.image(
        Image.fromarray(canvas.repeat(times, 0).repeat(times, 1)),
        caption=f"The predicted mask of tile {samples.tiles[1][best]}, {len(own):,} places; "
        "of several dates of a place the last one is on top",
        width=times * canvas.shape[1],
    )
