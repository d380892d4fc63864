"""Ask a receipt's question again for the person who opens it, and say what has changed since (decision 39).

The question runs under that person's own policy and shows their own rows, because the receipt contains none.
Comparisons reveal nothing hidden either: rows under another policy are only compared for the person who asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from semantic.audit_trail.recorder import Recorder
from semantic.display.text import json_data
from semantic.errors import NotRecorded, SemanticError, StoreFailed, UnknownName, UnknownReceipt
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel
from semantic.query.describe import describe_day, join_words, lower_first
from semantic.query.query import Query
from semantic.results.digests import definitions_of, policy_digest
from semantic.results.receipt import Receipt, read_receipt_id
from semantic.results.result import Result
from semantic.services.process import Live
from semantic.store.audit.gaps import is_in_a_gap
from semantic.store.numbers.receipts import read_stored_receipt
from semantic.store.people import StoredPerson, read_stored_people

Data = Literal["same", "changed", "unknown"]
Values = Literal["equal", "differ", "not_compared"]

_ERASED = (
    "The person who asked this was erased, and so was the question, because it named a person. It can't be re-run."
)
_DAMAGED = "The stored question can't be read any more, so it can't be re-run."
_NOT_YOURS = "This receipt's question uses something that isn't available to you."


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A receipt with the current answer. `result` is None if the question `cannot` be asked again, with the reason.

    `definitions` are the labels of changed definitions in the question. `then` is the version of the model that the
    question was asked under, if another definition is current and that version is kept. `asked_by` is empty if hidden.
    """

    receipt: Receipt
    asked_by: str
    result: Result | None = None
    cannot: str = ""
    definitions: tuple[str, ...] = ()
    policy_differs: bool = False
    data: Data = "unknown"
    values: Values = "not_compared"
    same_sql: bool = True
    model_version: int | None = None
    then: int | None = None

    @property
    def is_same(self) -> bool:
        """Whether nothing that determines the numbers has changed."""
        return not self.definitions and not self.policy_differs and self.data != "changed"


def replay(live: Live, receipt: str, actor: Actor, *, is_opened: bool = True) -> Replayed:
    """Ask a receipt's question again as `actor`, on the day it was asked for. `is_opened` records that they opened it.

    Raises UnknownReceipt for a missing receipt, NotRecorded if its answer could not be recorded, and StoreFailed. A
    question that can't be asked again raises nothing, because the result says so.
    """
    kept_receipt = _find(live, receipt)
    if is_opened:
        live.recorder.opened(kept_receipt.id, actor)
    workspace = live.workspace()
    seen = workspace.visible(actor)
    owner = _owner(live, kept_receipt)
    is_owner = owner is not None and owner.id == actor.id and actor.viewed_by is None and actor.for_person is None
    replayed = Replayed(
        receipt=kept_receipt,
        asked_by=_asked_by(owner, kept_receipt) if actor.is_at_least("steward") or is_owner else "",
    )
    if kept_receipt.query is None:
        return _without(replayed, _ERASED if kept_receipt.is_erased else _DAMAGED)
    if not is_owner and _filters_by_masked(kept_receipt.query, seen):
        return _without(replayed, _NOT_YOURS)
    try:
        home = workspace.at(kept_receipt.query)  # a question as of an earlier version keeps it, then and now
        result = home.ask(kept_receipt.query, actor, today=kept_receipt.today)
    except UnknownName as error:
        return _without(replayed, f"This question no longer works. {error}" if is_owner else _NOT_YOURS)
    except SemanticError as error:
        return _without(replayed, f"This question can't be re-run. {error}")
    return _compared(replayed, result, home.visible(actor), live.recorder, is_owner=is_owner)


def _find(live: Live, text: str) -> Receipt:
    asked = read_receipt_id(text)
    if asked is None:
        raise UnknownReceipt(
            "That receipt ID has a typo. It should look like R-7K3Q-DM2X-WA94, and never contains 0, 1, I, L or O."
        )
    live.recorder.is_kept(asked, seconds=2.0)  # a very recent one may still be being written
    is_pending = live.recorder.is_pending(asked)  # before reading: it may be written in between
    with live.store.read() as connection:
        stored_receipt = read_stored_receipt(connection, asked, live.keys)
        is_lost = stored_receipt is None and is_in_a_gap(connection, asked)
    if stored_receipt is not None:
        return stored_receipt
    if is_pending:
        raise StoreFailed(
            f"Receipt {asked} isn't recorded yet because the store can't be written to. Try again once it can."
        )
    if is_lost:
        raise NotRecorded(
            f"Receipt {asked} can't be opened, because its answer couldn't be recorded. The audit log names "
            "the gap. Run the question again for a new receipt."
        )
    why = "Check that it's from this Samepage."
    if live.recorder.is_away:  # another process may have it until then
        why = "The store can't be written to, so receipts from the last few minutes may not be recorded yet."
    raise UnknownReceipt(f"There's no receipt {asked} that you can open. {why}")


def _owner(live: Live, receipt: Receipt) -> StoredPerson | None:
    with live.store.read() as connection:
        return next(
            (
                stored_person
                for stored_person in read_stored_people(connection)
                if stored_person.subject == receipt.subject
            ),
            None,
        )


def _asked_by(owner: StoredPerson | None, receipt: Receipt) -> str:
    if owner is None or owner.erased_at is not None or receipt.is_erased:
        return "An erased person"
    return owner.name or owner.id


def _without(replayed: Replayed, cannot: str) -> Replayed:
    return Replayed(receipt=replayed.receipt, asked_by=replayed.asked_by, cannot=cannot)


def _filters_by_masked(query: Query, seen: VisibleModel) -> bool:
    """Whether a filter has values of a dimension that is masked for this person: the question would reveal them."""
    names = definitions_of(Query(where=query.where), seen.model)
    return any(seen.mask(name.removeprefix("dimension:")) is not None for name in names)


def _compared(
    replayed: Replayed, result: Result, seen: VisibleModel, recorder: Recorder, *, is_owner: bool
) -> Replayed:
    """What is equal and what isn't. People who see only some rows don't learn about changes to others."""
    receipt = replayed.receipt
    definitions = tuple(_changed(receipt, result.query, seen)) if receipt.model_digest != result.model_version else ()
    attributes = recorder.digest_of_attributes(seen)
    policy_differs = (receipt.policy, receipt.attributes) != (policy_digest(seen), attributes)
    values: Values = "not_compared"
    if is_owner or not policy_differs:
        values = "equal" if recorder.digest_of(result) == receipt.rows_digest else "differ"
    return Replayed(
        receipt=receipt,
        asked_by=replayed.asked_by,
        result=result,
        definitions=definitions,
        policy_differs=policy_differs,
        data=_data(receipt, result, values, is_same=not definitions and not policy_differs),
        values=values,
        same_sql=recorder.digest_of_sql(result) == receipt.sql_digest,
        model_version=result.version_number,
        then=receipt.model_version if definitions else None,
    )


def _data(receipt: Receipt, result: Result, values: Values, *, is_same: bool) -> Data:
    """Whether the data has another version; if unknown or hidden, what the rows themselves show."""
    if not result.scope and receipt.data_version is not None and result.data_version is not None:
        return "same" if receipt.data_version == result.data_version else "changed"
    if not is_same or values == "not_compared":
        return "unknown"
    return "same" if values == "equal" else "changed"


def _changed(receipt: Receipt, query: Query, seen: VisibleModel) -> Iterator[str]:
    """Changed definitions, under the names this person knows."""
    now = definitions_of(query, seen.model)
    labels = {f"metric:{metric.name}": metric.label or metric.name for metric in seen.metrics}
    labels |= {f"dimension:{dimension.name}": dimension.label or dimension.name for dimension in seen.dimensions}
    labels |= {f"segment:{segment.name}": segment.label or segment.name for segment in seen.segments}
    labels |= {f"calendar:{period.name}": period.label or period.name for period in seen.periods}
    for name in now:
        if now[name] != receipt.definitions.get(name):
            yield labels.get(name, "the model's settings" if name == "settings" else name.partition(":")[2])


# In words


@dataclass(frozen=True, slots=True)
class Told:
    """One of the things that determine a number: its name, whether it changed, and a sentence about it."""

    word: str
    state: Literal["same", "changed", "unknown"]
    sentence: str


def verdict(replayed: Replayed) -> tuple[str, str]:
    """Return the result of asking again, in a word and a sentence."""
    if replayed.result is None:
        return "Can't be re-run", replayed.cannot
    match replayed.values:
        case "equal":
            return "Equal", "Re-run: identical to the original."
        case "differ":
            return "Different", f"Re-run: the result differs. {_why(replayed)}"
        case "not_compared":
            return "Re-run for you", (
                "The receipt was issued under a different policy, so the original isn't compared with what you see."
            )


def replay_data(replayed: Replayed) -> dict[str, object]:
    """Return the replayed receipt for a program. The rows are current, for the person who opened the receipt."""
    word, sentence = verdict(replayed)
    return {
        "receipt": replayed.receipt.id,
        "asked_at": replayed.receipt.at.isoformat(),
        "today": replayed.receipt.today.isoformat(),
        "verdict": word,
        "says": sentence,
        "values": replayed.values,
        "definitions_changed": [*replayed.definitions],
        "changes": {each_told.word.lower(): each_told.state for each_told in told(replayed)},
        "answer": json_data(replayed.result) if replayed.result is not None else None,
    }


def _why(replayed: Replayed) -> str:
    if replayed.is_same and replayed.data == "same":
        how = "is calculated the same way" if replayed.same_sql else "is calculated by different SQL"
        known = f"No known change explains it, and the question {how}"
        return f"{known}. This shouldn't happen, so please tell the person who runs Samepage."
    changed = [each_told.word.lower() for each_told in told(replayed) if each_told.state == "changed"]
    if len(changed) == 1:
        return f"Changed since: the {changed[0]}."
    return (
        f"Changed since: the {join_words(changed)}. Any of them can explain the difference."
        if changed
        else "The cause isn't known."
    )


def told(replayed: Replayed) -> tuple[Told, ...]:
    """Return which of definition, policy and data changed. Empty if the question can't be asked again."""
    if replayed.result is None:
        return ()
    return (_definition(replayed), _policy(replayed), _data_told(replayed))


def _definition(replayed: Replayed) -> Told:
    if not replayed.definitions:
        return Told("Definition", "same", "All definitions are unchanged.")
    names = join_words(
        [definition if place == 0 else lower_first(definition) for place, definition in enumerate(replayed.definitions)]
    )
    is_are = "is" if len(replayed.definitions) == 1 else "are"
    then, now = replayed.receipt.model_version, replayed.model_version
    when = f"on {describe_day(replayed.receipt.at.date())}"
    if then is not None and now is not None:
        when = f"in version {then} of the model; version {now} is live now"
    return Told("Definition", "changed", f"{names[:1].upper()}{names[1:]} {is_are} defined differently than {when}.")


def _policy(replayed: Replayed) -> Told:
    if replayed.policy_differs:
        return Told("Policy", "changed", "Your access differs from the access this was run with.")
    return Told("Policy", "same", "The same access rules apply as in the original.")


def _data_told(replayed: Replayed) -> Told:
    mine = replayed.result is not None and bool(replayed.result.scope)
    match replayed.data:
        case "same" if mine:
            return Told("Data", "same", "The rows you have access to are unchanged.")
        case "same":
            return Told("Data", "same", "Unchanged.")
        case "changed" if mine:
            return Told("Data", "changed", "Rows you have access to have changed.")
        case "changed" if replayed.values == "equal":
            return Told("Data", "changed", "Reloaded since, with identical rows.")
        case "changed":
            return Told("Data", "changed", "Changed.")
        case "unknown":
            return Told("Data", "unknown", "There may be other changes to the data that can't be determined.")
