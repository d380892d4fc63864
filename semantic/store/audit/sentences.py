"""The names of all kinds of acts, and the sentences that describe them. Kinds are listed only here.

A kind has several sentences, the most detailed first. The first sentence whose words are all in the entry is used. The
last one needs no words, so that acts of erased people have a sentence, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from semantic.display.format import counted, listed
from semantic.store.audit.entries import Entry, Person
from semantic.store.database import parse_moment

SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "question.asked": ("ran {metrics} ({counted_rows})", "ran {metrics}", "ran a question"),
    "question.exported": ("exported a result as {as}", "exported a result"),
    "answer.exported": ("exported the result of receipt {thing} as {as}", "exported a result"),
    "rows.listed": (
        "viewed {rows} of the {of} rows behind a number of {thing}",
        "viewed the rows behind a number of {thing}",
        "viewed the rows behind a number",
    ),
    "analysis.run": ("ran a {analysis} over {metrics}", "ran an analysis of {metrics}", "ran an analysis"),
    "values.offered": (
        "searched for “{search}” in the values of {thing}",
        "browsed the values of {thing}",
        "browsed the values of a filter",
    ),
    "receipt.opened": ("opened the receipt {thing}", "opened a receipt"),
    "question.saved": ("saved the question “{name}”", "saved a question"),
    "question.changed": ("saved version {version} of a question: “{note}”", "changed a saved question"),
    "question.version_restored": (
        "restored version {restores} of a question: “{note}”",
        "restored version {restores} of a question",
        "restored an earlier version of a question",
    ),
    "question.renamed": (
        "renamed the question “{before}” to “{name}”",
        "renamed a question to “{name}”",
        "renamed a question",
    ),
    "question.moved": ("moved a question to another space",),
    "question.filed": ("put a question into the folder “{name}”", "changed the folder of a question"),
    "question.shared": ("shared the question “{name}”", "shared a question"),
    "question.archived": ("archived the question “{name}”", "archived a question"),
    "question.restored": ("restored the question “{name}”", "restored an archived question"),
    "question.brought_back": ("restored the question “{name}”", "restored an archived question"),
    "question.linked": ("created a link to a question",),
    "analysis.saved": ("saved the {analysis} “{name}”", "saved the analysis “{name}”", "saved an analysis"),
    "analysis.changed": ("saved version {version} of an analysis: “{note}”", "changed a saved analysis"),
    "analysis.version_restored": (
        "restored version {restores} of an analysis: “{note}”",
        "restored version {restores} of an analysis",
        "restored an earlier version of an analysis",
    ),
    "analysis.renamed": (
        "renamed the analysis “{before}” to “{name}”",
        "renamed an analysis to “{name}”",
        "renamed an analysis",
    ),
    "analysis.moved": ("moved an analysis to another space",),
    "analysis.filed": ("put an analysis into the folder “{name}”", "changed the folder of an analysis"),
    "analysis.archived": ("archived an analysis",),
    "analysis.brought_back": ("restored an archived analysis",),
    "agent.connected": (
        "connected the agent “{name}” ({client}), valid until {until}",
        "connected an agent ({client}), valid until {until}",
        "connected an agent",
    ),
    "agent.ended": ("revoked the agent “{name}”: “{why}”", "revoked the agent “{name}”", "revoked an agent"),
    "agent.paused": ("paused the agent “{name}”: “{why}”", "paused the agent “{name}”", "paused an agent"),
    "agent.resumed": ("resumed the agent “{name}”", "resumed an agent"),
    "agent.limited": ("changed the daily limits of the agent “{name}”", "changed the daily limits of an agent"),
    "agents.switched_off": ("switched off all agents: “{why}”", "switched off all agents"),
    "agents.switched_on": ("switched on agents: “{why}”", "switched on agents"),
    "checks.started": ("started the data checks",),
    "space.made": ("created the space “{name}”", "created a space"),
    "space.renamed": ("renamed a space to “{name}”", "renamed a space"),
    "space.archived": ("archived a space",),
    "model.published": (
        "published version {thing} of the model, {how}: “{note}”",
        "published version {thing} of the model, {how}",
        "published version {thing} of the model: “{note}”",
        "published version {thing} of the model",
        "published a version of the model",
    ),
    "model.rolled_back": (
        "restored version {restores} of the model, as version {thing}",
        "restored an earlier version of the model",
    ),
    "model.rebased": (
        "updated the scheduled version {rebases} of the model with an upload, as version {thing}",
        "updated a scheduled version of the model with an upload",
    ),
    "model.merged": ("merged changes into the model, as version {thing}", "merged changes into the model"),
    "model.pulled": (
        "exported version {thing} of the model into a folder",
        "exported a version of the model into a folder",
    ),
    "draft.begun": ("started a draft of the model from version {based_on}", "started a draft of the model"),
    "draft.saved": ("saved a draft of the model",),
    "draft.previewed": (
        "previewed the numbers of {thing} in a draft of the model",
        "previewed numbers in a draft of the model",
    ),
    "draft.discarded": ("discarded a draft of the model",),
    "draft.compared": (
        "viewed the impact of a draft of the model on {metrics}",
        "viewed the impact of a draft of the model",
    ),
    "review.sent": ("sent a draft of the model for review: “{text}”", "sent a draft of the model for review"),
    "review.approved": ("approved a draft of the model: “{text}”", "approved a draft of the model"),
    "review.changes_asked": ("asked for changes to a draft of the model: “{text}”", "asked for changes to a draft"),
    "review.commented": ("commented on a draft of the model: “{text}”", "commented on a draft of the model"),
    "review.withdrawn": ("withdrew a draft of the model from review",),
    "board.made": ("created the board “{name}”", "created a board"),
    "board.published": ("published version {version} of the board “{name}”", "published a board"),
    "board.version_restored": (
        "restored version {restores} of the board “{name}”, as version {version}",
        "restored version {restores} of a board, as version {version}",
        "restored a version of a board",
    ),
    "board.draft_discarded": ("discarded the draft of a board",),
    "board.moved": ("moved a board to another space",),
    "board.filed": ("moved a board to the folder “{name}”", "changed the folder of a board"),
    "board.exported": ("exported a board with {counted_answers} as {as}", "exported a board"),
    "board.archived": ("archived a board",),
    "board.brought_back": ("restored an archived board",),
    "public_link.made": (
        "created the public link “{name}” for {audience}, valid until {until}",
        "created a public link",
    ),
    "public_link.ended": (
        "revoked the public link “{name}”: “{why}”",
        "revoked the public link “{name}”",
        "revoked a public link",
    ),
    "public_link.opened": ("opened the public link “{name}”", "opened a public link"),
    "public_link.refused": (
        "refused to open the public link “{name}”: {why}",
        "refused to open a public link",
    ),
    "destination.added": ("added the destination “{name}” ({kind}, {host})", "added a destination"),
    "destination.ended": ("removed the destination “{name}”", "removed a destination"),
    "destination.tested": ("sent a test message to the destination “{name}”", "sent a test message to a destination"),
    "connection.tested": ("tested a connection to {place} ({engine})", "tested a connection"),
    "connection.added": ("added the connection “{name}” ({engine}, {place})", "added a connection"),
    "connection.changed": (
        "changed the address of the connection “{name}” ({engine}, {place})",
        "changed a connection",
    ),
    "connection.renamed": ("renamed the connection “{before}” to “{name}”", "renamed a connection"),
    "connection.ended": ("removed the connection “{name}”", "removed a connection"),
    "mail_server.changed": ("set the mail server to {host}", "set the mail server"),
    "mail_server.removed": ("removed the mail server",),
    "mail_server.tested": ("sent a test email to {address}", "sent a test email"),
    "reconciliation.made": ("created a reconciliation of {metrics}", "created a reconciliation"),
    "reconciliation.changed": ("changed a reconciliation of {metrics}", "changed a reconciliation"),
    "reconciliation.removed": ("removed a reconciliation of {metrics}", "removed a reconciliation"),
    "reconciliation.compared": ("compared {metrics} with a platform's totals", "compared a platform's totals"),
    "alert.made": ("created an alert on {metrics}", "created an alert"),
    "alert.changed": ("changed an alert on {metrics}", "changed an alert"),
    "alert.paused": ("paused an alert on {metrics}: {why}", "paused an alert on {metrics}", "paused an alert"),
    "alert.resumed": ("resumed an alert on {metrics}", "resumed an alert"),
    "alert.removed": ("removed an alert on {metrics}", "removed an alert"),
    "alert.brought_back": ("restored an alert on {metrics}", "restored an alert"),
    "alert.snoozed": ("snoozed an alert on {metrics} until {until}", "snoozed an alert"),
    "alert.woken": ("ended the snooze of an alert on {metrics}", "ended the snooze of an alert"),
    "alert.acknowledged": ("acknowledged an alert on {metrics}", "acknowledged an alert"),
    "alert.left": ("unsubscribed from an alert on {metrics}", "unsubscribed from an alert"),
    "alert.left_by_link": (
        "unsubscribed a recipient from an alert on {metrics} through the link in an email",
        "unsubscribed a recipient from an alert",
    ),
    "alert.joined_by_link": (
        "subscribed a recipient to an alert on {metrics} again through the link in an email",
        "subscribed a recipient to an alert again",
    ),
    "alert.joined": ("subscribed to an alert on {metrics} again", "subscribed to an alert again"),
    "certification.requested": (
        "requested certification of the analysis “{named}”: “{note}”",
        "requested certification of the analysis “{named}”",
        "requested certification of {metrics}: “{note}”",
        "requested certification of {metrics}",
        "requested certification of a metric",
    ),
    "certification.declined": (
        "declined to certify the analysis “{named}”: “{note}”",
        "declined to certify the analysis “{named}”",
        "declined to certify {metrics}: “{note}”",
        "declined to certify {metrics}",
        "declined to certify a metric",
    ),
    "certification.granted": (
        "certified the analysis “{named}” until {until}",
        "certified {metrics} until {until}",
        "certified {metrics}",
        "certified a metric",
    ),
    "certification.renewed": (
        "renewed the certification of the analysis “{named}” until {until}",
        "renewed the certification of {metrics} until {until}",
        "renewed a certification",
    ),
    "certification.revoked": (
        "revoked the certification of the analysis “{named}”: “{note}”",
        "revoked the certification of the analysis “{named}”",
        "revoked the certification of {metrics}: “{note}”",
        "revoked the certification of {metrics}",
        "revoked a certification",
    ),
    "delivery.made": ("created the delivery “{name}”", "created a delivery"),
    "delivery.changed": ("changed the delivery “{name}”", "changed a delivery"),
    "delivery.paused": ("paused the delivery “{name}”: {why}", "paused the delivery “{name}”", "paused a delivery"),
    "delivery.resumed": ("resumed the delivery “{name}”", "resumed a delivery"),
    "delivery.removed": ("removed the delivery “{name}”", "removed a delivery"),
    "delivery.recipient_added": (
        "added {to} to the delivery “{name}”",
        "added a recipient to the delivery “{name}”",
        "added a recipient to a delivery",
    ),
    "delivery.recipient_removed": (
        "removed {to} from the delivery “{name}”",
        "removed a recipient from the delivery “{name}”",
        "removed a recipient from a delivery",
    ),
    "delivery.recipient_paused": (
        "paused the delivery “{name}” for a recipient without access",
        "paused a delivery for a recipient without access",
    ),
    "delivery.unsubscribed": ("unsubscribed from the delivery “{name}”", "unsubscribed from a delivery"),
    "delivery.unsubscribed_by_link": (
        "unsubscribed a recipient from the delivery “{name}” through the link in an email",
        "unsubscribed a recipient from a delivery",
    ),
    "delivery.subscribed_again": ("subscribed to the delivery “{name}” again", "subscribed to a delivery again"),
    "delivery.subscribed_again_by_link": (
        "subscribed a recipient to the delivery “{name}” again through the link in an email",
        "subscribed a recipient to a delivery again",
    ),
    "policy.tested": ("tested who can see what",),
    "access.explained": ("checked what {person} can see and why", "compared what people can see and why"),
    "view_as.began": ("started viewing as {person}", "started viewing as someone else"),
    "view_as.previewed": ("previewed a message as {person}", "previewed a message as someone else"),
    "view_as.ended": ("stopped viewing as {person}", "stopped viewing as someone else"),
    "setting.changed": ("changed the setting {thing}", "changed a setting"),
    "person.signed_in": ("signed in with {provider}", "signed in"),
    "person.signed_out": ("ended a sign-in of {person}", "signed out"),
    "person.signed_out_everywhere": ("signed {person} out everywhere", "signed out everywhere"),
    "person.refused": ("refused a sign-in by {person}", "refused a sign-in"),
    "person.claims_changed": ("now has a different role, groups or attributes",),
    "person.deactivated": ("deactivated {person}", "deactivated an account"),
    "person.reactivated": ("reactivated {person}", "reactivated an account"),
    "person.freed": ("released the ID of {person}", "released an ID"),
    "person.access_given": (
        "gave {person} the role {role}: {given}",
        "gave {person} the role {role}",
        "gave {person} access: {given}",
        "gave someone access",
    ),
    "person.access_taken": ("removed the access given to {person}", "removed someone's access"),
    "person.joined": (
        "gave {person} the role {role}, because {domain} is invited",
        "gave someone access, because their domain is invited",
    ),
    "invitation.added": (
        "invited everyone at {domain} as {role}",
        "invited everyone at {domain}",
        "invited a domain",
    ),
    "invitation.removed": ("stopped inviting {domain}", "stopped inviting a domain"),
    "token.made": ("created the service token “{name}”, valid until {until}", "created a service token"),
    "token.ended": (
        "revoked the service token “{name}”: “{why}”",
        "revoked the service token “{name}”",
        "revoked a service token",
    ),
    "token.handed_over": (
        "transferred the service token “{name}” to {to}",
        "transferred the service token “{name}” to someone else",
        "transferred a service token to someone else",
    ),
    "person.erased": (("erased a person: their name is gone, and data encrypted for them can no longer be read"),),
    "audit.exported": ("exported {counted_entries} of the audit log as {as}", "exported the audit log"),
    "audit.expired": (
        "removed {counted_removed} from before {before} from the audit log",
        "removed old entries from the audit log",
    ),
    "audit.gap": (
        "couldn't record the answer of receipt {receipt}",
        "couldn't record {counted_acts}, done between {first} and {last}: {kinds}",
        "couldn't record the last acts of a process that was killed, between {first} and {last}",
        "couldn't record an act",
    ),
    "audit.retention_changed": (
        "set audit log retention to {counted_after}",
        "set audit log retention to forever",
    ),
    "target.set": ("set a target of {thing} to {value}", "set a target"),
    "target.changed": (
        "changed a target of {thing} from {before} to {value}",
        "changed a target of {thing}",
        "changed a target",
    ),
    "target.removed": ("removed a target of {thing}, {value}", "removed a target of {thing}", "removed a target"),
    "target.imported": (
        "imported {counted_count}: {added} added, {changed} changed",
        "imported {counted_count}",
        "imported targets",
    ),
    "remark.written": ("added the remark “{text}”", "added a remark"),
    "remark.changed": ("changed a remark to “{text}”", "changed a remark"),
    "remark.removed": ("removed the remark “{text}”", "removed a remark"),
    "upload.made": ("uploaded “{name}” ({counted_rows})", "uploaded a file"),
    "upload.replaced": ("replaced the rows of “{name}” ({counted_rows})", "replaced the rows of an upload"),
    "upload.appended": ("added rows to “{name}” ({counted_rows})", "added rows to an upload"),
    "upload.restored": ("restored an earlier version of “{name}” ({counted_rows})", "restored a version of an upload"),
    "upload.shared": ("changed who sees the upload “{name}”", "changed who sees an upload"),
    "upload.changed": ("changed the upload “{name}”", "changed an upload"),
    "upload.handed_over": ("gave the upload “{name}” another owner", "gave an upload another owner"),
    "upload.deleted": ("deleted the upload “{name}”", "deleted an upload"),
    "request.made": ("sent the request “{words}”", "sent a request"),
    "request.joined": ("joined a request",),
    "request.left": ("left a request",),
    "request.withdrawn": ("withdrew a request",),
    "request.assigned": ("assigned a request to {person}", "assigned a request"),
    "request.answered": ("answered a request: “{words}”", "answered a request"),
    "request.declined": ("declined a request: “{words}”", "declined a request"),
    "request.merged": ("merged two requests",),
    "request.reopened": ("reopened a request",),
    "request.drafted": ("started a draft from a request",),
    "proposal.made": ("proposed to {act}: {metrics}", "proposed to {act}", "made a proposal"),
    "proposal.approved": (
        "approved the proposal to {act}: {metrics}",
        "approved the proposal to {act}",
        "approved a proposal",
    ),
    "proposal.denied": (
        "denied the proposal to {act}: {metrics}",
        "denied the proposal to {act}",
        "denied a proposal",
    ),
    "proposal.withdrawn": (
        "withdrew the approval to {act}: {metrics}",
        "withdrew the approval to {act}",
        "withdrew an approval",
    ),
    "transcript.opened": ("opened the transcript of an agent of {person}", "opened the transcript of an agent"),
    "metric.retiring": ("started to retire {thing}", "started to retire a metric"),
    "metric.switched": (
        "replaced {thing} with {successor} in {counted_items}",
        "replaced a metric in saved questions and boards",
    ),
    "metric.switch_undone": ("undid the replacement of {thing} in one item", "undid the replacement of a metric"),
    "guidance.proposed": ("proposed a change to the guidance for agents: “{note}”", "proposed guidance for agents"),
    "guidance.approved": (
        "approved version {thing} of the guidance for agents, {how}",
        "approved version {thing} of the guidance for agents",
        "approved guidance for agents",
    ),
    "guidance.declined": (
        "declined version {thing} of the guidance for agents: “{note}”",
        "declined version {thing} of the guidance for agents",
        "declined guidance for agents",
    ),
    "guidance.withdrawn": (
        "withdrew version {thing} of the guidance for agents",
        "withdrew proposed guidance for agents",
    ),
    "guidance.restored": (
        "restored version {restores} of the guidance for agents, as version {thing}",
        "restored earlier guidance for agents",
    ),
    "drift.question_made": ("added the certified question “{name}”", "added a certified question"),
    "drift.question_changed": ("changed the certified question “{name}”", "changed a certified question"),
    "drift.question_removed": ("removed the certified question “{name}”", "removed a certified question"),
    "model_reader.switched_off": (
        "switched off the language model: {why}",
        "switched off the language model",
    ),
    "model_reader.switched_on": ("switched on the language model",),
    "automation.noted": (
        "noted that the {kind} “{name}” was {change}",
        "logged a change to an automation",
    ),
    "automation.changed": ("corrected the log entry “{name}”", "corrected an entry in the automation log"),
    "automation.removed": ("removed the log entry “{name}”", "removed an entry from the automation log"),
    "automation.exported": ("exported {counted_entries} of the automation log", "exported the automation log"),
    "comment.written": ("wrote a comment on a {on}", "wrote a comment"),
    "comment.changed": ("edited a comment",),
    "comment.removed": ("removed a comment",),
    "comment.resolved": ("resolved a comment thread",),
    "comment.reopened": ("reopened a comment thread",),
    "store.restored": ("restored the store from a backup",),
}

TITLES: Final[Mapping[str, str]] = {
    "question.asked": "Ran a question",
    "question.exported": "Exported a question",
    "answer.exported": "Exported a result",
    "rows.listed": "Viewed the rows behind a number",
    "analysis.run": "Ran an analysis",
    "values.offered": "Browsed the values of a filter",
    "receipt.opened": "Opened a receipt",
}
"""A kind's name in lists, if that isn't its shortest sentence."""

_ANALYSES: Final = {
    "retention": "retention analysis",
    "paths": "path analysis",
    "overlap": "channel overlap analysis",
    "pressure": "contact pressure analysis",
    "rfm": "customer scoring",
    "maturity": "maturity analysis",
    "anomalies": "search for unusual days",
    "step_change": "comparison of a funnel's step",
}
"""Names of analysis kinds that read well after "a", for kinds whose own name doesn't."""

_COUNTED: Final[Mapping[str, tuple[str, str]]] = {
    "rows": ("row", ""),
    "answers": ("answer", ""),
    "entries": ("entry", "entries"),
    "removed": ("entry", "entries"),
    "after": ("day", ""),
    "count": ("target", ""),
    "acts": ("act", ""),
    "items": ("item", ""),
}
"""What a number in an entry counts, singular and plural. A sentence uses it as {counted_rows}."""

_LONGEST: Final = 160
_LABELLED: Final = ("metric", "dimension", "dataset")


def title_of(kind: str) -> str:
    """Return the name of a kind of act for a list, which is the sentence without words from an entry."""
    if kind in TITLES:
        return TITLES[kind]
    known = SENTENCES.get(kind)
    return known[-1][:1].upper() + known[-1][1:] if known else f"Other ({_one_line(kind)})"


def sentence(entry: Entry, label: Callable[[str], str] = str) -> str:
    """Return an entry as one sentence, without a full stop.

    `label` returns the display name for a name in the model.
    """
    through = f" through {_one_line(entry.behind.words)}" if entry.behind and entry.relation == "through" else ""
    return f"{_who(entry)} {_what(entry, label)}{through}"


def _who(entry: Entry) -> str:
    person, behind = entry.person.words, entry.behind
    if behind is None:
        return person
    match entry.relation:
        case "through":
            return person
        case "viewed_by":
            return f"{behind.words}, viewing as {_within(entry.person)},"
        case "for_person":
            return f"{person}, for {_within(behind)},"
        case _:
            return f"{person}, with {_within(behind)} behind them,"


def _within(person: Person) -> str:
    return person.words if person.state == "known" else person.words[:1].lower() + person.words[1:]


def _what(entry: Entry, label: Callable[[str], str]) -> str:
    fields = _fields(entry, label)
    for template in SENTENCES.get(entry.kind, ()):
        if set(re.findall(r"{(\w+)}", template)) <= fields.keys():
            return template.format_map(fields)
    return f"did something this version of Samepage can't describe ({_one_line(entry.kind)})"


def _fields(entry: Entry, label: Callable[[str], str]) -> dict[str, str]:
    """Return the words of an entry for use in a sentence, with labels in place of the model's names."""
    noun, _, thing = entry.about.partition(":")
    if noun in _LABELLED:
        thing = label(thing)
    elif noun == "setting":
        thing = thing.replace(".", " ").replace("_", " ")
    things = {**entry.personal, **entry.details, "thing": thing}
    if noun == "receipt":
        things["receipt"] = thing
    fields = {"person": _within(entry.about_person)} if entry.about_person else dict[str, str]()
    for name, value in things.items():
        if name == "metrics":
            names = [each_name for each_name in value if isinstance(each_name, str)] if isinstance(value, list) else []
            fields |= {name: listed([_one_line(label(each_name)) for each_name in names])} if names else {}
        elif name == "kinds" and isinstance(value, dict):
            fields[name] = _one_line(listed([f"{title_of(kind)} ({count})" for kind, count in value.items()]))
        elif name == "analysis" and isinstance(value, str):
            fields[name] = _ANALYSES.get(value) or _one_line(value.replace("_", " "))
        elif name in ("first", "last") and (moment := parse_moment(value)) is not None:
            fields[name] = f"{moment:%-d %b %Y %H:%M:%S} UTC"
        elif isinstance(value, int) and not isinstance(value, bool):
            fields[name] = f"{value:,}"
            if name in _COUNTED:
                fields[f"counted_{name}"] = counted(value, *_COUNTED[name])
        elif isinstance(value, str) and value.strip():
            fields[name] = _one_line(value)
    return fields


def _one_line(text: str) -> str:
    """Return text on one line without invisible characters, so that the sentence stays readable."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
