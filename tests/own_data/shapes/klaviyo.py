"""Email and text message events as the Klaviyo package writes them. Orders of the shop itself don't belong here."""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import duckdb

from tests.own_data.shapes.rows import LOADED_AT, Row, fill, generator, when

# The events that the package counts, under the names that it gives their columns.
COUNTED = {
    "Active on Site": "active_on_site",
    "Viewed Product": "viewed_product",
    "Ordered Product": "ordered_product",
    "Placed Order": "placed_order",
    "Refunded Order": "refunded_order",
    "Received Email": "received_email",
    "Clicked Email": "clicked_email",
    "Opened Email": "opened_email",
    "Marked Email as Spam": "marked_email_as_spam",
    "Unsubscribed": "unsubscribed",
    "Received SMS": "received_sms",
    "Clicked SMS": "clicked_sms",
    "Sent SMS": "sent_sms",
    "Unsubscribed from SMS": "unsubscribed_from_sms",
}
REVENUE = {
    "Refunded Order": "refunded_order",
    "Placed Order": "placed_order",
    "Ordered Product": "ordered_product",
    "Checkout Started": "checkout_started",
    "Cancelled Order": "cancelled_order",
}
CAMPAIGNS = (
    ("C1", "Autumn Sale", "email", ("a", "b"), "sent", when(2026, 9, 10, 8)),
    ("C2", "autumn sale", "email", (None,), "sent", when(2026, 10, 8, 8)),
    ("C3", "Flash SMS", "sms", (None,), "sent", when(2026, 11, 5, 8)),
    ("C4", "Black Friday", "email", (None,), "scheduled", None),
    ("C5", "Old test", "email", (None,), "cancelled", None),
)
FLOWS = (("F1", "Welcome series", "live"), ("F2", "Abandoned cart", "live"), ("F3", "Unused flow", "draft"))
PEOPLE = 240


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables, one row per event. An order's revenue counts for the last message within the attribution
    window.

    - Apple's privacy proxy opens every mail to some people within seconds, so opens exceed what people read. One person
      opens several times, so that counts of opens exceed unique opens.
    - A campaign with two variations has two rows in campaigns. The same name in a different case is another campaign.
    - Scheduled and cancelled campaigns have no events, so their counts are 0 or null.
    - An order is several events: the order, each product of it, and a refund with a positive value.
    - Some people have no email address, and some events belong to no message ("organic").
    """
    chance = generator("klaviyo")
    events = _events(chance)
    fill(connection, "klaviyo__events", events)
    fill(connection, "klaviyo__campaigns", _campaigns(events))
    fill(connection, "klaviyo__flows", _flows(events))
    fill(connection, "klaviyo__persons", _persons(events))
    fill(connection, "klaviyo__person_campaign_flow", _touches(events))


def _events(chance: random.Random) -> list[Row]:
    events: list[Row] = []

    def add(kind: str, person: int, at: datetime, message: Row, value: float | None = None) -> None:
        is_touch = bool(message)
        events.append(
            {
                **message,
                "event_id": f"E{len(events)}",
                "unique_event_id": f"E{len(events)}",
                "type": kind,
                "person_id": f"P{person}",
                "person_email": _address(person),
                "person_country": "Germany" if person % 3 else "United States",
                "occurred_at": at,
                "occurred_on": at.date(),
                "numeric_value": value,
                "last_touch_at": at if is_touch else None,
                "integration_name": "Shopify" if "Order" in kind else "Klaviyo",
                "_fivetran_synced": LOADED_AT,
                "source_relation": "",
            }
        )

    for campaign, name, kind, variations, status, sent in CAMPAIGNS:
        if status != "sent" or sent is None:
            continue
        for person in range(0, PEOPLE, 2 if kind == "sms" else 1):
            variation = variations[person % len(variations)]
            message: Row = {
                "campaign_id": campaign,
                "last_touch_campaign_id": campaign,
                "touch_id": campaign,
                "campaign_name": name,
                "campaign_type": kind,
                "variation_id": variation,
                "touch_type": "campaign",
                "last_touch_type": "campaign",
            }
            _follow(add, kind, person, sent + timedelta(seconds=person), message, chance)
    for number in range(160):
        flow, name, _status = FLOWS[number % 2]
        message = {"flow_id": flow, "last_touch_flow_id": flow, "touch_id": flow, "flow_name": name}
        message |= {"touch_type": "flow", "last_touch_type": "flow"}
        at = when(2026, 9, 1) + timedelta(hours=chance.randrange(80 * 24))
        _follow(add, "email", chance.randrange(PEOPLE), at, message, chance)
    for number in range(120):
        at = when(2026, 9, 2) + timedelta(hours=number * 17)
        person = chance.randrange(PEOPLE)
        add("Active on Site", person, at, {})
        if number % 3 == 0:
            value = float(chance.randrange(20, 200))
            add("Placed Order", person, at, {}, value)
            add("Ordered Product", person, at, {}, value)
    return events


def _follow(add, kind: str, person: int, at: datetime, message: Row, chance: random.Random) -> None:  # type: ignore[no-untyped-def]
    """Add the events of one person after one message."""
    if kind == "sms":
        add("Received SMS", person, at, message)
        if chance.random() < 0.1:
            add("Clicked SMS", person, at + timedelta(minutes=5), message)
        return
    add("Received Email", person, at, message)
    if person % 3 == 0:
        add("Opened Email", person, at + timedelta(seconds=2), message)
    for _ in range(chance.choice((0, 0, 0, 1, 1, 2))):
        add("Opened Email", person, at + timedelta(minutes=chance.randrange(3, 600)), message)
    if chance.random() < 0.12:
        add("Clicked Email", person, at + timedelta(hours=11), message)
        if chance.random() < 0.5:
            value = float(chance.randrange(20, 200))
            add("Checkout Started", person, at + timedelta(hours=12), message, value)
            add("Placed Order", person, at + timedelta(hours=13), message, value)
            add("Ordered Product", person, at + timedelta(hours=13), message, value)
            if chance.random() < 0.2:
                add("Refunded Order", person, at + timedelta(days=6), message, value)
    if chance.random() < 0.02:
        add("Unsubscribed", person, at + timedelta(hours=2), message)


def _address(person: int) -> str | None:
    return None if person % 50 == 49 else f"reader{person}@mail.example"


def _counts(events: Sequence[Row], prefix: str = "", unique: bool = True) -> dict[str, object]:
    """Return the package's columns for counts and revenue over these events."""
    kinds = Counter(str(event["type"]) for event in events)
    people = {kind: len({event["person_id"] for event in events if event["type"] == kind}) for kind in kinds}
    columns: dict[str, object] = {f"{prefix}count_{name}": kinds.get(kind, 0) for kind, name in COUNTED.items()}
    if unique:
        columns |= {f"unique_count_{name}": people.get(kind, 0) for kind, name in COUNTED.items()}
    return {**columns, **_revenue(events, f"{prefix}sum_revenue_")}


def _revenue(events: Iterable[Row], prefix: str) -> dict[str, object]:
    sums = dict.fromkeys(REVENUE, 0.0)
    for event in events:
        if event["type"] in sums:
            sums[str(event["type"])] += float(str(event["numeric_value"]))
    return {f"{prefix}{name}": sums[kind] for kind, name in REVENUE.items()}


def _spanned(events: Sequence[Row]) -> dict[str, object]:
    moments = sorted(str(event["occurred_at"]) for event in events)
    return {"first_event_at": moments[0], "last_event_at": moments[-1]} if moments else {}


def _campaigns(events: Sequence[Row]) -> list[Row]:
    rows: list[Row] = []
    for campaign, name, kind, variations, status, sent in CAMPAIGNS:
        for variation in variations:
            mine = [
                event
                for event in events
                if (event.get("campaign_id"), event.get("variation_id")) == (campaign, variation)
            ]
            rows.append(
                {
                    **(_counts(mine) if mine else {}),
                    **_spanned(mine),
                    "campaign_variation_key": f"{campaign}-{variation}",
                    "campaign_id": campaign,
                    "campaign_name": name,
                    "campaign_type": kind,
                    "variation_id": variation,
                    "status": status,
                    "subject": f"{name} starts",
                    "sent_at": sent,
                    "created_at": when(2026, 8, 20),
                    "is_archived": campaign == "C5",
                    "total_count_unique_people": len({event["person_id"] for event in mine}),
                    "source_relation": "",
                }
            )
    return rows


def _flows(events: Sequence[Row]) -> list[Row]:
    rows: list[Row] = []
    for flow, name, status in FLOWS:
        mine = [event for event in events if event.get("flow_id") == flow]
        facts = {"flow_variation_key": flow, "flow_id": flow, "flow_name": name, "status": status, "is_archived": False}
        people = len({event["person_id"] for event in mine})
        rows.append(
            {**_counts(mine), **_spanned(mine), **facts, "total_count_unique_people": people, "source_relation": ""}
        )
    return rows


def _persons(events: Sequence[Row]) -> list[Row]:
    by_person: dict[object, list[Row]] = {f"P{person}": [] for person in range(PEOPLE + 5)}
    for event in events:
        by_person[event["person_id"]].append(event)
    rows: list[Row] = []
    for number, (person, mine) in enumerate(by_person.items()):
        organic = [event for event in mine if not event.get("touch_id")]
        rows.append(
            {
                **_counts(mine, "total_", unique=False),
                **_revenue(organic, "organic_sum_revenue_"),
                **_spanned(mine),
                "person_id": person,
                "email": _address(number),
                "full_name": f"Reader {number}",
                "country": "Germany" if number % 3 else "United States",
                "created_at": when(2026, 1, 1) + timedelta(days=number),
                "count_total_campaigns": len({event["campaign_id"] for event in mine if event.get("campaign_id")}),
                "count_total_flows": len({event["flow_id"] for event in mine if event.get("flow_id")}),
                "source_relation": "",
            }
        )
    return rows


def _touches(events: Sequence[Row]) -> list[Row]:
    touches: dict[tuple[object, ...], list[Row]] = {}
    names = ("person_id", "last_touch_campaign_id", "last_touch_flow_id", "campaign_name", "flow_name", "variation_id")
    for event in events:
        touches.setdefault(tuple(event.get(name) for name in names), []).append(event)
    return [
        {**_counts(mine, unique=False), **_spanned(mine), **dict(zip(names, touch, strict=True)), "source_relation": ""}
        for touch, mine in touches.items()
    ]
