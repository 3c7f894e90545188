"""Why a model says what it says of a patch, and how sure it is: worked out when asked for."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import streamlit as st

from eoexplore.analysis import uncertainty
from eoexplore.charts import prediction
from eoexplore.core.errors import EOExploreError
from eoexplore.jobs import inputs
from eoexplore.models import Offer, attribution
from eoexplore.render import predictions
from eoexplore.store.catalog import Opened
from eoexplore.ui import address
from eoexplore.ui.charts import shown
from eoexplore.ui.inference import choosing, pictures, server
from eoexplore.ui.inference.server import Probabilities
from eoexplore.ui.text import as_text

Patch = npt.NDArray[np.float32]
_HEAT = 0.65
"""How much of the picture of where it looked lies over the imagery."""


def show(
    opened: Opened, offers: tuple[Offer, ...], row: int, found: Mapping[str, Probabilities]
) -> None:
    """Offer what explains a prediction.

    Args:
        opened: dataset and index.
        offers: the model that is explained and, where there is one, the other beside it.
        row: of the patch.
        found: probabilities by the name of each model, (class,) or (class, row, column), in the
            classes of the first.
    """
    offer, values = offers[0], found[offers[0].name]
    with st.expander("Why, and how sure?", icon=":material/psychology:"):
        names = list(offer.card.class_names)
        likely = int(values.reshape(len(names), -1).mean(1).argmax())
        what = st.selectbox("Class", names, likely, key="why", bind=address.bind(), width=420)
        if not st.toggle("Work it out", key="explain", help="Takes some seconds on a processor"):
            return
        place = names.index(str(what))
        with st.spinner("The model is asked again …", show_time=True):
            for part in (_where, _bands, _sure):
                # One that a model cannot do, such as maps of a network, leaves the others.
                try:
                    patch = inputs.read(opened, [row], offer.card).batch[0]
                    part(opened, offer, row, patch, place)
                except EOExploreError as error:
                    choosing.sentence(error)
        if all(what in one.card.class_names for one in offers[1:]) and len(offers) > 1:
            several = uncertainty.together([found[one.name][None] for one in offers])
            _several(several, place, str(what), "Asked of both models")


def _where(opened: Opened, offer: Offer, row: int, patch: Patch, place: int) -> None:
    """Show where the model looked, over the imagery."""
    heat = server.ready(offer).attend(
        offer.name, lambda loaded: attribution.heat(loaded, patch, place)
    )
    ground = pictures.picture_of(opened, row, "optical")
    over = predictions.shades(np.asarray(heat, np.float64))
    if ground is not None and ground.shape == over.shape:
        over = predictions.blended(ground, over, _HEAT)
    st.image(
        pictures.square(over),
        caption=f"Where it looked for {offer.card.class_names[place]} (Grad-CAM, Selvaraju et al. "
        "2017): bright spoke for it, dark did not",
        width=360,
    )


def _bands(opened: Opened, offer: Offer, row: int, patch: Patch, place: int) -> None:
    """Show which bands mattered."""
    name = offer.card.class_names[place]
    found = server.ready(offer)
    with st.container(border=True):
        how = st.segmented_control(
            "Which bands mattered, by",
            ["Occlusion", "Gradient"],
            key="bands_by",
            default="Occlusion",
            required=True,
        )
        if how == "Occlusion":
            fall = attribution.occluded(
                lambda batch: found.predict(offer.name, batch), patch, place
            )
            chart = prediction.bands(offer.card.bands, fall, name)
        else:
            slopes = found.attend(
                offer.name, lambda loaded: attribution.gradients(loaded, patch, place)
            )
            chart = prediction.bands(offer.card.bands, slopes, name, prediction.GRADIENT)
        said = {
            "patch": str(opened.samples.frame["id"].iloc[row]),
            "model": f"{offer.name} {server.sha256(offer)[:16]}",
        }
        shown.whole(chart, "bands", f"{opened.slug}-bands", said)


def _sure(_opened: Opened, offer: Offer, _row: int, patch: Patch, place: int) -> None:
    """Show what the model says of the patch turned and mirrored."""
    several = uncertainty.flipped(
        lambda batch: server.ready(offer).predict(offer.name, batch), patch[None]
    )
    name = offer.card.class_names[place]
    _several(several, place, name, "Turned and mirrored in eight ways")


def _several(several: uncertainty.Several, place: int, name: str, how: str) -> None:
    """Show what several answers say together of one class, and how far they are apart."""
    mean, spread = several.mean[0, place], several.spread[0, place]
    if mean.ndim == 0:
        st.markdown(
            f"{how}, the score of {as_text(name)} is {float(mean):.3f} on average, with a "
            f"standard deviation of {float(spread):.3f}."
        )
        return
    st.markdown(
        f"{how}, the probability of {as_text(name)} differs by {float(spread.mean()):.3f} on "
        "average (standard deviation of a pixel)."
    )
    columns = st.columns(2)
    for column, values, words in (
        (columns[0], mean, "Mean probability of all answers"),
        (columns[1], spread / max(1e-6, float(spread.max())), "Where they differ most (bright)"),
    ):
        column.image(pictures.square(predictions.shades(values)), caption=words, width=360)
