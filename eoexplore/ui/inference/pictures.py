"""Pictures of a patch and of what models say of its pixels, side by side at one size."""

import io
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import streamlit as st
from PIL import Image

from eoexplore.analysis import uncertainty
from eoexplore.core.model_card import ModelCard
from eoexplore.core.types import Layer
from eoexplore.models import Offer
from eoexplore.render import palettes, predictions
from eoexplore.render.colours import rgb
from eoexplore.store.catalog import Opened
from eoexplore.tiles.pictures import patch_picture
from eoexplore.tiles.scene import scene_of
from eoexplore.ui import address
from eoexplore.ui.inference.server import Probabilities
from eoexplore.ui.state import View

_SIDE_PX = 360
_LOOKS = {
    "Class": "The most probable class of each pixel.",
    "Confidence": "Probability of the most probable class: dark is unsure, bright is sure.",
    "Doubt": "Entropy of the classes: dark is sure, bright knows nothing.",
    "One class": "Probability of one class: dark is 0, bright is 1.",
}


def imagery(view: View, row: int) -> None:
    """Show the pictures of a patch that there are."""
    for layer in view.opened.dataset.layers:
        answer = patch_picture(scene_of(view.opened), row, layer.name, "", view.palette)
        if answer is not None:
            st.image(_enlarged(answer.body), caption=layer.title, width=_SIDE_PX)


def _enlarged(picture: bytes) -> Image.Image:
    """Return a picture with its pixels as squares: browsers would blur them."""
    image = Image.open(io.BytesIO(picture)).convert("RGBA")
    return image.resize((_SIDE_PX, _SIDE_PX), Image.Resampling.NEAREST)


def masks(
    view: View,
    offers: tuple[Offer, ...],
    row: int,
    found: Mapping[str, Probabilities],
    reference: npt.NDArray[np.integer] | None,
) -> None:
    """Show the imagery, the label map, and the pictures of the predictions.

    Args:
        view: dataset and palette.
        offers: the models.
        row: of the patch.
        found: probabilities by the name of each model, shape (class, row, column).
        reference: number of the card's class of each pixel of the label map, or none.
    """
    card = offers[0].card
    look = str(
        st.segmented_control(
            "Show", list(_LOOKS), key="look", default="Class", required=True, bind=address.bind()
        )
    )
    number = 0
    if look == "One class":
        name = st.selectbox("Class", card.class_names, key="class", bind=address.bind(), width=420)
        number = card.class_names.index(str(name))
    colours = class_colours(view, card)
    tiles: list[tuple[str, npt.NDArray[np.uint8] | None]] = []
    optical = _layer(view.opened, "optical")
    if optical is not None:
        tiles.append((optical.title, picture_of(view.opened, row, optical.kind)))
    if reference is not None:
        tiles.append(("Reference map", _coded(reference, colours)))
    tiles += [(name, _drawn(look, values, colours, number)) for name, values in found.items()]
    if len(found) > 1:
        one, other = found.values()
        tiles.append(("Where the two differ", predictions.differing(one, other)))
    columns = st.columns(len(tiles))
    for column, (title, pixels) in zip(columns, tiles, strict=True):
        if pixels is not None:
            column.image(square(pixels), caption=title, width="stretch")
    st.caption(_LOOKS[look])


def _drawn(
    look: str, values: Probabilities, colours: list[str], number: int
) -> npt.NDArray[np.uint8]:
    if look == "Class":
        return predictions.classes(values, colours)
    if look == "Confidence":
        return predictions.shades(uncertainty.confidence(values[None])[0])
    if look == "Doubt":
        return predictions.shades(uncertainty.entropy(values[None])[0])
    return predictions.shades(values[number])


def class_colours(view: View, card: ModelCard) -> list[str]:
    """Return the colours of a model's classes: those of the dataset's palette where it has them."""
    schema = palettes.coloured(view.opened.dataset.classes, view.palette)
    known = {item.name: item.colour for item in schema.classes}
    return [known.get(item.name, item.colour) for item in card.classes]


def table_of(colours: list[str]) -> npt.NDArray[np.uint8]:
    """Return opaque colours as a table, shape (class, 4)."""
    return np.array([(*rgb(colour), 255) for colour in colours], np.uint8)


def _coded(numbers: npt.NDArray[np.integer], colours: list[str]) -> npt.NDArray[np.uint8]:
    """Return the label map in the colours of the classes; transparent where it has none."""
    onehot = np.zeros((len(colours), *numbers.shape), np.float32)
    rows, columns = np.nonzero(numbers >= 0)
    onehot[numbers[rows, columns], rows, columns] = 1
    found = predictions.classes(onehot, colours)
    found[numbers < 0] = 0
    return found


def _layer(opened: Opened, kind: str) -> Layer | None:
    return next((layer for layer in opened.dataset.layers if layer.kind == kind), None)


def picture_of(opened: Opened, row: int, kind: str) -> npt.NDArray[np.uint8] | None:
    """Return the picture of the first layer of a kind, shape (row, column, 4), or none."""
    layer = _layer(opened, kind)
    answer = patch_picture(scene_of(opened), row, layer.name, "") if layer else None
    if answer is None:
        return None
    return np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGBA"))


def square(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    """Return a picture at the size of the page, its pixels as squares."""
    return Image.fromarray(pixels).resize((_SIDE_PX, _SIDE_PX), Image.Resampling.NEAREST)
