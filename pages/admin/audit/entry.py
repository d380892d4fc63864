"""The panel on the right of the Audit page with one entry: what was done, its personal data, and whether its signature
is valid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from pages.shell import navigation, session
from pages.shell.parts import Fact, heading, plain, trust_strip
from pages.shell.turns import in_turn
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.store.audit.entries import Entry, Person, is_chained, read_entry
from semantic.store.audit.log import Plain
from semantic.store.audit.sentences import sentence, title_of
from semantic.workspace import Workspace

SEALS = {
    "open": Fact("Personal data readable", "lock_open", "quiet", "Personal data is encrypted for this person and "
        "entry."),
    "erased": Fact("Person erased", "person_off", "quiet", "The person was erased, so their personal data can't be "
        "read."),
    "damaged": Fact(
        "Personal data can't be decrypted", "gpp_maybe", "bad",
        "The entry, or the store's list of people, was changed outside Samepage. Verify the log.",
    ),
}  # fmt: skip
CHAINED = Fact("Signature valid", "link", "quiet", "Not altered by anyone without the signing key.")
BROKEN = Fact("Not signed", "link_off", "bad", "This entry was altered after it was written. Verify the log.")

_BEHIND: Final = {"for_person": "For", "through": "Through the agent"}


@st.dialog("Audit log entry", position="right", width="small")
@in_turn
def open_entry(number: int) -> None:
    """Read an entry from the store again by its number, and open it."""
    workspace, actor = session.require("administrator")
    live = session.live()
    try:
        with live.store.read() as connection:
            entry = read_entry(connection, live.keys, number)
            chained = is_chained(connection, live.keys, number)
    except StoreFailed as error:
        st.markdown(plain(str(error)))
        return
    if entry is None:
        st.markdown("This entry was deleted under the retention setting.")
        return
    draw_entry(entry, labels(workspace, actor), is_in_chain=chained)


def labels(workspace: Workspace, actor: Actor) -> Callable[[str], str]:
    """Return a function that gives a field's label if this person can see it, or else its name in words."""
    seen = workspace.visible(actor)
    known = {field.name: field.label for field in (*seen.metrics, *seen.dimensions) if field.label}
    return lambda name: known.get(name) or name.replace("_", " ")


def draw_entry(entry: Entry, label: Callable[[str], str], *, is_in_chain: bool) -> None:
    """Draw the parts of an entry, from its sentence to its signature."""
    st.markdown(f"**{plain(sentence(entry, label))}**")
    trust_strip([CHAINED if is_in_chain else BROKEN, SEALS[entry.seal]])
    facts = {
        "Number": f"{entry.number:,}",
        "When": f"{entry.at:%-d %b %Y %H:%M:%S} UTC" if entry.at else "Unreadable",
        "Who": _person(entry.person),
    }
    if entry.behind is not None:
        facts[_BEHIND.get(entry.relation, "Viewed by")] = _person(entry.behind)
    facts["Kind"] = title_of(entry.kind)
    if entry.about_person is not None:
        facts["About"] = _person(entry.about_person)
    elif entry.about:
        facts["About"] = entry.about
    _table(facts)
    receipt = navigation.file_of("receipt")
    if receipt and entry.about.startswith("receipt:"):
        number = entry.about.removeprefix("receipt:")
        st.page_link(receipt, label="Open receipt", icon=":material/receipt_long:", query_params={"receipt": number})
    if entry.details:
        heading("Details")
        _table(_readable_values(entry.details))
    if entry.personal:
        heading("Personal data", "deleted when the person is erased")
        _table(_readable_values(entry.personal))
    st.caption(f"MAC {plain(entry.mac)}")


def _person(person: Person) -> str:
    return f"{person.words} ({person.id})" if person.id and person.id != person.words else person.words


def _readable_values(values: Mapping[str, Plain]) -> dict[str, str]:
    return {name.replace("_", " ").capitalize(): _value(value) for name, value in values.items()}


def _value(value: Plain) -> str:
    match value:
        case None:
            return "None"
        case bool():
            return "Yes" if value else "No"
        case list():
            return ", ".join(_value(member) for member in value)
        case dict():
            return "; ".join(f"{name}: {_value(member)}" for name, member in value.items())
        case _:
            return str(value)


def _table(facts: Mapping[str, str]) -> None:
    st.table({plain(name): plain(value) for name, value in facts.items()}, border="horizontal")
