"""The first two views of the Access page: who can see a number, and what one person can see, with the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from pages.shell import session
from pages.shell.parts import empty_state, heading, plain
from semantic.display.format import counted
from semantic.display.words.access import known_sight, verdict_words
from semantic.model.definitions import Dimension, Metric
from semantic.policy.actor import Actor
from semantic.policy.explain import Access, AccessOverview, explain_access, explain_metric
from semantic.policy.narrow import VisibleModel
from semantic.policy.subjects import Subject, subjects_of
from semantic.query.query import DATE, Query
from semantic.workspace import Workspace

PAGE = 20
ONE_PERSON = "One person's access"  # the label of its tab
SIGNS = {
    "yes": ":green[:material/check_circle:]",
    "yes, no rows": ":orange[:material/do_not_disturb_on:]",
    "no": ":gray[:material/block:]",
}
SAID = {"yes": "Can see it", "yes, no rows": "Has access, but sees no rows", "no": "Can't see it"}


def who_can_see(workspace: Workspace, actor: Actor) -> None:
    """Draw the choice of a metric and a breakdown, then whether each person, role and group can see them."""
    seen = workspace.visible(actor)
    if not seen.metrics:
        empty_state("visibility_off", "No metrics yet", "You don't have access to any metrics.", key="access-none")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="access-asked"):
        metric = pick_metric(seen, "access-metric")
        by = pick_dimensions(seen, "access-by", workspace, actor, (metric,))
    accesses = [
        (subject, explain_metric(workspace.visible(subject.actor), metric, by, is_open=subject.is_open))
        for subject in subjects_of(workspace.model, session.people().values())
    ]
    people = [(subject, access) for subject, access in accesses if subject.kind == "person"]
    number = sum(access.allowed for _, access in people)
    st.markdown(f"**{number} of {counted(len(people), 'person', 'people')}** can see {plain(metric.label)}.")
    text = st.text_input(
        "Search people, roles and groups", key="access-find", icon=":material/search:", label_visibility="collapsed",
        placeholder="Search people, roles and groups",
    )  # fmt: skip
    wanted = [pair for pair in accesses if (text or "").casefold() in pair[0].label.casefold()]
    if not wanted:
        st.caption("No matches.")
        return
    _rows(wanted)


def pick_metric(seen: VisibleModel, key: str) -> Metric:
    """Draw the choice of a metric that the viewer can see, and return the metric."""
    labels = {metric.name: metric.label for metric in seen.metrics}
    name = st.selectbox("Metric", list(labels), key=key, format_func=lambda each_name: labels[each_name])
    return seen.metric(name)


def pick_dimensions(
    seen: VisibleModel, key: str, workspace: Workspace, actor: Actor, metrics: Sequence[Metric]
) -> tuple[Dimension, ...]:
    """Draw the choice of dimensions that the viewer can see and that fit the metrics, and return the chosen ones.

    By default, none is chosen.
    """
    query = Query(metrics=tuple(metric.name for metric in metrics))
    fitting = [dimension for dimension in workspace.preflight(query, actor).available if dimension.name != DATE]
    labels = {dimension.name: dimension.label for dimension in fitting}
    held = [name for name in st.session_state.get(key, []) if name in labels]
    if key in st.session_state and held != st.session_state[key]:  # another metric has other dimensions
        st.session_state[key] = held
    names = st.multiselect(
        "By", list(labels), key=key, max_selections=3, format_func=lambda name: labels[name],
        placeholder="No breakdown",
    )  # fmt: skip
    return tuple(seen.dimension(name)[0] for name in names)


def _rows(accesses: Sequence[tuple[Subject, Access]]) -> None:
    shown = st.session_state.get("access-shown", PAGE)
    with st.container(border=True, gap="xsmall", key="list-of-who"):
        for subject, access in accesses[:shown]:
            _row(subject, access)
    if len(accesses) > shown:
        st.button(
            f"Show {min(PAGE, len(accesses) - shown)} more", key="access-more", on_click=_more, args=(shown + PAGE,)
        )


def _more(count: int) -> None:
    st.session_state["access-shown"] = count


def _row(subject: Subject, access: Access) -> None:
    verdict = verdict_words(access)
    who, why = st.columns([1, 2.6], gap="xsmall", vertical_alignment="top")
    with who:
        st.markdown(f"{SIGNS[verdict]} **{plain(subject.label)}**  \n:small[:gray[{SAID[verdict]}]]")
    with why:
        st.markdown("  \n".join(f":small[{plain(sentence)}]" for sentence in access.sentences))


# One person


def what_one_sees(workspace: Workspace, actor: Actor) -> None:
    """Draw the choice of a person, then their policies, their rows, and every name that they can see, with
    the reasons.
    """
    if not session.people():
        empty_state("group_off", "No people yet", "No one has signed in yet.", key="access-nobody")
        return
    person = pick_person("access-person", "Person")
    sight = known_sight(explain_access(workspace.visible(person)), workspace.visible(actor))
    if not sight.policies:
        empty_state(
            "policy", f"No policy applies to {person.short_name}",
            "They can't see any metrics or rows. Add one of their roles or groups to a policy.",
            key="access-unbound",
        )  # fmt: skip
        return
    st.markdown(f"Policies: {', '.join(f'**{plain(policy.label)}**' for policy in sight.policies)}.")
    _scope(sight)
    _names("Metrics", "metric", [metric for metric in sight.metrics if metric.allowed])
    _names("Dimensions", "dimension", [dimension for dimension in sight.dimensions if dimension.allowed])
    _names("Individual rows", "dataset", [record for record in sight.records if record.allowed])
    _names("Hidden", "name", [field for field in (*sight.metrics, *sight.dimensions) if not field.allowed])


def pick_person(key: str, label: str, *, second: bool = False) -> Actor:
    """Draw the choice of a person, and return the person. If `second` is set, the default is the second person in the
    list.
    """
    people = session.people()
    names = {person.id: person.name or person.id for person in people.values()}
    shared = {name for name, count in Counter(names.values()).items() if count > 1}
    names = {person: f"{name} ({person})" if name in shared else name for person, name in names.items()}
    index = 1 if second and len(names) > 1 else 0
    chosen = st.selectbox(label, list(names), key=key, index=index, format_func=lambda each_id: names[each_id])
    return people[chosen]


def _scope(sight: AccessOverview) -> None:
    if not sight.rows:
        st.markdown(":small[:gray[No row restrictions.]]")
        return
    with st.expander(f"Rows: {counted(len(sight.rows), 'rule')}"):
        st.markdown("\n".join(f"- {plain(row.text)}" for row in sight.rows))


def _names(title: str, kind: str, accesses: Sequence[Access]) -> None:
    if not accesses:
        st.markdown(f"**{title}** &nbsp;:gray[none]")
        return
    with st.container(gap="xsmall"):
        heading(title, counted(len(accesses), kind))
        st.dataframe(
            {"Name": [access.label for access in accesses], "Why": [" ".join(access.sentences) for access in accesses]},
            key=f"access-names-{title}", hide_index=True, height="content" if len(accesses) <= 8 else 34 * 9,
            row_height=34, alt=f"{title} that this person can see, and why.",
            column_config={"Name": st.column_config.TextColumn(width="medium", pinned=True)},
        )  # fmt: skip
