"""A made-up model of any size, as files. Benchmarks of loading, compiling and searching use it.

One fifth of the datasets are things, and each references the one with half its number. The others are facts that
reference three things and a market. Half of the measures are CASE expressions, all different. Of every hundred metrics,
70 are simple, 15 are ratios, 12 or 13 are derived and the rest are cumulative. A small model's first datasets and
metrics are also in a large one, so both can answer the same question.
"""

from __future__ import annotations

from collections.abc import Iterator

FIRST = (
    "Paid",
    "Net",
    "Gross",
    "Returned",
    "Repeat",
    "Direct",
    "Planned",
    "Billed",
    "Renewed",
    "Late",
    "Early",
    "Open",
)
SECOND = (
    "orders", "clicks", "visits", "leads", "refunds", "parcels", "seats", "calls", "mails", "trials", "deals", "hours",
    "impressions", "baskets", "vouchers", "invoices", "signups", "sessions", "reviews", "credits",
)  # fmt: skip
TRAITS = ("kind", "colour", "size", "level", "source", "device", "plan", "region", "status", "cohort")
DATES = "{name: %s_day, label: Day of %s, kind: time, sql: day}"

PEOPLE = """people:
  - {id: chief, name: Chief, roles: [steward]}
  - {id: local, name: Local, roles: [marketer], attributes: {markets: [DE, FR]}}
"""


def big_model(datasets: int = 200, measures: int = 20, metrics: int = 2_000) -> dict[str, str]:
    """Return the files of a model with this many datasets, metrics, and measures on each dataset."""
    things = max(6, datasets // 5)
    names = ["markets", *(f"thing_{n}" for n in range(things - 1)), *(f"fact_{n}" for n in range(datasets - things))]
    files = {f"{name}.yml": "\n".join(_dataset(name, things - 1, measures)) for name in names}
    facts = names[things:]
    written = list(_metrics(facts, measures, metrics))
    for start in range(0, len(written), 100):
        files[f"metrics_{start // 100}.yml"] = "metrics:\n" + "\n".join(written[start : start + 100])
    files["policies.yml"] = "\n".join(_policies(names[:things]))
    files["people.yml"] = PEOPLE
    return files


def _dataset(name: str, things: int, measures: int) -> Iterator[str]:
    label = name.replace("_", " ").capitalize()
    kind, _, number = name.partition("_")
    keys = ["markets"] if kind == "fact" else []
    if kind == "fact":
        keys += [f"thing_{(int(number) + step) % things}" for step in (1, 2, 3)]
    elif kind == "thing" and int(number):
        keys = [f"thing_{int(number) // 2}"]
    yield "datasets:"
    yield f"  - name: {name}"
    yield f"    label: {label}"
    yield f"    description: What is known of {label.lower()}, one row for each."
    yield "    owner: Ana Ribeiro, marketing operations"
    yield f"    table: {name}"
    yield f"    grain: [{name}_id]"
    yield f"    time: {name}_day"
    yield "    columns:"
    yield from (f"      {key}_id: integer" for key in (name, *keys))
    yield "      day: date"
    yield "      state: string"
    yield from (f"      trait_{trait}: string" for trait in TRAITS)
    yield from (f"      amount_{place}: decimal(18,4)" for place in range(measures))
    yield "    entities:"
    yield f"      - {{name: {name}, kind: primary, columns: [{name}_id]}}"
    yield from (f"      - {{name: {key}, kind: foreign, columns: [{key}_id]}}" for key in keys)
    yield "    dimensions:"
    yield "      - " + DATES % (name, label.lower())
    for trait in TRAITS:
        yield f"      - name: {name}_{trait}"
        yield f"        label: {label} {trait}"
        yield f"        description: The {trait} of {label.lower()}."
        yield "        owner: Ana Ribeiro, marketing operations"
        yield f"        sql: trait_{trait}"
    yield "    measures:"
    for place in range(measures):
        yield f"      - {{name: m{place}, description: Amount {place}., owner: Finance, {_value(name, place)}}}"
    yield "    checks:"
    yield f"      - unique: [{name}_id]"
    yield "      - not_null: {column: day}"


def _value(name: str, place: int) -> str:
    """Return the SQL of a measure. Every second one is a CASE expression that no other measure has."""
    if place % 2:
        agg = ("sum", "avg", "max")[place // 2 % 3]
        test = f"state = '{name} {place}' AND amount_{place} > {place}"
        return f'agg: {agg}, sql: "CASE WHEN {test} THEN amount_{place} * 1.{place} ELSE 0 END"'
    agg = ("sum", "sum", "count_distinct", "min", "max")[place // 2 % 5]
    return f"agg: {agg}, sql: amount_{place}"


def _metrics(facts: list[str], measures: int, count: int) -> Iterator[str]:
    simple = [(fact, place) for place in range(measures) for fact in facts][: count * 7 // 10]
    yield from (_simple(fact, place) for fact, place in simple)
    named = [f"{fact}_m{place}" for fact, place in simple]
    for n in range(ratios := count * 15 // 100):
        # Every second one uses two facts.
        other = named[(n + (len(facts) if n % 2 else 1)) % len(named)]
        fields = f"    kind: ratio\n    numerator: {named[n % len(named)]}\n    denominator: {other}\n    format: ratio"
        yield _metric(f"ratio_{n}", f"{FIRST[n % 12]} {SECOND[n % 20]} rate {n}", fields)
    for n in range(derived := count * 125 // 1000):
        text, other = named[n * 3 % len(named)], named[(n * 3 + len(facts)) % len(named)]
        fields = f'    kind: derived\n    expression: "({text} - past) / {n + 2}"\n    inputs:\n'
        offset = ", offset: 1 month" if n % 4 == 0 else ""
        yield _metric(
            f"derived_{n}",
            f"Growth of {SECOND[n % 20]} {n}",
            f"{fields}      - {{name: past, metric: {other}{offset}}}",
        )
    for n in range(count - len(simple) - ratios - derived):
        fields = f"    kind: cumulative\n    metric: {named[n * 7 % len(named)]}\n    window: 28 days"
        yield _metric(f"rolling_{n}", f"Rolling {SECOND[n % 20]} {n}", fields)


def _simple(fact: str, place: int) -> str:
    number = int(fact.removeprefix("fact_"))
    label = f"{FIRST[(number + place) % 12]} {SECOND[(number * 7 + place) % 20]} of {fact.replace('_', ' ')}"
    fields = f"    measure: {fact}.m{place}\n    unit: {SECOND[place % 20]}"
    if place % 5 == 3:
        fields += f"\n    filter: state <> 'void {number}'"
    return _metric(f"{fact}_m{place}", f"{label}, {place}", fields)


def _metric(name: str, label: str, fields: str) -> str:
    words = label.lower().replace(",", "")
    return f"""  - name: {name}
    label: "{label}"
    description: "How many {words}."
    owner: Lena Brandt, head of marketing
    synonyms: [{words} count, "{name.replace("_", "-")}"]
    tags: [{name.partition("_")[0]}]
{fields}
    means: "All {words} by their own day, without those that were called off."
    does_not_mean: What ads caused."""


def _policies(things: list[str]) -> Iterator[str]:
    yield "policies:"
    yield "  - {name: everything, who: {roles: [steward]}, grant: {metrics: all, dimensions: all}, whole: all}"
    yield "  - name: own_markets"
    yield "    who: {roles: [marketer]}"
    yield "    grant: {metrics: all, dimensions: all}"
    yield f"    whole: [{', '.join(things)}]"
    yield '    rows: [{dataset: markets, where: "trait_region IN (:markets)"}]'
