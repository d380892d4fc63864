"""The words that Samepage itself uses, with one definition each, for the glossary in the app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word that the app uses, its meaning, and its synonyms."""

    word: str
    means: str
    synonyms: tuple[str, ...] = ()


TERMS: Sequence[Term] = (
    Term(
        "Attainment",
        "How much of a target has been reached, as a percentage. During the period, it's measured against the target "
        "to date.",
        ("target attainment", "achievement"),
    ),
    Term("Board", "A page of answers for a team, with filters that apply to all of them.", ("dashboard", "report")),
    Term(
        "Breakdown",
        "What an answer is grouped by, such as channel, market or week.",
        ("dimension", "split", "group by"),
    ),
    Term(
        "Certified",
        "A steward vouches for the metric's definition until a set date. Uncertified metrics work the same way.",
        ("verified", "approved"),
    ),
    Term(
        "Comparison",
        "A second period next to the first: the previous one, the same one last year, or one that you choose. "
        "Both cover the same number of days, or of whole months.",
        ("compare", "versus", "period over period", "year over year", "YoY"),
    ),
    Term(
        "Contribution",
        "What one value, such as a channel, or one part of a formula adds to a change. Contributions add up to the "
        "change. They don't prove a cause.",
        ("driver", "why"),
    ),
    Term(
        "Data to",
        "When the newest data behind an answer was loaded. Later days aren't in it yet.",
        ("freshness", "last updated", "loaded to"),
    ),
    Term("Deprecated", "A metric that people should stop using. Its page says what to use instead."),
    Term("Draft", "Changes that only their author sees until they're published.", ("unpublished",)),
    Term(
        "Favorite",
        "A saved question marked with your star. No one else sees your favorites.",
        ("starred", "favourite"),
    ),
    Term("Filter", "A condition that rows have to meet, or that a metric's value has to meet in each group."),
    Term("Folder", "A name that groups saved questions in a space, such as Weekly review."),
    Term(
        "Hidden for privacy",
        "A policy hides the number because it's based on too few people or orders. It isn't 0.",
        ("suppressed", "small groups", "min group"),
    ),
    Term(
        "Index", "A number relative to its starting value, which counts as 100. An index of 120 is 20% above the start."
    ),
    Term(
        "Interval",
        "How far chance alone could move a number, at 95% confidence. "
        "If two intervals overlap, the difference may be due to chance.",
        ("confidence interval", "error bar", "whisker", "significance"),
    ),
    Term("Metric", "A number with one governed definition, the same for everyone.", ("KPI", "measure")),
    Term(
        "Mix",
        "The part of a ratio's change that comes from values gaining or losing weight, such as more spend in a "
        "market with a low ROAS.",
        ("mix effect",),
    ),
    Term(
        "Model",
        "All definitions at one version: metrics, breakdowns, segments and policies.",
        ("semantic layer", "definitions"),
    ),
    Term(
        "Moving average", "The average of the last few periods, which smooths out ups and downs.", ("rolling average",)
    ),
    Term(
        "(none)",
        "Rows with no value for the breakdown, such as orders without a channel.",
        ("unknown", "empty", "null"),
    ),
    Term(
        "Not final",
        "The number can still change because some data arrives late. Charts hatch or dot these days.",
        ("provisional", "preliminary", "can still change"),
    ),
    Term(
        "Other",
        "Everything outside the top values, in one group. It's calculated from its own rows, so ratios are right too.",
        ("rest", "remainder"),
    ),
    Term(
        "Partial period",
        "A week, month or other period with only some of its days. Don't compare it with complete ones.",
        ("incomplete", "running"),
    ),
    Term(
        "Passport",
        "The panel “Where this number comes from”, which explains one number: its formula, filters, "
        "data, scope, owner and receipt.",
        ("provenance",),
    ),
    Term(
        "Percentage points",
        "The difference between two percentages. From 2% to 3% is a rise of 1 percentage point, or of 50%.",
        ("pp",),
    ),
    Term(
        "Projection",
        "Where a metric is heading by the end of a target's period if it continues as before, with a likely range.",
        ("forecast", "run rate", "pacing"),
    ),
    Term("Rate", "The part of a ratio's change that comes from changes in the values' own ratios.", ("rate effect",)),
    Term(
        "Receipt",
        "The record of what an answer was computed from. Opening it runs the question again and says whether the "
        "numbers are the same.",
        ("audit", "replay"),
    ),
    Term(
        "Remark",
        "A dated note on charts that says what happened, such as a campaign or an outage.",
        ("annotation", "note"),
    ),
    Term("Running total", "The sum from the first period to this one.", ("cumulative", "year to date", "YTD")),
    Term("Saved question", "A question that you keep, to open it again with the newest data.", ("bookmark",)),
    Term(
        "Scope", "The rows that you have access to. Every number you see covers only those.", ("access", "market scope")
    ),
    Term("Segment", "A named group of rows, such as customers with a refund, for use as a filter.", ("audience",)),
    Term(
        "Share of total",
        "A group's part of the total, as a percentage. Only metrics that add up have one.",
        ("proportion",),
    ),
    Term("Space", "A place for saved questions and boards: your own, or one that you share.", ("workspace",)),
    Term("Steward", "Someone who defines metrics and is responsible for them.", ("owner", "data owner")),
    Term("Target", "The value that a metric should reach in a period.", ("goal", "plan", "budget")),
    Term(
        "Target to date",
        "The part of a target that should have been reached by now.",
        ("plan to date", "pace", "on track", "expected"),
    ),
    Term("Tile", "One answer, or one text, on a board.", ("widget", "card")),
    Term(
        "Too little data",
        "The number is based on less data than its metric requires, so chance can move it a lot. It's shown in gray.",
        ("sample size", "unreliable"),
    ),
    Term(
        "Top",
        "The values with the highest numbers, such as the ten largest campaigns. The rest is Other.",
        ("top N", "ranking", "largest"),
    ),
    Term(
        "Total",
        "The number for all rows together. Sums add up (Σ). Ratios, averages and distinct counts are recalculated from "
        "all rows (↻), so their groups don't add up to the total.",
        ("sum", "grand total"),
    ),
    Term(
        "Usual range",
        "How much a metric normally changes between periods of this length. A change within it isn't called "
        "better or worse.",
        ("normal range", "noise", "about the same"),
    ),
    Term("View as", "Seeing Samepage as another person sees it, without being able to change or export anything."),
)
