"""The made-up warehouse `leads`: 18 tables of a company that sells to companies, as connectors deliver them.

Traps: text keys that look alike in every table of the CRM; columns that reference one of two tables; leads, most of
which never became contacts; `account_id` and `campaign_id` of three unrelated systems; micros, and the same cost in two
currencies; epoch milliseconds; a history in which `id` repeats; email addresses as the only link between systems.
"""

from __future__ import annotations

from datetime import timedelta

from tests.own_data.warehouses.made import DAYS, START, Dice, Made, columns, epoch

SCHEMA = "main"
CAMPAIGNS = [f"701{n:012d}AAA" for n in range(1, 41)]
USERS = [f"005{n:012d}AAA" for n in range(1, 21)]
ACCOUNTS = [f"001{n:012d}AAA" for n in range(1, 501)]
CONTACTS = [f"003{n:012d}AAA" for n in range(1, 1_201)]
LEADS = [f"00Q{n:012d}AAA" for n in range(1, 2_001)]
DEALS = [f"006{n:012d}AAA" for n in range(1, 601)]
STAGES = ("Qualify", "Propose", "Won", "Lost")


def leads() -> list[Made]:
    """Return the tables of the warehouse."""
    return [*_parties(), *_pipeline(), *_campaigns(), *_ads(), *_web()]


def _parties() -> list[Made]:
    dice = Dice("leads.parties")
    users = [(user, dice.person(), f"rep{n}@seller.test", n != 3) for n, user in enumerate(USERS)]
    accounts = [
        (
            *(account, f"Company {n}", f"company{n}.test", dice.choice(("Retail", "Software", "Health"))),
            *(dice.maybe(0.3, dice.money(900_000)), dice.choice(USERS), dice.day(), n % 40 == 0),
            dice.maybe(0.9, dice.choice(ACCOUNTS)),
        )
        for n, account in enumerate(ACCOUNTS)
    ]
    contacts = [
        (
            *(contact, dice.maybe(0.05, dice.choice(ACCOUNTS)), f"person{n}@company{n % 500}.test", dice.phone()),
            *(dice.choice(("Ada", "Kim", "Inès")), dice.choice(("Berg", "Rossi")), dice.instant()),
        )
        for n, contact in enumerate(CONTACTS)
    ]
    return [
        Made(SCHEMA, "crm_users", columns("id VARCHAR, name VARCHAR, email VARCHAR, is_active BOOLEAN"), users),
        Made(
            SCHEMA,
            "crm_accounts",
            columns(
                "id VARCHAR, name VARCHAR, domain VARCHAR, industry VARCHAR, annual_revenue DECIMAL(14;2),"
                " owner_id VARCHAR, created_date DATE, is_deleted BOOLEAN, parent_id VARCHAR"
            ),
            accounts,
        ),
        Made(
            SCHEMA,
            "crm_contacts",
            columns(
                "id VARCHAR, account_id VARCHAR, email VARCHAR, phone VARCHAR, first_name VARCHAR, last_name VARCHAR,"
                " created_date TIMESTAMPTZ"
            ),
            contacts,
        ),
    ]


def _pipeline() -> list[Made]:
    dice = Dice("leads.pipeline")
    people: list[tuple[object, ...]] = []
    for n, lead in enumerate(LEADS):
        became = n % 4 == 0
        people.append(
            (
                *(lead, f"lead{n}@inbound.test", f"Company {n}", "converted" if became else "open", dice.choice(USERS)),
                dice.instant(),
                *((CONTACTS[n // 4], dice.choice(ACCOUNTS), DEALS[n // 4], dice.day()) if became else (None,) * 4),
            )
        )
    deals: list[tuple[object, ...]] = []
    history: list[tuple[object, ...]] = []
    for n, deal in enumerate(DEALS):
        opened, stage = dice.day(500), dice.choice(STAGES)
        deals.append(
            (
                *(deal, dice.choice(ACCOUNTS), f"Deal {n % 550}", stage, dice.maybe(0.1, dice.money(80_000))),
                *(dice.choice(("USD", "EUR")), opened + timedelta(days=60), opened, dice.choice(USERS)),
                *(dice.maybe(0.5, dice.choice(CAMPAIGNS)), stage == "Won"),
            )
        )
        history += [(f"008{n * 3 + step:012d}AAA", deal, STAGES[step], dice.instant()) for step in range(3)]
    return [
        Made(
            SCHEMA,
            "crm_leads",
            columns(
                "id VARCHAR, email VARCHAR, company VARCHAR, status VARCHAR, owner_id VARCHAR,"
                " created_date TIMESTAMPTZ, converted_contact_id VARCHAR, converted_account_id VARCHAR,"
                " converted_opportunity_id VARCHAR, converted_date DATE"
            ),
            people,
        ),
        Made(
            SCHEMA,
            "crm_opportunities",
            columns(
                "id VARCHAR, account_id VARCHAR, name VARCHAR, stage_name VARCHAR, amount DECIMAL(14;2),"
                " currency_iso_code VARCHAR, close_date DATE, created_date DATE, owner_id VARCHAR,"
                " campaign_id VARCHAR, is_won BOOLEAN"
            ),
            deals,
        ),
        Made(
            SCHEMA,
            "crm_opportunity_history",
            columns("id VARCHAR, opportunity_id VARCHAR, stage_name VARCHAR, created_date TIMESTAMPTZ"),
            history,
        ),
    ]


def _campaigns() -> list[Made]:
    dice = Dice("leads.campaigns")
    campaigns = [
        (campaign, f"Campaign {n}", dice.choice(("Webinar", "Fair", "Ads")), dice.day(), dice.money(20_000))
        for n, campaign in enumerate(CAMPAIGNS)
    ]
    members: list[tuple[object, ...]] = []
    for n in range(1_500):
        who = (dice.choice(LEADS), None) if n % 3 else (None, dice.choice(CONTACTS))
        members.append((f"00v{n:012d}AAA", dice.choice(CAMPAIGNS), *who, dice.choice(("Sent", "Met")), dice.instant()))
    tasks = [
        (
            *(f"00T{n:012d}AAA", dice.choice(LEADS if n % 2 else CONTACTS)),
            *(dice.maybe(0.3, dice.choice(ACCOUNTS if n % 2 else DEALS)), dice.choice(("Call", "Email")), dice.day()),
        )
        for n in range(1_500)
    ]
    return [
        Made(
            SCHEMA,
            "crm_campaigns",
            columns("id VARCHAR, name VARCHAR, type VARCHAR, start_date DATE, budgeted_cost DECIMAL(14;2)"),
            campaigns,
        ),
        Made(
            SCHEMA,
            "crm_campaign_members",
            columns(
                "id VARCHAR, campaign_id VARCHAR, lead_id VARCHAR, contact_id VARCHAR, status VARCHAR,"
                " created_date TIMESTAMPTZ"
            ),
            members,
        ),
        Made(
            SCHEMA,
            "crm_tasks",
            columns("id VARCHAR, who_id VARCHAR, what_id VARCHAR, type VARCHAR, activity_date DATE"),
            tasks,
        ),
    ]


def _ads() -> list[Made]:
    dice = Dice("leads.ads")
    days = [START + timedelta(days=DAYS - 100 + day) for day in range(100)]
    google = [20_000_000_000 + 17 * n for n in range(12)]
    stats = [
        (
            day,
            campaign,
            4_400_550_066,
            dice.randrange(1_000_000, 80_000_000),
            dice.randrange(200),
            dice.randrange(9_000),
        )
        for day in days
        for campaign in google
    ]
    synced = [dice.moment() for _ in range(4)]
    versions = [
        (n, moment, f"Search {n % 100}", dice.choice(("ENABLED", "PAUSED"))) for n in google for moment in synced
    ]
    campaigns = [
        (600_000 + n, f"Sponsored {n}", 510_000_001 + n % 2, dice.choice(("ACTIVE", "PAUSED"))) for n in range(15)
    ]
    creatives = [(900_000 + n, 600_000 + n % 15, dice.choice(("ACTIVE", "PAUSED")), dice.moment()) for n in range(60)]
    linkedin = [
        (day, 900_000 + creative, cost, (cost * 9) / 10, dice.randrange(60), dice.randrange(4_000))
        for day in days[:50]
        for creative, cost in ((n, dice.money(50)) for n in range(60))
    ]
    return [
        Made(
            SCHEMA,
            "google_ads_campaign_stats",
            columns(
                "date DATE, campaign_id BIGINT, customer_id BIGINT, cost_micros BIGINT, clicks BIGINT,"
                " impressions BIGINT"
            ),
            stats,
        ),
        Made(
            SCHEMA,
            "google_ads_campaign_history",
            columns("id BIGINT, updated_at TIMESTAMP, name VARCHAR, status VARCHAR"),
            versions,
        ),
        Made(
            SCHEMA,
            "linkedin_campaigns",
            columns("id BIGINT, name VARCHAR, account_id BIGINT, status VARCHAR"),
            campaigns,
        ),
        Made(
            SCHEMA,
            "linkedin_creatives",
            columns("id BIGINT, campaign_id BIGINT, status VARCHAR, last_modified_at TIMESTAMP"),
            creatives,
        ),
        Made(
            SCHEMA,
            "linkedin_ad_stats",
            columns(
                "day DATE, creative_id BIGINT, cost_in_usd DECIMAL(12;2), cost_in_local_currency DECIMAL(12;3),"
                " clicks BIGINT, impressions BIGINT"
            ),
            linkedin,
        ),
    ]


def _web() -> list[Made]:
    dice = Dice("leads.web")
    visitors = dice.tokens(1_500, 16, "anon_")
    known = [(visitor, f"person{n}@company{n % 500}.test", dice.instant()) for n, visitor in enumerate(visitors[:600])]
    sessions = dice.tokens(3_000, 22)
    visits = [
        (
            *(session, dice.choice(visitors), epoch(dice.moment()) * 1_000, f"/{dice.choice(('', 'price', 'demo'))}"),
            *(dice.choice(("google", "linkedin", None)), dice.choice(("cpc", "social", None))),
            *(dice.choice((f"Campaign {dice.randrange(40)}", f"Search {dice.randrange(12)}", None)), dice.choice("DF")),
        )
        for session in sessions
    ]
    views = [
        (view, dice.choice(sessions), f"/p/{dice.randrange(50)}", dice.instant()) for view in dice.tokens(4_000, 20)
    ]
    forms = [
        (
            n,
            dice.moment(),
            lead and f"lead{LEADS.index(str(lead))}@inbound.test",
            lead,
            dice.choice(("Demo", "Contact")),
        )
        for n, lead in ((n, dice.maybe(0.2, dice.choice(LEADS))) for n in range(1, 801))
    ]
    return [
        Made(
            SCHEMA,
            "web_sessions",
            columns(
                "session_id VARCHAR, anonymous_id VARCHAR, started_at BIGINT, landing_page VARCHAR,"
                " utm_source VARCHAR, utm_medium VARCHAR, utm_campaign VARCHAR, country VARCHAR"
            ),
            visits,
        ),
        Made(
            SCHEMA,
            "web_pageviews",
            columns("pageview_id VARCHAR, session_id VARCHAR, url VARCHAR, viewed_at TIMESTAMPTZ"),
            views,
        ),
        Made(
            SCHEMA,
            "web_identities",
            columns("anonymous_id VARCHAR, email VARCHAR, first_seen TIMESTAMPTZ"),
            known,
        ),
        Made(
            SCHEMA,
            "web_forms",
            columns("id BIGINT, submitted_at TIMESTAMP, email VARCHAR, lead_id VARCHAR, form VARCHAR"),
            forms,
        ),
    ]
