"""The first answers from a draft, checked against plain row counts of its tables, and the first boards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import Final

from sqlglot import exp

from connectors.connector import ConnectorError, Limits
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.boards.made import make_tile
from semantic.introspection.words import words_of
from semantic.model.definitions import Aggregation, Dataset, Granularity, Metric, NumberFormat
from semantic.model.model import Model
from semantic.policy.actor import Actor
from semantic.policy.narrow import VisibleModel, measures_of
from semantic.query.query import DATE, Between, Breakdown, Last, Order, Period, Query, Top
from semantic.results.result import Result
from semantic.services.adding.adding import Adding, connector_of
from semantic.services.boards import BoardWork
from semantic.sql.dialects.build_tree import select_from, table_of
from semantic.sql.dialects.render import render
from semantic.sql.dialects.table import find_dialect
from semantic.starters.writing import starter_boards
from semantic.workspace import Workspace

MOST_ANSWERS: Final = 6
_SUMMED: Final = frozenset({"impressions", "clicks"})
"""Words in measures' names that show that a row is a day or an ad of a report."""
COUNT_SECONDS: Final = 20.0
RECENT_DAYS: Final = 92
"""If the newest data is older than this many days, a board shows its last year, because recent weeks would be empty."""


def first_metrics(model: Model, names: Sequence[str]) -> tuple[Metric, ...]:
    """Return the metrics to answer first: most from the main dataset, and one from each other dataset.

    The main dataset has dates and the most metrics. Its row count comes first, then amounts of money, then other
    metrics.
    """
    groups: dict[str, list[Metric]] = {}
    for metric in (model.metrics[name] for name in names):
        if datasets := _datasets(metric, model):
            groups.setdefault(max(datasets, key=lambda name: bool(model.datasets[name].time)), []).append(metric)
    ranked = sorted(groups, key=lambda name: (model.datasets[name].time is None, -len(groups[name])))
    for metrics in groups.values():
        metrics.sort(key=lambda metric: _rank(metric, model))
    if not ranked:
        return ()
    main, *others = ranked
    second = [metric for name in others for metric in groups[name][:1]][: MOST_ANSWERS // 2]
    first = groups[main][: MOST_ANSWERS - len(second)]
    left = [metric for name in others for metric in groups[name][1:]]
    return (*first, *second, *left)[:MOST_ANSWERS]


def _rank(metric: Metric, model: Model) -> int:
    """Return a metric's rank: counts of objects first, then amounts of money, others, and counts of report rows."""
    if (counted := counted_dataset(metric, model)) is not None:
        is_report = any(set(words_of(name)) & _SUMMED for name in counted.measures)
        return 0 if metric.label == counted.label and not is_report else 3
    is_sum = metric.is_simple and all(each.agg is Aggregation.SUM for each in measures_of(metric, model))
    return 1 if is_sum and metric.format is NumberFormat.MONEY else 2


def _datasets(metric: Metric, model: Model) -> tuple[str, ...]:
    return tuple(dict.fromkeys(measure.dataset for measure in measures_of(metric, model)))


def counted_dataset(metric: Metric, model: Model) -> Dataset | None:
    """Return the dataset whose rows a metric counts, or None.

    Returns None if the metric leaves out some rows, or if the dataset isn't simply a table.
    """
    if not metric.is_simple or metric.filter is not None or metric.where is not None:
        return None
    measures = measures_of(metric, model)
    if len(measures) != 1 or measures[0].agg is not Aggregation.COUNT or measures[0].sql is not None:
        return None
    dataset = model.datasets[measures[0].dataset]
    return dataset if dataset.source else None


def plain_count(workspace: Workspace, adding: Adding, dataset: Dataset) -> int | None:
    """Return the number of rows in a dataset's table, counted without the model, or None if counting takes too long."""
    connector = connector_of(workspace, adding.source)
    dialect = find_dialect(connector.dialect)
    tree = select_from(table_of(dataset, "t"), [exp.alias_(exp.Count(this=exp.Star()), "n", quoted=True)], keys=0)
    try:
        limits = Limits(max_rows=1, timeout_seconds=COUNT_SECONDS)
        run = connector.start(render(tree, dialect), limits=limits, tag="plain count")
        count: object = run.result().column(0).to_pylist()[0]
    except ConnectorError:
        return None
    return int(count) if isinstance(count, int) else None


def make_boards(adding: Adding, work: BoardWork, metrics: Sequence[str]) -> tuple[str, ...]:
    """Create and publish the boards of the starters, or one board of the first metrics, and return the boards' IDs.

    Only the person can see these boards. Raises StoreFailed, InvalidQuery.
    """
    workspace, actor = work.workspace, work.actor
    boards = starter_boards(adding.matches, adding.starter_answers) if adding.matches else ()
    made = [board for board in boards if not work.problems(board)]
    if not made and (board := first_board(workspace, actor, metrics)) is not None:
        made = [board]
    ids = list[str]()
    for board in made:
        number = work.make(board)
        work.publish(number, work.draft(number).revision, "First version")
        ids.append(number)
    adding.boards = tuple(ids)
    return adding.boards


def first_board(workspace: Workspace, actor: Actor, names: Sequence[str]) -> Board | None:
    """Return a board of the first metrics: their values, their trend, and their largest groups by some dimensions."""
    seen = workspace.visible(actor)
    known = {metric.name for metric in seen.metrics}
    metrics = first_metrics(workspace.model, [name for name in names if name in known])[:4]
    if not metrics:
        return None
    main = metrics[0]
    months = Query(metrics=(main.name,), by=(Breakdown(DATE, Granularity.MONTH),))
    dated = workspace.preflight(months, actor).ok
    period = usual_period(workspace.start(months, actor).result(), workspace.today()) if dated else None
    numbers = tuple(
        Tile(id=f"number-{place}", kind=TileKind.NUMBER, question=Query(metrics=(metric.name,)))
        for place, metric in enumerate(metrics)
    )
    rows = [Row(tiles=numbers, height="small")]
    if dated:
        grain = Granularity.WEEK if isinstance(period, Last) else Granularity.MONTH
        course = Query(metrics=(main.name,), by=(Breakdown(DATE, grain),))
        rows.append(Row(tiles=(make_tile(course, "course"),)))
    parts = tuple(
        make_tile(query, f"part-{place}") for place, query in enumerate(islice(_parts(workspace, actor, main, seen), 2))
    )
    rows += [Row(tiles=parts)] if parts else []
    dataset = next((workspace.model.datasets[each.dataset] for each in measures_of(main, workspace.model)), None)
    title = dataset.label if dataset is not None else main.label
    note = "Created from your data. Change anything you like."
    return Board(title=title, note=note, tabs=(Tab(rows=tuple(rows)),), start=BoardState(period=period))


def usual_period(months: Result, today: date) -> Period | None:
    """Return the period that a board opens with: recent weeks, or the last year of data if the data is older.

    `months` is a result broken down by month. Returns None if it has no rows.
    """
    starts = [start for start in months.table.column(months.keys[0].name).to_pylist() if isinstance(start, date)]
    if not starts:
        return None
    last = date(max(starts).year, max(starts).month, 1)
    ends = (last + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if (today - ends).days <= RECENT_DAYS:
        return Last(13, Granularity.WEEK)
    first = max(date(min(starts).year, min(starts).month, 1), last.replace(year=last.year - 1))
    return Between(first, ends)


def _parts(workspace: Workspace, actor: Actor, metric: Metric, seen: VisibleModel) -> Iterator[Query]:
    """Yield a question for each dimension that can break down the metric, except dates and personal dimensions."""
    for dimension in seen.dimensions:
        places = seen.places(dimension.name)
        if dimension.kind == "time" or any("personal" in place.tags for place in places):
            continue
        query = Query(metrics=(metric.name,), by=(Breakdown(dimension.name),), order=(Order(metric.name, desc=True),))
        top = replace(query, top=Top(8, dimension.name, metric.name), order=())
        if workspace.preflight(top, actor).ok:
            yield top
