"""More models: one of the published zoo, or a plain baseline that is trained here; by jobs."""

import streamlit as st

from eoexplore.core.errors import EOExploreError
from eoexplore.jobs import background, baselines
from eoexplore.models import pixel
from eoexplore.store.catalog import Opened
from eoexplore.ui import long_work
from eoexplore.ui.inference import choosing
from eoexplore.ui.text import as_text

_HUB, _BASELINE = "models", "train-baseline"
"""Kinds of jobs: the commands that they run."""
_ASKED = "more_asked"
"""Session key, with the kind: what was asked for last."""
_LOOK_EVERY_S = 1.0


def show(opened: Opened) -> None:
    """Offer to get or to train another model.

    Args:
        opened: the dataset from whose index a baseline is trained.
    """
    with st.expander("Get a model from the hub", icon=":material/cloud_download:"):
        _hub()
    with st.expander("Train a plain baseline", icon=":material/model_training:"):
        _baseline(opened)


def _hub() -> None:
    with st.form("hub", border=False):
        hub_id = st.text_input(
            "Repository", placeholder="BIFOLD-BigEarthNetv2-0/resnet50-all-v0.2.0", width=460
        )
        version = st.selectbox(
            "Band order", ["", "v0.1.1", "v0.2.0"], format_func=_order, width=460
        )
        asked = st.form_submit_button("Fetch", icon=":material/download:")
    if asked and hub_id.strip():
        # One argument each: what begins with a dash is an id too.
        args = [f"--get={hub_id.strip()[:200]}"]
        args += [f"--band-order={version}"] if version else []
        _start(_HUB, f"Fetching {hub_id.strip()[:60]}", args, hub_id.strip()[:200])
    _end_of(_HUB, "The model {} is here: choose it above.")


def _order(version: str) -> str:
    return version or "as the repository's name tells"


def _baseline(opened: Opened) -> None:
    st.caption(
        "A model of single pixels, blind to what lies around them: how far does one come without "
        "a network? It learns in seconds from the train split, by the pixels that the index keeps."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Kind", list(pixel.TITLES), format_func=_title, key="baseline", width=300
        )
        if st.button("Train", key="baseline_go", icon=":material/model_training:"):
            args = [opened.slug, f"--kind={kind}"]
            name = baselines.name_of(opened.slug, str(kind))
            _start(_BASELINE, f"Training {name}", args, name)
    _end_of(_BASELINE, "The baseline {} is trained: choose it above.")


def _title(kind: str) -> str:
    return pixel.TITLES[kind]


def _start(kind: str, title: str, args: list[str], dataset: str) -> None:
    try:
        background.start(kind, title, [kind, *args], dataset)
    except EOExploreError as error:
        choosing.sentence(error)
        return
    st.session_state[f"{_ASKED} {kind}"] = dataset


def _end_of(kind: str, done: str) -> None:
    """Show how far the job is that was asked for here, or what came of it."""
    dataset = st.session_state.get(f"{_ASKED} {kind}")
    job = long_work.latest(kind, dataset) if dataset else None
    if dataset is None or job is None:
        return
    if job.state == "running":
        _follow(kind, dataset)
    elif job.state == "done":
        st.caption(as_text(done.format(dataset)))
    else:
        st.error(as_text(job.error or f"{job.title} was {job.state}. Start it again."))


@st.fragment(run_every=_LOOK_EVERY_S)
def _follow(kind: str, dataset: str) -> None:
    job = long_work.latest(kind, dataset)
    if job is None or job.state != "running":
        choosing.look_again()
        st.rerun()
        return
    st.progress(job.share or 0.0, text=long_work.progress_text(job))
