"""Regenerate the generated parts of docs/reference from the code: `make docs`, or python -m tests.reference_pages.

A page marks a generated part with `<!-- generated: kind argument -->` … `<!-- end -->`. In a table, the last column is
written by hand and kept, and every other column comes from the code.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import MISSING, fields
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlglot import exp

from semantic import errors
from semantic.__main__ import main
from semantic.config.settings import Settings
from semantic.model.definitions import Aggregation, Granularity, TypeKind
from semantic.model.expression import ALLOWED
from semantic.model.kinds import KINDS as METRIC_KINDS
from semantic.model.loading.schema import json_schema
from semantic.query.codec import query_to_params
from semantic.query.comparisons import comparison_names
from semantic.query.data import KEYS, VERSION, query_from_data
from semantic.query.filters import METRIC_OPERATORS
from semantic.query.query import Operator
from semantic.starters.starter import Question, Role, Starter, all_starters

ROOT = Path(__file__).resolve().parent.parent
PAGES = tuple(
    ROOT / "docs/reference" / name
    for name in ("model.md", "query.md", "errors.md", "settings.md", "commands.md", "starters.md")
)
PART = re.compile(r"(<!-- generated: (\w+) ?(\S*) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
NAME_PATTERN = "^[a-z][a-z0-9_]{0,62}$"
WRITTEN_BETWEEN = {"AND", "OR", "XOR"}
"""Operators that the parser treats as functions, but that people write between two values."""
EXAMPLES: Mapping[str, Any] = {  # Any: JSON
    "v": VERSION,
    "metrics": ["net_revenue", "spend"],
    "by": ["channel", {"dim": "date", "grain": "week"}],
    "where": {"dim": "market", "op": "in", "values": ["DE", "AT"]},
    "having": [{"metric": "spend", "op": ">", "value": 100}],
    "time": {"last": 13, "unit": "week"},
    "compare": [{"to": "last_year"}],
    "top": {"n": 8, "dim": "channel", "metric": "spend"},
    "totals": ["grand"],
    "order": [{"by": "spend", "desc": True}],
    "limit": 100,
    "calc": [{"name": "share", "do": "percent_of_total", "of": "spend"}],
    "time_zone": "Europe/London",
    "week_start": "sunday",
    "fiscal_start": "april",
    "currency": "GBP",
    "rates": "period_end",
    "history": "as_is",
    "every_period": True,
    "each_row": True,
    "ranges": True,
    "as_of": 3,
}
"""Every key of a question, with an example value."""
FORMS: Mapping[str, Sequence[Any]] = {  # Any: JSON
    "where": (
        {"dim": "market", "op": "in", "values": ["DE", "AT"]},
        {"dim": "country", "op": "not_in", "values": [None], "via": "billing_customer"},
        {"segment": "recent_buyers"},
        {"metric": "orders", "per": "customer", "op": ">", "value": 2},
        {"and": [{"segment": "recent_buyers"}, {"dim": "zip", "op": "starts_with", "value": "01"}]},
        {"or": [{"segment": "recent_buyers"}, {"segment": "has_refund"}]},
        {"not": {"segment": "has_refund"}},
    ),
    "having": (
        {"metric": "spend", "op": ">", "value": 100},
        {"metric": "roas", "op": "between", "values": [1, 2.5]},
    ),
    "time": (
        {"from": "2026-01-01", "to": "2026-03-31"},
        {"from": "2026-01-01", "complete": False},
        {"last": 13, "unit": "week"},
        {"last": 7, "unit": "day", "complete": False},
        {"to_date": "month"},
        {"to_date": "fiscal_year", "complete": False},
    ),
    "compare": (
        {"to": "previous"},
        {"to": "last_year"},
        {"to": {"back": 2, "unit": "month"}},
        {"to": {"from": "2026-01-01", "to": "2026-01-31"}},
    ),
    "calc": (
        {"name": "left", "do": "difference", "of": "net_revenue", "to": "spend"},
        {"name": "growth", "do": "ratio", "of": "spend", "to": "spend_last_year"},
        {"name": "share", "do": "percent_of_total", "of": "spend", "within": ["date_week"]},
        {"name": "place", "do": "rank", "of": "spend", "within": ["date_week"], "ascending": True},
        {"name": "so_far", "do": "running_total", "of": "spend"},
        {"name": "pareto", "do": "running_total", "of": "spend", "along": "spend"},
        {"name": "usual", "do": "moving_average", "of": "spend", "periods": 4},
        {"name": "since", "do": "index", "of": "spend"},
        {"name": "against", "do": "index", "of": "spend", "along": "channel", "base": "Display"},
    ),
    "top": (
        {"n": 8, "dim": "channel", "metric": "spend"},
        {"n": 3, "dim": "campaign", "metric": "spend", "within": ["channel", "market"]},
        {"n": 8, "dim": "channel", "metric": "spend", "other": False},
    ),
    "totals": ("grand", "channel", ["channel", "date_month"]),
}
"""The forms of keys that have several forms, each with its own entry."""


def rewrite(text: str) -> str:
    """Return a page with its generated parts updated."""

    def part(match: re.Match[str]) -> str:
        head, kind, argument, old, end = match.groups()
        return head + KINDS[kind](argument, _meanings(old)) + end

    return PART.sub(part, text)


def rows_without_meaning(text: str) -> list[str]:
    """Return the first cell of each generated table row whose last column is empty."""
    rows: list[str] = []
    for _, _, _, part, _ in PART.findall(text):
        rows += [cells[0] for cells in _cells(part) if not cells[-1]]
    return rows


def _cells(part: str) -> Iterator[list[str]]:
    if part.startswith("|"):  # a table; the tree of errors has such lines too
        for line in part.partition("\n\n")[0].splitlines()[2:]:
            yield [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _meanings(part: str) -> Mapping[str, str]:
    return {cells[0]: cells[-1] for cells in _cells(part)}


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], meanings: Mapping[str, str]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        cells = [*row, meanings.get(row[0], "")]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return re.sub(r"\|  (?=\|)", "| ", "\n".join(lines)) + "\n"


# The model's keys


@cache
def shapes() -> Mapping[str, Mapping[str, Any]]:  # Any: JSON Schema
    """Return every part of a model file as JSON Schema, by its name."""
    schema = json_schema()
    return {"FileDoc": schema, **schema["$defs"]}


def _keys(name: str, meanings: Mapping[str, str]) -> str:
    shape = shapes()[name]
    required = shape.get("required", ())
    rows = [
        [f"`{key}`", _spell(part), "required" if key in required else _default(part.get("default"))]
        for key, part in shape["properties"].items()
    ]
    return _table(["key", "what", "default", "meaning"], rows, meanings)


def _default(value: object) -> str:
    if value in (None, "", [], {}) or isinstance(value, dict):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _spell(part: Mapping[str, Any]) -> str:  # Any: JSON Schema
    """Return a JSON Schema in words."""
    match part:
        case {"$ref": reference}:
            return _spell_reference(reference.rpartition("/")[2])
        case {"anyOf": parts}:
            return " or ".join(_spell(inner_part) for inner_part in parts if inner_part != {"type": "null"})
        case {"const": value}:
            return f"`{value}`"
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": items}:
            return f"list of {_spell(items)}"
        case {"type": "object"}:
            return "names with values"
        case {"type": "string", "pattern": pattern}:
            return "name" if pattern == NAME_PATTERN else f"text like `{pattern}`"
        case {"type": "string", "format": "date"}:
            return "day"
        case {"type": "integer", "minimum": 0, "maximum": 0}:
            return "`0`"
        case {"type": "integer" | "number" as kind}:
            above, most = part.get("exclusiveMinimum"), part.get("maximum")
            least = part.get("minimum") if above is None else above + 1  # of whole numbers alone
            word = "whole number" if kind == "integer" else "number"
            return word + (f" from {least:g} to {most:,g}" if most is not None else "")
        case _:
            return {"string": "text", "boolean": "true, false"}[part["type"]]


def _spell_reference(name: str) -> str:
    shape = shapes()[name]
    if "enum" in shape:
        return ", ".join(f"`{value}`" for value in shape["enum"])
    word = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Doc")).lower()
    return f"[{word}](#{word.replace(' ', '-')})"


def _kinds(_: str, __: Mapping[str, str]) -> str:
    """Return the kinds of metrics, with an example of each as a model writes it."""

    def keys(names: Iterable[str]) -> str:
        return ", ".join(f"`{name}`" for name in names)

    rows = [
        [f"`{metric_kind.name}`", keys(metric_kind.needs), keys(metric_kind.optional)]
        for metric_kind in METRIC_KINDS.values()
    ]
    means = {
        f"`{metric_kind.name}`": f"{metric_kind.means[:1].upper()}{metric_kind.means[1:]}."
        for metric_kind in METRIC_KINDS.values()
    }
    examples = "\n".join(f"  - {metric_kind.example}" for metric_kind in METRIC_KINDS.values())
    table = _table(["kind", "needs", "can have", "meaning"], rows, means)
    return f"{table}\n```yaml model\nmetrics:\n{examples}\n```\n"


def _functions(_: str, __: Mapping[str, str]) -> str:
    named = {kind.sql_name() for kind in ALLOWED if issubclass(kind, exp.Func)} - WRITTEN_BETWEEN
    return ", ".join(f"`{name}`" for name in sorted(named)) + "\n"


def _words(kind: str, meanings: Mapping[str, str]) -> str:
    words: Iterable[str] = {
        "types": TypeKind,
        "aggregations": [aggregation for aggregation in Aggregation if aggregation is not Aggregation.VARIANCE],
        "grains": Granularity,
        "operators": Operator,
        "metric_operators": METRIC_OPERATORS,
    }[kind]
    return _table([kind.removesuffix("s").replace("_", " "), "meaning"], [[f"`{word!s}`"] for word in words], meanings)


# The question


def _question(_: str, meanings: Mapping[str, str]) -> str:
    rows = [[f"`{key}`", f"`{_json(EXAMPLES[key])}`", _address({key: EXAMPLES[key]})] for key in KEYS]
    return _table(["key", "such as", "in the address", "meaning"], rows, meanings)


def _forms(key: str, meanings: Mapping[str, str]) -> str:
    """Return the forms of one key. For a comparison, add the column that it gives the metric `spend`."""
    is_list = isinstance(EXAMPLES[key], list)
    rows: list[list[str]] = []
    for form in FORMS[key]:
        asked = {key: [form] if is_list else form}
        query = query_from_data(asked)
        columns = [f"`spend_{name}`" for name in comparison_names(query.compare)]
        rows.append([f"`{_json(form)}`", _address(asked), *columns])
    heads = [f"in `{key}`", "in the address", *(["column"] if key == "compare" else []), "meaning"]
    return _table(heads, rows, meanings)


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)


def _address(asked: Mapping[str, Any]) -> str:  # Any: JSON
    """Return a question with one key as it appears in an address, before characters are encoded."""
    params = query_to_params(query_from_data(asked)).items()
    parts = [f"{name}={text}" for name, texts in params for text in texts if name != "v"]
    return f"`{'&'.join(parts) or f'v={VERSION}'}`"


# Errors, settings, commands


def _error_tree(_: str, __: Mapping[str, str]) -> str:
    lines = (errors.__doc__ or "").splitlines()
    tree = [line.removeprefix("    ") for line in lines if line.startswith("    ")]
    return "\n".join(["```text", *(line.rstrip() for line in tree), "```"]) + "\n"


def _error_codes(_: str, meanings: Mapping[str, str]) -> str:
    kinds: dict[str, list[str]] = {}
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.SemanticError):
            kinds.setdefault(value.code, []).append(f"`{value.__name__}`")
    rows = [[f"`{code}`", ", ".join(names)] for code, names in sorted(kinds.items())]
    return _table(["code", "class", "when, and what to do"], rows, meanings)


def _settings(_: str, meanings: Mapping[str, str]) -> str:
    known = {
        "data": "`.samepage/company.duckdb`",
        "model": "`semantic/marketing`",
        "mask_key": "a new one each start",
        "model_cache": "`.samepage/models`",
        "store": "`.samepage/store.sqlite`",
        "uploads": "`.samepage/uploads`",
        "audit_key": "",
        "audit_key_file": "`.samepage/audit.key`",
        "metrics_token": "",
        "address": "that of `[sign_in]`, else `http://localhost` with the app's port, or 8501 in other processes",
        "allowed_hosts": "",
        "data_folders": "",
        "language_model_address": "",
        "language_model_name": "",
        "language_model_key": "",
        "model_source": "`store`, or `folder` where `SAMEPAGE_MODEL` is set",
    }
    rows = [
        [f"`SAMEPAGE_{field.name.upper()}`", f"`{field.name}`", known.get(field.name, f"`{field.default}`".lower())]
        for field in fields(Settings)
        if (field.name in known or field.default is not MISSING)
        and field.name not in ("sign_in", "mail")  # tables, described below it
    ]
    return _table(["variable", "in the file", "default", "meaning"], rows, meanings)


def _help(command: str, _: Mapping[str, str]) -> str:
    return f"```text\n{help_of('' if command == 'all' else command)}```\n"


def _make(_: str, __: Mapping[str, str]) -> str:
    printed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return f"```text\n{printed.stdout}```\n"


def help_of(command: str) -> str:
    """Return the output of `--help`, 100 columns wide."""
    printed = StringIO()
    with patch.dict(os.environ, {"COLUMNS": "100"}), redirect_stdout(printed), suppress(SystemExit):
        main([*([command] if command else []), "--help"])
    return printed.getvalue()


# Starters


def _starter(name: str, _: Mapping[str, str]) -> str:
    """Return a starter's tables, questions and metrics."""
    starter = next(each for each in all_starters() if each.name == name)
    tables = [_starter_table(role) for role in starter.roles if not role.view]
    asked = [[question.asks, _starter_answer(question)] for question in starter.questions]
    parts = [
        ("table", "columns it needs", "columns it uses", tables),
        ("question", "default", "", asked),
        ("metric", "what it means", "what it doesn't mean", _starter_metrics(starter)),
    ]
    return "\n".join(_whole_table([head for head in heads if head], rows) for *heads, rows in parts if rows)


def _starter_table(role: Role) -> list[str]:
    used = role.uses.keys() - role.without
    needs, uses = (", ".join(f"`{name}`" for name in names) for names in (role.needs, sorted(used)))
    return [f"{role.label}, such as `{role.names[0]}`", needs, uses or "none"]


def _starter_answer(question: Question) -> str:
    if question.by_type:
        return f"`{question.by_type[0]}` for a column of whole numbers, otherwise `{question.by_type[1]}`"
    return f"`{question.default}`" + (", only for instants" if question.if_type else "")


def _starter_metrics(starter: Starter) -> list[list[str]]:
    """Return each metric once, from the first version that has it."""
    metrics = {metric["name"]: metric for metric in reversed(starter.metrics)}
    return [[each["label"], each["means"], each["does_not_mean"]] for each in reversed(metrics.values())]


def _whole_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return _table(heads, [row[:-1] for row in rows], {row[0]: row[-1] for row in rows})


KINDS: Mapping[str, Callable[[str, Mapping[str, str]], str]] = {
    "keys": _keys,
    "kinds": _kinds,
    "functions": _functions,
    "words": _words,
    "question": _question,
    "forms": _forms,
    "error_tree": _error_tree,
    "error_codes": _error_codes,
    "settings": _settings,
    "help": _help,
    "make": _make,
    "starter": _starter,
}


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(rewrite(page.read_text(encoding="utf-8")), encoding="utf-8")
