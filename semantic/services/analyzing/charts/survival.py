"""The chart of how long people stay: a line with its interval for known periods, and a dashed projection."""

from __future__ import annotations

from semantic.analyses.events.retention.finding import RetentionFound
from semantic.display.charts.chart import Chart
from semantic.display.charts.figures.curve import Curve, curve_figure
from semantic.display.charts.figures.frame import safe
from semantic.display.format import counted as so_many
from semantic.display.format import share
from semantic.display.tokens import Tokens
from semantic.query.describe import upper_first
from semantic.services.analyzing.charts.retention import MOST_LINES, retention_charts
from semantic.services.analyzing.run import Analyzed
from semantic.services.analyzing.sampled import ABOUT, counted
from semantic.services.analyzing.words.retention import group_text, subjects_of
from semantic.services.analyzing.words.survival import curves_of, projection_of, stayed

TITLE, PROJECTED = "Stayed", "Projected"


def retained_charts(analyzed: Analyzed[RetentionFound], tokens: Tokens) -> list[Chart]:
    """Return the charts of how long people stay. Charts without data are left out."""
    if not analyzed.found.asked.survives:
        return retention_charts(analyzed, tokens)
    rows = curves_of(analyzed.found)
    if not rows or max(len(row.waiting) for row in rows) < 2:
        return []
    projection = projection_of(analyzed) if rows[0] is analyzed.found.whole else None
    ahead = projection.ahead if projection is not None else ()
    known = max(row.waiting[-1].period for row in rows) + 1
    count = known + len(ahead)
    curves = [_curve(analyzed, place, count, tokens) for place in range(min(len(rows), MOST_LINES))]
    if ahead:
        last, before = rows[0].waiting[-1], known - 1
        gap: list[float | None] = [None] * before
        curves.append(
            Curve(
                name=PROJECTED,
                values=[*gap, last.share, *(each.share for each in ahead)],
                colour=tokens.series[1],
                low=[*gap, last.low, *(each.low for each in ahead)],
                high=[*gap, last.high, *(each.high for each in ahead)],
                words=[""] * before + ["Last known"] + [PROJECTED] * len(ahead),
            )
        )
    mark, unit = ABOUT if analyzed.planned.sample is not None else "", upper_first(analyzed.found.asked.unit.words)
    figure = curve_figure(
        [f"Stayed {stayed(analyzed, period)}" for period in range(count)], curves,
        lambda value: f"{mark}{share(value)}", tokens,
        ticks=[f"{unit} 0", *(str(period) for period in range(1, count))],
    )  # fmt: skip
    if ahead:
        figure.update_traces(line_dash="dash", selector={"name": safe(PROJECTED)})
    said = [f"{share(row.waiting[-1].share)} stayed {stayed(analyzed, row.waiting[-1].period)}" for row in rows[:1]]
    said += [f"projected: {share(each.share)} stay {stayed(analyzed, each.period)}" for each in ahead[-1:]]
    note = f"{so_many(len(rows) - MOST_LINES, 'more group')} in the table." if len(rows) > MOST_LINES else ""
    if ahead:
        note = "The dashed line is a projection, not data. Its band doesn't account for later changes."
    return [Chart(figure, "line", "", f"{TITLE}: {', '.join(said)}.", note, TITLE)]


def _curve(analyzed: Analyzed[RetentionFound], place: int, count: int, tokens: Tokens) -> Curve:
    rows, sample = curves_of(analyzed.found), analyzed.planned.sample
    row, is_alone = rows[place], rows[place] is analyzed.found.whole
    rest: list[float | None] = [None] * (count - len(row.waiting))
    return Curve(
        name=upper_first(subjects_of(analyzed)) if is_alone else group_text(analyzed, row),
        values=[*(point.share for point in row.waiting), *rest],
        colour=tokens.series[1 if is_alone else place],
        low=[*(point.low if is_alone else None for point in row.waiting), *rest],
        high=[*(point.high if is_alone else None for point in row.waiting), *rest],
        words=[
            *(f"{counted(point.came, sample)} of {counted(point.at_risk, sample)} left" for point in row.waiting),
            *([""] * len(rest)),
        ],
    )
