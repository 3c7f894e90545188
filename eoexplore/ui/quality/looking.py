"""What wrong labels are looked for with: predictions, what to know of them, and the jobs."""

from collections.abc import Callable

import streamlit as st

from eoexplore.core.errors import EOExploreError
from eoexplore.evidence import kind as evidence
from eoexplore.jobs import background, fold_models, label_issues
from eoexplore.store import honesty, issues, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import PredictionSet
from eoexplore.tiles.issue_queue import NO_SET
from eoexplore.ui import address, awaited_set, long_work, state
from eoexplore.ui.awaited_set import SET
from eoexplore.ui.text import as_text

_LOOK, _FOLDS = "label-issues", "predict-folds"
"""Kinds of the jobs."""
_FOLDS_GIVE = (
    "Spatial folds give every patch a prediction of a model that was trained elsewhere, "
    "within minutes where patches are few."
)
_LOST = {
    _LOOK: "The search was interrupted. Start it again: it goes on.",
    _FOLDS: "The prediction was interrupted. Start it again: it goes on.",
}


def chosen(opened: Opened) -> PredictionSet | None:
    """Show the choice of predictions, and return the chosen ones; none: without a model."""
    sets = prediction_sets.available(opened.fingerprint)
    awaited_set.choose(sets)
    # Masks say most: they come first.
    names = [item.name for item in sorted(sets, key=lambda item: item.task != "segmentation")]
    asked = st.query_params.get(SET, "")
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.markdown(
            "Predictions",
            width="content",
            help="By which predictions labels are doubted; none: by evidence without a model",
        )
        name = st.selectbox(
            "Predictions",
            [*names, NO_SET],
            key=SET,
            bind=address.bind(),
            label_visibility="collapsed",
            width=200,
        )
    if asked and asked not in (*names, NO_SET):
        st.warning(
            f"The predictions of this link are not here: {as_text(asked[:60])}. "
            f"{as_text(str(name))} is shown instead.",
            icon=":material/link_off:",
        )
    if name not in names:
        return None
    try:
        return prediction_sets.read(opened, str(name))
    except EOExploreError as error:
        st.error(as_text(str(error)), icon=":material/error:")
        return None


def offer(opened: Opened, predictions: PredictionSet | None) -> None:
    """Offer to look for wrong labels where nobody has, or where something has changed since."""
    if _is_running(_LOOK, opened.slug):
        return
    if stale := label_issues.stale(opened, predictions):
        again = any(_table(opened, predictions, name) for name in stale)
        label = "Look again" if again else "Look for wrong labels"
        if st.button(label, key="look", type="primary", icon=":material/search:"):
            _try(lambda: look(opened.slug, name_of(predictions)))
        st.caption(as_text(_why(opened, predictions, stale)), width="content")


def warn(opened: Opened, predictions: PredictionSet | None) -> None:
    """Say in amber what stands beside every finding, and show how far the jobs are."""
    slug = opened.slug
    for kind, sentence in _LOST.items():
        long_work.watch(kind, slug, sentence)
    if predictions is not None:
        _say_honesty(opened, predictions)
    if why := _why_folds(opened, predictions):
        _offer_folds(opened, why)


def _say_honesty(opened: Opened, predictions: PredictionSet) -> None:
    """Say in amber how far scores are honest, and whether imagery was made up."""
    about = predictions.about
    honest = honesty.of(opened, about)
    told = [honest.sentence] if honest.sentence else []
    if about.synthetic:
        told.append(f"{about.name} was trained on synthetic imagery.")
    if told:
        st.warning(" ".join(map(as_text, told)), icon=":material/warning:")


def _offer_folds(opened: Opened, why: str) -> None:
    """Offer predictions of models that were trained elsewhere, or say why there are none."""
    slug = opened.slug
    if _is_running(_FOLDS, slug):
        return
    try:
        fold_models.card(opened)
    except EOExploreError as error:
        st.info(as_text(f"{why} {error}"), icon=":material/grid_on:")
        return
    st.info(f"{as_text(why)} {_FOLDS_GIVE}", icon=":material/grid_on:")
    if st.button("Predict with spatial folds", key="predict_folds", icon=":material/neurology:"):
        awaited_set.ask(prediction_sets.available(opened.fingerprint))
        args = [_FOLDS, slug]
        _try(lambda: background.start(_FOLDS, "Predicting with spatial folds", args, slug))


def state_of(opened: Opened, predictions: PredictionSet | None) -> dict[str, object]:
    """Return what the component has to know: whether one may look, and whether a job does."""
    may_look = bool(label_issues.names(predictions))
    return {"may_look": may_look, "is_looking": _is_running(_LOOK, opened.slug)}


def name_of(predictions: PredictionSet | None) -> str:
    """Return the name of a set; empty for none."""
    return "" if predictions is None else predictions.about.name


def look(slug: str, name: str) -> None:
    """Start the job that looks for wrong labels.

    Args:
        slug: of the dataset.
        name: of the set of predictions; empty for none.

    Raises:
        JobError: it cannot be started.
    """
    own = [f"--predictions={name}"] if name else []
    background.start(_LOOK, "Looking for wrong labels", [_LOOK, slug, *own], slug)


def hear(payload: object, slug: str, name: str) -> None:
    """Do what the component asks for; call from its callback only.

    It takes names: a callback stays in the session, which must not hold a dataset.

    Args:
        payload: {"kind": "look"} starts the job; anything else is as on the map.
        slug: of the dataset.
        name: of the chosen set of predictions; empty for none.
    """
    if not isinstance(payload, dict) or payload.get("kind") != "look":
        state.hear(payload)
        return
    try:
        look(slug, name)
    except EOExploreError as error:
        state.say(str(error))


def _try(start: Callable[[], object]) -> None:
    """Start a job, and run the page again, so that it shows how far it is."""
    try:
        start()
    except EOExploreError as error:
        st.error(as_text(str(error)))
        return
    st.rerun()


def _is_running(kind: str, slug: str) -> bool:
    job = long_work.latest(kind, slug)
    return job is not None and job.state == "running"


def _table(opened: Opened, predictions: PredictionSet | None, name: str) -> bool:
    """Tell whether a kind of evidence was looked for before, with these predictions."""
    own = "" if predictions is None or evidence.kind(name).needs == "index" else predictions
    folder = issues.folder_of(opened, own.about.name if isinstance(own, PredictionSet) else "")
    return issues.path_of(folder, name).is_file()


def _why(opened: Opened, predictions: PredictionSet | None, stale: tuple[str, ...]) -> str:
    new = [name for name in stale if not _table(opened, predictions, name)]
    known = label_issues.names(predictions)
    if len(new) == len(known):
        return "Nobody has looked yet."
    titles = ", ".join(f"“{evidence.kind(name).title}”" for name in stale)
    if new == list(stale):
        return f"Not looked for yet: {titles}."
    return f"Something has changed since it was looked for: {titles}."


def _why_folds(opened: Opened, predictions: PredictionSet | None) -> str:
    """Return what spatial folds are good for here; empty where there are honest masks."""
    if predictions is not None:
        name = predictions.about.name
        if not honesty.of(opened, predictions.about).mask[predictions.rows].any():
            return (
                f"Of no patch does {name} give a score without having learnt from it, so nothing "
                "can be said against its label."
            )
    if any(item.task == "segmentation" for item in prediction_sets.available(opened.fingerprint)):
        return ""
    return (
        "No map was predicted here yet, so nobody knows where the maps are wrong, or how much of "
        "them."
    )
