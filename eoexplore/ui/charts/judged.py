"""Which predictions are judged, and which stand beside them: both are kept in the address."""

from collections.abc import Mapping

import streamlit as st

from eoexplore import models
from eoexplore.charts import _judged
from eoexplore.charts.chart import Asked
from eoexplore.core.errors import EOExploreError
from eoexplore.jobs import background, inputs
from eoexplore.store import prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import About, PredictionSet
from eoexplore.ui import address, awaited_set, long_work, state
from eoexplore.ui.awaited_set import SET
from eoexplore.ui.charts import imported
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

BESIDE = "set2"
"""Query parameter and widget key: name of the set beside the chosen one."""
_NONE = "none"
_KIND = "predict"


def chosen(view: View) -> tuple[PredictionSet, ...]:
    """Show the choice of sets, and return the judged one and, where there is one, the other."""
    there = prediction_sets.available(view.opened.fingerprint)
    awaited_set.choose(there)
    sets = {item.name: item for item in there}
    with st.container(horizontal=True, vertical_alignment="bottom", key="judged"):
        first = second = None
        if sets:
            first = st.selectbox("Predictions", list(sets), key=SET, bind=address.bind(), width=300)
            others = [_NONE, *(name for name in sets if name != first)]
            second = st.selectbox("Beside them", others, key=BESIDE, bind=address.bind(), width=300)
        with st.popover("Predict", icon=":material/neurology:"):
            _predict(view, sets)
        with st.popover("Import", icon=":material/upload_file:"):
            imported.show(view.opened, lambda: awaited_set.ask(there))
        if first in sets:
            with st.popover("About", icon=":material/info:"):
                _about(view.opened, sets[str(first)])
    _running(view.opened.slug)
    if not sets:
        st.info(
            "There are no predictions for this dataset yet. Predict the selection with a model, "
            "import what was predicted elsewhere, or use python -m eoexplore predict.",
            icon=":material/grading:",
        )
    found = []
    for name in (first, second):
        if name in sets:
            try:
                found.append(prediction_sets.read(view.opened, str(name)))
            except EOExploreError as error:
                st.error(as_text(str(error)), icon=":material/error:")
    return tuple(found)


def warn(asked: Asked) -> None:
    """Say in amber what stands beside every number."""
    found = _judged.warnings(asked)
    if found:
        st.warning("  \n".join(map(as_text, found)), icon=":material/warning:")


def _about(opened: Opened, item: About) -> None:
    facts = {
        "Model": item.model,
        "Task": "a class for each pixel" if item.task == "segmentation" else "labels of a patch",
        "Selection": item.selection or "all patches",
        "Classes": f"{len(item.classes)}",
        "Trained on": ", ".join(f"{key}: {value}" for key, value in item.trained_on.items()) or "–",
        "Made": f"{item.created}, {item.device}".rstrip(", "),
        "SHA-256 of the model": item.model_hash,
    }
    rows = "\n".join(f"| {as_text(key)} | {as_text(text)} |" for key, text in facts.items())
    st.markdown(f"| {as_text(item.name)} | |\n|---|---|\n{rows}")
    for reason, count in item.left_out.items():
        st.caption(as_text(f"Left out, {count:,}: {reason}"))
    if st.button("Delete these predictions", key="set_delete", icon=":material/delete:"):
        prediction_sets.remove(opened, item.name)
        state.later(_forget)()
        st.rerun()


def _forget() -> None:
    for key in (SET, BESIDE):
        st.session_state.pop(key, None)


def _predict(view: View, sets: Mapping[str, About]) -> None:
    """Offer to predict the selection with a model; a job does it."""
    offers = {
        offer.name: offer
        for offer in models.available()
        if not inputs.misfit(view.opened.dataset, offer.card)
    }
    if not offers:
        st.info("No model fits this dataset. The page Inference says which there are, and why.")
        return
    name = st.selectbox("Model", list(offers), key="predict_model", width=300)
    count = int(view.mask.sum())
    st.caption(
        f"{count:,} patches of the selection. The job goes on when this page is closed, and what "
        "was predicted is not predicted again."
    )
    job = long_work.latest(_KIND, view.opened.slug)
    busy = job is not None and job.state == "running"
    if busy:
        st.caption(
            "A prediction of this dataset is at work. The next one can begin when it is done."
        )
    if st.button("Predict them", type="primary", key="predict_go", disabled=busy or not count):
        text = view.selection.canonical()
        args = [_KIND, view.opened.slug, f"--model={name}", f"--select={text}"]
        try:
            awaited_set.ask(list(sets.values()))
            background.start(_KIND, f"Predicting with {name}", args, view.opened.slug)
        except EOExploreError as error:
            st.error(as_text(str(error)))
            return
        st.rerun()


def _running(slug: str) -> None:
    """Show the jobs that make sets."""
    for kind, what in ((_KIND, "prediction"), (imported.KIND, "import")):
        sentence = f"The {what} was interrupted. Start it again: it goes on."
        long_work.watch(kind, slug, sentence)
