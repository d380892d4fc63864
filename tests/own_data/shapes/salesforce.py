"""Opportunities and contacts as the Salesforce package writes them. Deals of HubSpot don't belong here."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta

import duckdb

from tests.own_data.shapes.rows import LOADED_AT, Row, cents, days, fill, generator, when

STAGES = (
    ("Prospecting", 10, "Pipeline", False, False),
    ("Negotiation/Review", 90, "Best Case", False, False),
    ("Closed Won", 100, "Closed", True, True),
    ("Closed Lost", 0, "Omitted", True, False),
)
OWNERS = (("005A", "Ina Sales", "005M"), ("005B", "Bo Sales", "005M"))
ACCOUNTS = tuple((f"001{number}", f"Account {number}", ("Retail", "Energy", None)[number % 3]) for number in range(30))
SOURCES = ("Web", "web", "Trade Show", "Partner Referral", None)


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables, one row per opportunity, including deleted ones. The closing date of an open one is a forecast.

    - Some opportunities are closed with a future date, or open with a past date.
    - A reopened opportunity is open again, but the daily history still has the days on which it was closed.
    - An amount is null, 0 or, for an opportunity with products, the sum of its lines.
    - Lead sources are in mixed case or null, and some opportunities have no account.
    - Columns such as "this month" compare with the day of the run, and don't fit any other day.
    - The daily history has one row per opportunity and day. Adding it up over days counts amounts many times.
    """
    chance = generator("salesforce")
    opportunities, lines = _opportunities(chance)
    fill(connection, "salesforce__opportunity_enhanced", opportunities)
    fill(connection, "salesforce__opportunity_line_item_enhanced", lines)
    fill(connection, "salesforce__opportunity_daily_history", _history(opportunities))
    fill(connection, "salesforce__contact_enhanced", _contacts())
    fill(connection, "salesforce__daily_activity", _activity(opportunities, chance))


def _opportunities(chance: random.Random) -> tuple[list[dict[str, object]], list[Row]]:
    opportunities: list[dict[str, object]] = []
    lines: list[Row] = []
    for number in range(1, 221):
        opportunity = f"006{number:04d}"
        created = when(2026, 5, 1) + timedelta(hours=number * 22)
        stage = STAGES[chance.choice((0, 1, 2, 2, 3))]
        closes = created + timedelta(days=chance.randrange(10, 90))
        if stage[3]:
            closes = min(closes, LOADED_AT)
        if number % 70 == 0:
            stage, closes = STAGES[2], LOADED_AT + timedelta(days=20)
        owner, name, manager = OWNERS[number % 2]
        account = ACCOUNTS[number % 30] if number % 17 else (None, None, None)
        amount = cents(chance.randrange(10, 900) * 100.0)
        if number % 13 == 0:
            amount = None if number % 2 else 0.0
        elif number % 3 == 0:
            mine = _lines(opportunity, created, chance)
            lines += mine
            amount = cents(sum(float(str(line["total_price"])) for line in mine))
        opportunities.append(
            {
                "opportunity_id": opportunity,
                "opportunity_name": f"Opportunity {number}",
                "account_id": account[0],
                "opportunity_account_id": account[0],
                "account_name": account[1],
                "industry": account[2],
                "amount": amount,
                "probability": float(stage[1]),
                "expected_revenue": None if amount is None else cents(amount * stage[1] / 100),
                "created_date": created,
                "close_date": closes,
                "stage_name": stage[0],
                "forecast_category": stage[2].replace(" ", ""),
                "forecast_category_name": stage[2],
                "is_closed": stage[3],
                "is_won": stage[4],
                "is_deleted": number % 28 == 0,
                "status": ("Pipeline", "Pipeline", "Won", "Lost")[STAGES.index(stage)],
                "lead_source": SOURCES[number % 5],
                "type": "New Business" if number % 4 else "Existing Business",
                "owner_id": owner,
                "opportunity_owner_id": owner,
                "opportunity_owner_name": name,
                "opportunity_manager_id": manager,
                "has_opportunity_line_item": number % 3 == 0 and number % 13 != 0,
                "days_since_created": (LOADED_AT.date() - created.date()).days,
                "days_to_close": (closes.date() - created.date()).days if stage[3] else None,
                "is_created_this_month": created.date() >= LOADED_AT.date().replace(day=1),
                "_fivetran_synced": LOADED_AT,
            }
        )
    return opportunities, lines


def _lines(opportunity: str, created: datetime, chance: random.Random) -> list[Row]:
    count = chance.randrange(1, 4)
    rows: list[Row] = []
    for position in range(1, count + 1):
        quantity, price = float(chance.randrange(1, 6)), cents(chance.randrange(2, 90) * 50.0)
        rows.append(
            {
                "opportunity_line_item_id": f"00k{opportunity}{position}",
                "opportunity_id": opportunity,
                "line_item_index": position,
                "total_line_items": count,
                "created_date": created,
                "product_2_name": ("Licence", "Service")[position % 2],
                "product_family": "Software" if position % 2 else None,
                "list_price": price,
                "unit_price": price,
                "quantity": quantity,
                "total_price": cents(quantity * price),
            }
        )
    return rows


def _history(opportunities: Sequence[dict[str, object]]) -> list[Row]:
    """Return the days since 1 November of every fourth opportunity. The reopened ones lack 5 to 9 November."""
    rows: list[Row] = []
    for number, facts in enumerate(opportunities[::4]):
        for day in days(when(2026, 11, 1).date()):
            at = datetime.combine(day, time(23, 59))
            if str(facts["created_date"]) > str(at):
                continue
            is_closed = bool(facts["is_closed"]) and str(facts["close_date"]) <= str(at)
            was_lost = number % 6 == 0 and not facts["is_closed"] and 5 <= day.day <= 9
            stage = str(facts["stage_name"]) if is_closed or not facts["is_closed"] else "Prospecting"
            rows.append(
                {
                    **{
                        name: facts[name]
                        for name in ("opportunity_id", "account_id", "amount", "created_date", "close_date")
                    },
                    "opportunity_day_id": f"{facts['opportunity_id']}-{day}",
                    "date_day": day,
                    "stage_name": "Closed Lost" if was_lost else stage,
                    "is_closed": is_closed or was_lost,
                    "is_won": is_closed and facts["is_won"],
                    "is_deleted": facts["is_deleted"],
                    "owner_id": facts["owner_id"],
                    "_fivetran_active": True,
                }
            )
    return rows


def _contacts() -> list[Row]:
    return [
        {
            "contact_id": f"003{number:04d}",
            "contact_name": f"Contact {number}",
            "email": None if number % 23 == 0 else f"contact{number}@mail.example",
            "account_id": None if number % 19 == 0 else ACCOUNTS[number % 30][0],
            "account_name": ACCOUNTS[number % 30][1],
            "contact_is_deleted": number % 27 == 0,
            "lead_source": SOURCES[number % 5],
            "mailing_country": ("Germany", "germany", None)[number % 3],
            "contact_owner_id": OWNERS[number % 2][0],
        }
        for number in range(1, 161)
    ]


def _activity(opportunities: Sequence[dict[str, object]], chance: random.Random) -> list[Row]:
    """Return one row per day, without deleted opportunities. Others count on the day they were created or closed."""
    kept = [facts for facts in opportunities if not facts["is_deleted"]]
    created = Counter(str(facts["created_date"])[:10] for facts in kept)
    won = Counter(str(facts["close_date"])[:10] for facts in kept if facts["is_won"])
    lost = Counter(str(facts["close_date"])[:10] for facts in kept if facts["is_closed"] and not facts["is_won"])
    rows: list[Row] = []
    for day in days():
        leads = chance.randrange(9)
        counts = {
            "opportunities_created": created[str(day)],
            "opportunities_won": won[str(day)],
            "opportunities_lost": lost[str(day)],
        }
        rows.append(
            {**counts, "date_day": day, "leads_created": leads, "leads_converted": leads // 3, "tasks_completed": 3}
        )
    return rows
