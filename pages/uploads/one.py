"""One upload: its facts, the form that replaces its file, its earlier versions, who sees it, and deleting it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.shell import links, session
from pages.shell.parts import block, heading, notice, page_header, plain, unseen
from pages.shell.turns import in_turn
from pages.uploads import file as file_form
from pages.uploads import sharing, state
from pages.widgets.item_words import FORMER, name_without_job, when_words
from semantic.errors import SemanticError, counted
from semantic.query.describe import describe_day
from semantic.query.query import Query
from semantic.services.uploads import UploadWork
from semantic.store.uploads.uploads import Upload
from semantic.uploads.rows import Difference, ignored
from semantic.uploads.upload import metric_labels

KEY: Final = "uploads-one"
HOW: Final = {"made": "Uploaded", "replaced": "Replaced", "appended": "Rows added", "restored": "Restored"}


def show(upload: str) -> None:
    """Draw the upload with this ID."""
    work = state.work()
    try:
        found = work.find(upload)
    except SemanticError as error:
        page_header("Your uploads")
        notice("caution", "error", str(error), key="uploads-gone")
        st.button("Back to your uploads", key="uploads-back", on_click=_leave)
        return
    is_own = found.owner_id == work.actor.id
    owner = "" if is_own else f" Owned by {found.owner_name}." if found.owner_name else " It has no owner."
    last = f", to {describe_day(found.last_day)}" if found.last_day else ""
    page_header(found.plan.label, f"{counted(found.rows, 'row')}{last}.{owner} "
                f"{sharing.shared_words(found.plan.shared, is_own=is_own)}.")  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge("Own data", icon=":material/upload_file:", color="orange",
                 help="From a file that someone uploaded, so its metrics can't be certified.")  # fmt: skip
        st.button("Back to your uploads", icon=":material/arrow_back:", key="uploads-back", on_click=_leave,
                  type="tertiary")  # fmt: skip
    state.show_outcome()
    _metrics(found, work)
    if work.may_change(found):
        _another(upload)
        _versions(found, work)
        _share(found, work)
        _end(found, work)
    elif work.may_take_over(found):
        notice("caution", "person_off", "Its owner has left.", key="uploads-left")
        st.button("Become its owner", key="uploads-take", on_click=_do, args=("take", upload))


def _leave() -> None:
    state.open_view()
    state.forget([KEY])


def _metrics(upload: Upload, work: UploadWork) -> None:
    """Draw links to the upload's metrics, for people who can see them."""
    seen = {metric.name: metric for metric in session.workspace().visible(work.actor).metrics}
    names = [name for name in metric_labels(upload.plan) if name in seen]
    with block("Metrics"):
        for name in names[:20]:
            links.explore_link(seen[name].label, Query(metrics=(name,)), icon=":material/query_stats:")
        if not names:
            st.caption("Only people it's shared with see its numbers.")


@st.fragment
@in_turn
def _another(upload: str) -> None:
    """Draw the form for another file for the same table, with what that file would change."""
    session.require("marketer")
    work = state.work()
    with block("Another file", "With the same headings. Nothing changes until you confirm."):
        chosen = file_form.choose_file(key=KEY, label="File with newer rows")
        if chosen is None:
            return
        file, held = chosen
        if held.reading.questions:
            file_form.columns(held, key=KEY, file=file.file_id, uses=False)
            notice("caution", "help", held.reading.questions[0], key="uploads-open")
            return
        how = st.segmented_control("What to do", ["Replace all rows", "Add rows"], default="Replace all rows",
                                   key=f"{KEY}-how", required=True)  # fmt: skip
        adds = how == "Add rows"
        try:
            found = work.find(upload)
            change = work.compare(found, held.reading, adds=adds)
        except SemanticError as error:
            notice("caution", "error", str(error), key="uploads-wrong")
            file_form.columns(held, key=KEY, file=file.file_id, uses=False)
            return
        _difference(change, adds=adds)
        if extra := ignored(held.reading, found.plan):
            st.caption(plain(f"Left out, because the table has no such column: {', '.join(extra[:10])}."))
        label = "Add rows" if adds else "Replace rows"
        if st.button(label, type="primary", key=f"{KEY}-apply", disabled=change.is_nothing):
            _renew(work, found, held, adds=adds)


def _difference(change: Difference, *, adds: bool) -> None:
    """Draw the changes in words, such as `Replaces 1,204 rows; 12 disappear.`, and the rows that disappear."""
    st.markdown(f"**{plain(difference_words(change, adds=adds))}**")
    if change.gone:
        with st.expander(f"Show rows that disappear ({change.gone:,})", key=f"{KEY}-gone"):
            st.dataframe(change.gone_rows, hide_index=True)
            if change.gone > change.gone_rows.height:
                st.caption(plain(f"The first {change.gone_rows.height} of {change.gone:,}."))


def difference_words(change: Difference, *, adds: bool = False) -> str:
    """Return what a file changes, in one or two sentences."""
    if adds:
        return f"Adds {counted(change.after - change.before, 'row')} to {counted(change.before, 'row')}."
    if not change.has_key:
        return f"Replaces {counted(change.before, 'row')} with {counted(change.after, 'row')}."
    if change.is_nothing:
        return "The file has the same rows. There's nothing to change."
    parts = [
        f"{change.added:,} new" if change.added else "",
        f"{change.changed:,} changed" if change.changed else "",
        f"{change.gone:,} {'disappears' if change.gone == 1 else 'disappear'}" if change.gone else "",
    ]
    return f"Replaces {counted(change.before, 'row')}: {', '.join(part for part in parts if part)}."


def _renew(work: UploadWork, upload: Upload, held: state.ParsedFile, *, adds: bool) -> None:
    try:
        with st.spinner("Saving\N{HORIZONTAL ELLIPSIS}"):
            work.renew(upload, held.reading, adds=adds)
    except SemanticError as error:
        notice("bad", "error", error.title, key="uploads-failed")
        return
    state.forget([KEY])
    state.tell("good", "check", "The rows were added." if adds else "The rows were replaced.")
    st.rerun()


def _versions(upload: Upload, work: UploadWork) -> None:
    with block("Versions", "The last five are kept."):
        for version in work.versions(upload):
            who = name_without_job(version.author_name) or FORMER
            when = when_words(version.made_at, session.workspace())
            text = f"{HOW.get(version.how, version.how)} by {who}, {when}: {counted(version.rows, 'row')}"
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(plain(text), width="content")
                if version.number != upload.version:
                    st.button(f"Restore {unseen(when)}", key=f"{KEY}-restore-{version.number}", on_click=_do,
                              args=("restore", upload.id, version.number))  # fmt: skip
                else:
                    st.caption("Current", width="content")


def _share(upload: Upload, work: UploadWork) -> None:
    with block("Sharing"):
        shared = sharing.choose(work, upload.plan.shared, key=f"{KEY}-{upload.id}-{upload.revision}")
        if shared != upload.plan.shared and st.button("Save", key=f"{KEY}-share", type="primary"):
            try:
                work.share(upload, shared)
            except SemanticError as error:
                notice("bad", "error", error.title, key="uploads-failed")
                return
            state.tell("good", "check", f"{sharing.shared_words(shared, is_own=True)}.")
            st.rerun()


def _end(upload: Upload, work: UploadWork) -> None:
    heading("Delete")
    used = work.used_by(upload)
    if used:
        st.caption(plain(f"It can't be deleted while these metrics use it: {', '.join(used[:10])}."))
        return
    st.caption("Deletes the table, its metrics and all versions. Boards and saved questions with them stop working.")
    sure = st.checkbox("I'm sure", key=f"{KEY}-sure-{upload.id}")
    st.button("Delete upload", icon=":material/delete:", key=f"{KEY}-delete", disabled=not sure, on_click=_do,
              args=("delete", upload.id))  # fmt: skip


def _do(what: str, upload: str, number: int = 0) -> None:
    work = state.work()
    try:
        found = work.find(upload)
        match what:
            case "restore":
                work.restore(found, number)
                state.tell("good", "undo", "The earlier version is current again.")
            case "take":
                work.take_over(found)
                state.tell("good", "check", "You own this upload now.")
            case _:
                work.delete(found)
                _leave()
                state.tell("good", "delete", f"{found.plan.label} was deleted.")
    except SemanticError as error:
        state.tell("bad", "error", error.title)
