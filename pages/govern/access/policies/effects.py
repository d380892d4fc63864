"""The effect of the policies in a draft: who is affected, what widens, and a person's questions before and after."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.govern.access.policies.state import OpenPolicy
from pages.govern.definitions.review.affected import show_affected
from pages.shell import session
from pages.shell.parts import empty_state, heading, plain
from semantic.display.format import counted, writer
from semantic.display.rows import key_cells, row_kinds
from semantic.errors import SemanticError
from semantic.governance.policy_forms.effects import meetings
from semantic.governance.run_policy_tests import PolicyFinding
from semantic.results.result import Result
from semantic.services.policies import NOT_SHOWN, Change, Compared
from semantic.services.saved_questions import words_of
from semantic.store.models.versions import Files

MOST_ROWS = 8
_KEPT: Final = "policy_change"
_VERDICTS: Final = {
    "same": ":gray-badge[No change]", "changed": ":orange-badge[Values change]", "hidden": ":orange-badge[Hidden]",
    "visible": ":violet-badge[Visible]", "not_shown": ":gray-badge[Changes]",
}  # fmt: skip


def meetings_of(opened: OpenPolicy) -> tuple[str, ...]:
    """Return a sentence for each name that this policy shows and another one hides, or the other way round."""
    if opened.policy is None:
        return ()
    seen = opened.running.visible(opened.actor)
    return meetings(opened.policy, opened.model, session.people().values(), seen)


def show(opened: OpenPolicy) -> None:
    """Draw the effects of the draft. They're only computed again when the draft changes."""
    assert opened.drafted is not None
    heading("What changes", "Compared with the published policies")
    if not opened.edits.changed():
        st.caption("Nothing yet. Change the policy to see who it affects.")
        return
    try:
        change = _change(opened)
    except SemanticError as error:
        empty_state("error", "Couldn't compare", str(error), key="policy-no-change")
        return
    show_affected(change)
    _preview(opened, change)


def findings_of(opened: OpenPolicy) -> tuple[PolicyFinding, ...]:
    """Return the results of the draft's tests. Tests that need data are included if the policies have changed."""
    assert opened.drafted is not None
    if opened.edits.changed():
        try:
            return _change(opened).findings
        except SemanticError:
            pass
    return opened.work.tests(opened.drafted)


def _change(opened: OpenPolicy) -> Change:
    kept: tuple[object, object, Change] | None = st.session_state.get(_KEPT)
    if kept is not None and kept[0] is opened.drafted and kept[1] is opened.running:
        return kept[2]
    assert opened.drafted is not None
    with st.spinner("Comparing and running the policy tests"):
        change = opened.work.change(opened.drafted, _base(opened))
    st.session_state[_KEPT] = (opened.drafted, opened.running, change)
    return change


def _base(opened: OpenPolicy) -> Files | None:
    """Return the files of the version that the draft is based on, or None if that version is live."""
    published = opened.running.published
    is_live = published is None or published.number == opened.edits.base.number
    return None if is_live else opened.edits.base_files


# Questions of a person


def _preview(opened: OpenPolicy, change: Change) -> None:
    people = {person.id: person for person in opened.work.viewable()}
    first = next((effect.person.id for effect in change.effects if effect.person.id in people), opened.actor.id)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="policy-preview"):
        person = st.selectbox(
            "Preview as", list(people), key="policy-preview-person", width=280, index=list(people).index(first),
            format_func=lambda name: people[name].short_name + (" (you)" if name == opened.actor.id else ""),
        )  # fmt: skip
        if st.button("Compare three questions", key="policy-preview-run", icon=":material/compare:"):
            st.session_state["policy-preview-asked"] = (person, opened.edits.files)
    if st.session_state.get("policy-preview-asked") != (person, opened.edits.files):
        return
    assert opened.drafted is not None
    try:
        with st.spinner("Asking before and after"):
            compared = opened.work.preview(opened.drafted, person, session.recents())
    except SemanticError as error:
        empty_state("error", "Couldn't preview", str(error), key="policy-preview-failed")
        return
    if not compared:
        name = people[person].short_name
        both = "You have" if person == opened.actor.id else f"You and {name} share"
        st.caption(plain(f"{both} nothing to compare: no saved question, board, recent question or certified metric."))
    for number, one in enumerate(compared):
        _question(opened, number, one)


def _question(opened: OpenPolicy, number: int, compared: Compared) -> None:
    seen = opened.running.visible(opened.actor)
    title = compared.title or words_of(compared.query, seen)
    with st.container(border=True, gap="xsmall", key=f"policy-compared-{number}"):
        st.markdown(f"**{plain(title)}** &nbsp;{_VERDICTS[compared.verdict]}")
        if compared.verdict == "not_shown":
            st.caption(f"{NOT_SHOWN}.")
            return
        for name, side in (("Before", compared.before), ("After", compared.after)):
            if isinstance(side, str):
                st.caption(f"{name}: {plain(side)}")
        if compared.verdict == "same" or (isinstance(compared.before, str) and isinstance(compared.after, str)):
            return
        _table(number, compared)


def _table(number: int, compared: Compared) -> None:
    """Draw the value of each group before and after the change, for the first metric."""
    before = _numbers(compared.before) if isinstance(compared.before, Result) else {}
    after = _numbers(compared.after) if isinstance(compared.after, Result) else {}
    groups = list(dict.fromkeys([*before, *after]))
    table = {
        "": groups[:MOST_ROWS],
        "Before": [before.get(group, "\N{EM DASH}") for group in groups[:MOST_ROWS]],
        "After": [after.get(group, "\N{EM DASH}") for group in groups[:MOST_ROWS]],
    }
    st.dataframe(
        table, hide_index=True, key=f"policy-compared-table-{number}", row_height=34,
        alt="The first rows of a question before and after the change.",
        column_config={name: st.column_config.TextColumn(alignment="right") for name in ("Before", "After")},
    )  # fmt: skip
    if len(groups) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} of {counted(len(groups), 'row')}.")


def _numbers(result: Result) -> dict[str, str]:
    write = writer(result.values[0])
    keys = [result.table.column(column.name).to_pylist() for column in result.keys]
    values = result.table.column(result.values[0].name).to_pylist()
    if not keys:
        return {result.values[0].label: "" if not values or values[0] is None else write(values[0])}
    kinds = row_kinds(result)
    names = [", ".join(key_cells(list(row), kind, result.keys)) for *row, kind in zip(*keys, kinds, strict=True)]
    return {name: "" if value is None else write(value) for name, value in zip(names, values, strict=True)}
