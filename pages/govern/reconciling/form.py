"""The form of a reconciliation: both metrics, the rows behind yours, and how each side counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.govern.reconciling import exchange
from pages.shell import links, session
from pages.shell.parts import State, heading, notice, plain
from semantic.errors import SemanticError
from semantic.model.definitions import Additivity, Aggregation
from semantic.model.money import is_money
from semantic.policy.narrow import VisibleModel
from semantic.query.query import AllOf, Condition, Filter, Operator
from semantic.reconciliation.rules import MOST_DAYS, PRESETS, CountedPer, Credit, Dated, Rules
from semantic.reconciliation.setup import LONGEST_LABEL, TOLERANCE, Conversions, Setup, Touches, check_setup
from semantic.reconciliation.words import COUNTED, CREDIT, DATED
from semantic.services.reconciling import suggesting
from semantic.services.reconciling.checking import check_comparable
from semantic.services.reconciling.suggesting import Suggested
from semantic.services.reconciling.work import ZONES, ReconcilingWork
from semantic.store.reconciliations.reconciliations import StoredReconciliation

OPEN, TOLD, START, TIMES = "reconciling-form", "reconciling-told", "reconciling-start", "reconciling-times"
NO_GROUP: Final = "Only by month"
OTHER: Final = "Another platform"


def is_open() -> bool:
    return OPEN in st.session_state


def open_new() -> None:
    """Open the form for a new reconciliation."""
    st.session_state[OPEN] = ""
    st.session_state.pop(START, None)
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def open_edit(kept: StoredReconciliation, setup: Setup | None = None) -> None:
    """Open the form with an existing reconciliation, or with `setup` in place of its own settings."""
    st.session_state[OPEN] = kept.id
    st.session_state[START] = setup or kept.setup
    st.session_state[TIMES] = st.session_state.get(TIMES, 0) + 1


def tell(state: State, icon: str, words: str) -> None:
    """Show a message at the top of the page once."""
    st.session_state[TOLD] = state, icon, words


def show_outcome() -> None:
    told: tuple[State, str, str] | None = st.session_state.pop(TOLD, None)
    if told is not None:
        notice(*told, key="reconciling-notice")


def upload_link() -> None:
    st.page_link(links.UPLOADS, label="Upload totals", icon=":material/upload_file:")


def show(work: ReconcilingWork) -> None:
    """Draw the open form."""
    workspace = session.workspace()
    seen = workspace.visible(work.actor)
    before: Setup | None = st.session_state.get(START)
    start = f"rec-{st.session_state.get(TIMES, 0)}"
    st.button("Back", icon=":material/arrow_back:", key="reconciling-back", on_click=_close, type="tertiary")
    found = suggesting.datasets(seen)
    if not found:
        notice(
            "caution", "help", "You don't have access to a dataset with individual clicks or conversions. It needs "
            "breakdowns for the row, the person and the time.", key="reconciling-no-rows",
        )  # fmt: skip
        return
    setup = _fields(work, seen, found, before, start)
    if setup is None:
        return
    try:
        check_setup(setup)
        check_comparable(setup, seen)
    except SemanticError as error:
        notice("caution", "error", str(error), key="reconciling-wrong")
        return
    if st.button("Compare", type="primary", key="reconciling-save"):
        _save(work, setup)


def _close() -> None:
    st.session_state.pop(OPEN, None)
    st.session_state.pop(START, None)


def _save(work: ReconcilingWork, setup: Setup) -> None:
    id_ = str(st.session_state.get(OPEN, ""))
    try:
        if id_:
            work.change(work.find(id_), setup)
        else:
            id_ = work.make(setup)
    except SemanticError as error:
        notice("bad", "error", str(error), key="reconciling-not-saved")
        return
    st.session_state["reconciling-chosen"] = id_
    _close()
    st.rerun()


def _fields(
    work: ReconcilingWork, seen: VisibleModel, found: list[Suggested], before: Setup | None, start: str
) -> Setup | None:
    metrics = {
        metric.name: metric.label or metric.name
        for metric in seen.metrics
        if metric.is_simple and seen.model.measure(metric.measure).additivity is Additivity.FULL
    }
    heading("What to compare")
    left, right = st.columns(2)
    presets = [*PRESETS, ""]
    first_preset = before.preset if before else _likely(metrics)
    preset = left.selectbox(
        "Platform", presets, index=presets.index(first_preset) if first_preset in presets else len(presets) - 1,
        format_func=lambda name: PRESETS[name].label if name else OTHER, key=f"{start}-preset",
    ) or ""  # fmt: skip
    label = right.text_input(
        "Name", value=before.label if before else (PRESETS[preset].label if preset else ""), max_chars=LONGEST_LABEL,
        key=f"{start}-label-{preset}",
    )  # fmt: skip
    ours = _choose(left, "Your metric", metrics, before.metric if before else _named(metrics, "attributed_conversions"),
                   f"{start}-ours")  # fmt: skip
    theirs = _choose(right, "The platform's totals", metrics, before.theirs if before else _uploaded(seen, metrics),
                     f"{start}-theirs")  # fmt: skip
    right.page_link(links.UPLOADS, label="Upload totals from a file", icon=":material/upload_file:")
    names = [dimension.name for dimension in seen.dimensions]
    labels = {dimension.name: dimension.label or dimension.name for dimension in seen.dimensions}
    shared = {each.name for each in suggesting.usable(seen, [name for name in (ours, theirs) if name])}
    by = {name: label for name, label in labels.items() if name in shared or (before and name == before.group)}
    group = _choose(
        left, "Also compare by", {"": NO_GROUP} | by,
        before.group if before else suggesting.named([*by], "campaign"),
        f"{start}-group",
    )  # fmt: skip
    tolerance = right.number_input(
        "Tolerance (%)", 0.0, 50.0, float((before.tolerance if before else TOLERANCE) * 100), 0.5,
        key=f"{start}-tolerance",
        help="Totals count as reconciled if the unexplained difference is at most this share of the platform's number.",
    )  # fmt: skip
    if not ours or not theirs:
        st.caption("Choose both metrics.")
        return None
    metric, totals = seen.metric(ours), seen.metric(theirs)
    touches, conversions = _rows(work, labels, names, found, before, preset, start, with_value=is_money(metric))
    if touches is None or conversions is None:
        return None
    heading("How each side counts", "Check the platform's settings, because each account can differ")
    zone = session.workspace().model.settings.time_zone
    own = before.our_rules if before else Rules(view_days=30, zone=zone)
    usual = replace(PRESETS[preset].rules, zone=zone) if preset else own
    usual = before.their_rules if before and before.preset == preset else usual
    one, two = st.columns(2)
    with one:
        our_rules = _rules("Yours", own, f"{start}-our", has_returned=bool(conversions.returned))
    with two:
        their_rules = _rules(
            "Theirs", usual, f"{start}-their-{preset}", has_returned=bool(conversions.returned)
        )  # fmt: skip
        if preset:
            st.caption(plain(PRESETS[preset].note))
    is_guess = before is not None and before.is_guess
    if is_guess:
        is_guess = not st.checkbox(
            "I checked these rules in the platform's settings", key=f"{start}-checked",
            help="A search found them. Until someone has checked them, nothing counts as reconciled.",
        )  # fmt: skip
    model_rates = False
    if is_money(metric):
        model = session.workspace().model
        our_rules, their_rules, model_rates = exchange.fields(
            metric, totals, our_rules, their_rules, model=model, today=session.workspace().today(),
            is_from_model=before.model_rates if before else None, start=start,
        )  # fmt: skip
    else:
        our_rules, their_rules = (
            replace(each, currency="", rate=Fraction(1), rates=()) for each in (our_rules, their_rules)
        )
    # The rows that both sides count depend on the other fields, so they change together.
    is_same = before is not None and (before.metric, before.theirs, before.touches, before.our_rules.click_days) == (
        ours, theirs, touches, our_rules.click_days,
    )  # fmt: skip
    return Setup(
        label=(label or "").strip(), metric=ours, theirs=theirs, touches=touches, conversions=conversions,
        our_rules=our_rules, their_rules=their_rules, group=group, preset=preset,
        where=before.where if before and is_same else _where(seen, ours, touches, our_rules),
        theirs_where=before.theirs_where if before and is_same else _of_platform(seen, theirs, touches),
        tolerance=Fraction(str(tolerance)) / 100, model_rates=model_rates, is_guess=is_guess,
    )  # fmt: skip


def _rows(
    work: ReconcilingWork,
    labels: dict[str, str],
    names: Sequence[str],
    found: list[Suggested],
    before: Setup | None,
    preset: str,
    start: str,
    *,
    with_value: bool,
) -> tuple[Touches | None, Conversions | None]:
    """Draw which rows are clicks, views and conversions, filled in with guesses. Returns None for an
    incomplete part.
    """
    heading("Your clicks and conversions", "Row by row, with your access")
    datasets = {one.dataset: one for one in found}
    titles = {one.dataset: one.label for one in found}
    left, right = st.columns(2)
    first = next((one.dataset for one in found if one.kind and suggesting.is_click(one.dataset)), "")
    first = first or next((one.dataset for one in found if "touch" in one.dataset or "click" in one.dataset), "")
    second = next((one.dataset for one in found if one.order and "conver" in one.dataset), "")
    second = second or next((one.dataset for one in found if one.order and one.dataset != first), "")
    if before:
        first = next((one.dataset for one in found if one.id == before.touches.id), first)
        second = next((one.dataset for one in found if one.id == before.conversions.id), second)
    touched = _choose(left, "Clicks and views", titles, first, f"{start}-touches")
    converted = _choose(right, "Conversions", titles, second, f"{start}-conversions")
    if not touched or not converted:
        st.caption("Choose both datasets.")
        return None, None
    touch, conversion = datasets[touched], datasets[converted]
    platform = _choose(left, "Platform of a click", labels, before.touches.platform if before else
                       suggesting.named(names, "platform"), f"{start}-platform-{touched}")  # fmt: skip
    order = _choose(right, "Order of a conversion", labels, before.conversions.order if before else
                    conversion.order or conversion.id, f"{start}-order-{converted}")  # fmt: skip
    if not platform or not order:
        return None, None
    workspace = session.workspace()
    values = suggesting.values_of(workspace, work.actor, platform, touched)
    seen_labels = workspace.visible(work.actor).member_labels(platform)
    own = left.multiselect(
        "Which platform", values, key=f"{start}-own-{platform}-{preset}", placeholder="Choose",
        default=_own(values, before.touches.own if before else (preset,)),
        help="Choose several if the platform's totals cover them together.",
        format_func=lambda value: plain(seen_labels.get(value) or value),
    )  # fmt: skip
    kinds = suggesting.values_of(workspace, work.actor, touch.kind, touched) if touch.kind else []
    clicks, views = tuple[str, ...](), tuple[str, ...]()
    if kinds:
        kind_labels = workspace.visible(work.actor).member_labels(touch.kind)
        told = before.touches if before and before.touches.kind == touch.kind else None
        clicks = tuple(left.multiselect(
            "Clicks are", kinds, key=f"{start}-clicks-{touched}", format_func=lambda v: plain(kind_labels.get(v) or v),
            default=list(told.clicks) if told else [kind for kind in kinds if suggesting.is_click(kind)],
        ))  # fmt: skip
        views = tuple(right.multiselect(
            "Views are", kinds, key=f"{start}-views-{touched}", format_func=lambda v: plain(kind_labels.get(v) or v),
            default=list(told.views) if told else [kind for kind in kinds if suggesting.is_view(kind)],
        ))  # fmt: skip
    said = before.conversions if before and before.conversions.id == conversion.id else None
    value = said.value if said and with_value else ""
    if with_value:
        numbers = {name: labels[name] for name in conversion.numbers if name in labels}
        value = _choose(right, "Value of a conversion", numbers, value or suggesting.likely_value(conversion),
                        f"{start}-value-{converted}")  # fmt: skip
    counted = suggesting.values_of(workspace, work.actor, conversion.kind, converted) if conversion.kind else []
    kinds_counted = tuple[str, ...]()
    if len(counted) > 1:
        counted_labels = workspace.visible(work.actor).member_labels(conversion.kind)
        told_kinds = list(said.kinds) if said and said.kind == conversion.kind else counted
        kinds_counted = tuple(right.multiselect(
            "Conversions that count", counted, default=[kind for kind in told_kinds if kind in counted],
            format_func=lambda v: plain(counted_labels.get(v) or v), key=f"{start}-counted-{converted}",
        ))  # fmt: skip
        if not kinds_counted:
            st.caption("Choose which conversions count.")
            return None, None
    only = len(kinds_counted) < len(counted)
    state, returned = _returned(work, right, labels, conversion, said, f"{start}-{converted}")
    if not own:
        st.caption("Choose which platform." if values else "No platforms found. Choose another breakdown.")
        return None, None
    return (
        Touches(
            id=touch.id, person=touch.person, at=touch.at, platform=platform, own=tuple(own),
            kind=touch.kind if kinds else "", clicks=clicks, views=views,
        ),
        Conversions(
            id=conversion.id, person=conversion.person, at=conversion.at, order=order, value=value,
            kind=conversion.kind if only else "", kinds=kinds_counted if only else (),
            state=state if returned else "", returned=returned,
        ),
    )  # fmt: skip


def _returned(
    work: ReconcilingWork,
    place: DeltaGenerator,
    labels: dict[str, str],
    conversion: Suggested,
    before: Conversions | None,
    start: str,
) -> tuple[str, tuple[str, ...]]:
    """Draw the breakdown that marks returned orders, and return it with its values for them, or empty values."""
    known = (before is not None and before.state) or ""
    options = {"": "Not known"} | {name: labels[name] for name in conversion.others if name in labels}
    state = _choose(place, "Returned orders are shown by", options, known, f"{start}-state")
    if not state:
        return "", ()
    values = suggesting.values_of(session.workspace(), work.actor, state, conversion.dataset)
    state_labels = session.workspace().visible(work.actor).member_labels(state)
    likely = [value for value in values if "return" in value.lower()]
    returned = before.returned if before and state == known else likely
    chosen = place.multiselect(
        "Returned orders are", values, default=[one for one in returned if one in values],
        key=f"{start}-{state}-returned",
        format_func=lambda value: plain(state_labels.get(value) or value), placeholder="Choose",
    )  # fmt: skip
    return state, tuple(chosen)


def _rules(title: str, rules: Rules, start: str, *, has_returned: bool) -> Rules:
    st.markdown(f"**{title}**")
    click = st.number_input("Click window (days)", 1, MOST_DAYS, rules.click_days, key=f"{start}-click")
    view = st.number_input(
        "View-through window (days)", 0, MOST_DAYS, rules.view_days, key=f"{start}-view", help="0 leaves out views."
    )
    whole = st.selectbox(
        "A day of a window is", [False, True], index=int(rules.calendar_days), key=f"{start}-days",
        format_func=lambda whole: "A calendar day" if whole else "24 hours",
    )  # fmt: skip
    dated = st.selectbox("Date", list(Dated), index=list(Dated).index(rules.dated), format_func=DATED.__getitem__,
                         key=f"{start}-dated")  # fmt: skip
    zones = list(dict.fromkeys([rules.zone, *ZONES]))
    zone = st.selectbox("Time zone", zones, key=f"{start}-zone", accept_new_options=True)
    once = st.selectbox("What counts once", list(CountedPer), index=list(CountedPer).index(rules.counted),
                        format_func=COUNTED.__getitem__, key=f"{start}-counted")  # fmt: skip
    credit = st.selectbox("Credit", list(Credit), index=list(Credit).index(rules.credit),
                          format_func=CREDIT.__getitem__, key=f"{start}-credit")  # fmt: skip
    without = has_returned and st.checkbox(
        "Returned orders don't count", rules.without_returned, key=f"{start}-without-returned"
    )
    return replace(
        rules, click_days=int(click), view_days=int(view), calendar_days=bool(whole), dated=dated,
        counted=once, credit=credit, zone=zone or "",
        without_returned=without,
    )  # fmt: skip


def _choose(place: object, label: str, options: dict[str, str], first: str, key: str) -> str:
    names = list(options)
    chosen: str | None = place.selectbox(  # type: ignore[attr-defined]  # pyright: ignore
        label, names, index=names.index(first) if first in names else None, key=key,
        format_func=lambda name: plain(options[name]), placeholder="Choose",
    )  # fmt: skip
    return chosen or ""


def _own(values: list[str], wanted: Sequence[str]) -> list[str]:
    """Return the values that identify the platform, or none if there is no match.

    A wrong value would count the clicks of another platform.
    """
    exact = [value for value in values if value in wanted]
    near = [value for value in values for name in wanted if name and (name in value or value in name)]
    return exact or near[:1]


def _named(metrics: dict[str, str], wanted: str) -> str:
    return wanted if wanted in metrics else ""


def _uploaded(seen: VisibleModel, metrics: dict[str, str]) -> str:
    """Return the last uploaded metric that isn't a count of rows, or else the metric that platforms report, or ""."""
    of_uploads = [
        metric.name
        for metric in seen.metrics
        if metric.is_simple
        and seen.model.datasets[metric.measure.partition(".")[0]].origin == "upload"
        and seen.model.measure(metric.measure).agg is not Aggregation.COUNT
    ]
    return of_uploads[-1] if of_uploads else _named(metrics, "platform_conversions")


def _likely(metrics: dict[str, str]) -> str:
    return "meta_ads" if "platform_conversions" in metrics else "google_ads"


def _of_platform(seen: VisibleModel, metric: str, touches: Touches) -> Filter | None:
    """Return a filter for this platform's rows of the platform's metric, or None if the metric can't be split by
    platform.
    """
    return (
        Condition(touches.platform, Operator.IN, touches.own)
        if suggesting.can_split(seen, metric, touches.platform)
        else None
    )


def _where(seen: VisibleModel, metric: str, touches: Touches, rules: Rules) -> Filter | None:
    """Return a filter for your rows: this platform's, with the attribution model and window, where the metric has
    these.
    """
    parts: list[Filter] = []
    if suggesting.can_split(seen, metric, touches.platform):
        parts.append(Condition(touches.platform, Operator.IN, touches.own))
    if suggesting.can_split(seen, metric, "attribution_model"):
        parts.append(Condition("attribution_model", Operator.IN, ("last",)))
    if suggesting.can_split(seen, metric, "attribution_window"):
        parts.append(Condition("attribution_window", Operator.IN, (rules.click_days,)))
    return AllOf(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None
