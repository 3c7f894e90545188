"""Which model is asked, and which one beside it: both are kept in the address."""

from collections.abc import Iterator, Mapping

import streamlit as st

from eoexplore import models
from eoexplore.core.errors import EOExploreError
from eoexplore.core.model_card import ModelCard
from eoexplore.jobs import inputs
from eoexplore.models import Offer
from eoexplore.store.catalog import Opened
from eoexplore.ui import address
from eoexplore.ui.inference import server
from eoexplore.ui.text import as_text

_NONE = "none"
_LOOK_EVERY_S = 2.0
_TASKS = {"multilabel": "labels of a patch", "segmentation": "a class for each pixel"}


@st.cache_resource(ttl=20, show_spinner=False)
def _offers() -> tuple[tuple[Offer, ...], dict[str, str]]:
    """Return the models there are; folders are looked at again after a while."""
    return models.available(), models.refused()


def look_again() -> None:
    """Look for models anew: a job has fetched or trained one."""
    _offers.clear()


def chosen() -> tuple[Offer, ...]:
    """Show the choice of the model and of one beside it, and return them; none without any."""
    offers, refused = _offers()
    for name, why in refused.items():
        st.warning(as_text(f"The model in {name} cannot be used: {why}"), icon=":material/block:")
    if not offers:
        st.info(
            "There is no model here yet. Get or train one below, put a folder with card.json and "
            "model.safetensors into one of EOEXPLORE_MODELS, or make the demo's: "
            "python -m eoexplore train-demo",
            icon=":material/neurology:",
        )
        return ()
    by_name = {offer.name: offer for offer in offers}
    with st.container(horizontal=True, vertical_alignment="bottom", key="models"):
        first = st.selectbox(
            "Model", list(by_name), key="model", bind=address.bind(), width=300, help=_help(offers)
        )
        same = [
            name
            for name, offer in by_name.items()
            if name != first and offer.card.task == by_name[str(first)].card.task
        ]
        other = st.selectbox(
            "Beside it", [_NONE, *same], key="beside", bind=address.bind(), width=300
        )
        _pace()
    found = [by_name[name] for name in (first, other) if name in by_name]
    for offer in found:
        _worth(offer)
    return tuple(found)


def fitting(opened: Opened, offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """Return the models that fit a dataset, none where the first does not, and say why.

    Args:
        opened: the dataset.
        offers: the model, and one beside it.
    """
    why = {offer.name: inputs.misfit(opened.dataset, offer.card) for offer in offers}
    for offer in offers:
        if why[offer.name]:
            st.warning(as_text(why[offer.name]), icon=":material/block:")
        elif said := inputs.stretched(offer.card):
            st.caption(as_text(said))
    if any(why[offer.name] for offer in offers[:1]):
        return ()
    return tuple(offer for offer in offers if not why[offer.name])


def _worth(offer: Offer) -> None:
    """Say what a model is worth, where it is offered."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"worth_{offer.name}"):
        if offer.card.synthetic:
            st.badge("synthetic", color="orange", help="Trained on made-up imagery.")
        st.caption(as_text(f"{offer.card.name}. Scores: {_scores(offer.card, 1)}."))


def _help(offers: tuple[Offer, ...]) -> str:
    return "  \n".join(f"{as_text(offer.name)}: {_TASKS[offer.card.task]}" for offer in offers)


@st.fragment(run_every=_LOOK_EVERY_S)
def _pace() -> None:
    """Say where models run, and how fast."""
    found = server.figures()
    if found is None:
        st.caption("No model is loaded yet.")
        return
    parts = [found.device, found.precision]
    if found.patches_per_second:
        parts.append(f"{found.patches_per_second:,.1f} patches a second")
    if found.requests:
        parts.append(f"{found.patches:,} patches wait")
    st.caption(as_text(" · ".join(parts)))


def card(offer: Offer) -> None:
    """Show what a model states about itself."""
    own = offer.card
    if own.synthetic:
        st.badge("synthetic", color="orange", help="Trained on made-up imagery.")
    facts = {
        "Task": _TASKS[own.task],
        "Network": f"{own.architecture} {own.encoder}".strip(),
        "Bands, in order": ", ".join(own.bands),
        "Input": f"{own.input_size} × {own.input_size} pixels, {own.resample}",
        "Imagery": f"pixels of {own.gsd_m[0]:g} to {own.gsd_m[1]:g} m",
        "Classes": f"{len(own.classes)}: {', '.join(own.class_names)}",
        "Trained on": ", ".join(f"{key}: {value}" for key, value in own.trained_on.items()) or "–",
        "Scores": _scores(own),
        "Licence": own.licence,
        "Source": own.source,
        "SHA-256": own.sha256 or "–",
    }
    rows = "\n".join(f"| {as_text(key)} | {as_text(text)} |" for key, text in facts.items())
    st.markdown(f"| {as_text(own.name)} | |\n|---|---|\n{rows}")


def _scores(own: ModelCard, most: int = 100) -> str:
    """Return scores as words, by what they are of: so many of these at most."""
    said = "; ".join(list(_groups("", own.scores))[:most])
    word = "synthetic, " if own.synthetic and said and "synthetic" not in said else ""
    return word + said or "none stated"


def _groups(name: str, scores: Mapping[str, object]) -> Iterator[str]:
    numbers = {key: value for key, value in scores.items() if not isinstance(value, Mapping)}
    if numbers:
        said = ", ".join(f"{_metric(key)} {_number(value)}" for key, value in numbers.items())
        yield f"{name}: {said}" if name else said
    for key, value in scores.items():
        if isinstance(value, Mapping):
            yield from _groups(f"{name} {key}".strip(), value)


def _metric(name: str) -> str:
    return name.replace("_", " ").replace(" iou", " IoU")


def _number(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def sentence(error: EOExploreError) -> None:
    """Show why a model gave no answer."""
    st.error(as_text(str(error)), icon=":material/error:")
