"""A new upload: the file, its columns, its key and date, who sees it, and its first metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from pages.shell import session
from pages.shell.parts import heading, notice, page_header, plain
from pages.shell.turns import in_turn
from pages.uploads import file as file_form
from pages.uploads import sharing, state
from pages.uploads.state import ParsedFile
from semantic.display.format import money, number
from semantic.errors import SemanticError
from semantic.services.uploads import UploadWork
from semantic.store.uploads.uploads import new_name
from semantic.uploads.reading import ReadColumn
from semantic.uploads.rows import columns_of, first_values, prepared, suggest_key
from semantic.uploads.upload import (
    COMMON_CURRENCIES,
    PURPOSES,
    Shared,
    UploadColumn,
    UploadPlan,
    Use,
    currency_of,
    is_amount,
    metric_labels,
    metric_name,
    suggest_purpose,
)

KEY: Final = "uploads-new"
TARGETS_HINT: Final = "To set targets for metrics you already have, use Paste several on the Targets page instead."


def show() -> None:
    """Draw the title and the form."""
    page_header("Upload a file", "A CSV or XLSX file becomes a table with metrics. Only you see it until you share it.")
    st.button(
        "Back to your uploads", icon=":material/arrow_back:", key="uploads-back", on_click=_leave, type="tertiary"
    )
    _form()


def _leave() -> None:
    state.open_view()
    state.forget([KEY])


@st.fragment
@in_turn
def _form() -> None:
    session.require("marketer")
    work = state.work()
    if work.why_not:
        notice("caution", "lock", work.why_not, key="uploads-why-not")
        return
    chosen = file_form.choose_file(key=KEY)
    if chosen is None:
        return
    file, held = chosen
    uses = file_form.columns(held, key=KEY, file=file.file_id)
    if held.reading.questions:
        notice("caution", "help", held.reading.questions[0], key="uploads-open")
        return
    plan = _plan(work, held, uses, file.name, file.file_id)
    if plan is None:
        return
    _preview(held, plan)
    if st.button("Add upload", type="primary", key="uploads-make"):
        _make(work, held, plan)


def _plan(work: UploadWork, held: ParsedFile, uses: dict[str, Use], name: str, file: str) -> UploadPlan | None:
    """Return the plan that the form describes. If it can't become an upload yet, draw the reason and return None."""
    reading, start = held.reading, f"{KEY}-{file}"
    heading("About the table")
    left, right = st.columns(2)
    label = left.text_input("Name", value=state.label_of_file(name), key=f"{start}-label", max_chars=100) or ""
    likely = suggest_purpose([name, *(column.label for column in reading.kept)])
    purpose = right.selectbox(
        "What it's for", list(PURPOSES), index=list(PURPOSES).index(likely), key=f"{start}-purpose",
        format_func=lambda each: PURPOSES[each],
    )  # fmt: skip
    if purpose == "targets":
        st.caption(TARGETS_HINT)
    columns = columns_of(reading, uses, {})
    names = {column.name: column.label for column in columns}
    first = suggest_key(prepared(reading.table()), columns)
    key = st.multiselect(
        "Key", list(names), default=[each for each in first if each in names],
        key=f"{start}-key-{'-'.join(first)}"[:200],
        format_func=lambda each: plain(names[each]), placeholder="No key: every row counts",
        help="The columns that identify a row. With a key, replacing the file shows which rows appear and disappear.",
    )  # fmt: skip
    days = [column.name for column in columns if column.use == "date"]
    day = st.selectbox(
        "Date", ["", *days], index=1 if days else 0, key=f"{start}-day-{'-'.join(days)}"[:200],
        format_func=lambda each: plain(names.get(each, "No date")),
    )  # fmt: skip
    currencies = _currencies(columns, start)
    dimensions = _dimensions(work, held, uses, start)
    shared = sharing.choose(work, Shared(), key=start)
    try:
        return work.plan(
            reading, label=label, purpose=purpose or "other", uses=uses, dimensions=dimensions,
            currencies=currencies, key=key, day=day or "", shared=shared, name=_name(start),
        )  # fmt: skip
    except SemanticError as error:
        notice("caution", "error", str(error), key="uploads-wrong")
        return None


def _name(start: str) -> str:
    """Return a name for this file's upload that stays the same, so that a second click can't create another upload."""
    return st.session_state.setdefault(f"{start}-name", new_name())


def _currencies(columns: Sequence[UploadColumn], start: str) -> dict[str, str]:
    """Return the currency of each column, or "" for columns without amounts. The default is the sign in the file."""
    numbers = {
        column.name: column.label for column in columns if column.use in ("sum", "average") and not column.is_share
    }
    if not numbers:
        return {}
    found = [code for column in columns if column.name in numbers and (code := currency_of(column.unit))]
    likely = [name for name, label in numbers.items() if is_amount(label)]
    signed = [column.name for column in columns if column.name in numbers and column.unit]
    left, right = st.columns(2)
    code = left.selectbox(
        "Currency", ["", *dict.fromkeys((*found, session.workspace().model.settings.currency, *COMMON_CURRENCIES))],
        index=1 if found else 0, key=f"{start}-currency-{'-'.join(found)}"[:200], accept_new_options=True,
        format_func=lambda each: each or "No amounts of money",
        help="The currency of the file's amounts. Write the three-letter code of a currency that isn't listed.",
    )  # fmt: skip
    if not code:
        return dict.fromkeys(numbers, "")
    amounts = right.multiselect(
        "Amounts", list(numbers), default=signed or likely or list(numbers),
        key=f"{start}-amounts-{'-'.join(numbers)}"[:200],
        format_func=lambda each: plain(numbers[each]),
    )  # fmt: skip
    return {name: code.strip().upper() if name in amounts else "" for name in numbers}


def _dimensions(work: UploadWork, held: ParsedFile, uses: dict[str, Use], start: str) -> dict[str, str]:
    """Draw which breakdown of the model each column fills, if its values match. Returns the breakdowns by column."""
    chosen: dict[str, str] = {}
    breakdowns: list[ReadColumn] = [column for column in held.reading.kept if uses.get(column.name) == "breakdown"]
    for column in breakdowns[: file_form.PAGE]:
        if column.name not in held.offers:
            held.offers[column.name] = work.offers(held.reading, column.name)
        for offer in held.offers[column.name][:1]:
            unknown = f" Not in it: {', '.join(offer.unknown[:5])}." if offer.unknown else ""
            words = f"Treat {column.label} as the same breakdown as {offer.label} in the model. {offer.words}."
            if st.checkbox(plain(words), value=not offer.unknown, key=f"{start}-same-{column.index}"):
                chosen[column.name] = offer.dimension
            if unknown:
                st.caption(plain(unknown.strip()))
    return chosen


def _preview(held: ParsedFile, plan: UploadPlan) -> None:
    heading("First metrics", "Calculated from every row in the file.")
    labels = metric_labels(plan)
    units = {metric_name(plan, column.name): currency_of(column.unit) or "" for column in plan.columns}
    with st.container(horizontal=True, gap="small", key="uploads-preview"):
        for name, (value, is_share) in list(first_values(prepared(held.reading.table()), plan).items())[:6]:
            text = _value_words(value, is_share=is_share, currency=units.get(name, ""))
            st.metric(plain(labels[name].removeprefix(f"{plan.label}: ").capitalize()), text, width="content")


def _value_words(
    value: Any, *, is_share: bool, currency: str
) -> str:  # Any: a number of any type that a column can have
    if value is None:
        return "No values"
    if is_share:
        return f"{number(float(value) * 100, 1)}%"
    if currency:
        return money(float(value), currency, short=False, decimals=2)
    return number(float(value), 0 if value == int(value) else 2)


def _make(work: UploadWork, held: ParsedFile, plan: UploadPlan) -> None:
    try:
        with st.spinner("Adding\N{HORIZONTAL ELLIPSIS}"):
            upload = work.make(held.reading, plan)
    except SemanticError as error:
        notice("bad", "error", error.title, key="uploads-failed")
        return
    state.forget([KEY])
    state.open_view(upload)
    state.tell("good", "upload_file", f"{plan.label} is ready.")
    st.rerun()
