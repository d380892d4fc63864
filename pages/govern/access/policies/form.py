"""The form of a policy: the policy in words, the form next to its text, and the effects of the change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import streamlit as st

from pages.govern.access.policies import effects, names, rows, state, tests
from pages.govern.access.policies.state import OpenPolicy, widget, write_who
from pages.govern.definitions import current_edits as current_edits
from pages.shell import links, session
from pages.shell.parts import badge_text, heading, notice, plain
from semantic.display.format import counted
from semantic.errors import SemanticError
from semantic.governance.policy_forms.repairs import repair, stuck_datasets
from semantic.governance.policy_forms.sentences import listed, matching, reach_of, sentences, shown_elsewhere, who_words
from semantic.model.definitions import Dataset
from semantic.model.files.yaml_text import Plain
from semantic.policy.actor import ROLES
from semantic.services.drafts import Edits, drop_object, problems_in, put_back
from semantic.services.people import access_choices

MOST_PROBLEMS = 5
YAML = "policy-yaml"


def show(opened: OpenPolicy) -> None:
    """Draw the open policy."""
    st.button("All policies", key="policy-back", type="tertiary", icon=":material/arrow_back:",
              on_click=state.choose, args=(None,))  # fmt: skip
    _head(opened)
    if trouble := st.session_state.get(state.TROUBLE):
        notice("bad", "error", plain(trouble), key="policy-trouble")
    _problems(opened)
    _sentence(opened)
    with_yaml = st.toggle("Show YAML", key=YAML)
    if opened.data is None or with_yaml:
        left, right = st.columns([1.6, 1], gap="medium") if opened.data is not None else (None, st.container())
        with right:
            _text(opened)
        if left is not None:
            with left:
                _fields(opened)
    else:
        _fields(opened)
    if opened.drafted is not None:
        effects.show(opened)
        tests.show(opened)
    with st.container(horizontal=True, gap="small", key="policy-go-on"):
        if st.button("Review and publish", icon=":material/publish:", key="policy-publish", type="primary"):
            st.session_state[current_edits.VIEW] = "Changes"
            st.switch_page(links.page_of(links.DEFINITIONS))
        st.caption("All changes are saved in your draft. Nothing changes for anyone until it's published.")


def _head(opened: OpenPolicy) -> None:
    word = opened.edits.changed().get(opened.key, "")
    label = opened.policy.label if opened.policy is not None else _words(opened.data, "label") or opened.name
    badges = f" &nbsp;:violet-badge[{badge_text(current_edits.STATES.get(word, word))}]" if word else ""
    by_hand = opened.data is None or any(part.by_hand for part in opened.rows)
    badges += " &nbsp;:gray-badge[Edited by hand]" if by_hand else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="policy-head"):
        st.markdown(f"#### {plain(label)}{badges}", width="stretch")
        is_published = opened.edits.published_text(opened.key) is not None
        if word:
            st.button(
                "Revert" if is_published else "Remove", key="policy-undo", type="tertiary", icon=":material/undo:",
                on_click=_change, args=(opened, put_back), help="Back to the published version",
            )  # fmt: skip
        if is_published and word != "removed":
            st.button(
                "Remove", key="policy-remove", type="tertiary", icon=":material/delete:",
                on_click=_change, args=(opened, drop_object),
                help="Removes the policy from your draft. The published policy stays in effect until you publish.",
            )  # fmt: skip


def _change(opened: OpenPolicy, make: Callable[..., Edits]) -> None:
    actor = current_edits.acting()
    if actor is None:
        return
    try:
        current_edits.keep(make(opened.live, actor, opened.edits, opened.key))
    except SemanticError as error:
        st.session_state[state.TROUBLE] = str(error)
        return
    state.begin_anew()


def _problems(opened: OpenPolicy) -> None:
    if not opened.edits.changed():
        return
    problems = problems_in(opened.edits, opened.key)
    if not problems:
        return
    stuck = stuck_datasets((one.problem for one in problems), opened.edits.files, opened.name)
    labels = {name: dataset.label for name, dataset in opened.running.model.datasets.items()}
    others = [one for one in problems if not stuck_datasets((one.problem,), opened.edits.files, opened.name)]
    st.markdown(f":red[:material/error:] **{counted(len(problems), 'problem')}**")
    if stuck:
        names_of = listed([labels.get(name, name) for name in stuck])
        st.markdown(
            f"Row rules can't be applied inside {plain(names_of)}, because rows are combined before a rule can "
            "limit them."
        )
    for problem in others[:MOST_PROBLEMS]:
        st.markdown(f"{plain(problem.problem.message)} :gray[{plain(problem.problem.remedy)}]")
    if len(others) > MOST_PROBLEMS:
        st.caption(f"And {len(others) - MOST_PROBLEMS:,} more.")
    if opened.data is not None and stuck:
        st.button(
            "Decide about these datasets", key="policy-repair", icon=":material/build:", on_click=_repair,
            args=(opened,),
            help="If the data that a dataset joins already limits its rows, the rule skips it. Otherwise, the dataset "
            "is hidden.",
        )  # fmt: skip


def _repair(opened: OpenPolicy) -> None:
    found = repair(opened.edits.files, opened.key, opened.text, opened.running.model)
    if found is None:
        st.session_state[state.TROUBLE] = "This can't be decided here. Edit the policy in YAML."
        return
    state.change(opened, lambda _: found.text, anew=True)
    labels = {name: dataset.label for name, dataset in opened.running.model.datasets.items()}
    left = [f"left out {', '.join(labels.get(name, name) for name in found.apart)}"] if found.apart else []
    hidden = [f"hid {', '.join(labels.get(name, name) for name in found.denied)}"] if found.denied else []
    st.toast(plain(f"The policy {' and '.join([*left, *hidden])}."))


def _sentence(opened: OpenPolicy) -> None:
    """Draw the policy in words, who it applies to, and the datasets that it reaches."""
    policy = opened.policy
    if policy is None:
        return
    people = matching(policy, session.people().values(), opened.model)
    with st.container(border=True, gap="xsmall", key="policy-sentence"):
        st.markdown(f"**{plain(who_words(policy, state.names_of_people()))}**")
        words = sentences(policy, opened.rows, opened.model)
        st.markdown("\n".join(f"- {plain(sentence)}" for sentence in words) or ":gray[Can't see anything yet.]")
        if people:
            shown = ", ".join(person.short_name for person in people[:8])
            more = f" and {len(people) - 8:,} more" if len(people) > 8 else ""
            st.caption(plain(f"Applies to {counted(len(people), 'person', 'people')}: {shown}{more}."))
        elif not policy.audiences:
            st.caption("No one matches this policy yet.")
        for meeting in effects.meetings_of(opened):
            st.caption(plain(meeting))
        if policy.rows:
            _reach(opened)


def _reach(opened: OpenPolicy) -> None:
    assert opened.policy is not None
    reach = reach_of(opened.policy, opened.model)
    total = sum(map(len, (reach.limited, reach.whole, reach.denied, reach.unreached)))
    elsewhere = shown_elsewhere(opened.policy, session.people().values(), opened.model)
    for label, datasets in elsewhere.items():
        names_of = ", ".join(dataset.label for dataset in datasets[:8])
        more = f" and {len(datasets) - 8} more" if len(datasets) > 8 else ""
        st.markdown(
            f":orange[:material/warning:] {plain(label)} still shows these people all rows of "
            f"{counted(len(datasets), 'dataset')} that the rules here don't limit: "
            f"{plain(names_of + more)}."
        )
    with st.expander(f"Limits rows of {len(reach.limited)} of {counted(total, 'dataset')}", key="policy-reach"):
        for title, datasets in (
            ("Rows limited", reach.limited), ("All rows", reach.whole), ("Never shown", reach.denied),
            ("Not shown by this policy", reach.unreached),
        ):  # fmt: skip
            if datasets:
                st.markdown(f"**{title}** ({len(datasets)})  \n:small[{plain(_labels(datasets))}]")


def _labels(datasets: Iterable[Dataset]) -> str:
    return ", ".join(dataset.label for dataset in datasets)


def _fields(opened: OpenPolicy) -> None:
    _people(opened)
    rows.show(opened)
    names.show(opened)


def _people(opened: OpenPolicy) -> None:
    assert opened.data is not None
    heading("Who it's for")
    who = opened.data.get("who")
    mine: Mapping[str, Plain] = who if isinstance(who, dict) else {}
    known = access_choices(opened.live)
    people = session.people()
    with st.container(horizontal=True, gap="small", key="policy-who"):
        _several(
            opened, ("who", "roles"), "Roles", list(ROLES), mine.get("roles"), labels={r: r.capitalize() for r in ROLES}
        )
        _several(opened, ("who", "groups"), "Groups", list(known.groups), mine.get("groups"), is_open=True)
        _several(
            opened, ("who", "people"), "People", list(people), mine.get("people"),
            labels={name: person.short_name for name, person in people.items()},
        )  # fmt: skip
    attributes = mine.get("attributes")
    owned = attributes if isinstance(attributes, dict) else {}
    for name in [*owned, *(name for name in known.attributes if name not in owned)][:4]:
        with st.container(key=f"policy-attribute-{name}"):
            value = owned.get(name)
            values: Plain = [value] if isinstance(value, str) else value
            if name in owned or st.session_state.get("policy-more-attributes"):
                _several(opened, ("who", "attributes", name), f"Only with {name}", [], values, is_open=True)
    if any(name not in owned for name in known.attributes):
        st.toggle("Only people with certain attributes", key="policy-more-attributes")
    if mine.get("audiences") or mine.get("links"):
        st.caption("Also for readers of public links. Edit audiences in YAML.")


def _several(
    opened: OpenPolicy, path: tuple[str, ...], label: str, options: list[str], value: Plain, *,
    labels: Mapping[str, str] | None = None, is_open: bool = False,
) -> None:  # fmt: skip
    chosen = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    key = widget(opened, "-".join(path))
    known = labels or {}
    st.multiselect(
        plain(label), list(dict.fromkeys([*options, *chosen])), default=chosen, key=key, accept_new_options=is_open,
        format_func=lambda name: str(known.get(name, name)), placeholder="Choose or type" if is_open else "Choose",
        on_change=_keep, args=(opened, path, key),
    )  # fmt: skip


def _keep(opened: OpenPolicy, path: tuple[str, ...], key: str) -> None:
    write_who(opened, path, list(st.session_state[key]))


def _text(opened: OpenPolicy) -> None:
    """Draw the text of the policy."""
    key = widget(opened, f"text-{hash(opened.text)}")
    st.text_area("YAML", opened.text, key=key, height=520, on_change=_keep_text, args=(opened, key))
    st.caption("The form and this text are the same policy. Anything the form can't show isn't changed.")


def _keep_text(opened: OpenPolicy, key: str) -> None:
    text: str = st.session_state[key]
    state.change(opened, lambda _: text, anew=True)


def _words(data: Mapping[str, Plain] | None, key: str) -> str:
    value = (data or {}).get(key)
    return value if isinstance(value, str) else ""
