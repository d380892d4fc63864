"""Write the model files and boards of matched starters. Their policy gives access to a single person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from semantic.boards.board import Board
from semantic.boards.data import board_from_data
from semantic.errors import InvalidQuery
from semantic.interop.yaml_writer import write_yaml
from semantic.model.definitions import Dataset
from semantic.model.model import Model
from semantic.model.zones import is_zone
from semantic.starters.filling import Filled, Place, drop_loose_entities, fill
from semantic.starters.matching import Match, usable
from semantic.starters.starter import Question, all_starters

_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_LONGEST_ANSWER: Final = 200


def starter_files(
    matches: Sequence[Match],
    answers: Mapping[str, str],
    *,
    connection: str = "",
    person: str,
    owner: str = "",
    is_whole: bool = True,
    existing: Model | None = None,
) -> dict[str, str]:
    """Return model files, by path, for matched starters and for the starters that build on them.

    `answers` are by question. Questions without an answer get their default. `connection` is the tables' connection,
    for matches without one. The only policy gives access to `person`, except to columns about individuals.
    `is_whole=False` leaves out settings and policy, to add to a model that has its own. Matches also join the starters
    that an `existing` model has, if its amounts are in the same currency. Raises InvalidQuery for an impossible answer.
    """
    filled = _filled(matches, answers, connection, owner, existing)
    files: dict[str, str] = {}
    if is_whole:
        files["model.yml"] = write_yaml({"model": _settings(matches, answers)})
        files["policies.yml"] = write_yaml({"policies": [_only(person)]})
    for one in filled:
        for dataset in one.datasets.values():
            files[f"{one.starter.name}/{dataset['name']}.yml"] = write_yaml({"datasets": [dataset]})
        files[f"{one.starter.name}/metrics.yml"] = write_yaml({"metrics": [*one.metrics]})
    return files


def starter_boards(
    matches: Sequence[Match], answers: Mapping[str, str], *, existing: Model | None = None
) -> tuple[Board, ...]:
    """Return a board for each starter, with the tiles whose metrics and breakdowns exist."""
    filled = _filled(matches, answers, "", "", existing)
    metrics = {metric["name"] for one in filled for metric in one.metrics}
    dimensions = {
        dimension["name"]
        for one in filled
        for dataset in one.datasets.values()
        for dimension in dataset.get("dimensions", ())
    }
    if existing is not None:
        metrics |= existing.metrics.keys()
        dimensions |= {name for dataset in existing.datasets.values() for name in dataset.dimensions}
    boards = (_board(one.starter.board, metrics, dimensions) for one in filled)
    return tuple(board_from_data(board, file="starter") for board in boards if board is not None)


def questions(matches: Iterable[Match]) -> tuple[Question, ...]:
    """Return the questions of all matches, each once. All matches share one currency."""
    return tuple({question.id: question for match in matches for question in match.questions}.values())


def _filled(
    matches: Sequence[Match], answers: Mapping[str, str], connection: str, owner: str, existing: Model | None
) -> tuple[Filled, ...]:
    given = _checked(matches, answers)
    places = dict(_places(matches, given, connection))
    alone = tuple(fill(match.starter, places, given, owner=owner) for match in matches)
    others, names = alone, {match.starter.name for match in matches}
    if existing is not None and given.get("currency", existing.settings.currency) == existing.settings.currency:
        given["currency"] = existing.settings.currency
        standing = tuple(_standing(existing, names, places))
        others, names = (*alone, *standing), names | {one.starter.name for one in standing}
    joined = tuple(
        fill(starter, places, given, owner=owner, others=others)
        for starter in all_starters()
        if starter.needs and all(names.intersection(group) for group in starter.needs)
    )
    drop_loose_entities([*alone, *joined])
    return (*alone, *(one for one in joined if one.metrics))


def _standing(existing: Model, matched: set[str], places: dict[str, Place]) -> Iterator[Filled]:
    """Yield the starters that a model already has, so that others can join them, and add their tables to `places`."""
    for starter in all_starters():
        roles = {role.name: role.dataset["name"] for role in starter.roles if "name" in role.dataset}
        there = {role: existing.datasets[name] for role, name in roles.items() if name in existing.datasets}
        if starter.name in matched or not there:
            continue
        for role, dataset in there.items():
            if dataset.source:
                columns = {name: str(type_) for name, type_ in dataset.columns.items()}
                places[f"{starter.name}.{role}"] = Place(
                    dataset.source, usable(starter.role(role), columns), dataset.connection
                )
        datasets = {role: _names_in(dataset) for role, dataset in there.items()}
        yield Filled(starter, datasets, tuple({"name": name} for name in existing.metrics), ())


def _names_in(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": dataset.name,
        "measures": [{"name": name} for name in dataset.measures],
        "dimensions": [{"name": name} for name in dataset.dimensions],
        "entities": [{"name": entity.name} for entity in dataset.entities],
    }


def _checked(matches: Sequence[Match], answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers to all questions, with defaults for those not answered.

    Raises InvalidQuery for an impossible answer.
    """
    asked = {question.id: question for match in matches for question in match.starter.questions}
    asked |= {question.id: question for question in questions(matches)}
    given = {name: answers.get(name, question.default) for name, question in asked.items()}
    for name, answer in given.items():
        question = asked[name]
        if not question.is_open and answer not in dict(question.choices):
            known = ", ".join(choice for choice, _ in question.choices)
            raise InvalidQuery(f"{answer!r} doesn't answer {question.asks!r}. Choose one of {known}.")
        if len(answer) > _LONGEST_ANSWER or (name == "currency" and not _CURRENCY.fullmatch(answer)):
            raise InvalidQuery(f"{answer[:_LONGEST_ANSWER]!r} isn't a currency. Write its code, such as EUR.")
        if name == "time_zone" and not is_zone(answer):
            raise InvalidQuery(f"{answer!r} isn't a time zone. Write one such as Europe/Berlin.")
    return given


def _places(matches: Iterable[Match], answers: Mapping[str, str], connection: str) -> Iterator[tuple[str, Place]]:
    for match in matches:
        for role, table in match.tables.items():
            name = f"{match.starter.name}.{role}"
            chosen = answers.get(name, table)
            found = usable(match.starter.role(role), match.columns[chosen])
            yield name, Place(chosen, found, match.connection or connection)


def _settings(matches: Sequence[Match], answers: Mapping[str, str]) -> dict[str, Any]:
    given = _checked(matches, answers)
    settings = {"name": "Marketing", "time_zone": given.get("time_zone", "UTC")}
    return settings | ({"currency": given["currency"]} if "currency" in given else {})


def _only(person: str) -> dict[str, Any]:
    return {
        "name": "only_me",
        "label": "Only me",
        "description": "Everything but columns about individuals, for one person until it's shared.",
        "who": {"people": [person]},
        "grant": {"metrics": "all", "dimensions": "all", "segments": "all"},
        "deny": {"dimensions": {"tags": ["personal"]}},
        "whole": "all",
    }


# Boards


def _board(board: Mapping[str, Any], metrics: set[str], dimensions: set[str]) -> dict[str, Any] | None:
    """Return a board without tiles whose metrics or breakdowns don't exist, and without rows left empty."""
    rows = [
        {**row, "tiles": tiles} for row in board["rows"] if (tiles := _fitting_tiles(row["tiles"], metrics, dimensions))
    ]
    filters = [name for name in board.get("filters", ()) if name in dimensions]
    return {**board, "filters": filters, "rows": rows} if rows else None


def _fitting_tiles(
    tiles: Sequence[Mapping[str, Any]], metrics: set[str], dimensions: set[str]
) -> list[Mapping[str, Any]]:
    kept = [tile for tile in tiles if _is_askable(tile.get("question", {}), metrics, dimensions)]
    if len(kept) == len(tiles):
        return kept
    return [{key: value for key, value in tile.items() if key != "width"} for tile in kept]


def _is_askable(question: Mapping[str, Any], metrics: set[str], dimensions: set[str]) -> bool:
    by = {one if isinstance(one, str) else one["dim"] for one in question.get("by", ())} - {"date"}
    where = {question["where"]["dim"]} if "dim" in question.get("where", {}) else set[str]()
    return metrics.issuperset(question.get("metrics", ())) and dimensions.issuperset(by | where)
