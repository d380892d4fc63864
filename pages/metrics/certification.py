"""The certification of a metric or analysis on its page: who certified it, the requirements, and the buttons."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import streamlit as st

from pages.shell import session
from pages.shell.parts import COLOURS, Fact, badge_text, plain
from semantic.errors import SemanticError
from semantic.model.certification_status import certificate
from semantic.model.named_analyses import NamedAnalysis
from semantic.query.describe import describe_day
from semantic.services.certifying.settling import Certifiable, key_of
from semantic.services.certifying.work import CertifyWork, Criteria
from semantic.store.certifications.certifications import LONGEST_NOTE, Acts, CertificationAct

ICONS = {"met": ":green[:material/check_circle:]", "unmet": ":orange[:material/cancel:]",
         "unknown": ":gray[:material/help:]"}  # fmt: skip
STATES = {"met": "met", "unmet": "not met", "unknown": "not known"}
_TROUBLE, _TOLD = "certification-trouble", "certification-told"


def certification(metric: Certifiable, fact: Fact, work: CertifyWork | None) -> None:
    """Draw the contents of the card. Raises StoreFailed.

    `work` is None where metrics are certified in the model's files.
    """
    st.markdown(f":{COLOURS[fact.state]}[:material/{fact.icon}:] {plain(badge_text(fact.word))}")
    st.caption(plain(fact.sentence))
    if metric.own_data or work is None:
        return
    acts = work.acts(metric)
    decides = work.may_decide(metric)
    if acts.request is not None:
        _requested(acts.request, with_note=decides)
    criteria = work.criteria(metric) if decides else ()
    _criteria(criteria)
    if trouble := st.session_state.pop(_TROUBLE, ""):
        st.error(plain(trouble))
    if told := st.session_state.pop(_TOLD, ""):
        st.success(plain(told), icon=":material/check:")
    with st.container(horizontal=True, gap="xsmall", key="certification-acts"):
        if decides:
            _deciding(metric, work, acts, criteria)
        elif work.may_request and acts.request is None and (fact.state != "good"):
            _request(metric)
    _history(acts, ZoneInfo(work.seen.model.settings.time_zone), with_notes=decides)


def _requested(request: CertificationAct, *, with_note: bool) -> None:
    """Draw the open request. Only stewards see its note, because it can contain names that others can't see."""
    who = request.by_name.partition(",")[0] or "Someone who left"
    quoted = f" \N{LEFT DOUBLE QUOTATION MARK}{request.note}\N{RIGHT DOUBLE QUOTATION MARK}"
    said = quoted if request.note and with_note else ""
    st.markdown(f":blue[:material/contact_support:] {plain(f'{who} requested certification.{said}')}")


def _criteria(criteria: tuple[Criteria, ...]) -> None:
    if not criteria:
        return
    lines = [
        f"{ICONS[one.state]} **{plain(one.label)}**{'' if one.is_required else ' :gray[(optional)]'}  \n"
        f":small[:gray[{plain(one.sentence)}]]"
        for one in criteria
    ]
    with st.container(gap="xxsmall", key="certification-criteria"):
        for line in lines:
            st.markdown(line)


def _deciding(metric: Certifiable, work: CertifyWork, acts: Acts, criteria: tuple[Criteria, ...]) -> None:
    has_one = certificate(metric) is not None
    missing = [one.label for one in criteria if one.blocks]
    label = "Renew" if has_one else "Certify"
    if metric.deprecated is None:
        popover = st.popover(label, icon=":material/verified:", key="certify", on_change="rerun")
        if popover.open:
            with popover, st.container(width=300, gap="small"):
                _certify(metric, work, label, missing)
    if has_one:
        popover = st.popover("Revoke", icon=":material/gpp_bad:", key="revoke", on_change="rerun")
        if popover.open:
            with popover, st.container(width=300, gap="small"):
                st.markdown("The badge disappears everywhere at once.")
                _why("revoke", metric, "Revoke certification")
    if acts.request is not None:
        popover = st.popover("Decline", icon=":material/block:", key="decline", on_change="rerun")
        if popover.open:
            with popover, st.container(width=300, gap="small"):
                _why("decline", metric, "Decline request")


def _certify(metric: Certifiable, work: CertifyWork, label: str, missing: list[str]) -> None:
    if missing:
        st.markdown(f":orange[:material/cancel:] Not met yet: {plain(', '.join(missing).lower())}.")
        return
    st.markdown(
        "You vouch for the definition above. The certification ends on the day you choose, and lapses as soon as the "
        "definition changes or a required criterion is no longer met."
    )
    longest, today = work.longest(), work.live.workspace().today()
    until = st.date_input(
        "Valid until", value=longest, min_value=date.fromordinal(today.toordinal() + 1), max_value=longest,
        format="DD/MM/YYYY", key="certify-until",
    )  # fmt: skip
    st.text_input("Note", key="certify-note", max_chars=LONGEST_NOTE, placeholder="Optional")
    st.button(
        f"{label} {_noun(metric)}", type="primary", key="certify-now", on_click=_certified,
        args=(key_of(metric), work.meaning(metric)), disabled=not isinstance(until, date),
    )  # fmt: skip


def _noun(thing: Certifiable) -> str:
    return "analysis" if isinstance(thing, NamedAnalysis) else "metric"


def _why(act: str, metric: Certifiable, label: str) -> None:
    why = st.text_input("Why", key=f"{act}-why", max_chars=LONGEST_NOTE)
    st.button(
        label, type="primary", key=f"{act}-now", on_click=_ended, args=(act, key_of(metric)),
        disabled=not (why or "").strip(),
    )  # fmt: skip


def _request(metric: Certifiable) -> None:
    popover = st.popover("Request certification", icon=":material/contact_support:", key="request", on_change="rerun")
    if popover.open:
        with popover, st.container(width=300, gap="small"):
            st.markdown("A steward checks the definition and decides.")
            st.text_input("Note", key="request-note", max_chars=LONGEST_NOTE, placeholder="What you need it for")
            st.button("Send request", type="primary", key="request-now", on_click=_sent, args=(key_of(metric),))


# Actions, each with the access of the person who clicks


def _work() -> CertifyWork:
    _, actor = session.require("viewer")
    return CertifyWork(session.live(), actor)


def _certified(name: str, meaning: str) -> None:
    until, note = st.session_state.get("certify-until"), str(st.session_state.get("certify-note") or "")
    if not isinstance(until, date):
        return
    work = _work()
    try:
        work.grant(name, until, meaning=meaning, note=note)
        st.session_state[_TOLD] = f"Certified until {describe_day(until)}."
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
    session.rerun_whole()


def _ended(act: str, name: str) -> None:
    why, work = str(st.session_state.get(f"{act}-why") or ""), _work()
    try:
        (work.revoke if act == "revoke" else work.decline)(name, why)
        st.session_state[_TOLD] = "Certification revoked." if act == "revoke" else "Request declined."
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
    session.rerun_whole()


def _sent(name: str) -> None:
    work = _work()
    try:
        work.request(name, str(st.session_state.get("request-note") or ""))
        st.session_state[_TOLD] = "Request sent."
    except SemanticError as error:
        st.session_state[_TROUBLE] = str(error)
    session.rerun_whole()


def _history(acts: Acts, zone: ZoneInfo, *, with_notes: bool) -> None:
    if not acts.acts:
        return
    words = {"requested": "requested it", "declined": "declined the request", "revoked": "revoked it"}
    lines: list[str] = []
    for act in reversed(acts.acts[-10:]):
        who = act.by_name.partition(",")[0] or "Someone who left"
        until = f" until {describe_day(act.until)}" if act.until else ""
        did = words.get(act.deed) or f"{'renewed' if act.deed == 'renewed' else 'certified'} it{until}"
        day = describe_day(act.at.astimezone(zone).date())
        lines.append(plain(f"{day}: {who} {did}.{f' {act.note}' if act.note and with_notes else ''}"))
    with st.expander("History", icon=":material/history:", key="certification-history"):
        st.caption("  \n".join(lines))
