"""A split as a file: any of those that are shown, of the selected patches."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from eoexplore.core.errors import SplitError
from eoexplore.core.split import NONE, Split
from eoexplore.store import selections, split_export
from eoexplore.store.split_export import KINDS
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

_PANEL_PX = 420
_USES = {
    "csv": "Ids and parts; for spreadsheets and pandas",
    "parquet": "Ids and parts, 50 times smaller",
    "metadata": "All columns as released, with this split in theirs",
}


def offer(view: View, splits: Sequence[Split]) -> None:
    """Show what a split can be taken away as.

    Args:
        view: dataset and selection.
        splits: those that are shown, the audited one first.
    """
    with (
        st.popover("Take a split away", icon=":material/download:"),
        st.container(width=_PANEL_PX, gap="small"),
    ):
        rules = {split.rule: split for split in splits}
        rule = st.selectbox(
            "Split",
            list(rules),
            format_func=lambda name: rules[name].title if name in rules else name,
            key="take_split",
        )
        _formats(view, rules.get(str(rule), splits[0]))


def _formats(view: View, split: Split) -> None:
    count = int((view.mask & (split.parts != NONE)).sum())
    if not count:
        st.markdown("No selected patch is in a part of it, so there is nothing to take away.")
        return
    st.markdown(f"{'1 patch' if count == 1 else f'{count:,} patches'}, with how it was made:")
    for name, why in split_export.kinds_of(view.opened).items():
        if why:
            st.caption(as_text(why))
            continue
        st.download_button(
            KINDS[name].title,
            partial(_data, view, split, name),
            split_export.name_of(view.opened, split, name),
            KINDS[name].media_type,
            key=f"take_split_{name}",
            help=_USES[name],
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )


def _data(view: View, split: Split, kind: str) -> bytes:
    text = selections.text_of(view.selection)
    try:
        return split_export.data(view.opened, split, view.mask, text, kind)
    except SplitError as error:
        # The download has begun: the file says why there is none.
        return f"{error}\n".encode()
