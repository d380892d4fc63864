"""Ask a receipt's question again for the person who opens it, and report what has changed (decision 39).

Receipts contain no rows, so the question runs again under the reader's own policy. Whether rows are the same as before
is compared only for the person who asked, so that the comparison doesn't reveal hidden rows either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from semantic.analyses.events.definition import Analysis, analysis_from_json
from semantic.analyses.events.sets import all_names_in
from semantic.audit_trail.analysis_receipts import numbers_digest, statement_digest
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
from semantic.services.analyzing.presentation import analyzed_data
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.start import start_any
from semantic.services.process import Live
from semantic.store.audit.gaps import is_in_a_gap
from semantic.store.numbers.receipts import read_stored_receipt
from semantic.store.people import StoredPerson, read_stored_people

Data = Literal["same", "changed", "unknown"]
Values = Literal["equal", "differ", "not_compared"]

Before = Callable[[Receipt, Analysis | None], None]

_ERASED = (
    "The person who asked this was erased, and so was the question, because it named a person. It can't be re-run."
)
_DAMAGED = "The stored question can't be read any more, so it can't be re-run."
_NOT_YOURS = "This receipt's question uses something that isn't available to you."


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A receipt with its current answer: `result`, or `analyzed` for an analysis.

    Both are None if the question can't be asked again, and `cannot` is the reason. `definitions` has the labels of the
    question's definitions that have changed. If any has, `then` is the model version that the question was asked with,
    if it still exists. `asked_by` is "" if hidden.
    """

    receipt: Receipt
    asked_by: str
    result: Result | None = None
    analyzed: Analyzed[Any] | None = None  # Any: each kind has its own finding
    cannot: str = ""
    definitions: tuple[str, ...] = ()
    policy_differs: bool = False
    data: Data = "unknown"
    values: Values = "not_compared"
    same_sql: bool = True
    model_version: int | None = None
    then: int | None = None

    @property
    def has_answer(self) -> bool:
        """Whether the question could be asked again, so that there is an answer."""
        return self.result is not None or self.analyzed is not None

    @property
    def scope(self) -> str:
        """The limits on the current answer's rows, or "" if there are no limits."""
        answer = self.result if self.result is not None else self.analyzed
        return answer.scope if answer is not None else ""

    @property
    def is_same(self) -> bool:
        """Whether nothing that determines the numbers has changed since."""
        return not self.definitions and not self.policy_differs and self.data != "changed"


def replay(live: Live, receipt: str, actor: Actor, *, is_opened: bool = True, before: Before | None = None) -> Replayed:
    """Ask a receipt's question again as `actor`. "Today" is the day on which it was asked.

    With `is_opened`, the audit log records that the actor opened the receipt. Otherwise, the result only says whether
    the numbers are the same. If the actor can see the question, `before` is called first, with the receipt and its
    analysis, and can raise an error to stop. Raises UnknownReceipt if the receipt doesn't exist or the actor can't open
    it (`may_open`), NotRecorded if its answer wasn't recorded, and StoreFailed. If the question can't be asked again,
    the result has the reason.
    """
    kept_receipt = _find(live, receipt)
    owner = _owner(live, kept_receipt)
    is_owner = _is_owner(owner, actor)
    if is_opened and not _may_open(kept_receipt, actor, is_owner=is_owner):
        raise _unknown(live, kept_receipt.id)
    if is_opened:
        live.recorder.opened(kept_receipt.id, actor)
    workspace = live.workspace()
    seen = workspace.visible(actor)
    replayed = Replayed(
        receipt=kept_receipt,
        asked_by=_asked_by(owner, kept_receipt) if actor.is_at_least("steward") or is_owner else "",
    )
    if kept_receipt.analysis and kept_receipt.definition:
        return _analyzed_again(live, replayed, seen, is_owner=is_owner, before=before)
    if kept_receipt.query is None:
        return _without(replayed, _ERASED if kept_receipt.is_erased else _DAMAGED)
    if not is_owner and _filters_by_masked(kept_receipt.query, seen):
        return _without(replayed, _NOT_YOURS)
    if before is not None:
        before(kept_receipt, None)
    try:
        home = workspace.at(kept_receipt.query)  # a question as of an earlier version still uses that version
        result = home.ask(kept_receipt.query, actor, today=kept_receipt.today)
    except UnknownName as error:
        return _without(replayed, f"This question no longer works. {error}" if is_owner else _NOT_YOURS)
    except SemanticError as error:
        return _without(replayed, f"This question can't be re-run. {error}")
    again = _Again(
        named=result.query,
        model_digest=result.model_version,
        model_number=result.version_number,
        rows_digest=live.recorder.digest_of(result),
        sql_digest=live.recorder.digest_of_sql(result),
        data_version=result.data_version,
    )
    replayed = replace(replayed, result=result)
    return _compared(replayed, again, home.visible(actor), live.recorder, is_owner=is_owner)


def may_open(live: Live, receipt: str, actor: Actor) -> bool:
    """Whether this person can open a receipt.

    An analysis's receipt can be opened only by stewards and the person who ran the analysis. Raises UnknownReceipt,
    NotRecorded and StoreFailed.
    """
    kept_receipt = _find(live, receipt)
    return _may_open(kept_receipt, actor, is_owner=_is_owner(_owner(live, kept_receipt), actor))


def _may_open(receipt: Receipt, actor: Actor, *, is_owner: bool) -> bool:
    return not receipt.analysis or is_owner or actor.is_at_least("steward")


def _is_owner(owner: StoredPerson | None, actor: Actor) -> bool:
    return owner is not None and owner.id == actor.id and actor.viewed_by is None and actor.for_person is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """The properties of the current answer to compare with the receipt. `named` has the names that the answer uses."""

    named: Query
    model_digest: str
    model_number: int | None
    rows_digest: str
    sql_digest: str
    data_version: str | None


def _analyzed_again(
    live: Live, replayed: Replayed, seen: VisibleModel, *, is_owner: bool, before: Before | None
) -> Replayed:
    """Run a receipt's analysis again for this person, and return the receipt with the result."""
    receipt, workspace = replayed.receipt, live.workspace()
    try:
        analysis = analysis_from_json(receipt.definition)
    except SemanticError:
        return _without(replayed, _DAMAGED)
    named = all_names_in(analysis.kind, analysis.asked)
    if not is_owner and _filters_by_masked(named, seen):
        return _without(replayed, _NOT_YOURS)
    if before is not None:
        before(receipt, analysis)
    try:
        analyzed = start_any(workspace, analysis, seen.actor, today=receipt.today).result()
    except UnknownName as error:
        return _without(replayed, f"This analysis no longer works. {error}" if is_owner else _NOT_YOURS)
    except SemanticError as error:
        return _without(replayed, f"This analysis can't be re-run. {error}")
    statement = analyzed.statements
    again = _Again(
        named=named,
        model_digest=seen.model.version,
        model_number=workspace.published.number if workspace.published is not None else None,
        rows_digest=numbers_digest(analyzed.numbers, live.keys),
        sql_digest=statement_digest(statement.sql, statement.params, live.keys),
        data_version=analyzed.data_version,
    )
    return _compared(replace(replayed, analyzed=analyzed), again, seen, live.recorder, is_owner=is_owner)


def _find(live: Live, text: str) -> Receipt:
    asked = read_receipt_id(text)
    if asked is None:
        raise UnknownReceipt(
            "That receipt ID has a typo. It should look like R-7K3Q-DM2X-WA94, and never contains 0, 1, I, L or O."
        )
    live.recorder.is_kept(asked, seconds=2.0)  # a very recent receipt may not be written yet
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
    raise _unknown(live, asked)


def _unknown(live: Live, receipt: str) -> UnknownReceipt:
    """Return the error for a receipt, with the same message for a missing one and one that this person can't open."""
    why = "Check that it's from this Samepage."
    if live.recorder.is_away:  # another process may have it until then
        why = "The store can't be written to, so receipts from the last few minutes may not be recorded yet."
    return UnknownReceipt(f"There's no receipt {receipt} that you can open. {why}")


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
    """Whether a question filters by values of a dimension that is masked for this person.

    Showing the question would reveal those values.
    """
    names = definitions_of(Query(where=query.where), seen.model)
    return any(seen.mask(name.removeprefix("dimension:")) is not None for name in names)


def _compared(replayed: Replayed, again: _Again, seen: VisibleModel, recorder: Recorder, *, is_owner: bool) -> Replayed:
    """Return a receipt with the outcome of comparing it to the current answer.

    People who see only some rows don't learn whether other rows have changed.
    """
    receipt = replayed.receipt
    definitions = tuple(_changed(receipt, again.named, seen)) if receipt.model_digest != again.model_digest else ()
    attributes = recorder.digest_of_attributes(seen)
    policy_differs = (receipt.policy, receipt.attributes) != (policy_digest(seen), attributes)
    values: Values = "not_compared"
    if is_owner or not policy_differs:
        values = "equal" if again.rows_digest == receipt.rows_digest else "differ"
    is_same = not definitions and not policy_differs
    return replace(
        replayed,
        definitions=definitions,
        policy_differs=policy_differs,
        data=_data(receipt, again.data_version, values, is_whole=not replayed.scope, is_same=is_same),
        values=values,
        same_sql=again.sql_digest == receipt.sql_digest,
        model_version=again.model_number,
        then=receipt.model_version if definitions else None,
    )


def _data(receipt: Receipt, data_version: str | None, values: Values, *, is_whole: bool, is_same: bool) -> Data:
    """Return whether the data has changed since the receipt, based on the data's version.

    If the version is unknown or hidden, the answers' values are compared.
    """
    if is_whole and receipt.data_version is not None and data_version is not None:
        return "same" if receipt.data_version == data_version else "changed"
    if not is_same or values == "not_compared":
        return "unknown"
    return "same" if values == "equal" else "changed"


def _changed(receipt: Receipt, query: Query, seen: VisibleModel) -> Iterator[str]:
    """Yield the labels of changed definitions, as this person sees them."""
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
class Factor:
    """One factor that determines a number: its name, whether it has changed, and a sentence about the change."""

    word: str
    state: Literal["same", "changed", "unknown"]
    sentence: str


def verdict(replayed: Replayed) -> tuple[str, str]:
    """Return a word and a sentence about what changed since the question was first asked."""
    if not replayed.has_answer:
        return "Can't be re-run", replayed.cannot
    match replayed.values:
        case "equal":
            return "Equal", "Re-run: identical to the original."
        case "differ":
            return "Different", f"Re-run: the result differs. {_why(replayed)}"
        case "not_compared":
            return "Re-run for you", (
                "The receipt was issued under a different policy, so the original isn't compared with your result."
            )


def replay_data(replayed: Replayed) -> dict[str, object]:
    """Return a replayed receipt as JSON-ready data. It contains the rows that the person who opened it sees now."""
    word, sentence = verdict(replayed)
    return {
        "receipt": replayed.receipt.id,
        "asked_at": replayed.receipt.at.isoformat(),
        "today": replayed.receipt.today.isoformat(),
        "verdict": word,
        "says": sentence,
        "values": replayed.values,
        "definitions_changed": [*replayed.definitions],
        "changes": {each_told.word.lower(): each_told.state for each_told in factors_of(replayed)},
        "answer": _answer(replayed),
    }


def _answer(replayed: Replayed) -> dict[str, Any] | None:
    if replayed.analyzed is not None:
        return analyzed_data(replayed.analyzed)
    return json_data(replayed.result) if replayed.result is not None else None


def _why(replayed: Replayed) -> str:
    if replayed.is_same and replayed.data == "same":
        how = "is calculated the same way" if replayed.same_sql else "is calculated by different SQL"
        known = f"No known change explains it, and the question {how}"
        return f"{known}. This shouldn't happen, so please tell the person who runs Samepage."
    changed = [each_told.word.lower() for each_told in factors_of(replayed) if each_told.state == "changed"]
    if len(changed) == 1:
        return f"Changed since: the {changed[0]}."
    return (
        f"Changed since: the {join_words(changed)}. Any of them can explain the difference."
        if changed
        else "The cause isn't known."
    )


def factors_of(replayed: Replayed) -> tuple[Factor, ...]:
    """Return whether definition, policy and data have changed, as factors.

    Empty if the question can't be asked again.
    """
    if not replayed.has_answer:
        return ()
    return (_definition(replayed), _policy(replayed), _data_told(replayed))


def _definition(replayed: Replayed) -> Factor:
    if not replayed.definitions:
        return Factor("Definition", "same", "All definitions are unchanged.")
    names = join_words(
        [definition if place == 0 else lower_first(definition) for place, definition in enumerate(replayed.definitions)]
    )
    is_are = "is" if len(replayed.definitions) == 1 else "are"
    then, now = replayed.receipt.model_version, replayed.model_version
    when = f"on {describe_day(replayed.receipt.at.date())}"
    if then is not None and now is not None:
        when = f"in version {then} of the model; version {now} is live now"
    return Factor("Definition", "changed", f"{names[:1].upper()}{names[1:]} {is_are} defined differently than {when}.")


def _policy(replayed: Replayed) -> Factor:
    if replayed.policy_differs:
        return Factor("Policy", "changed", "Your access differs from the access this was run with.")
    return Factor("Policy", "same", "The same access rules apply as in the original.")


def _data_told(replayed: Replayed) -> Factor:
    mine = bool(replayed.scope)
    match replayed.data:
        case "same" if mine:
            return Factor("Data", "same", "The rows you have access to are unchanged.")
        case "same":
            return Factor("Data", "same", "Unchanged.")
        case "changed" if mine:
            return Factor("Data", "changed", "Rows you have access to have changed.")
        case "changed" if replayed.values == "equal":
            return Factor("Data", "changed", "Reloaded since, with identical rows.")
        case "changed":
            return Factor("Data", "changed", "Changed.")
        case "unknown":
            return Factor("Data", "unknown", "The data may have other changes that can't be detected.")
