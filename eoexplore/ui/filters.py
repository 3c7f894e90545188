"""The filter panel: a widget for every key of the selection grammar, with live counts."""

import datetime as dt
import re
import zlib
from collections.abc import Callable
from typing import cast

import streamlit as st

from eoexplore.analysis.facets import Facets
from eoexplore.core import outline, words
from eoexplore.core.selection import MAX_IDS, NO_FLAG, ClassRule, Comparison, Selection
from eoexplore.ui import choices, predicted_filter, state
from eoexplore.ui.choices import choose, get, key_of, later, put
from eoexplore.ui.state import View
from eoexplore.ui.text import as_text

_ORDERED = {
    "split": ("train", "validation", "test"),
    "season": ("spring", "summer", "autumn", "winter"),
    "flag": (NO_FLAG, "snow", "cloud_or_shadow", "unreadable"),
}
_OF_PLACE = frozenset({"country", "tile", "box", "poly"})
_OF_TIME = frozenset({"season", "month", "date"})
_MODES = {"any": "Has any of", "all": "Has all of", "none": "Has none of"}
_SIDE_BY_SIDE = 14
"""Options up to which all stand side by side; more are a list to search in."""


def panel(view: View) -> None:
    """Show the widgets; call it where they shall stand."""
    choices.begin(view)
    found = state.facets_of(view)
    parts = _parts(view, found)
    for tab, part in zip(st.tabs([*parts]), parts.values(), strict=True):
        with tab:
            part(view, found)


def _parts(view: View, found: Facets) -> dict[str, Callable[[View, Facets], None]]:
    """Return the tabs; those of which nothing is known, and nothing is asked, are left out."""
    asked = {key for key, _ in view.selection.conditions}
    known = {key for key, counts in found.options.items() if any(counts)}
    place = bool(view.opened.samples.located.any()) or bool(_OF_PLACE & (asked | known))
    time = found.span is not None or bool(_OF_TIME & asked) or "season" in known
    parts = {"Labels": _labels, "Place": _place, "Time": _time, "Patches": _patches}
    out = {name for name, there in (("Place", place), ("Time", time)) if not there}
    kept = {name: part for name, part in parts.items() if name not in out}
    if predicted_filter.is_there(view):
        kept["Predictions"] = _predictions
    return {**kept, "As text": lambda *_: _as_text()}


def _labels(view: View, found: Facets) -> None:
    _classes(view, found)
    if view.opened.dataset.classes.codes:
        _share(view, found)
    _number_of_labels(view, found)


def _place(view: View, found: Facets) -> None:
    _options("Country", "country", view, found)
    _options("Sentinel-2 tile", "tile", view, found)
    _area(view.selection)


def _time(view: View, found: Facets) -> None:
    _options("Season", "season", view, found)
    _options("Month", "month", view, found)
    _dates(view, found)


def _patches(view: View, found: Facets) -> None:
    _options("Split", "split", view, found)
    _options("Flag", "flag", view, found)
    _ids(view.selection)


def _predictions(view: View, found: Facets) -> None:  # noqa: ARG001 - as the others
    predicted_filter.show(view)


def _options(title: str, key: str, view: View, found: Facets) -> None:
    names = _sorted(key, [name for name in found.options[key] if name])
    if key == "month":
        names = [name for name in names if int(name) in found.months]
    chosen = {str(name) for name in cast(tuple[object, ...], view.selection.get(key) or ())}
    if not names or (len(names) < 2 and key != "flag" and not chosen):
        return
    counts = {name: found.options[key][name] for name in names}
    if len(names) > _SIDE_BY_SIDE:
        choices.several(key, title, counts, [*chosen], _list_changed, key)
        return
    st.markdown(f"**{title}**")
    with st.container(horizontal=True, gap="small", key=f"facet_{key}"):
        for number, (name, count) in enumerate(counts.items()):
            widget = f"{key}_{number}"
            shown = _shown(key, name)
            choices.option(widget, shown, name in chosen, count, _option_changed, key, name)


def _shown(key: str, name: str) -> str:
    if key == "month":
        return words.MONTHS[int(name) - 1]
    # What has a flag is left out of the set that authors recommend, such as that of reBEN.
    is_none = (key, name) == ("flag", NO_FLAG)
    return "no flag (recommended)" if is_none else name.replace("_", " ")


def _option_changed(is_chosen: bool, key: str, name: str) -> None:
    value: object = int(name) if key == "month" else name
    chosen = set(cast(tuple[object, ...], state.latest_selection().get(key) or ()))
    chosen = chosen | {value} if is_chosen else chosen - {value}
    choose(key, tuple(sorted(chosen, key=lambda item: (str(type(item)), item))) or None)


def _list_changed(names: tuple[str, ...], key: str) -> None:
    choose(key, names or None)


def _sorted(key: str, names: list[str]) -> list[str]:
    if key == "month":
        return sorted(names, key=int)
    order = _ORDERED.get(key, ())
    return sorted(names, key=lambda name: (order.index(name) if name in order else 99, name))


# -- labels -------------------------------------------------------------------------------------


def _classes(view: View, found: Facets) -> None:
    rules = cast(tuple[ClassRule, ...], view.selection.get("class") or ())
    chosen = {rule.mode: rule.names for rule in rules}
    for mode, title in _MODES.items():
        counts, names = found.classes[mode], chosen.get(mode, ())
        choices.several(f"class_{mode}", title, counts, names, _classes_changed, mode)


def _classes_changed(names: tuple[str, ...], mode: str) -> None:
    kept = cast(tuple[ClassRule, ...], state.latest_selection().get("class") or ())
    rules = [rule for rule in kept if rule.mode != mode]
    if names:
        rules.append(ClassRule(mode, names))
    choose("class", tuple(sorted(rules, key=lambda rule: rule.mode)) or None)


def _share(view: View, found: Facets) -> None:
    if not found.shares:
        st.caption("Shares can be asked once the index has read the reference maps.")
        return
    asked = cast("Comparison | None", view.selection.get("share")) or Comparison("", ">=", 0.1)
    if asked.name or key_of("share_sign") not in st.session_state:
        put(key_of("share_sign"), asked.sign)
        put(key_of("share_number"), round(asked.bound * 100, 6))
    put(key_of("share_class"), asked.name or None, [choices.counted(asked.name, found.shares)])
    line = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    line.selectbox(
        "Area share of a class",
        list(found.shares),
        key=key_of("share_class"),
        format_func=lambda item: choices.counted(item, found.shares),
        placeholder="Any",
        on_change=later(_share_changed),
        help="Share of the patch that the class covers on the reference map.",
    )
    line.selectbox(
        "Comparison",
        tuple(words.SIGNS),
        key=key_of("share_sign"),
        format_func=words.SIGNS.__getitem__,
        label_visibility="collapsed",
        width=90,
        on_change=later(_share_changed),
    )
    line.number_input(
        "Per cent",
        min_value=0.0,
        max_value=100.0,
        step=5.0,
        format="%.6g",
        key=key_of("share_number"),
        icon=":material/percent:",
        label_visibility="collapsed",
        width=170,
        on_change=later(_share_changed),
    )


def _share_changed() -> None:
    name, sign, number = (get(f"share_{part}") for part in ("class", "sign", "number"))
    if name is None and state.latest_selection().get("share") is None:
        return
    bound = round(float(cast("float | None", number) or 0.0) / 100, 8)
    choose("share", Comparison(choices.name_of(str(name)), str(sign), bound) if name else None)


def _number_of_labels(view: View, found: Facets) -> None:
    most = max(1, len(found.nlabels) - 1)
    low, high = cast(tuple[int, int], view.selection.get("nlabels") or (0, most))
    put(key_of("nlabels"), (min(low, most), min(high, most)))
    st.slider(
        "Number of labels",
        min_value=0,
        max_value=most,
        key=key_of("nlabels"),
        on_change=later(_labels_changed, most),
    )
    parts = [f"{number}: {count:,}" for number, count in enumerate(found.nlabels) if count]
    if parts:
        st.caption(f"Patches by number of labels: {as_text(' | '.join(parts))}")


def _labels_changed(most: int) -> None:
    low, high = cast(tuple[int, int], get("nlabels"))
    choose("nlabels", None if (low, high) == (0, most) else (low, high))


# -- time, place, patches, text -----------------------------------------------------------------


def _dates(view: View, found: Facets) -> None:
    if found.span is None:
        return
    least, most = (cast(dt.date, day.astype(object)) for day in found.span)
    chosen = cast("tuple[dt.date, dt.date] | None", view.selection.get("date"))
    for part, column in enumerate(st.columns(2, gap="small")):
        widget = key_of(f"date_{part}")
        # The picker refuses days outside its range; those of a link may lie there.
        put(widget, min(max(chosen[part], least), most) if chosen else None)
        column.date_input(
            ("Acquired from", "Acquired until")[part],
            value=None,
            min_value=least,
            max_value=most,
            key=widget,
            format="YYYY-MM-DD",
            on_change=later(_dates_changed, least, most),
        )
    if found.dates:
        first, last = (words.day(cast(dt.date, day.astype(object))) for day in found.dates)
        st.caption(f"Under the other conditions: {first} to {last}, both included.")


def _dates_changed(least: dt.date, most: dt.date) -> None:
    first, last = (cast("dt.date | None", get(f"date_{part}")) for part in (0, 1))
    if first is None and last is None:
        choose("date", None)
        return
    choose("date", tuple(sorted((first or least, last or most))))


def _area(selection: Selection) -> None:
    st.markdown("**Area of interest**")
    areas = [key for key in ("box", "poly") if selection.get(key)]
    if not areas:
        st.caption("Draw a box or a polygon with the tools of the map: it is kept here.")
    for key in areas:
        value = cast(tuple[float, ...], selection.get(key))
        kind = "Box" if key == "box" else f"Polygon of {outline.corners_of(key, value)} corners"
        with st.container(horizontal=True, vertical_alignment="center"):
            size = words.square_km(outline.area_km2(key, value))
            st.markdown(f"{kind}, {size}", width="content")
            st.button("Drop", key=f"filter_drop_{key}", on_click=later(choose, key, None))


def _ids(selection: Selection) -> None:
    ids = cast(tuple[str, ...], selection.get("ids") or ())
    if len(ids) > MAX_IDS:
        st.markdown(f"{len(ids):,} patches by id, picked in the gallery")
        st.button("Drop", key="filter_drop_ids", on_click=later(choose, "ids", None))
        return
    put(key_of("ids"), "\n".join(ids))
    st.text_area(
        f"Patch ids, at most {MAX_IDS}",
        key=key_of("ids"),
        height=100,
        max_chars=4000,
        placeholder="One per line, or with commas between them",
        on_change=later(_ids_changed),
    )


def _ids_changed() -> None:
    ids = {part.strip("\"'") for part in re.split(r"[\s,;|]+", str(get("ids")))} - {""}
    if len(ids) > MAX_IDS:
        state.say(
            f"{len(ids)} ids were pasted; at most {MAX_IDS} fit into a selection. "
            "Nothing was changed."
        )
        return
    choose("ids", tuple(sorted(ids)) or None)


def _as_text() -> None:
    text = str(st.session_state.get(state.SELECT) or "")
    # It shows what all other widgets do: another text is another widget, so that the one of before
    # cannot come back as if it had been typed.
    widget = f"filter_text_{zlib.crc32(text.encode())}"
    st.text_area(
        "Selection as text",
        text,
        key=widget,
        height=100,
        max_chars=1500,
        on_change=state.later(_text_changed, widget, text),
        help="All conditions in one line, as in the page's address.",
    )
    st.caption(
        "Keys: class, share, nlabels, country, tile, box, poly, season, month, date, split, flag, "
        "ids. Example: " + as_text("class=any:Marine waters&share=Marine waters>=0.1&month=6|7")
    )


def _text_changed(widget: str, shown: str) -> None:
    typed = str(st.session_state.get(widget, shown))
    if typed != shown:  # otherwise it is a late message about a widget that has gone
        state.set_selection(re.sub(r"\s*\n\s*", "", typed))
