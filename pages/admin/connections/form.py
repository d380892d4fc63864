"""The form that connects data: the kind of source, its details, a test in steps, and Save once the test succeeds.

The Add data page shows the same form as its first step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import streamlit as st

from pages.admin.connections.steps import card_key, draw_steps, last_tests
from pages.shell import session
from pages.shell.parts import empty_state, plain
from semantic.errors import SemanticError
from semantic.services.connecting.address import allowed_folders, path_text, postgres_text, spark_text
from semantic.services.connecting.work import (
    ONLY_ADMINISTRATORS,
    ConnectionTest,
    ConnectionWork,
    ListedConnection,
)
from semantic.store.connections.connections import LONGEST_LABEL

KINDS: Final = {
    "postgresql": ("PostgreSQL", "database"),
    "duckdb": ("DuckDB file", "deployed_code"),
    "files": ("Parquet or CSV", "folder_open"),
    "spark": ("Spark", "bolt"),
    "url": ("By URL", "link"),
}
"""The kinds of sources that people can connect, each with its label and icon."""
_ABOUT: Final = {
    "postgresql": "A PostgreSQL server, version 14 or later. Use a user who can only read.",
    "duckdb": "A .duckdb file on the server that runs Samepage. It's opened read-only.",
    "files": "A folder of .parquet or .csv files on the server that runs Samepage, or one such file. Each file is a "
    "table.",
    "spark": "A cluster with Spark Connect, version 4 or later.",
    "url": "The address of a database as its documentation writes it, such as "
    "`postgresql://user:password@db.example.com:5432/shop`.",
}
PASSWORD_ONLY, WHOLE = "Password", "Full address"
_KEPT: Final = "It's stored encrypted and never shown again."


@dataclass(slots=True)
class _Form:
    """The state of an open form. `text` is the address that `test` has tested."""

    test: ConnectionTest | None = None
    text: str = field(default="", repr=False)
    wrong: str = ""
    saved: str = ""


def connection_form(
    key: str, *, changed: ListedConnection | None = None, cancel: Callable[[], None] | None = None
) -> str | None:
    """Draw the form, and return the connection's name in the model once it's saved, or None until then.

    If `changed` is set, the form changes the password or address of that connection. Anyone but an administrator sees
    who to contact.
    """
    actor = session.actor()
    if actor is None or not actor.is_at_least("administrator") or actor.viewed_by is not None:
        empty_state("lock", "Connect data", ONLY_ADMINISTRATORS, key=f"{key}-closed")
        return None
    form: _Form = st.session_state.setdefault(_place(key), _Form())
    if form.saved:
        close_form(key)
        return form.saved
    with st.container(border=changed is None, gap="small", key=key):  # A card already has a border.
        _details(key, changed)
        text, wrong = _text(key, changed)
        is_same = form.test is not None and text == form.text and not wrong
        if form.wrong:
            st.warning(plain(form.wrong), icon=":material/error:")
        if form.test is not None and is_same:
            draw_steps(form.test, key)
        elif form.test is not None:
            st.caption("The details changed since the test. Test them again.")
        _buttons(key, form, changed, cancel, can_save=is_same and form.test is not None and form.test.is_connected)
    return None


def close_form(key: str) -> None:
    """Clear the form's fields, its test and the address."""
    st.session_state.pop(_place(key), None)
    for name in [name for name in st.session_state if isinstance(name, str) and name.startswith(f"{key}-field-")]:
        del st.session_state[name]


def _details(key: str, changed: ListedConnection | None) -> None:
    if changed is None:
        st.text_input(
            "Name", key=_field(key, "label"), max_chars=LONGEST_LABEL, placeholder="Shop database",
            help="What people call this data. Leave it empty to use the name of the database or file.",
        )  # fmt: skip
    elif changed.engine == KINDS["postgresql"][0]:
        st.segmented_control(
            "Change", [PASSWORD_ONLY, WHOLE], default=PASSWORD_ONLY, key=_field(key, "what"), required=True
        )
        if _typed(key, "what", PASSWORD_ONLY) == PASSWORD_ONLY:
            _secret("New password", _field(key, "password"))
            return
    st.segmented_control(
        "Type", list(KINDS), default="postgresql", key=_field(key, "kind"), required=True,
        format_func=lambda name: f":material/{KINDS[name][1]}: {KINDS[name][0]}",
    )  # fmt: skip
    kind = _typed(key, "kind", "postgresql")
    st.caption(_ABOUT[kind])
    _FIELDS[kind](key)


def _postgres_fields(key: str) -> None:
    _host_and_port(key, "db.example.com", "5432")
    left, right = st.columns(2, gap="small")
    with left:
        st.text_input("User", key=_field(key, "user"), autocomplete="off")
    with right:
        _secret("Password", _field(key, "password"))
    left, right = st.columns(2, gap="small", vertical_alignment="bottom")
    with left:
        st.text_input("Database", key=_field(key, "database"), placeholder="shop")
    with right:
        st.checkbox(
            "Require encryption", key=_field(key, "encrypted"),
            help="Without it, the connection is encrypted if the server offers that.",
        )  # fmt: skip


def _spark_fields(key: str) -> None:
    _host_and_port(key, "spark.example.com", "15002")
    left, right = st.columns(2, gap="small")
    with left:
        st.text_input("Schema", key=_field(key, "schema"), help="Leave it empty to see the tables of every schema.")
    with right:
        _secret("Token", _field(key, "token"))
    st.checkbox("Require encryption", key=_field(key, "encrypted"), help="A token is always sent encrypted.")


def _host_and_port(key: str, host: str, port: str) -> None:
    left, right = st.columns([3, 1], gap="small")
    with left:
        st.text_input("Host", key=_field(key, "host"), placeholder=host)
    with right:
        st.text_input("Port", key=_field(key, "port"), placeholder=port, max_chars=5)


def _path_field(key: str, label: str, example: str) -> None:
    st.text_input(plain(label), key=_field(key, "path"), placeholder=example)
    folders = [str(folder) for folder in allowed_folders(session.live().settings)]
    if folders:
        st.caption(plain(f"Samepage can read: {', '.join(folders)}"))
    else:
        st.caption(
            "Samepage can't read any folder on its server yet. The person who runs Samepage allows folders with the "
            "setting SAMEPAGE\\_DATA\\_FOLDERS."
        )


def _url_field(key: str) -> None:
    _secret("Address", _field(key, "address"))


def _secret(label: str, key: str) -> None:
    st.text_input(plain(label), key=key, type="password", autocomplete="new-password", help=_KEPT)


_FIELDS: Final[dict[str, Callable[[str], None]]] = {
    "postgresql": _postgres_fields,
    "duckdb": lambda key: _path_field(key, "Path on the server", "/srv/data/shop.duckdb"),
    "files": lambda key: _path_field(key, "Folder or file on the server", "/srv/data/exports"),
    "spark": _spark_fields,
    "url": _url_field,
}


def _buttons(
    key: str,
    form: _Form,
    changed: ListedConnection | None,
    cancel: Callable[[], None] | None,
    *,
    can_save: bool,
) -> None:
    is_testing = form.test is not None and not form.test.is_done
    with st.container(horizontal=True, gap="xsmall"):
        if can_save:
            st.button("Save", key=f"{key}-save", type="primary", on_click=_save, args=(key, changed))
        st.button(
            "Test again" if form.test is not None else "Test", key=f"{key}-test", icon=":material/network_check:",
            type="secondary" if can_save else "primary", disabled=is_testing, on_click=_test, args=(key, changed),
        )  # fmt: skip
        if cancel is not None:
            st.button("Cancel", key=f"{key}-cancel", type="tertiary", on_click=_cancelled, args=(key, cancel))


# Typed values


def _place(key: str) -> str:
    return f"{key}-form"


def _field(key: str, name: str) -> str:
    return f"{key}-field-{name}"


def _typed(key: str, name: str, otherwise: str = "") -> str:
    value: Any = st.session_state.get(_field(key, name))  # Any: the session's value for a field
    return value if isinstance(value, str) and value else otherwise


def _text(key: str, changed: ListedConnection | None) -> tuple[str, str]:
    """Return the address that the fields describe, and the error in it, or "".

    If only the password changes, the first part is the password.
    """
    is_encrypted = bool(st.session_state.get(_field(key, "encrypted")))
    if _is_password_only(key, changed):
        return _typed(key, "password"), ""
    try:
        match _typed(key, "kind", "postgresql"):
            case "postgresql":
                return postgres_text(
                    host=_typed(key, "host"), port=_typed(key, "port"), database=_typed(key, "database"),
                    user=_typed(key, "user"), password=_typed(key, "password"), is_encrypted=is_encrypted,
                ), ""  # fmt: skip
            case "spark":
                return spark_text(
                    host=_typed(key, "host"), port=_typed(key, "port"), schema=_typed(key, "schema"),
                    token=_typed(key, "token"), is_encrypted=is_encrypted,
                ), ""  # fmt: skip
            case "url":
                return _typed(key, "address").strip(), ""
            case _:
                return path_text(_typed(key, "path")), ""
    except SemanticError as error:
        return "", str(error)


def _is_password_only(key: str, changed: ListedConnection | None) -> bool:
    if changed is None or changed.engine != KINDS["postgresql"][0]:
        return False
    return _typed(key, "what", PASSWORD_ONLY) == PASSWORD_ONLY


# Click handlers


def _test(key: str, changed: ListedConnection | None) -> None:
    _, actor = session.require("administrator")
    form: _Form = st.session_state.setdefault(_place(key), _Form())
    form.test, form.text = None, ""
    text, form.wrong = _text(key, changed)
    if form.wrong:
        return
    work = ConnectionWork(session.live(), actor)
    try:
        if changed is not None and _is_password_only(key, changed):
            form.test = work.test_again(changed.name, password=text)
        else:
            form.test = work.test(text)
        form.text = text
    except SemanticError as error:
        form.wrong = str(error)


def _save(key: str, changed: ListedConnection | None) -> None:
    _, actor = session.require("administrator")
    form: _Form | None = st.session_state.get(_place(key))
    if form is None or form.test is None or form.text != _text(key, changed)[0]:
        return
    work = ConnectionWork(session.live(), actor)
    try:
        if changed is None:
            form.saved = work.add(_typed(key, "label", form.test.address.suggested_label), form.test)
        elif changed.stored is not None:
            work.change(changed.stored.id, form.test, revision=changed.stored.revision)
            form.saved = changed.name
    except SemanticError as error:
        form.wrong, form.test = str(error), None
        return
    form.test.forget()
    last_tests()[card_key(form.saved, is_stored=True)] = form.test


def _cancelled(key: str, cancel: Callable[[], None]) -> None:
    close_form(key)
    cancel()
