"""One patch: what a model, or two, say of it, beside its labels and its map."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from eoexplore.charts import prediction
from eoexplore.core.errors import EOExploreError, UnknownName
from eoexplore.models import Offer
from eoexplore.store.catalog import Opened
from eoexplore.ui import address, state
from eoexplore.ui.charts import shown
from eoexplore.ui.inference import choosing, explained, pictures, server
from eoexplore.ui.inference.server import Probabilities
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

PATCH = "patch"
"""Query parameter and widget key: id of the patch."""


def show(view: View, offers: tuple[Offer, ...]) -> None:
    """Show the choice of a patch, and the predictions for it.

    Args:
        view: what is looked at: steps go through its selection.
        offers: one model or two of the same task.
    """
    rows = candidates(view, offers[0])
    if not len(rows):
        st.info(
            "No patch of the selection has all that the model needs. Drop a condition, or choose "
            "another model.",
            icon=":material/image_not_supported:",
        )
        return
    row = _choice(view.opened, rows)
    if row is None:
        return
    try:
        with st.spinner("The model looks at the patch …", show_time=True):
            answers = {offer.name: server.predict(view.opened, offer, [row]) for offer in offers}
    except EOExploreError as error:
        choosing.sentence(error)
        return
    said = next(iter(answers.values()))[1].left_out
    if row in said:
        st.warning(as_text(said[row]))
        return
    found = {name: values[row] for name, (values, _) in answers.items()}
    if offers[0].card.task == "segmentation":
        _mask(view, offers, row, found)
    else:
        _scores(view, offers, row, found)
    explained.show(view.opened, offers[0], row, found[offers[0].name])


def candidates(view: View, offer: Offer) -> npt.NDArray[np.intp]:
    """Return the rows of the selection that have every layer of a model."""
    samples = view.opened.samples
    there = view.mask.copy()
    for layer in offer.card.layers:
        there &= samples.has(layer)
    return np.flatnonzero(there)


def _choice(opened: Opened, rows: npt.NDArray[np.intp]) -> int | None:
    """Show the choice of a patch, and return its row; none where there is no such patch."""
    ids = opened.samples.frame["id"]
    with st.container(horizontal=True, vertical_alignment="bottom", key="patch_choice"):
        asked = str(
            st.text_input(
                "Patch",
                key=PATCH,
                bind=address.bind(),
                placeholder=str(ids.iloc[int(rows[0])]),
                width=460,
            )
        ).strip()
        try:
            row = opened.samples.row(asked) if asked else int(rows[0])
        except UnknownName as error:
            st.warning(as_text(str(error)))
            return None
        place = int(np.searchsorted(rows, row))
        for label, step, icon in (
            ("Previous", place - 1, ":material/chevron_left:"),
            (
                "Next",
                place + (place < len(rows) and int(rows[place]) == row),
                ":material/chevron_right:",
            ),
            ("Any other", int(np.random.default_rng().integers(len(rows))), ":material/shuffle:"),
        ):
            target = str(ids.iloc[int(rows[step % len(rows)])])
            st.button(label, icon=icon, on_click=state.later(_go, target), key=f"patch_{label}")
    return row


def _go(sample: str) -> None:
    st.session_state[PATCH] = sample


def _scores(
    view: View, offers: tuple[Offer, ...], row: int, found: dict[str, Probabilities]
) -> None:
    opened = view.opened
    left, right = st.columns([1, 2], gap="large")
    with left:
        pictures.imagery(view, row)
    with right, st.container(border=True):
        threshold = st.slider(
            "Threshold",
            0.0,
            1.0,
            prediction.THRESHOLD,
            0.05,
            key="threshold",
            bind=address.bind(),
            width=300,
        )
        labels = list(opened.samples.frame["labels"].iloc[row])
        chart = prediction.scores(offers[0].card, found, labels, float(threshold))
        shown.whole(chart, "scores", f"{opened.slug}-scores", _said(opened, offers, row))


def _mask(view: View, offers: tuple[Offer, ...], row: int, found: dict[str, Probabilities]) -> None:
    opened = view.opened
    reference = pictures.reference(opened, row, offers[0].card)
    pictures.masks(view, offers, row, found, reference)
    with st.container(border=True):
        chart = prediction.areas(offers[0].card, found, reference)
        shown.whole(chart, "predicted", f"{opened.slug}-areas", _said(opened, offers, row))


def _said(opened: Opened, offers: tuple[Offer, ...], row: int) -> dict[str, str]:
    return {
        "dataset": f"{opened.dataset.title} ({opened.fingerprint})",
        "patch": str(opened.samples.frame["id"].iloc[row]),
        **{f"model {n}": f"{o.name} {o.card.sha256[:16]}" for n, o in enumerate(offers, 1)},
    }
