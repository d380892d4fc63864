"""Make the guesses about one dataset.

They cover its key, dates, money, measures, labels, personal data, freshness, checks and first metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from semantic.errors import counted
from semantic.introspection.drafts import ColumnDraft, DatasetDraft
from semantic.introspection.evidence_words import (
    day_words,
    listed_columns,
    number_words,
    rows_read,
    sample_sign,
    short_count,
)
from semantic.introspection.forms import CURRENCIES, date_form
from semantic.introspection.guess import Guess
from semantic.introspection.keys import almost_keys, best_keys, is_history, is_proven
from semantic.introspection.kinds import Kind, epoch_unit, is_date_like, is_person
from semantic.introspection.profile import ColumnProfile, KeyEvidence, Value
from semantic.introspection.words import ID_WORDS, label_of, meanings_of, plural, singular, stem_of

NUMBERED, LEFT_OUT = "rows", "none"
"""IDs of choices: number the rows in any order, or use none of the columns."""
_EVERY_ROW: Final = "Every row counts"
AS_TEXT: Final = "text"
_AS_TEXT: Final = (AS_TEXT, "Keep it as text")
FRESH_DAYS: Final = 3
MOST_DIMENSIONS: Final = 100
_MOST_MEMBERS: Final = 50_000
_MOST_CHOICES: Final = 10
_HAPPENED: Final = frozenset(
    {"order", "ordered", "event", "created", "invoice", "transaction", "purchase", "purchased", "sent", "occurred"}
    | {"booked", "booking", "visit", "session", "posted", "placed", "contact", "contacted", "won", "signup"}
    | {"subscribed", "sold", "registered", "started", "ts", "timestamp"}
)
_LATER: Final = frozenset(
    {"updated", "modified", "loaded", "synced", "ingested", "deleted", "expires", "expiry", "expired", "birth", "end"}
    | {"birthday", "valid", "delivery", "delivered", "shipped", "shipping", "closed", "close", "due", "estimated"}
    | {"last", "paid", "refunded", "cancelled", "canceled", "ended", "to", "until", "approved", "extracted", "fivetran"}
    | {"batch", "opened", "clicked", "inserted", "processed", "arrived", "confirmed", "completed"}
)
_OWN_DATES: Final = {
    "payment": "paid", "refund": "refunded", "shipment": "shipped", "delivery": "delivered",
    "cancellation": "cancelled", "send": "sent", "open": "opened", "click": "clicked",
}  # fmt: skip
_LOADED: Final = frozenset({"loaded", "synced", "ingested", "extracted", "inserted", "updated", "modified"})
_COUNTED_THINGS: Final = frozenset(
    {"order", "invoice", "transaction", "receipt", "visit", "cart", "deal", "subscription"}
)
_AMOUNTS_OF_ROWS: Final = frozenset({"quantity", "units", "items", "pieces", "unit", "item"})
_NOT_REVENUE: Final = frozenset(
    {"tax", "vat", "discount", "fee", "fees", "refund", "refunded", "shipping", "tip", "cost"}
)


# Keys


def key_guess(dataset: DatasetDraft) -> Guess:
    """Return the guess about what one row is: the best key, and other keys as choices."""
    profile = dataset.profile
    keys, near = best_keys(profile), almost_keys(profile)
    says = f"One row per {dataset.row}"
    choices = [(key_choice(key), f"By {listed_columns(key.columns)}") for key in keys[: _MOST_CHOICES - 1]]
    choices += [(key_choice(key), _only_known(key)) for key in near if key.missing and key.is_unique][:2]
    choices.append((NUMBERED, "Count every row, also repeated ones"))
    best = keys[0] if keys else None
    # The column named like a key shows what a row should be. If it repeats, another unique column isn't the key.
    meant = near[0] if near and (best is None or _is_meant(dataset, near[0], best)) else None
    if best is not None and meant is None:
        single = len(best.columns) == 1
        certain = is_proven(profile, best) and (single or len(keys) == 1 or is_history(profile, best))
        evidence = _unique_words(dataset, best)
        return _key(dataset, says, evidence, choices, key_choice(best), is_certain=certain)
    if meant is not None:
        chosen = choices[0][0] if meant.missing and meant.is_unique and not keys else NUMBERED
        chosen = key_choice(meant) if meant.missing and meant.is_unique else chosen
        return _key(dataset, says, _almost_words(dataset, meant), choices, chosen, is_certain=False)
    if not profile.read_rows:
        return _key(dataset, _EVERY_ROW, "the table is empty", choices, NUMBERED, is_certain=True)
    return _key(dataset, _EVERY_ROW, _no_key_words(dataset), choices, NUMBERED, is_certain=True)


def _key(
    dataset: DatasetDraft,
    says: str,
    evidence: str,
    choices: Sequence[tuple[str, str]],
    choice: str,
    *,
    is_certain: bool,
) -> Guess:
    return Guess(
        id=f"{dataset.name}.key",
        about="key",
        dataset=dataset.name,
        says=says,
        evidence=evidence,
        is_certain=is_certain,
        choices=tuple(dict(choices).items()),
        choice=choice,
    )


def key_choice(key: KeyEvidence) -> str:
    """Return the ID of the choice for a key."""
    return "+".join(key.columns)


def _is_meant(dataset: DatasetDraft, near: KeyEvidence, best: KeyEvidence) -> bool:
    from_name = stem_of(dataset.column(near.columns[0]).words)
    is_own = from_name in (dataset.thing, ()) or dataset.thing[-len(from_name) :] == from_name
    return is_own and not is_proven(dataset.profile, best)


def _unique_words(dataset: DatasetDraft, key: KeyEvidence) -> str:
    names = listed_columns(key.columns)
    verb = "is unique" if len(key.columns) == 1 else "are unique together"
    if key.is_exact:
        return f"{names} {verb} in {counted(key.rows, 'row')}"
    return f"≈ {names} {verb} in {short_count(key.rows)} of {short_count(dataset.profile.rows)} rows"


def _only_known(key: KeyEvidence) -> str:
    return f"By {key.columns[0]}, without the {counted(key.missing, 'row')} that {_have(key.missing)} none"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _almost_words(dataset: DatasetDraft, key: KeyEvidence) -> str:
    mark = "" if key.is_exact else "≈ "
    parts: list[str] = []
    if key.repeated:
        parts.append(f"{counted(key.repeated, 'row')} of {short_count(key.rows)} {_repeat(key.repeated)}")
    if key.missing:
        parts.append(f"{counted(key.missing, 'row')} {_have(key.missing)} none")
    return f"{mark}{key.columns[0]} is almost unique: {listed_columns(parts)}"


def _repeat(count: int) -> str:
    return "repeats another" if count == 1 else "repeat others"


def _no_key_words(dataset: DatasetDraft) -> str:
    return f"no columns are unique in {rows_read(dataset.profile)}"


# Dates


def date_guesses(dataset: DatasetDraft) -> Iterator[Guess]:
    """Yield guesses about the column that dates rows, and about how to read dates in text."""
    dated = [column for column in dataset.columns if is_date_like(column.kind) and not column.personal]
    for column in dated:
        yield from _reading_guess(dataset, column)
    if not dated:
        return
    scores = {column.name: _happened(column, dataset) for column in dated}
    ranked = sorted(dated, key=lambda column: -scores[column.name])
    best = ranked[0]
    close = [column for column in ranked[1:] if scores[column.name] > scores[best.name] - 2]
    usable = [column for column in dated if not set(column.words) & _LOADED and column.profile.null_share < 0.5]
    if scores[best.name] < 0 and len(usable) == 1:  # the only date there is
        best, close = usable[0], []
        scores[best.name] = 0.0
    is_dated = scores[best.name] >= 0
    choices = [(column.name, f"{column.profile.name}: {_range(column)}") for column in ranked[:_MOST_CHOICES]]
    evidence = _range(best) + (f"; {close[0].profile.name} could be meant too" if close else "")
    yield Guess(
        id=f"{dataset.name}.date",
        about="date",
        dataset=dataset.name,
        says=f"Date: {best.profile.name}" if is_dated else "No date",
        evidence=sample_sign(dataset.profile) + evidence,
        is_certain=not (is_dated and close),
        choices=(*choices, (LEFT_OUT, "No date")),
        choice=best.name if is_dated else LEFT_OUT,
    )


def _happened(column: ColumnDraft, dataset: DatasetDraft) -> float:
    """Return how likely it is that a column says when something happened. Higher is more likely."""
    words = set(meanings_of(column.profile.name))
    score = 0.0
    own = _OWN_DATES.get(dataset.thing[-1], "")
    if words & _HAPPENED or words & set(dataset.thing) or own in words:
        score += 2.0
    if column.words in (("date",), ("day",), ("timestamp",), ("time",)) or words & {"date", "day", "at"}:
        score += 1.0
    if words in ({"date"}, {"day"}):
        score += 2.0
    if words & _LATER and own not in words:
        score -= 4.0
    score -= 3.0 * column.profile.null_share
    if column.kind is not Kind.TIME:
        score -= 0.5
    return score


def _range(column: ColumnDraft) -> str:
    low, high = column.profile.minimum, column.profile.maximum
    zone = {"timestamptz": ", UTC", "timestamp": ", without a zone"}.get(column.profile.type, "")
    if column.kind is Kind.TEXT_DATE:
        return f"text such as {_shown(column.profile.samples[:1])}"
    if column.kind is Kind.EPOCH:
        unit = epoch_unit(column.profile)
        return f"{unit[1] if unit else 'time'} since 1970"
    if column.kind is Kind.DAY_NUMBER:
        return f"days as numbers, {low} to {high}"
    if not isinstance(low, date) or not isinstance(high, date):
        return "no values"
    return f"{day_words(low)} to {day_words(high)}{zone}"


def _reading_guess(dataset: DatasetDraft, column: ColumnDraft) -> Iterator[Guess]:
    if column.kind is not Kind.TEXT_DATE:
        return
    forms, form = column.profile.forms, date_form(column.profile.forms)
    says = f"{column.profile.name} holds dates as text"
    common = {"id": f"{dataset.name}.{column.name}.reading", "about": "date", "dataset": dataset.name, "says": says}
    example = f"such as {_shown(column.profile.samples[:2])}"
    both = forms.get("day_first", 0) > 0 and forms.get("day_second", 0) > 0
    if column.profile.unfit or both:
        wrong = (
            f"{counted(column.profile.unfit, 'value')} {'is' if column.profile.unfit == 1 else 'are'} something else"
        )
        evidence = "days and months come in both orders" if both else wrong
        dates = () if both else _ways(form, forms, missing=True)
        yield _reading(common, f"{example}; {evidence}", (*dates, _AS_TEXT), is_certain=both)
        return
    ways = _ways(form, forms, missing=False)
    yield _reading(common, example, (*ways, _AS_TEXT), is_certain=len(ways) == 1)


def _ways(form: str, forms: Mapping[str, float], *, missing: bool) -> tuple[tuple[str, str], ...]:
    """Return the ways to read text as dates. Day and month can be in either order if the text doesn't say."""
    rest = ", anything else as missing" if missing else ""
    if form.startswith("iso"):
        return (("date", f"As dates{rest}"),)
    day, month = ("day", f"Day first{rest}"), ("month", f"Month first{rest}")
    if forms.get("day_first", 0) > 0:
        return (day,)
    if forms.get("day_second", 0) > 0:
        return (month,)
    return (day, month) if form.startswith("dotted") else (month, day)


def _reading(
    common: Mapping[str, str], evidence: str, choices: Sequence[tuple[str, str]], *, is_certain: bool
) -> Guess:
    return Guess(
        id=common["id"],
        about="date",
        dataset=common["dataset"],
        says=common["says"],
        evidence=evidence,
        is_certain=is_certain,
        choices=tuple(choices),
        choice=choices[0][0],
    )


# Money


def currency_column(dataset: DatasetDraft) -> ColumnDraft | None:
    """Return the column with the currencies of a dataset's amounts, or None.

    Of several, it's the one with the most currencies.
    """
    known = [column for column in dataset.of_kind(Kind.CURRENCY) if column.profile.counts]
    return max(known, key=lambda column: len(column.profile.counts), default=None)


def money_columns(dataset: DatasetDraft) -> tuple[ColumnDraft, ...]:
    """Return the columns with amounts of money, per row or per unit."""
    return dataset.of_kind(Kind.MONEY, Kind.PRICE)


def named_currency(column: ColumnDraft) -> str:
    """Return the currency in a column's name, as in `amount_usd`, or ""."""
    return next((word.upper() for word in column.words if word.upper() in CURRENCIES and len(column.words) > 1), "")


def money_guesses(dataset: DatasetDraft, *, company: str = "", can_convert: bool = False) -> Iterator[Guess]:
    """Yield guesses about the currency of amounts, and about amounts in cents.

    `company` is the company's currency, which amounts in several currencies can be converted to.
    """
    amounts = money_columns(dataset)
    if not amounts:
        return
    column = currency_column(dataset)
    if column is not None and not all(named_currency(amount) for amount in amounts):
        yield _currency_guess(dataset, column, amounts, company, can_convert=can_convert)
    unclear = [amount for amount in amounts if unit_of(amount) == "?"]
    if unclear:
        names = listed_columns([amount.profile.name for amount in unclear])
        values = _shown([value for amount in unclear for value in amount.profile.samples[:2]][:3])
        yield Guess(
            id=f"{dataset.name}.cents",
            about="money",
            dataset=dataset.name,
            says=f"{names}: whole amounts",
            evidence=f"whole numbers such as {values}, which could be cents",
            is_certain=False,
            choices=(("whole", "Whole amounts"), ("cents", "Cents: divided by 100")),
            choice="whole",
        )
    for amount in amounts:
        if amount.kind is Kind.MONEY:
            yield Guess(
                id=f"{dataset.name}.{amount.name}.money",
                about="money",
                dataset=dataset.name,
                says=f"Money: {amount.profile.name}{_unit_words(amount)}",
                evidence=sample_sign(dataset.profile) + _number_range(amount.profile),
            )


def _currency_guess(
    dataset: DatasetDraft, column: ColumnDraft, amounts: Sequence[ColumnDraft], company: str, *, can_convert: bool
) -> Guess:
    codes = [(code.strip().upper(), count) for code, count in column.profile.counts]
    known = [(code, count) for code, count in codes if len(code) == 3 and code.isalpha() and code.isascii()]
    names = listed_columns([amount.profile.name for amount in amounts])
    found = f"{counted(len(codes), 'currency', 'currencies')} in {column.profile.name}: "
    found += ", ".join(f"{code} {count:,}" for code, count in codes[:4])
    missing = round(column.profile.null_share * dataset.profile.read_rows)
    is_one = len(codes) == 1 and len(known) == 1 and not missing
    if is_one:
        evidence = f"{column.profile.name} is always {known[0][0]}"
    else:
        evidence = found + (f"; {counted(missing, 'row')} {_have(missing)} none" if missing else "")
    choices = [(code, f"Only amounts in {code}" if not is_one else code) for code, _ in known[:_MOST_CHOICES]]
    if can_convert and not is_one:
        choices.append(("convert", "Convert with the model's rates"))
    choices.append((LEFT_OUT, "Leave the amounts out"))
    offered = [key for key, _ in choices]
    suggested = next((key for key in ("convert", company) if key in offered), offered[0])
    return Guess(
        id=f"{dataset.name}.currency",
        about="currency",
        dataset=dataset.name,
        says=f"Currency of {names}: {known[0][0] if is_one else '?'}",
        evidence=sample_sign(dataset.profile) + evidence,
        is_certain=is_one,
        choices=tuple(dict(choices).items()),
        choice=suggested,
    )


def unit_of(column: ColumnDraft) -> str:
    """Return the unit of an amount: "micros", "cents", "whole", or "?" for whole numbers that could be cents."""
    words = set(column.words)
    if words & {"micros", "micro"}:
        return "micros"
    if words & {"cents", "cent"}:
        return "cents"
    if column.profile.type != "integer":
        return "whole"
    return "?"


def _unit_words(column: ColumnDraft) -> str:
    return {"micros": ", divided by 1,000,000", "cents": ", divided by 100"}.get(unit_of(column), "")


# Measures


def measure_guesses(dataset: DatasetDraft) -> Iterator[Guess]:
    """Yield guesses about the numbers that can be added up."""
    for column in dataset.columns:
        if column.personal or column.profile.type in ("string", "boolean"):
            continue
        says = _measured(column)
        if says is not None:
            yield Guess(
                id=f"{dataset.name}.{column.name}.measure",
                about="measure",
                dataset=dataset.name,
                says=says[0],
                evidence=sample_sign(dataset.profile) + says[1],
                is_on=says[2],
            )
    if line := line_amount(dataset):
        quantity, price = line
        yield Guess(
            id=f"{dataset.name}.line_amount.measure",
            about="measure",
            dataset=dataset.name,
            says=f"Revenue: {quantity.profile.name} × {price.profile.name}",
            evidence="no column has the total of a row",
            is_certain=False,
        )


def _measured(column: ColumnDraft) -> tuple[str, str, bool] | None:
    values = _number_range(column.profile)
    match column.kind:
        case Kind.QUANTITY:
            return f"Adds up {column.profile.name}", values, True
        case Kind.PRICE:
            return f"Averages {column.profile.name}", f"{values}; a price per unit doesn't add up", True
        case Kind.RATE:
            return f"Averages {column.profile.name}", f"{values}; a rate doesn't add up", False
        case Kind.BALANCE:
            return f"Averages {column.profile.name}", f"{values}; a balance doesn't add up over days", False
        case Kind.NUMBER:
            return f"Adds up {column.profile.name}", f"{values}; the name doesn't say what it counts", False
        case _:
            return None


def line_amount(dataset: DatasetDraft) -> tuple[ColumnDraft, ColumnDraft] | None:
    """Return the quantity and the price of order lines without a total, if there is exactly one column of each."""
    quantities = [column for column in dataset.of_kind(Kind.QUANTITY) if column.words[-1] in _AMOUNTS_OF_ROWS]
    prices = [column for column in dataset.of_kind(Kind.PRICE) if column.words[-1] in ("price", "prices")]
    totals = [column for column in dataset.of_kind(Kind.MONEY) if not set(column.words) & _NOT_REVENUE]
    return (quantities[0], prices[0]) if len(quantities) == 1 and len(prices) == 1 and not totals else None


def _number_range(column: ColumnProfile) -> str:
    if column.minimum is None or column.maximum is None:
        return "no values"
    return f"{number_words(column.minimum)} to {number_words(column.maximum)}"


def _shown(values: Sequence[Value]) -> str:
    texts = [value.isoformat(sep=" ") if isinstance(value, datetime) else str(value) for value in values]
    return ", ".join(text if len(text) <= 40 else text[:39] + "…" for text in texts) or "none"


# Labels and personal data


def dimension_guesses(dataset: DatasetDraft, used: Mapping[str, str]) -> Iterator[Guess]:
    """Yield guesses about the labels of columns that aren't numbers, and about personal data.

    `used` are the columns of joins.
    """
    shown = 0
    for column in dataset.columns:
        if column.personal:
            yield Guess(
                id=f"{dataset.name}.{column.name}.personal",
                about="personal",
                dataset=dataset.name,
                says=f"{column.profile.name} is personal: hidden",
                evidence=f"looks like {column.personal}",
            )
            continue
        found = _labelled(column, dataset, used)
        if found is None:
            continue
        evidence, is_on = found
        if is_on and (shown := shown + 1) > MOST_DIMENSIONS:
            evidence, is_on = f"the table has {counted(len(dataset.columns), 'column')}", False
        yield Guess(
            id=f"{dataset.name}.{column.name}.label",
            about="label",
            dataset=dataset.name,
            says=f"{column.profile.name} is “{column.label}”",
            evidence=evidence,
            is_on=is_on,
        )


def _labelled(column: ColumnDraft, dataset: DatasetDraft, used: Mapping[str, str]) -> tuple[str, bool] | None:
    profile = column.profile
    mark = sample_sign(dataset.profile) or ("" if profile.is_exact else "≈ ")
    values = f"{mark}{counted(profile.distinct, 'value')}"
    if is_date_like(column.kind):
        return sample_sign(dataset.profile) + _range(column), True
    match column.kind:
        case Kind.EMPTY:
            return "it has no values", False
        case Kind.FREE_TEXT:
            return f"{values}, about {profile.lengths[0]:.0f} characters each: too many to group by", False
        case Kind.IDENTIFIER:
            few = profile.distinct <= _MOST_MEMBERS and profile.distinct < 0.5 * max(1, dataset.profile.read_rows)
            return f"{values}, an identifier", few and profile.name not in used
        case Kind.CATEGORY | Kind.FLAG | Kind.CURRENCY:
            return values, True
        case _:
            return None


# Freshness and checks


def freshness_guess(dataset: DatasetDraft) -> Guess | None:
    """Return a guess about when the data counts as late, or None if it hasn't loaded for days.

    Such data is assumed to have stopped loading.
    """
    dated = [column for column in dataset.columns if column.kind is Kind.TIME and not column.personal]
    loaded = [column for column in dated if set(column.words) & _LOADED]
    column = max(loaded or dated, key=lambda each: _happened(each, dataset), default=None)
    newest = column.profile.maximum if column is not None else None
    if column is None or not isinstance(newest, date) or dataset.profile.read_on is None:
        return None
    day = newest.date() if isinstance(newest, datetime) else newest
    age = (dataset.profile.read_on - day).days
    return Guess(
        id=f"{dataset.name}.freshness",
        about="freshness",
        dataset=dataset.name,
        says=f"Late if {column.profile.name} is older than 36 hours",
        evidence=f"{sample_sign(dataset.profile)}the newest is {day_words(day)}",
        is_on=0 <= age <= FRESH_DAYS,
        choices=((column.name, column.profile.name),),
        choice=column.name,
    )


def check_guesses(dataset: DatasetDraft) -> Iterator[Guess]:
    """Yield guesses about columns that always have a value: dates, amounts and quantities."""
    if dataset.profile.is_sampled or dataset.profile.read_rows < 2:
        return
    kinds = (Kind.TIME, Kind.MONEY, Kind.QUANTITY)
    for column in dataset.of_kind(*kinds):
        if column.profile.null_share == 0 and not set(column.words) & _LATER:
            yield Guess(
                id=f"{dataset.name}.{column.name}.check",
                about="check",
                dataset=dataset.name,
                says=f"{column.profile.name} is never missing",
                evidence=f"known in {rows_read(dataset.profile)}",
            )


# Metrics


def counted_columns(dataset: DatasetDraft, key: Sequence[str]) -> tuple[ColumnDraft, ...]:
    """Return the columns worth counting by distinct values: people, and orders in a table of order lines."""
    found: list[ColumnDraft] = []
    for column in dataset.columns:
        stem = stem_of(column.words)
        is_id = bool(column.words) and column.words[-1] in ID_WORDS | {"number", "no", "code"}
        is_thing = is_person(stem) or (bool(stem) and stem[-1] in _COUNTED_THINGS)
        if is_id and is_thing and tuple(key) != (column.profile.name,) and stem != dataset.thing:
            found.append(column)
    return tuple(found)


def count_label(column: ColumnDraft, dataset: DatasetDraft, *, has_own: bool) -> str:
    """Return the label for the number of a column's distinct values, such as "Customers" or "Customers with orders"."""
    stem = stem_of(column.words)
    things = label_of((*stem[:-1], plural(singular(stem[-1]))))
    return f"{things} with {dataset.label.lower()}" if has_own else things
