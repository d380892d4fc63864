"""Contacts, deals and emails as the HubSpot package writes them. Opportunities don't belong here."""

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta

import duckdb

from tests.own_data.shapes.rows import LOADED_AT, Row, fill, generator, when

STAGES = (
    ("appointmentscheduled", "Appointment scheduled", 0.2, 0, False),
    ("qualifiedtobuy", "Qualified to buy", 0.4, 1, False),
    ("contractsent", "Contract sent", 0.9, 2, False),
    ("closedwon", "Closed won", 1.0, 3, True),
    ("closedlost", "Closed lost", 0.0, 4, True),
)
OWNERS = ((11, "Mia Muster", "mia@nordwind.example"), (12, "Tom O'Neil", "tom@nordwind.example"), (None, None, None))
CAMPAIGNS = ((301, "Newsletter September"), (302, "Newsletter October"), (303, "newsletter october"), (304, None))
NO_ENGAGEMENT = {
    f"count_engagement_{kind}": 0
    for kind in ("notes", "tasks", "calls", "meetings", "emails", "incoming_emails", "forwarded_emails")
}


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables. Deleted and merged contacts, deals and companies stay in them, marked as deleted.

    - Two contacts can have the same email address in different case, and some have none.
    - A deal that was reopened enters a closing stage, leaves it, and closes again: it has several rows of
      closing stages, of which only the last is current.
    - A deal's amount has no currency, and is null on young deals. Open deals have a closing date in the future.
    - There are two pipelines with the same stage names, and one deleted stage.
    - Opens include those of privacy proxies, within a second of sending. Opens can exceed deliveries.
    - Events of contacts that were deleted have no contact id.
    """
    chance = generator("hubspot")
    sends, opens, clicks, bounces = _emails(chance)
    fill(connection, "hubspot__contacts", _contacts(sends, chance))
    fill(connection, "hubspot__companies", _companies())
    deals, stages = _deals(chance)
    fill(connection, "hubspot__deals", deals)
    fill(connection, "hubspot__deal_stages", stages)
    fill(connection, "hubspot__email_campaigns", _campaigns(sends))
    fill(connection, "hubspot__email_sends", sends)
    fill(connection, "hubspot__email_event_opens", opens)
    fill(connection, "hubspot__email_event_clicks", clicks)
    fill(connection, "hubspot__email_event_bounce", bounces)
    facts = {"processing_type": "DYNAMIC", "is_contact_list_deleted": False, "source_relation": ""}
    lists = [{**facts, "contact_list_id": number, "contact_list_name": f"List {number}"} for number in (1, 2)]
    fill(connection, "hubspot__contact_lists", lists)


def _address(number: int) -> str | None:
    if number % 29 == 0:
        return None
    return f"Lead{number - 1}@mail.example" if number % 37 == 0 else f"lead{number}@mail.example"


def _is_deleted(number: int) -> bool:
    return number % 19 == 0


def _contacts(sends: Sequence[Row], chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for number in range(1, 301):
        mine = [send for send in sends if send["contact_id"] == number]
        created = when(2026, 3, 1) + timedelta(hours=number * 21)
        converted = created + timedelta(days=2) if number % 4 == 0 else None
        rows.append(
            {
                **NO_ENGAGEMENT,
                "contact_id": number,
                "email": _address(number),
                "first_name": "Lea",
                "last_name": f"Nr {number}",
                "contact_company": f"Company {number % 40}" if number % 3 else None,
                "created_date": created,
                "is_contact_deleted": _is_deleted(number),
                "merged_object_ids": f"{number + 9000}" if number % 31 == 0 else None,
                "calculated_first_conversion_date": converted,
                "calculated_first_conversion_form_name": "Contact us" if converted else None,
                "total_form_submissions": chance.randrange(1, 4) if converted else 0,
                "total_deliveries": sum(int(str(send["deliveries"])) for send in mine),
                "total_opens": sum(int(str(send["opens"])) for send in mine),
                "total_clicks": sum(int(str(send["clicks"])) for send in mine),
                "total_bounces": sum(int(str(send["bounces"])) for send in mine),
                "total_unsubscribes": sum(int(str(send["unsubscribes"])) for send in mine),
                "_fivetran_synced": LOADED_AT,
                "source_relation": "",
            }
        )
    return rows


def _companies() -> list[Row]:
    industries = ("RETAIL", "COMPUTER_SOFTWARE", None)
    return [
        {
            **NO_ENGAGEMENT,
            "company_id": number,
            "company_name": f"Company {number}",
            "industry": industries[number % 3],
            "country": "Germany" if number % 2 else "germany",
            "company_annual_revenue": None if number % 5 == 0 else number * 100_000.0,
            "created_date": when(2026, 1, 1) + timedelta(days=number),
            "is_company_deleted": number == 7,
            "source_relation": "",
        }
        for number in range(40)
    ]


def _deals(chance: random.Random) -> tuple[list[Row], list[Row]]:
    deals: list[Row] = []
    stages: list[Row] = []
    for number in range(1, 181):
        pipeline = ("default", "Sales pipeline") if number % 4 else ("partners", "Partner pipeline")
        created = when(2026, 6, 1) + timedelta(hours=number * 22)
        path = [0, 1, 2, 3 if chance.random() < 0.4 else 4][: chance.randrange(1, 5)]
        if number % 15 == 0:
            path = [0, 1, 4, 1, 2, 3]
        entered = [created + timedelta(days=9 * step) for step in range(len(path))]
        path = [stage for stage, at in zip(path, entered, strict=True) if at < LOADED_AT]
        owner = OWNERS[number % 3]
        last = STAGES[path[-1]]
        facts: Mapping[str, object] = {
            "deal_id": number,
            "deal_name": f"Deal {number}",
            "is_deal_deleted": number % 26 == 0,
            "is_deal_pipeline_deleted": False,
            "is_pipeline_active": True,
            "pipeline_label": pipeline[1],
            "source_relation": "",
        }
        deals.append(
            {
                **facts,
                **NO_ENGAGEMENT,
                "amount": None if path == [0] else float(chance.randrange(5, 400) * 100),
                "created_date": created,
                "closed_date": entered[len(path) - 1] if last[4] else LOADED_AT + timedelta(days=30),
                "deal_pipeline_id": pipeline[0],
                "deal_pipeline_stage_id": last[0],
                "pipeline_stage_label": last[1],
                "is_deal_pipeline_stage_deleted": False,
                "owner_id": owner[0],
                "owner_full_name": owner[1],
                "owner_email_address": owner[2],
                "_fivetran_synced": LOADED_AT,
            }
        )
        for step, position in enumerate(path):
            stage = STAGES[position]
            is_last = step == len(path) - 1
            stages.append(
                {
                    **facts,
                    "deal_stage_id": f"{number}-{step}",
                    "date_stage_entered": entered[step],
                    "date_stage_exited": None if is_last else entered[step + 1],
                    "is_stage_active": is_last,
                    "pipeline_id": pipeline[0],
                    "pipeline_stage_id": stage[0],
                    "pipeline_stage_label": stage[1],
                    "pipeline_stage_probability": stage[2],
                    "pipeline_stage_display_order": stage[3],
                    "is_pipeline_stage_closed": stage[4],
                    "is_deal_pipeline_stage_deleted": position == 1 and number % 50 == 0,
                    "is_pipeline_stage_active": True,
                }
            )
    return deals, stages


def _emails(chance: random.Random) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
    sends, opens, clicks, bounces = [], [], [], []
    for campaign, _name in CAMPAIGNS[:3]:
        sent = when(2026, 9, 3, 9) + timedelta(days=(campaign - 301) * 33)
        for number in range(1, 301, 2):
            key = f"{campaign}-{number}"
            shared: dict[str, object] = {
                "email_campaign_id": campaign,
                "email_send_id": f"S{key}",
                "email_send_timestamp": sent,
                "contact_id": None if _is_deleted(number) else number,
                "is_contact_deleted": _is_deleted(number),
                "recipient_email_address": _address(number),
                "source_relation": "",
            }
            is_bounced = number % 25 == 1
            proxied = not is_bounced and number % 3 == 0
            read = 0 if is_bounced else chance.choice((0, 0, 1, 1, 3))
            clicked = read and chance.random() < 0.3
            for position in range(int(proxied) + read):
                at = sent + (timedelta(seconds=1) if proxied and position == 0 else timedelta(minutes=30 + position))
                agent = "GoogleImageProxy" if proxied and position == 0 else "Mozilla/5.0"
                opens.append({**shared, "event_id": f"O{key}-{position}", "created_timestamp": at, "user_agent": agent})
            if clicked:
                link = "https://shop.example/?utm_source=hubspot&utm_medium=Email"
                clicks.append(
                    {**shared, "event_id": f"K{key}", "created_timestamp": sent + timedelta(hours=2), "click_url": link}
                )
            if is_bounced:
                bounces.append(
                    {**shared, "event_id": f"B{key}", "created_timestamp": sent, "bounce_category": "UNKNOWN_USER"}
                )
            counts = {"bounces": int(is_bounced), "deliveries": int(not is_bounced), "opens": int(proxied) + read}
            counts |= {"clicks": int(bool(clicked)), "unsubscribes": int(number % 61 == 0), "spam_reports": 0}
            flags = {"was_bounced": is_bounced, "was_delivered": not is_bounced, "was_opened": counts["opens"] > 0}
            flags |= {"was_clicked": bool(clicked), "was_unsubscribed": number % 61 == 0, "was_spam_reported": False}
            sends.append({**shared, **counts, **flags, "event_id": f"E{key}", "created_timestamp": sent})
    return sends, opens, clicks, bounces


def _campaigns(sends: Sequence[Row]) -> list[Row]:
    rows: list[Row] = []
    for campaign, name in CAMPAIGNS:
        mine = [send for send in sends if send["email_campaign_id"] == campaign]
        counts: dict[str, object] = {}
        for kind in ("bounces", "clicks", "deliveries", "opens", "unsubscribes", "spam_reports"):
            counts[f"total_{kind}"] = sum(int(str(send[kind])) for send in mine)
            counts[f"total_unique_{kind}"] = len({send["recipient_email_address"] for send in mine if send[kind]})
        facts = {
            "email_campaign_id": campaign,
            "email_campaign_name": name,
            "num_included": len(mine),
            "source_relation": "",
        }
        rows.append({**counts, **facts, "email_campaign_subject": "News", "email_campaign_type": "BATCH_EMAIL"})
    return rows
