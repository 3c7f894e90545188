"""One patch: what a model, or two, say of it, beside its labels and its map."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from eoexplore.analysis.alignment import aligned
from eoexplore.charts import prediction
from eoexplore.core.errors import EOExploreError, UnknownName
from eoexplore.jobs import inputs
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
    rows = candidates(view, *offers)
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
    said = [asked.left_out[row] for _, asked in answers.values() if row in asked.left_out]
    if said:
        st.warning(as_text(said[0]))
        return
    found = _together(offers, {name: values[row] for name, (values, _) in answers.items()})
    offers = tuple(offer for offer in offers if offer.name in found)
    if offers[0].card.task == "segmentation":
        _mask(view, offers, row, found)
    else:
        _scores(view, offers, row, found)
    explained.show(view.opened, offers, row, found)


def candidates(view: View, *offers: Offer) -> npt.NDArray[np.intp]:
    """Return the rows of the selection that have every layer of the models."""
    samples = view.opened.samples
    there = view.mask.copy()
    for layer in {layer for offer in offers for layer in offer.card.layers}:
        there &= samples.has(layer)
    return np.flatnonzero(there)


def _together(
    offers: tuple[Offer, ...], found: dict[str, Probabilities]
) -> dict[str, Probabilities]:
    """Return answers in the classes and on the grid of the first model, and say what is lost."""
    first = offers[0]
    wanted = first.card.class_names
    for offer in offers[1:]:
        own = offer.card.class_names
        if not set(own) & set(wanted):
            st.warning(as_text(f"{offer.name} and {first.name} have no class in common."))
            return {first.name: found[first.name]}
        strange = [name for name in own if name not in wanted]
        lacking = [name for name in wanted if name not in own]
        for words, names in (("alone knows", strange), ("does not know", lacking)):
            if names:
                st.caption(as_text(f"{offer.name} {words}: {', '.join(names)}."))
        side = found[first.name].shape[-1]
        found = {**found, offer.name: aligned(found[offer.name], own, wanted, side)}
    return found


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
    reference = _reference(opened, row, offers[0])
    pictures.masks(view, offers, row, found, reference)
    with st.container(border=True):
        chart = prediction.areas(offers[0].card, found, reference)
        shown.whole(chart, "predicted", f"{opened.slug}-areas", _said(opened, offers, row))


def _reference(opened: Opened, row: int, offer: Offer) -> npt.NDArray[np.integer] | None:
    """Return the label map in the model's classes; where it cannot be read, none and why."""
    try:
        return inputs.reference(opened, row, offer.card)
    except EOExploreError as error:
        choosing.sentence(error)
        return None


def _said(opened: Opened, offers: tuple[Offer, ...], row: int) -> dict[str, str]:
    return {
        "dataset": f"{opened.dataset.title} ({opened.fingerprint})",
        "patch": str(opened.samples.frame["id"].iloc[row]),
        **{f"model {n}": f"{o.name} {server.sha256(o)[:16]}" for n, o in enumerate(offers, 1)},
    }
