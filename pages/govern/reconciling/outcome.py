"""The result of a reconciliation: the finding, the steps from your number to the platform's, the table, files, history
and a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Final
from zoneinfo import ZoneInfo

import streamlit as st

from pages.govern.reconciling import form
from pages.shell import links, session
from pages.shell.parts import Action, Fact, block, card, empty_state, notice, plain, trust_strip
from pages.shell.turns import in_turn
from pages.widgets.chart import draw_chart
from pages.widgets.theme import current_tokens
from semantic.display.charts.figures.steps import Bar, waterfall
from semantic.display.format import money, number
from semantic.display.tokens import LIGHT, Tokens
from semantic.errors import SemanticError
from semantic.model.definitions import Metric, NumberFormat
from semantic.query.describe import describe_day
from semantic.query.member_labels import NO_LABELS, Labels
from semantic.reconciliation.rules import PRESETS
from semantic.reconciliation.search import ClosestRules
from semantic.reconciliation.setup import Setup, with_guess
from semantic.reconciliation.split import Split
from semantic.reconciliation.words import (
    OWN,
    SWITCH_LABELS,
    UNEXPLAINED,
    differences,
    finding_words,
    off_words,
    open_words,
    rules_words,
    steps_of,
)
from semantic.services.reconciling.advice import advice
from semantic.services.reconciling.files import to_csv, to_pdf, to_xlsx
from semantic.services.reconciling.work import MOST_MONTHS, Compared, ReconcilingWork
from semantic.store.reconciliations.reconciliations import StoredReconciliation

COMPARED, GUESS, MONTHS = "reconciling-compared", "reconciling-guess", "reconciling-months"
MOST_ROWS: Final = 200
Write = Callable[[Fraction], str]


@st.fragment
@in_turn
def show(work: ReconcilingWork, kept: StoredReconciliation) -> None:
    """Draw a reconciliation. It's computed again when its months, its rules, the model or the person change."""
    _, actor = session.require("marketer")
    work = ReconcilingWork(session.live(), actor)
    try:
        kept = work.find(kept.id)
        months = work.months(kept.setup)
    except SemanticError as error:
        empty_state(
            "error",
            "Couldn't read the totals",
            str(error),
            [Action("Try again", _just_rerun)],
            key="reconciling-months-no",
        )
        _tools(work, kept)
        return
    if not months:
        empty_state(
            "event_busy", "No totals yet", "The platform's metric has no month that has ended. Upload newer totals.",
            key="reconciling-no-months",
            ways=form.upload_link,
        )  # fmt: skip
        _tools(work, kept)
        return
    chosen = _months(kept, months)
    if not chosen:
        st.caption("Choose at least one month.")
        return
    compared = _compared(work, kept, tuple(chosen))
    if compared is None:
        _tools(work, kept)
        return
    _finding(compared)
    left, right = st.columns([3, 2], gap="small")
    with left:
        _steps(compared)
        _next(compared, work)
    with right:
        _rules(compared)
    _table(compared, work)
    _history(work, kept)
    _guess(work, kept, compared)
    _tools(work, kept)


def _months(kept: StoredReconciliation, months: tuple[date, ...]) -> list[date]:
    shown = list(reversed(months))
    return st.multiselect(
        "Months", shown, default=shown[:3], max_selections=MOST_MONTHS, format_func=_month,
        key=f"{MONTHS}-{kept.id}", placeholder="Choose months", width=520,
    )  # fmt: skip


def _compared(work: ReconcilingWork, kept: StoredReconciliation, months: tuple[date, ...]) -> Compared | None:
    """Return the comparison, or None if it failed. It's cached by person, setup, model and months."""
    version = session.workspace().model.version
    key = (kept.id, kept.revision, version, months, work.actor, session.workspace().today())
    known: tuple[object, Compared] | None = st.session_state.get(COMPARED)
    if known is not None and known[0] == key:
        return known[1]
    try:
        with st.spinner("Counting under both sides' rules\N{HORIZONTAL ELLIPSIS}"):
            compared = work.compare(kept.setup, months)
            work.keep(kept, compared)
    except SemanticError as error:
        empty_state(
            "error",
            "Couldn't compare these months",
            str(error),
            [Action("Try again", _just_rerun)],
            key="reconciling-no",
        )
        return None
    st.session_state[COMPARED] = key, compared
    st.session_state.pop(GUESS, None)
    return compared


def writer_of(metric: Metric, setup: Setup | None = None) -> Write:
    """Return the number format of a metric.

    It has a decimal only if a part isn't whole, and none between two currencies.
    """
    is_mixed = setup is not None and setup.our_rules.currency != setup.their_rules.currency

    def write(value: Fraction) -> str:
        if metric.format is NumberFormat.MONEY and not is_mixed:
            return money(float(value), metric.unit or "EUR", short=False)
        is_whole = abs(value) >= 10 or value == round(value)
        return number(float(value), 0 if is_whole else 1)

    return write


def _finding(compared: Compared) -> None:
    setup, write = compared.setup, writer_of(compared.metric, compared.setup)
    said = finding_words(setup.label, compared.whole, setup.our_rules, setup.their_rules, write)
    st.markdown(f"**{plain(said)}**")
    notes = list[str]()
    enough = not compared.few or len(compared.few) < len(compared.cells or compared.few)
    if compared.is_reconciled:
        percent = f"{float(setup.tolerance):.0%}"
        fact = Fact(f"Reconciled within {percent}", "verified", "good",
                    f"Not explained: {off_words(compared.whole)} of the platform's number.")  # fmt: skip
    elif compared.is_close:
        fact = Fact("Close, using guessed rules", "help", "caution",
                    "Other rules can give the same numbers. Check them in the platform's settings.")  # fmt: skip
    elif compared.whole.is_within(setup.tolerance):
        over = len(compared.months) - len(compared.outside)
        fact = Fact(f"{over} of {len(compared.months)} months reconciled", "help", "caution",
                    "In the other months, the unexplained part is above your tolerance, but these parts cancel each "
                    "other out.")  # fmt: skip
    else:
        fact = Fact(f"{off_words(compared.whole)} not explained", "help", "caution",
                    f"More than your tolerance of {float(setup.tolerance):.0%}.")  # fmt: skip
    if not enough:
        notes.append("Every row has few conversions, so the parts can be due to chance.")
    if compared.open_until is not None:
        notes.append(f"Clicks of these months can still convert until {describe_day(compared.open_until)}.")
    if compared.scope:
        notes.append(f"Only rows you can see: {compared.scope}.")
    notes += [
        f"{whose} rows: {words}." for whose, words in zip(("Your", "Their"), compared.filters, strict=True) if words
    ]
    trust_strip([fact], [*notes, *compared.notes, *compared.gaps])
    if compared.receipts:
        links.receipt_link(compared.receipts[0], f"Computed from {len(compared.receipts)} questions. Open the first")


def _steps(compared: Compared) -> None:
    tokens, write = current_tokens(), writer_of(compared.metric, compared.setup)
    bars = bars_of(compared, write, tokens)
    figure, starts_at = waterfall(bars, tokens)
    said = ", ".join(f"{bar.name} {bar.text}" for bar in bars)
    with card(
        "From your number to theirs",
        "Each part is the average effect of a rule, over every order in which the rules can be changed",
    ):
        draw_chart(figure, key="reconciling-steps", alt=f"Waterfall: {said}.")
        if starts_at:
            st.caption(f"Bars start at {number(starts_at)}, not at 0, to make the parts visible.")
        if compared.whole.unexplained and starts_at == 0:
            st.caption("Parts are rounded here. The exact ones add up to the gap.")


def bars_of(compared: Compared, write: Write, tokens: Tokens) -> list[Bar]:
    """Return the bars of the waterfall chart, from your number to the platform's."""
    whole = compared.whole
    level = Fraction(0)
    ours, theirs = compared.metric.label, compared.theirs.label
    bars = [_bar(ours, whole.ours, level, write(whole.ours), tokens.muted, is_total=True)]
    level = whole.ours
    for name, value in steps_of(whole):
        colour = tokens.other if name == UNEXPLAINED else tokens.series[0 if value >= 0 else 1]
        text = f"+{write(value)}" if value > 0 else write(value)
        bars.append(_bar(name, value, level, text, colour))
        level += value
    bars.append(_bar(theirs, whole.theirs, Fraction(0), write(whole.theirs), tokens.muted, is_total=True))
    return bars


def _bar(name: str, value: Fraction, start: Fraction, text: str, colour: str, *, is_total: bool = False) -> Bar:
    return Bar(name, float(value), float(start), text, text, colour, -1, is_total=is_total)


def _rules(compared: Compared) -> None:
    setup = compared.setup
    found = differences(setup.our_rules, setup.their_rules)
    preset = PRESETS.get(setup.preset)
    with card("How both sides count", f"Started from {preset.label}" if preset else ""):
        if not found:
            st.caption("Both sides count by the same rules.")
        parts, write = dict(steps_of(compared.whole)), writer_of(compared.metric, setup)
        for label, ours, theirs in found:
            part = parts.get(label, Fraction(0))
            adds = f"adds {write(part)}" if part > 0 else f"removes {write(-part)}" if part else "changes nothing"
            st.markdown(f"**{plain(label)}** {plain(adds)}  \nYours: {plain(ours)}  \nTheirs: {plain(theirs)}")
        if preset:
            st.caption(plain(preset.note))


def _next(compared: Compared, work: ReconcilingWork) -> None:
    """Draw what "not explained" means in this case, and what to do about it."""
    group, labels = _labels(compared, work)
    steps = advice(compared, group, labels, writer_of(compared.metric, compared.setup))
    if not steps:
        return
    with card("What to do next", "Not explained: the platform's number minus what its rules count in your rows"):
        st.markdown("\n".join(f"{place}. {plain(step)}" for place, step in enumerate(steps, 1)))


def _labels(compared: Compared, work: ReconcilingWork) -> tuple[str, Labels]:
    """Return the label of the dimension that groups the result, and the labels of the groups."""
    group = compared.setup.group
    if not group:
        return "", NO_LABELS
    seen = session.workspace().visible(work.actor)
    return seen.dimension(group)[0].label or group, seen.member_labels(group)


def _table(compared: Compared, work: ReconcilingWork) -> None:
    heading, labels = _labels(compared, work)
    setup, write = compared.setup, writer_of(compared.metric, compared.setup)
    rows: list[tuple[str, str, Split, bool]] = []
    if setup.group:
        for cell, split in compared.cells.items():
            rows.append((_month(cell[0]), labels.get(cell[1]) or cell[1] or "(none)", split, cell in compared.few))
        rows.sort(key=lambda row: -abs(row[2].gap))
    else:
        few = {month for month, _ in compared.few}
        rows = [(_month(month), "", split, month in few) for month, split in compared.splits.items()]
    shown = rows[:MOST_ROWS]
    data: dict[str, list[object]] = {"Month": [row[0] for row in shown]}
    if setup.group:
        data[heading] = [row[1] for row in shown]
    data["Yours"] = [float(row[2].ours) for row in shown]
    data["Theirs"] = [float(row[2].theirs) for row in shown]
    data["Gap"] = [float(row[2].gap) for row in shown]
    found = dict.fromkeys(name for row in shown for name, _ in steps_of(row[2]) if name != UNEXPLAINED)
    for name in sorted(found, key=_place):
        values = [dict(steps_of(row[2])).get(name) for row in shown]
        data[name] = [float(value) if value else None for value in values]
    data[UNEXPLAINED] = [float(row[2].unexplained) for row in shown]
    data["Note"] = ["Few conversions" if row[3] else "" for row in shown]
    note = f"Largest gaps first. The total is {write(compared.whole.gap)}" if len(rows) > 1 else ""
    with block("By month" + (f" and {heading.lower()}" if heading else ""), note):
        sides, parts = ("Yours", "Theirs"), ("Gap", *found, UNEXPLAINED)
        numbers = [value for name in (*sides, *parts) for value in data[name] if isinstance(value, float)]
        is_money = compared.metric.format is NumberFormat.MONEY
        digits = 2 if is_money else 0 if all(value.is_integer() for value in numbers) else 1
        columns = {name: st.column_config.NumberColumn(format=f"%.{digits}f") for name in sides}
        columns |= {name: st.column_config.NumberColumn(format=f"%+.{digits}f") for name in parts}
        st.dataframe(
            data, key="reconciling-table", hide_index=True, height="content" if len(shown) <= 12 else 34 * 13,
            row_height=34, alt="The gap of each month, with its parts.",
            column_config=columns, placeholder="",
        )  # fmt: skip
        if len(rows) > MOST_ROWS:
            st.caption(f"The {MOST_ROWS:,} largest of {len(rows):,} rows. Files have all of them.")
        _files(compared, heading, labels)


def _place(name: str) -> int:
    """Return the index of a part in the order of the waterfall chart."""
    order = [*SWITCH_LABELS.values(), OWN]
    return order.index(name) if name in order else len(order)


def _files(compared: Compared, heading: str, labels: Labels) -> None:
    setup, live, actor = compared.setup, session.live(), session.require("marketer")[1]
    finding = finding_words(
        setup.label, compared.whole, setup.our_rules, setup.their_rules, writer_of(compared.metric, setup)
    )  # fmt: skip

    def exported(kind: str, make: Callable[[], bytes]) -> Callable[[], bytes]:
        def build() -> bytes:
            for receipt in compared.receipts[:1]:
                live.recorder.exported(receipt, actor, kind)
            return make()

        return build

    name = "".join(letter for letter in setup.label if letter.isalnum() or letter in " -_") or "Reconciliation"
    with st.container(horizontal=True, gap="xsmall", key="reconciling-files"):
        st.download_button(
            "CSV", exported("csv", lambda: to_csv(compared, heading, labels)), f"{name}.csv", "text/csv",
            icon=":material/csv:", key="reconciling-csv", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "Spreadsheet", exported("xlsx", lambda: to_xlsx(compared, heading, labels, finding)), f"{name}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", icon=":material/table_view:",
            key="reconciling-xlsx", on_click="ignore",
        )  # fmt: skip
        figure, _ = waterfall(bars_of(compared, writer_of(compared.metric, setup), LIGHT), LIGHT)
        now = live.store.now().astimezone(ZoneInfo(session.workspace().model.settings.time_zone))
        st.download_button(
            "PDF", exported("pdf", lambda: to_pdf(compared, heading, labels, finding, figure, now)), f"{name}.pdf",
            "application/pdf", icon=":material/picture_as_pdf:", key="reconciling-pdf", on_click="ignore",
        )  # fmt: skip


def _history(work: ReconcilingWork, kept: StoredReconciliation) -> None:
    history = work.history(kept)
    if len(history) < 2:
        return
    with st.expander("History", icon=":material/history:", key="reconciling-history"):
        st.caption("The result for each month from its last comparison over all rows, under the current rules.")
        rows = {
            "Month": [_month(each.month) for each in history],
            "Yours": [float(each.ours) for each in history],
            "Theirs": [float(each.theirs) for each in history],
            "Not explained": [float(each.unexplained) for each in history],
            "Share": [float(each.off) * 100 if each.off is not None else None for each in history],
            "Reconciled": ["Yes" if each.is_within else "No" for each in history],
            "Compared on": [each.at.date() for each in history],
        }
        share = st.column_config.NumberColumn(format="%.1f%%")
        day = st.column_config.DateColumn(format="D MMM YYYY")
        columns = {"Share": share, "Compared on": day}
        columns |= dict.fromkeys(("Yours", "Theirs", "Not explained"), st.column_config.NumberColumn(format="%.0f"))
        st.dataframe(
            rows, hide_index=True, key="reconciling-past", alt="The result for each month.", row_height=34,
            column_config=columns,
        )  # fmt: skip


def _guess(work: ReconcilingWork, kept: StoredReconciliation, compared: Compared) -> None:
    if not compared.whole.unexplained:
        return
    with st.expander("Find the closest rules", icon=":material/search:", key="reconciling-closest"):
        st.caption(
            "If you don't know how the platform counts, Samepage can look for the rules that come closest to its "
            "totals. That is a guess: other rules can give the same numbers, so check it in the platform's settings."
        )
        if st.button("Search", key="reconciling-search"):
            try:
                with st.spinner("Trying rules\N{HORIZONTAL ELLIPSIS}"):
                    st.session_state[GUESS] = work.closest(compared)
            except SemanticError as error:
                notice("bad", "error", str(error), key="reconciling-guess-no")
        guess: ClosestRules | None = st.session_state.get(GUESS)
        if guess is None:
            return
        explained = max(Fraction(0), 1 - guess.off)
        notice(
            "info", "lightbulb", f"Closest rules, a guess: {rules_words(guess.rules)}. They match "
            f"{number(float(explained) * 100, 1)}% of the platform's total."
            + open_words(guess.open)
            + ("" if guess.is_complete else " Not all rules were tried. To try them all, compare fewer months."),
            key="reconciling-guess-words",
        )  # fmt: skip
        st.button(
            "Use these rules", key="reconciling-use", on_click=form.open_edit, args=(kept,),
            kwargs={"setup": with_guess(kept.setup, guess.rules)},
        )  # fmt: skip


def _tools(work: ReconcilingWork, kept: StoredReconciliation) -> None:
    with st.container(horizontal=True, gap="xsmall", key="reconciling-tools"):
        if st.button("Edit", icon=":material/edit:", key="reconciling-edit"):
            form.open_edit(kept)
            st.rerun()
        if st.button("Remove", icon=":material/delete:", key="reconciling-remove"):
            _confirm(work, kept)


@st.dialog("Remove this reconciliation?")
@in_turn
def _confirm(work: ReconcilingWork, kept: StoredReconciliation) -> None:
    st.markdown(plain(f"{kept.setup.label} and its history will be removed. This can't be undone."))
    if st.button("Remove", type="primary", key="reconciling-remove-now"):
        try:
            work.remove(kept)
            form.tell("good", "delete", f"Removed {kept.setup.label}.")
        except SemanticError as error:
            form.tell("bad", "error", str(error))
        st.rerun()


def _month(month: date) -> str:
    return f"{month:%b %Y}"


def _just_rerun() -> None:
    """Do nothing, because the click itself reruns the page."""
