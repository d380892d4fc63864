"""What a question may have besides: comparisons, totals, a top. Each a chip that opens; the rest is one small menu."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.parts import chip
from pages.ui.question import Question
from semantic.display.format import counted, listed
from semantic.query.data import MAX_COMPARISONS, MAX_TOP, column_name
from semantic.query.describe import describe_range
from semantic.query.query import DATE, Back, Breakdown, Comparison, LastYear, Named, Previous, Query, Top

if TYPE_CHECKING:
    from semantic.policy.narrow import Visible
    from semantic.preflight import Preflight

PREVIOUS, YEAR, OWN_DAYS = "Previous period", "A year before", "Own days"
GRAND = "Grand total"
NOTHING = "Nothing"
TOP_N = 5


def additions(held: Question, visible: Visible, preflight: Preflight | None) -> None:
    """A chip for each comparison, the totals and the top that are set; then the menu of what could be added."""
    labels = key_labels(held.draft, visible)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for place, one in enumerate(held.draft.compare):
            _comparison_chip(held, place, one, preflight)
        if held.draft.totals:
            _totals_chip(held, labels)
        if held.draft.top is not None:
            _top_chip(held, held.draft.top, visible, labels)
        _menu(held, preflight)


def key_labels(query: Query, visible: Visible) -> dict[str, str]:
    """The breakdowns' labels by the names of their columns."""
    known = {one.name: one.label or one.name for one in visible.dimensions}
    return {column_name(one): _key_label(one, known) for one in query.by}


def _key_label(one: Breakdown, known: dict[str, str]) -> str:
    if one.dim == DATE:
        return one.grain.words.capitalize() if one.grain else "Day"
    return known.get(one.dim, one.dim) + (f" ({one.via.replace('_', ' ').replace('.', ', ')})" if one.via else "")


# What could be added


def _menu(held: Question, preflight: Preflight | None) -> None:
    """One press adds a thing as it is asked for most often; its chip then changes it."""
    offered = _offers(held.draft, preflight)
    key = held.key(f"more-{len(held.draft.compare)}-{len(held.draft.totals)}-{held.draft.top is not None}")

    def add() -> None:
        chosen = st.session_state[key]
        if chosen in offered:
            held.replace(offered[chosen])

    if offered:
        st.menu_button(
            "More", list(offered), key=key, icon=":material/add:", type="tertiary", on_click=add,
            help="Compare, add totals, keep the top of a breakdown",
        )  # fmt: skip


def _offers(query: Query, preflight: Preflight | None) -> dict[str, Query]:
    """The question with each thing that can be added to it."""
    if preflight is None:
        return {}
    offers: dict[str, Query] = {}
    for name, comparison in _comparisons(preflight).items():
        kinds = {type(one) for one in query.compare}
        if comparison is not None and type(comparison) not in kinds and len(query.compare) < MAX_COMPARISONS:
            offers[f"Compare with {name.lower()}"] = replace(query, compare=(*query.compare, comparison))
    if query.by and not query.totals:
        offers["Totals"] = replace(query, totals=((),))
    members = [column_name(one) for one in query.by if not _is_time(one)]
    if members and query.top is None:
        offers["Only the top, the rest as Other"] = replace(query, top=Top(TOP_N, members[0], query.metrics[0]))
    return offers


def _comparisons(preflight: Preflight | None) -> dict[str, Comparison | None]:
    """What can be compared with, by name; None for what needs a period with both ends where there is none."""
    start, end = (preflight.period.start, preflight.period.end) if preflight else (None, None)
    bounded = start is not None and end is not None
    return {
        PREVIOUS: Previous() if bounded else None,
        YEAR: LastYear(),
        OWN_DAYS: _days_before(start, end) if start is not None and end is not None and end > start else None,
    }


def _days_before(start: date, end: date) -> Named:
    """As many days just before, to begin with."""
    return Named(start - (end - start), start - timedelta(days=1))


def _is_time(one: Breakdown) -> bool:
    return one.dim == DATE or one.grain is not None


# Comparisons


def comparison_name(one: Comparison) -> str:
    match one:
        case Previous():
            return PREVIOUS
        case LastYear():
            return YEAR
        case Back(count, unit):
            return f"{counted(count, unit.words)} before"
        case Named():
            return OWN_DAYS


def _comparison_chip(held: Question, place: int, one: Comparison, preflight: Preflight | None) -> None:
    name = describe_range(one.start, one.end) if isinstance(one, Named) else comparison_name(one)
    key = held.key(f"compare-{place}")
    label = f"vs {name[:1].lower()}{name[1:]}"
    with chip(label, "compare_arrows", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            _choose_comparison(held, place, one, preflight, key)
            rest = (*held.draft.compare[:place], *held.draft.compare[place + 1 :])
            _remove(key, held, replace(held.draft, compare=rest))


def _choose_comparison(held: Question, place: int, one: Comparison, preflight: Preflight | None, key: str) -> None:
    taken = {type(other) for other in held.draft.compare if other != one}
    known = {name: it for name, it in _comparisons(preflight).items() if it is not None and type(it) not in taken}
    options = list(dict.fromkeys([*known, comparison_name(one)]))

    def change() -> None:
        chosen = st.session_state[f"{key}-to"]
        if chosen != comparison_name(one):
            _set_comparison(held, place, known[chosen])

    st.selectbox("Compare with", options, index=options.index(comparison_name(one)), key=f"{key}-to", on_change=change)
    if isinstance(one, Named):
        chosen = _named_days(one, key)
        if chosen != one:
            _set_comparison(held, place, chosen)


def _named_days(one: Named, key: str) -> Named:
    """The two days as they are chosen; those of before while the last is before the first."""
    days: list[date] = []
    with st.container(horizontal=True, gap="xsmall"):
        for label, value in (("First day", one.start), ("Last day", one.end)):
            chosen = st.date_input(
                label, value=value, key=f"{key}-{label}", format="DD/MM/YYYY", width=128,
                min_value=min(date(2000, 1, 1), value), max_value=max(date(2100, 1, 1), value),
            )  # fmt: skip
            days.append(chosen if isinstance(chosen, date) else value)
    start, end = days
    if start > end:
        st.caption("The last day is before the first.")
        return one
    return Named(start, end)


def _set_comparison(held: Question, place: int, one: Comparison) -> None:
    compare = (*held.draft.compare[:place], one, *held.draft.compare[place + 1 :])
    if len(set(compare)) == len(compare):
        held.change(replace(held.draft, compare=compare))


# Totals


def _totals_chip(held: Question, labels: dict[str, str]) -> None:
    """The grand total, and one for each value of a breakdown where there are several."""
    draft, key = held.draft, held.key("totals")
    kept = [(), *((name,) for name in labels if len(labels) > 1)]
    options = {_total_name(one, labels): one for one in (*kept, *draft.totals)}
    current = [_total_name(one, labels) for one in draft.totals]
    label = "Totals" if current == [GRAND] else f"Totals: {listed([one[:1].lower() + one[1:] for one in current])}"
    label = label if len(current) < 3 else f"Totals of {len(current)} kinds"

    def change() -> None:
        chosen = tuple(options[name] for name in options if name in st.session_state[f"{key}-kept"])
        if chosen:
            held.change(replace(held.draft, totals=chosen))
        else:
            held.replace(replace(held.draft, totals=()))

    with chip(label, "functions", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            if len(options) > 1:
                st.pills(
                    "Totals", list(options), default=current, selection_mode="multi", key=f"{key}-kept",
                    on_change=change,
                )  # fmt: skip
            st.caption("Computed from the rows themselves, so ratios and distinct counts are right.")
            _remove(key, held, replace(draft, totals=()))


def _total_name(kept: tuple[str, ...], labels: dict[str, str]) -> str:
    return f"Per {listed(labels.get(one, one) for one in kept).lower()}" if kept else GRAND


# The top


def _top_chip(held: Question, top: Top, visible: Visible, labels: dict[str, str]) -> None:
    key = held.key("top")
    label = f"Top {top.n} of {labels.get(top.dim, top.dim).lower()}"
    with chip(label, "leaderboard", key) as popover:
        if not popover.open:
            return
        with st.container(width=300, gap="small"):
            chosen = _choose_top(top, held.draft, visible, labels, key)
            if chosen != top:
                held.change(replace(held.draft, top=chosen))
            _remove(key, held, replace(held.draft, top=None))


def _choose_top(top: Top, query: Query, visible: Visible, labels: dict[str, str], key: str) -> Top:
    members = [column_name(one) for one in query.by if not _is_time(one)]
    names = labels | {one.name: one.label or one.name for one in visible.metrics}

    def called(name: str) -> str:
        return names.get(name, name)

    n = st.number_input("Only the top", 1, MAX_TOP, top.n, key=f"{key}-n")
    dim, metric, within = top.dim, top.metric, top.within
    if len(members) > 1:
        dim = st.selectbox("Of", members, index=members.index(dim), key=f"{key}-dim", format_func=called)
    ranked = list(dict.fromkeys([*query.metrics, metric]))
    if len(ranked) > 1:
        metric = st.selectbox("By", ranked, index=ranked.index(metric), key=f"{key}-metric", format_func=called)
    outer = [name for name in members if name != dim]
    if outer:
        kept = [one for one in within if one in outer]
        chosen = st.multiselect(
            "Within each", outer, default=kept, key=f"{key}-within-{dim}", format_func=called, placeholder=NOTHING,
            select_all=False,
        )  # fmt: skip
        within = tuple(chosen)
    other = st.toggle("The rest as Other", value=top.other, key=f"{key}-other")
    return Top(int(n), dim, metric, within, other)


def _remove(key: str, held: Question, query: Query) -> None:
    st.button("Remove", icon=":material/delete:", key=f"{key}-remove", on_click=held.replace, args=(query,))
