"""An ad platform that counts in SQL over the demo company's tables, written before its author read this package.

Lumora is a social network. It sees only its own ads:

- A click up to 168 hours before a purchase gets the credit. Without one, an ad seen up to 24 hours before gets it.
- The purchase counts on the day of that click or view, as a day in Los Angeles.
- Every purchase that the shop sends counts, even one that was sent twice. Returns aren't subtracted.
- Its report of 30 June lacks the last two days.

Its help pages state the windows, that clicks come first, the date and the time zone. They don't mention that purchases
sent twice count twice, or that the report is two days late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import duckdb
import pytest

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.query.query import AllOf, Condition, Operator
from semantic.reconciliation.counting import months_between
from semantic.reconciliation.rules import CountedPer, Credit, Dated, Rules
from semantic.reconciliation.setup import Conversions, Setup, Touches
from semantic.services.process import Live
from semantic.services.reconciling.work import Compared, ReconcilingWork
from semantic.services.uploads import UploadWork
from semantic.uploads.reading import read_file
from semantic.uploads.upload import metric_name
from tests.companies import LARGE, PAST, own_company
from tests.copies import empty_store

MONTHS = months_between(date(2025, 7, 1), PAST)
REPORTED_TO = date(2026, 6, 28)

LUMORA = """
WITH earned AS (
    SELECT timezone('America/Los_Angeles', ad.occurred_at)::DATE AS day, ad.campaign_id
    FROM fct_conversion AS purchase JOIN fct_touchpoint AS ad ON ad.subject_id = purchase.subject_id
    WHERE purchase.conversion_type = 'order' AND ad.channel_key = 'ch-04' AND ad.occurred_at <= purchase.converted_at
        AND ad.occurred_at >= purchase.converted_at - to_hours(CASE ad.type WHEN 'session' THEN 168 ELSE 24 END)
    QUALIFY row_number() OVER (PARTITION BY purchase.conversion_id
        ORDER BY ad.type = 'session' DESC, ad.occurred_at DESC, ad.touchpoint_id DESC) = 1
)
SELECT earned.day, campaign.campaign, count(*) AS conversions
FROM earned JOIN dim_campaign AS campaign USING (campaign_id) WHERE earned.day BETWEEN ? AND ? GROUP BY ALL ORDER BY ALL
"""

OURS = Rules(click_days=30, view_days=30, zone="Europe/Berlin")
DOCUMENTED = Rules(
    click_days=7, view_days=1, dated=Dated.CLICK, zone="America/Los_Angeles", counted=CountedPer.PER_ORDER,
    credit=Credit.LAST_OWN,
)  # fmt: skip
Row = tuple[date, str, int]


@dataclass(frozen=True)
class Lumora:
    reported: list[Row]
    late: list[Row]  # what the report will have once it's complete
    work: ReconcilingWork
    setup: Setup

    def compared(self, rules: Rules) -> Compared:
        return self.work.compare(replace(self.setup, their_rules=rules), MONTHS)


@pytest.fixture(scope="module")
def lumora(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lumora]:
    """The report as Ana uploads it, and the form as she fills it in."""
    folder, data = tmp_path_factory.mktemp("lumora"), own_company(tmp_path_factory, orders=LARGE)
    with duckdb.connect(data, read_only=True) as tables:
        tables.execute("SET TimeZone = 'UTC'")
        reported = tables.execute(LUMORA, [MONTHS[0], REPORTED_TO]).fetchall()
        late = tables.execute(LUMORA, [date(2026, 6, 29), PAST]).fetchall()
    store = str(folder / "store.sqlite")
    empty_store(store).close()
    live = Live.open(
        Settings(
            data=str(data), model=MARKETING_MODEL, model_source="store", store=store, demo=True,
            audit_key_file=folder / "audit.key", uploads=folder / "uploads", mask_key="a key of the tests",
        )
    )  # fmt: skip
    ana = live.workspace().people["ana"]
    lines = ["Day,Campaign name,Conversions", *(",".join(map(str, row)) for row in reported)]
    uploads, reading = UploadWork(live, ana), read_file("\n".join(lines).encode())
    made = uploads.make(reading, uploads.plan(reading, label="Lumora", dimensions={"campaign_name": "campaign"}))
    setup = Setup(
        label="Lumora",
        metric="attributed_conversions",
        theirs=metric_name(uploads.find(made).plan, "conversions"),
        touches=Touches(
            id="touchpoint_id", person="touchpoint_person", at="contact_time", platform="channel", own=("Paid social",),
            kind="contact_type", clicks=("session", "email_click"), views=("ad_view",),
        ),
        conversions=Conversions(
            id="conversion_id", person="conversion_person", at="conversion_time", order="conversion_source",
            kind="conversion_type", kinds=("order",),
        ),
        our_rules=OURS,
        their_rules=DOCUMENTED,
        where=AllOf((
            Condition("channel", Operator.IN, ("Paid social",)),
            Condition("attribution_model", Operator.IN, ("last",)),
            Condition("attribution_window", Operator.IN, (30,)),
        )),
        group="campaign",
    )  # fmt: skip
    yield Lumora(reported, late, ReconcilingWork(live, ana), setup)
    live.close()


def test_the_rules_on_the_help_pages_explain_95_percent_of_the_gap(lumora: Lumora) -> None:
    """This is true of every single month and campaign, so differences in opposite directions don't cancel out."""
    compared = lumora.compared(DOCUMENTED)
    assert compared.whole.theirs == sum(count for _, _, count in lumora.reported)
    assert compared.whole.own == 0  # our rules describe our metric
    gap = sum(abs(split.gap) for split in compared.cells.values())
    assert gap > compared.whole.theirs / 4
    assert sum(abs(split.unexplained) for split in compared.cells.values()) <= gap * Fraction(5, 100)


def test_only_the_late_days_are_left_with_all_its_rules(lumora: Lumora) -> None:
    compared = lumora.compared(replace(DOCUMENTED, counted=CountedPer.EACH))
    late: dict[str, int] = {}
    for _, campaign, count in lumora.late:
        late[campaign] = late.get(campaign, 0) - count
    assert late
    left = {cell: split.unexplained for cell, split in compared.cells.items() if split.unexplained}
    assert left == {(MONTHS[-1], campaign): count for campaign, count in late.items()}
