"""Web sessions and events as the GA4 export package reports them. Raw event tables don't belong here."""

import random
from datetime import date, timedelta

import duckdb

from tests.own_data.shapes.rows import LAST, Row, cents, create, days, generator, moment

# Source and medium as GA4 records them: its own values in brackets, and tags as people typed them.
TRAFFIC: tuple[tuple[str | None, str | None], ...] = (
    ("google", "organic"),
    ("google", "cpc"),
    ("Google", "CPC"),
    ("facebook", "paid_social"),
    ("l.facebook.com", "referral"),
    ("klaviyo", "email"),
    ("Klaviyo", "Email"),
    ("(direct)", "(none)"),
    ("(not set)", "(not set)"),
    (None, None),
)
EVENTS = ("session_start", "page_view", "user_engagement", "add_to_cart", "purchase", "generate_lead")


def write(connection: duckdb.DuckDBPyConnection) -> None:
    """Write the tables. Users are counted per row, so adding them up over days, sources or events counts people
    repeatedly.

    - Rates and averages are rounded, and can't be averaged over rows.
    - Sources are in mixed case, "(direct)", "(not set)" or null.
    - The last day is partial, and two days have no rows, because the export failed.
    - Revenue by a session's source differs from revenue by the user's first source.
    - Some sessions run past midnight, and some last no time at all.
    """
    chance = generator("ga4 export")
    present = [day for day in days() if day.isoformat() not in ("2026-10-10", "2026-10-11")]
    create(
        connection, "ga4_export__traffic_acquisition_session_source_medium_report", SESSION, _traffic(present, chance)
    )
    create(connection, "ga4_export__user_acquisition_first_user_source_medium_report", USER, _users(present, chance))
    events = _events(present, chance)
    create(connection, "ga4_export__events_report", EVENT, events)
    key_events = [
        {**{name: row[name] for name in KEY_EVENT_COLUMNS}, "key_events": row["event_count"]}
        for row in events
        if row["event_name"] in ("purchase", "generate_lead")
    ]
    create(connection, "ga4_export__conversions_report", KEY_EVENT, key_events)
    create(connection, "ga4_export__sessions_enhanced", SESSIONS, _sessions(chance))


DAILY = "unique_key text, event_date date, source_relation text"
ENGAGED = "engaged_sessions bigint, engagement_rate numeric(28,6), event_count bigint, key_events bigint"
TAIL = "total_revenue double, total_users bigint, user_engagement_duration numeric(28,6)"
SESSION = (
    f"{DAILY}, total_sessions bigint, events_per_session numeric(28,6), {ENGAGED}, session_medium text, "
    f"session_source text, {TAIL}"
)
USER = f"{DAILY}, {ENGAGED}, first_user_medium text, first_user_source text, new_users bigint, {TAIL}"
EVENT = (
    f"{DAILY}, event_name text, event_count bigint, event_count_per_user numeric(28,6), "
    "total_revenue double, total_users bigint"
)
KEY_EVENT_COLUMNS = ("unique_key", "event_date", "source_relation", "event_name", "total_revenue", "total_users")
KEY_EVENT = f"{DAILY}, event_name text, key_events bigint, total_revenue double, total_users bigint"
SESSIONS = (
    "session_id text, session_start_time timestamp, session_end_time timestamp, "
    "total_session_engagement_time_sec double, total_events bigint, is_engaged_session integer, source_relation text"
)


def _engagement(day: date, chance: random.Random) -> tuple[int, dict[str, object]]:
    """Return the sessions of one row, and the columns that both acquisition reports have."""
    sessions = chance.randrange(1, 20 if day == LAST else 40)
    engaged = chance.randrange(sessions + 1)
    purchases = engaged // 12
    return sessions, {
        "event_date": day,
        "source_relation": "",
        "engaged_sessions": engaged,
        "engagement_rate": round(engaged / sessions, 2),
        "event_count": sessions * chance.randrange(3, 9),
        "key_events": purchases,
        "total_revenue": cents(purchases * chance.uniform(30, 90)),
        "total_users": max(1, sessions - chance.randrange(4)),
        "user_engagement_duration": round(chance.uniform(2_000, 90_000), 2),
    }


def _traffic(present: list[date], chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for day in present:
        for source, medium in TRAFFIC:
            sessions, columns = _engagement(day, chance)
            each = {
                "total_sessions": sessions,
                "events_per_session": round(int(str(columns["event_count"])) / sessions, 2),
            }
            key = f"{day}|{source}|{medium}"
            rows.append({"unique_key": key, **columns, **each, "session_source": source, "session_medium": medium})
    return rows


def _users(present: list[date], chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for day in present:
        for source, medium in TRAFFIC:
            _sessions, columns = _engagement(day, chance)
            new = chance.randrange(int(str(columns["total_users"])) + 1)
            key = f"user|{day}|{source}|{medium}"
            rows.append(
                {
                    "unique_key": key,
                    **columns,
                    "new_users": new,
                    "first_user_source": source,
                    "first_user_medium": medium,
                }
            )
    return rows


def _events(present: list[date], chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for day in present:
        for position, name in enumerate(EVENTS):
            count = max(1, chance.randrange(200, 400) >> position)
            users = max(1, count // 3)
            rows.append(
                {
                    "unique_key": f"{day}|{name}",
                    "event_date": day,
                    "source_relation": "",
                    "event_name": name,
                    "event_count": count,
                    "event_count_per_user": round(count / users, 2),
                    "total_revenue": cents(count * 55.5) if name == "purchase" else 0.0,
                    "total_users": users,
                }
            )
    return rows


def _sessions(chance: random.Random) -> list[Row]:
    rows: list[Row] = []
    for day in days(LAST - timedelta(days=20)):
        for number in range(25):
            start = moment(day, chance)
            engaged = chance.random() < 0.6
            seconds = float(chance.randrange(10, 3_600)) if engaged else 0.0
            rows.append(
                {
                    "session_id": f"{day:%Y%m%d}{number}",
                    "session_start_time": start,
                    "session_end_time": start + timedelta(seconds=seconds),
                    "total_session_engagement_time_sec": seconds,
                    "total_events": 2 + int(seconds // 60),
                    "is_engaged_session": int(engaged),
                    "source_relation": "",
                }
            )
    return rows
