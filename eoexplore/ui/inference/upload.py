"""A GeoTIFF of one's own: sent, looked at, predicted by a job, and taken away again."""

import secrets
import threading
import weakref

import streamlit as st

from eoexplore.core.errors import EOExploreError, UnknownName
from eoexplore.jobs import _geotiff_bands as bands
from eoexplore.jobs import background, geotiff_inference, uploads
from eoexplore.jobs.progress import Job
from eoexplore.jobs.uploads import Upload
from eoexplore.models import Offer
from eoexplore.ui import address, long_work, state
from eoexplore.ui.inference import result
from eoexplore.ui.text import as_text

UPLOAD = "upload"
"""Query parameter and widget key: id of the file."""
_HOLDER, _SENT = "upload_holder", "upload_sent"
"""Session keys: what ends with the session, and which file of the widget was sent."""
_REFUSED, _TURN = "upload_refused", "upload_turn"
"""Session keys: why that file was not taken, and how often one was removed."""
_LOOK_EVERY_S = 1.0
_UNKNOWN = "–"
_REMOVE = "Deletes the file and what was predicted of it from the server"


_holders: "weakref.WeakSet[Holder]" = weakref.WeakSet()


class Holder:
    """Ends with the session of a user, and with it the files that no other session holds.

    A page that is loaded again is another session, which takes the file over by its address.
    """

    def __init__(self) -> None:
        """Begin without a file."""
        self.name = secrets.token_hex(16)
        self.files: set[str] = set()
        _holders.add(self)
        weakref.finalize(self, _leave, self.files)


def _leave(files: set[str]) -> None:
    """Delete files of a session that has ended."""
    for upload_id in files:
        if not any(upload_id in holder.files for holder in list(_holders)):
            # It may have to wait for a job to end, which whoever collects the session must not.
            threading.Thread(target=uploads.discard, args=(upload_id,), daemon=True).start()


def show(offer: Offer) -> None:
    """Show the way from a file to what a model says of it.

    Args:
        offer: the model.
    """
    if _HOLDER not in st.session_state:
        st.session_state[_HOLDER] = Holder()
    holder: Holder = st.session_state[_HOLDER]
    # Never seen: written when a file was taken, so that a reload finds it again.
    upload_id = str(st.text_input("Upload", key=UPLOAD, bind=address.bind(), max_chars=32))
    _take(holder)
    if not upload_id:
        return
    try:
        upload = uploads.find(upload_id)
    except UnknownName as error:
        st.warning(as_text(str(error)), icon=":material/upload_file:")
        return
    holder.files.add(upload.id)
    with st.container(horizontal=True, vertical_alignment="center", key="upload_head"):
        _facts(upload)
        if st.button("Remove", key="upload_remove", icon=":material/delete:", help=_REMOVE):
            holder.files.discard(upload.id)
            uploads.discard(upload.id)
            state.later(_removed)()
            st.rerun()
    job = _job(upload.id)
    running = job is not None and job.state == "running"
    if job is not None and job.state in ("failed", "interrupted"):
        st.error(as_text(job.error or "The prediction was interrupted. Start it again."))
    # While it runs too: a widget that is not shown forgets what was chosen.
    _ask(upload, offer, running)
    if running:
        _follow(upload.id)
        return
    found = geotiff_inference.read_result(upload.result)
    if found is not None:
        result.show(upload, found)


def _take(holder: Holder) -> None:
    """Show the widget for a file, and take what is put into it."""
    file = st.file_uploader(
        "GeoTIFF in any reference system; the server keeps it until you leave",
        key=f"upload_file_{st.session_state.get(_TURN, 0)}",
        help="Up to the size that the server takes; see the settings EOEXPLORE_UPLOAD_MB and so on",
    )
    if file is None:
        return
    if st.session_state.get(_SENT) != file.file_id:
        st.session_state[_SENT], st.session_state[_REFUSED] = file.file_id, ""
        try:
            with st.spinner("Looking at the file …"):
                upload = uploads.receive(holder.name, file.name, file)
        except EOExploreError as error:
            st.session_state[_REFUSED] = str(error)
        else:
            state.later(_found, upload.id)()
            st.rerun()
    if st.session_state[_REFUSED]:
        st.error(as_text(st.session_state[_REFUSED]), icon=":material/block:")


def _found(upload_id: str) -> None:
    st.session_state[UPLOAD] = upload_id


def _removed() -> None:
    st.session_state[UPLOAD] = ""
    # Another widget for files, which does not show the one that is gone.
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _facts(upload: Upload) -> None:
    facts = upload.facts
    across, down = facts.pixel_m
    st.markdown(
        f"**{as_text(upload.name)}**: {facts.width:,} × {facts.height:,} pixels of "
        f"{across:.3g} × {down:.3g} m, {len(facts.bands)} bands, {as_text(facts.crs)}"
    )


def _job(upload_id: str) -> Job | None:
    return next((job for job in background.jobs() if job.dataset == upload_id), None)


@st.fragment(run_every=_LOOK_EVERY_S)
def _follow(upload_id: str) -> None:
    job = _job(upload_id)
    if job is None or job.state != "running":
        st.rerun()
        return
    st.progress(job.share or 0.0, text=long_work.progress_text(job))
    st.button("Cancel", key="upload_cancel", on_click=background.cancel, args=(job.id,))


def _ask(upload: Upload, offer: Offer, running: bool) -> None:
    """Show which band is which and what speaks against it, and start the prediction.

    Args:
        upload: the file.
        offer: the model.
        running: whether the file is being predicted.
    """
    card, facts = offer.card, upload.facts
    try:
        _, warnings = geotiff_inference.fitting(card, facts.pixel_m)
    except EOExploreError as error:
        st.warning(as_text(str(error)), icon=":material/block:")
        return
    for sentence in warnings:
        st.caption(as_text(sentence))
    chosen = _bands(upload, offer)
    missing = [band for band, number in chosen.items() if not number]
    twice = len(set(chosen.values())) < len(chosen)
    if missing:
        st.info(as_text(f"Say which band of the file is {', '.join(missing)}."))
    elif twice:
        st.info("One band of the file is chosen for two of the model's. Say which it is.")
    if st.button(
        "Predict", type="primary", disabled=bool(missing) or twice or running, key="upload_go"
    ):
        said = ",".join(f"{band}={number}" for band, number in chosen.items())
        try:
            uploads.predict(upload, offer.name, said)
        except EOExploreError as error:
            st.error(as_text(str(error)))
            return
        st.rerun()


def _bands(upload: Upload, offer: Offer) -> dict[str, int]:
    """Return which band of the file is each of the model's, 0 for unknown, by what is chosen."""
    facts, wanted = upload.facts, offer.card.bands
    found = bands.suggested(wanted, [band.name for band in facts.bands])
    options = [_UNKNOWN, *(f"{band.number} {band.name}".strip() for band in facts.bands)]
    with st.expander("Which band is which?", expanded=True, icon=":material/checklist:"):
        if any(match.why == bands.BY_ORDER for match in found):
            # As many bands as the model takes are not yet in its order: a user has to say so.
            in_order = st.checkbox(
                as_text(f"Its bands have no names. They are, in this order: {', '.join(wanted)}"),
                key=f"in_order_{upload.id}_{offer.name}",
            )
            if in_order:
                return {match.band: match.number or 0 for match in found}
        columns = st.columns(4)
        chosen = {}
        for place, match in enumerate(found):
            with columns[place % 4]:
                picked = st.selectbox(
                    match.band,
                    range(len(options)),
                    0 if match.why == bands.BY_ORDER else match.number or 0,
                    format_func=lambda number: as_text(options[number]),
                    key=f"band_{upload.id}_{offer.name}_{match.band}",
                )
            chosen[match.band] = int(picked or 0)
    return chosen
