"""The acts that an agent can propose: exactly what each would do, and the digest that an approval applies to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final, Literal, cast

from semantic.alerts.alert import LONGEST_NAME as LONGEST_ALERT_NAME
from semantic.alerts.alert import Alert
from semantic.alerts.codec import alert_data, read_alert
from semantic.errors import InvalidQuery
from semantic.query.data import query_from_data, query_to_data
from semantic.query.query import Query
from semantic.query.same import canonical
from semantic.store.agents.proposals import ProposalKind
from semantic.store.audit.log import Plain
from semantic.store.keys import Keys
from semantic.store.outbox.deliveries import Condition
from semantic.store.requests.requests import LONGEST_PURPOSE, LONGEST_WORDS
from semantic.store.spaces.saved import LONGEST_NAME, LONGEST_SENTENCE

Sent = Literal["board", "question"]
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class AskQuestion:
    """Ask a question that needs approval. `why` is the code of the reason for that."""

    query: Query
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveQuestion:
    """Save a question under a name, in the person's own space."""

    query: Query
    name: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class SetAlert:
    """Create an alert that notifies only the person."""

    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """Send a board or a saved question to the person on a schedule.

    `title` and `version` are those of the board or question at the time of the proposal. `propose` fills them in.
    """

    what: Sent
    about: str
    cron: str
    zone: str
    condition: Condition = "always"
    title: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMetric:
    """Ask stewards for a metric, with an optional question attached. `metric` is the related metric, if any."""

    words: str
    purpose: str = ""
    needed_by: date | None = None
    metric: str = ""
    query: Query | None = None


ProposedAct = AskQuestion | SaveQuestion | SetAlert | Subscribe | RequestMetric

KINDS: Final[Mapping[type[ProposedAct], ProposalKind]] = {
    AskQuestion: "question",
    SaveQuestion: "save",
    SetAlert: "alert",
    Subscribe: "subscription",
    RequestMetric: "request",
}


def cleaned(act: ProposedAct) -> ProposedAct:
    """Return an act with each of its texts on one line and without invisible characters.

    Raises InvalidQuery if a text is too long or a name is missing.

    Filters stay the same, because they must match the data.
    """
    match act:
        case SaveQuestion():
            name = clean_text(act.name, LONGEST_NAME, "The question needs a name.")
            return replace(act, name=name, sentence=clean_text(act.sentence, LONGEST_SENTENCE))
        case SetAlert(alert):
            return SetAlert(replace(alert, name=clean_text(alert.name, LONGEST_ALERT_NAME)))
        case RequestMetric():
            words = clean_text(act.words, LONGEST_WORDS, "Say what you need.")
            return replace(act, words=words, purpose=clean_text(act.purpose, LONGEST_PURPOSE))
        case AskQuestion() | Subscribe():
            return act


def clean_text(given: str, longest: int, missing: str = "") -> str:
    """Return an agent's text on one line, without control, bidirectional or other invisible characters.

    Raises InvalidQuery.
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in given[: 4 * longest]).split())
    line = line.encode(errors="replace").decode()
    if missing and not line:
        raise InvalidQuery(missing)
    if len(line) > longest or len(given) > 4 * longest:
        raise InvalidQuery(f"{line[:40]!r} has more than {longest:,} characters. Shorten it.")
    return line


def has_hidden_signs(act: ProposedAct) -> bool:
    """Whether an act contains invisible characters, which the person who approves it couldn't see."""
    return not json.dumps(act_data(act), ensure_ascii=False).isprintable()


def act_data(act: ProposedAct) -> dict[str, Any]:
    """Return an act as JSON-ready data."""
    match act:
        case AskQuestion(query, why):
            return {"query": query_to_data(query), "why": why}
        case SaveQuestion():
            return {"query": query_to_data(act.query), "name": act.name, "sentence": act.sentence}
        case SetAlert(alert):
            return {"alert": alert_data(alert)}
        case Subscribe():
            return {
                "what": act.what, "about": act.about, "cron": act.cron, "zone": act.zone, "condition": act.condition,
                "title": act.title, "version": act.version,
            }  # fmt: skip
        case RequestMetric():
            asked = {"query": query_to_data(act.query)} if act.query is not None else {}
            day = act.needed_by.isoformat() if act.needed_by is not None else ""
            return {"words": act.words, "purpose": act.purpose, "needed_by": day, "metric": act.metric, **asked}


def read_act(kind: ProposalKind, data: Mapping[str, object] | None) -> ProposedAct | None:
    """Parse an act from data. Returns None if it can't be read, for example because its person was erased."""
    try:
        return _read(kind, data) if data is not None else None
    except (InvalidQuery, KeyError, ValueError):
        return None


def _read(kind: ProposalKind, data: Mapping[str, Any]) -> ProposedAct:  # Any: JSON that Samepage wrote
    match kind:
        case "question":
            return AskQuestion(query_from_data(data["query"]), str(data["why"]))
        case "save":
            query = query_from_data(data["query"])
            return SaveQuestion(query=query, name=str(data["name"]), sentence=str(data["sentence"]))
        case "alert":
            return SetAlert(read_alert(data["alert"]))
        case "subscription":
            texts = {name: str(data[name]) for name in ("about", "cron", "zone", "title")}
            what, condition = cast(Sent, str(data["what"])), cast(Condition, str(data["condition"]))
            return Subscribe(**texts, what=what, condition=condition, version=int(data["version"]))
        case "request":
            query = query_from_data(data["query"]) if "query" in data else None
            needed_by = date.fromisoformat(data["needed_by"]) if data["needed_by"] else None
            texts = {name: str(data[name]) for name in ("words", "purpose", "metric")}
            return RequestMetric(**texts, needed_by=needed_by, query=query)


def digest_of(act: ProposedAct, keys: Keys, *, meaning: str, agent: str, subject: str) -> str:
    """Return a digest of exactly this act, by an agent, for a person. `meaning` is the digest of its definitions.

    The digest is an HMAC-SHA-256 of the canonical form, because with a plain hash, anyone who reads the store could
    guess filter values. Equivalent questions have the same digest.
    """
    data: dict[str, Plain] = act_data(_canonical(act))
    data.pop("why", None)
    content = json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return keys.sign(b"proposed act", KINDS[type(act)].encode(), content.encode(), *_encoded(meaning, agent, subject))


def _encoded(*texts: str) -> list[bytes]:
    return [each.encode(errors="replace") for each in texts]


def _canonical(act: ProposedAct) -> ProposedAct:
    if isinstance(act, AskQuestion | SaveQuestion | RequestMetric) and act.query is not None:
        return replace(act, query=canonical(act.query))
    return act
