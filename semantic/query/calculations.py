"""Calculations as plain data: the fields of each kind, in JSON and in URL parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from semantic.errors import InvalidQuery
from semantic.query.checked import column, items, mapping, name, no_repeats, truth, whole
from semantic.query.filters import scalar
from semantic.query.query import Calculation, CalculationKind

MAX_CALCULATIONS, MAX_WINDOW = 12, 400
TAKES: dict[CalculationKind, tuple[str, ...]] = {
    CalculationKind.DIFFERENCE: ("to",),
    CalculationKind.RATIO: ("to",),
    CalculationKind.PERCENT_OF_TOTAL: ("within",),
    CalculationKind.RANK: ("within", "ascending"),
    CalculationKind.RUNNING_TOTAL: ("along", "within", "ascending"),
    CalculationKind.MOVING_AVERAGE: ("periods", "along"),
    CalculationKind.INDEX: ("along", "base"),
}
"""The fields of each kind of calculation, besides `name`, `do` and `of`."""
_KEYS = ("name", "do", "of", "to", "within", "along", "periods", "base", "ascending")
_BARE = re.compile(r"^[A-Za-z][\w .\-]*$")
_WORDS = ("true", "false", "null")


def renamed(calculations: Iterable[Calculation], names: Mapping[str, str]) -> tuple[Calculation, ...]:
    """Return the calculations with columns renamed. `names` maps old names to new ones."""
    return tuple(
        replace(
            calculation,
            of=names.get(calculation.of, calculation.of),
            to=names.get(calculation.to, calculation.to),
            along=names.get(calculation.along, calculation.along),
            within=tuple(names.get(name, name) for name in calculation.within),
        )
        for calculation in calculations
    )


def calculation_data(calculation: Calculation) -> dict[str, Any]:
    data: dict[str, Any] = {"name": calculation.name, "do": calculation.do.value, "of": calculation.of}
    if calculation.to:
        data["to"] = calculation.to
    if calculation.within:
        data["within"] = list(calculation.within)
    if calculation.along:
        data["along"] = calculation.along
    if calculation.periods:
        data["periods"] = calculation.periods
    if calculation.base is not None:
        data["base"] = calculation.base
    return data | ({"ascending": True} if calculation.ascending else {})


def read_calculations(data: object) -> tuple[Calculation, ...]:
    """Return the calculations in JSON-like data. Raises InvalidQuery."""
    calculations = tuple(_read(item) for item in items(data, "calc"))
    if len(calculations) > MAX_CALCULATIONS:
        raise InvalidQuery(f"A question can have at most {MAX_CALCULATIONS} calculations.")
    no_repeats([calculation.name for calculation in calculations], "calc")
    return calculations


def _read(data: object) -> Calculation:
    fields = mapping(data, "A calculation", _KEYS)
    called = name(fields.get("name"), "calc")
    try:
        kind = CalculationKind(str(fields.get("do")))
    except ValueError:
        known = ", ".join(CalculationKind)
        raise InvalidQuery(f"{str(fields.get('do'))[:40]!r} isn't a calculation. Use one of {known}.") from None
    for key in fields:
        if key not in ("name", "do", "of", *TAKES[kind]):
            raise InvalidQuery(
                f"The calculation {called!r} is a {_words(kind)} and doesn't take {key!r}. Leave it out."
            )
    for key in ("to", "periods"):
        if key in TAKES[kind] and fields.get(key) is None:
            what = "the other column" if key == "to" else "the number of periods to average"
            raise InvalidQuery(f"The calculation {called!r} is a {_words(kind)} and needs {key!r}: {what}.")
    within = tuple(column(item, "within") for item in items(fields.get("within", []), "within"))
    no_repeats([*within], "within")
    periods = whole(fields["periods"], "periods", MAX_WINDOW) if fields.get("periods") is not None else 0
    if periods == 1:
        raise InvalidQuery("A moving average needs 'periods' of 2 or more.")
    return Calculation(
        name=called,
        do=kind,
        of=column(fields.get("of"), "calc"),
        to=column(fields["to"], "calc") if fields.get("to") is not None else "",
        within=within,
        along=column(fields["along"], "along") if fields.get("along") is not None else "",
        periods=periods,
        base=scalar(fields.get("base"), "base"),
        ascending=truth(fields.get("ascending", False), "ascending"),
    )


def _words(kind: CalculationKind) -> str:
    return kind.value.replace("_", " ")


def calculation_text(calculation: Calculation) -> str:
    """Return a calculation as text for a URL, such as `share:percent_of_total:revenue:within=channel`.

    A base comes last, because its text can contain any character.
    """
    parts = [calculation.name, calculation.do.value, calculation.of]
    parts += [f"to={calculation.to}"] if calculation.to else []
    parts += [f"within={'+'.join(calculation.within)}"] if calculation.within else []
    parts += [f"along={calculation.along}"] if calculation.along else []
    parts += [f"periods={calculation.periods}"] if calculation.periods else []
    parts += ["ascending"] if calculation.ascending else []
    if calculation.base is not None:
        is_bare = isinstance(calculation.base, str) and _BARE.match(calculation.base) and calculation.base not in _WORDS
        parts.append(f"base={calculation.base if is_bare else json.dumps(calculation.base, ensure_ascii=False)}")
    return ":".join(parts)


def calculation_from_text(text: str) -> dict[str, Any]:
    head, has_base, base = text.partition(":base=")
    called, kind, of, *others = [*head.split(":"), "", ""][: max(3, head.count(":") + 1)]
    data: dict[str, Any] = {"name": called, "do": kind, "of": of}
    for word in others:
        key, _, value = word.partition("=")
        if key == "within":
            data[key] = value.split("+")
        elif key == "periods":
            data[key] = int(value) if re.match(r"^\d{1,6}$", value) else value
        elif key in ("to", "along"):
            data[key] = value
        elif word == "ascending":
            data[key] = True
        else:
            raise InvalidQuery(f"{text[:80]!r} isn't a calculation. Use the form share:percent_of_total:spend.")
    return data | ({"base": _base(base)} if has_base else {})


def _base(text: str) -> object:
    if _BARE.match(text) and text not in _WORDS:
        return text
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidQuery(f"The base of a calculation in the link can't be read: {error}.") from error


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} isn't a number")
