"""Fill dim_owner, dim_account, dim_person, fct_lead and fct_lifecycle_transition: leads from offices and hotels."""

import duckdb

from semantic.demo.shop.members import LIFECYCLE
from semantic.demo.world.days import MIX_SLOTS
from semantic.demo.world.draw import insert
from semantic.demo.world.planted import (
    INTERNAL_LEADS,
    LEADS_PER_ORDER,
    MQL_OF_LEAD,
    OPPORTUNITY_OF_SQL,
    ORPHAN_CAMPAIGN_LEADS,
    SAL_OF_MQL,
    SQL_OF_SAL,
    TEST_LEADS,
    WIN_RATES,
    KnownPatterns,
)

_TERRITORIES = {"DE": "DACH", "AT": "DACH", "FR": "France", "NL": "Benelux", "SE": "Nordics", "NO": "Nordics",
                "GB": "UK and Ireland"}  # fmt: skip
KEY_ACCOUNTS = "Key accounts"
_OWNERS = (
    ("DACH", "Hanna Reuter"), ("DACH", "Matteo Brenner"), ("DACH", "Svenja Kolb"), ("France", "Adèle Perrin"),
    ("France", "Lucien Marchand"), ("Benelux", "Pieter Claes"), ("Benelux", "Marit Hoekstra"),
    ("Nordics", "Elsa Wiklund"), ("Nordics", "Jon Aasen"), ("UK and Ireland", "Georgia Pryce"),
    ("UK and Ireland", "Declan Moore"), (KEY_ACCOUNTS, "Ruth Abel"),
    (KEY_ACCOUNTS, "Vincent Ojala"),
)  # fmt: skip
_LEFT = "Matteo Brenner"  # no longer with us
_PEOPLE_PER_ACCOUNT = 3
_AGAIN_AFTER = 250  # days until someone asks a second time
_MERGED = 0.03  # of persons: a second record of the same person, merged into the first


def fill_leads(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns, orders: int) -> None:
    """Fill the leads, which have the same seasons as orders.

    Whatever would happen after the last day is null.
    """
    _create_prospect(connection, planted, orders)
    _fill_accounts(connection, planted)
    _fill_people(connection)
    _fill_facts(connection, planted)


def _create_prospect(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns, orders: int) -> None:
    """Create a row per lead with the date of every stage.

    Every tenth lead is from someone who first asked long before.
    """
    leads = max(40, round(orders * LEADS_PER_ORDER))
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE prospect AS
        WITH dated AS (
            SELECT lead_no, day_no, day, period, p.market
            FROM (SELECT unnest(range({leads})) AS lead_no) l
            JOIN placed p ON p.order_no = lead_no * {orders} // {leads} JOIN day USING (day_no)
        ), owned AS (
            SELECT d.lead_no, d.day, d.period, coalesce(b.lead_no, d.lead_no) AS person_no,
                coalesce(b.market, d.market) AS market, 1 + (b.lead_no IS NOT NULL)::INTEGER AS cycle
            FROM dated d LEFT JOIN dated b ON d.lead_no % 10 = 9 AND d.day_no - b.day_no > {_AGAIN_AFTER}
                AND b.lead_no = d.lead_no // 2 - (d.lead_no // 2 % 10 = 9)::INTEGER
        ), walked AS (
            SELECT *, lead_no AS n, chance(n, 'mql') < {MQL_OF_LEAD} AS is_mql,
                is_mql AND chance(n, 'sal') < {SAL_OF_MQL} AS is_sal,
                is_sal AND chance(n, 'sql') < {SQL_OF_SAL} AS is_sql,
                is_sql AND chance(n, 'opportunity') < {OPPORTUNITY_OF_SQL} AS is_opportunity,
                is_opportunity AND chance(n, 'won') < {WIN_RATES["new"]} AS is_won,
                day + floor(22 * pow(chance(n, 'mql after'), 2))::INTEGER AS mql,
                mql + floor(11 * pow(chance(n, 'sal after'), 2))::INTEGER AS sal,
                sal + 1 + floor(29 * pow(chance(n, 'sql after'), 2))::INTEGER AS sql_day,
                sql_day + floor(31 * pow(chance(n, 'opportunity after'), 2))::INTEGER AS opportunity,
                opportunity + pick(n, 'qualified after', 14) AS qualified,
                opportunity + 20 + floor(110 * pow(chance(n, 'closed after'), 2))::INTEGER AS closed,
                CASE WHEN NOT is_mql AND chance(n, 'out') < 0.6 THEN day + 5 + pick(n, 'out after', 40) END AS out
            FROM owned
        )
        SELECT w.lead_no, person_no, cycle, w.market, day, x.channel_key, x.campaign_id, x.source,
            CASE WHEN is_mql AND mql <= until THEN mql END AS mql,
            CASE WHEN is_sal AND sal <= until THEN sal END AS sal,
            CASE WHEN is_sql AND sql_day <= until THEN sql_day END AS sql_day,
            CASE WHEN is_opportunity AND opportunity <= until THEN opportunity END AS opportunity,
            CASE WHEN is_won AND closed <= until THEN closed END AS customer,
            CASE WHEN out <= until THEN out END AS disqualified,
            qualified, closed, is_won, chance(person_no, 'colleague') < {INTERNAL_LEADS} AS is_internal,
            chance(person_no, 'test lead') < {TEST_LEADS} AS is_test
        FROM walked w JOIN mix_slot x ON x.kind = 'new' AND x.period = w.period AND x.market = w.market
            AND x.slot = pick(w.lead_no, 'lead mix', {MIX_SLOTS}), (SELECT DATE '{planted.until}' AS until)
        """
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE contact AS
        WITH ranked AS (
            SELECT person_no, market, (row_number() OVER (PARTITION BY market ORDER BY person_no) - 1)
                // {_PEOPLE_PER_ACCOUNT} AS account_place
            FROM (SELECT DISTINCT person_no, market FROM prospect)
        )
        SELECT person_no, market, min(person_no) OVER (PARTITION BY market, account_place) AS account_no,
            'A' || lpad(account_no::VARCHAR, 7, '0') AS account_id, 'P' || lpad(person_no::VARCHAR, 7, '0') AS person_id
        FROM ranked
        """
    )


def _fill_accounts(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill a row per version of an account. Some move to the key account team, and some get another owner."""
    rows = [(f"own-{place:02}", owner, team, owner != _LEFT) for place, (team, owner) in enumerate(_OWNERS, start=1)]
    connection.executemany("INSERT INTO company.dim_owner VALUES (?, ?, ?, ?)", rows)
    connection.execute(
        "CREATE MACRO plain(name) AS"
        " regexp_replace(translate(lower(strip_accents(name)), 'ßøæ', 'soa'), '[^a-z]', '', 'g')"
    )
    insert(connection, "territory", "market VARCHAR, territory VARCHAR", list(_TERRITORIES.items()))
    connection.execute(
        f"""
        INSERT INTO company.dim_account
        WITH member AS (SELECT DISTINCT account_no, account_id, market FROM contact),
        turned AS (
            SELECT *, CASE WHEN chance(account_no, 'key account') < 0.12
                    THEN DATE '{planted.first_day}' + 200 + pick(account_no, 'key from', 880) END AS key_from,
                CASE WHEN chance(account_no, 'handed over') < 0.2
                    THEN DATE '{planted.first_day}' + 150 + pick(account_no, 'handed over on', 930) END AS handed_over,
                list_sort(list_distinct(list_filter([DATE '{planted.first_day}', key_from, handed_over],
                    lambda turn: turn IS NOT NULL))) AS turns
            FROM member
        ), version AS (
            SELECT *, unnest(turns) AS since, generate_subscripts(turns, 1) AS version,
                unnest(list_append(turns[2:], NULL)) AS until FROM turned
        ), team AS (SELECT team, list(owner_id ORDER BY owner_id) AS owners FROM company.dim_owner GROUP BY team),
        named AS (
            SELECT v.*, CASE WHEN since >= key_from THEN '{KEY_ACCOUNTS}' ELSE t.territory END AS territory,
                last_names[1 + pick(account_no, 'account name', len(last_names))] AS one,
                last_names[1 + pick(account_no, 'account other name', len(last_names))] AS two,
                1 + pick(account_no, 'industry', 6) AS kind
            FROM version v JOIN territory t USING (market) JOIN name n USING (market)
        )
        SELECT account_id || '-' || version, account_id,
            ['Hotel ' || one, one || ' Interiors', one || ' & ' || two || ' Partners', one || ' Coworking',
                'Guesthouse ' || one, one || ' Clinics'][kind],
            plain(one) || '-' || account_no || '.example',
            ['Hotels', 'Interior design', 'Law and tax', 'Coworking', 'Hotels', 'Health'][kind],
            ['1-9', '10-49', '50-249', '250-999', '1000+'][
                1 + floor(5 * pow(chance(account_no, 'size'), 1.6))::INTEGER],
            n.territory, owners[1 + (pick(account_no, 'owner', 60) + coalesce(since >= handed_over, false)::INTEGER)
                % len(owners)],
            chance(account_no, 'wanted') < 0.25, since, coalesce(until, DATE '9999-12-31'), until IS NULL
        FROM named n JOIN team t ON t.team = n.territory ORDER BY account_no, version
        """
    )


def _fill_people(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill a row per person. A merged record refers to the one that remains, and has no leads of its own."""
    connection.execute(
        f"""
        INSERT INTO company.dim_person
        WITH summed AS (
            SELECT person_no, CASE WHEN max(customer) IS NOT NULL THEN 'customer'
                WHEN max(opportunity) IS NOT NULL THEN 'opportunity' WHEN max(sql_day) IS NOT NULL THEN 'sql'
                WHEN max(sal) IS NOT NULL THEN 'sal' WHEN max(mql) IS NOT NULL THEN 'mql'
                WHEN arg_max(disqualified, cycle) IS NOT NULL THEN 'disqualified' ELSE 'lead' END AS stage,
                arg_min(channel_key, cycle) AS channel_key, bool_or(is_internal) AS is_internal,
                bool_or(is_test) AS is_test
            FROM prospect GROUP BY person_no
        ), named AS (
            SELECT c.*, s.* EXCLUDE (person_no), first_names[1 + pick(person_no, 'contact first', len(first_names))]
                AS first_name, last_names[1 + pick(person_no, 'contact last', len(last_names))] AS last_name,
                plain(first_name) || '.'
                    || plain(last_name) AS mailbox,
                ['web form', 'call', 'trade fair', 'catalogue request'][
                    1 + floor(4 * pow(chance(person_no, 'lead source'), 1.8))::INTEGER] AS lead_source
            FROM contact c JOIN summed s USING (person_no) JOIN name n USING (market)
        ), every AS (
            SELECT n.*, a.domain, 0 AS copy FROM named n
            JOIN (SELECT account_id, domain FROM company.dim_account WHERE is_current) a USING (account_id)
            UNION ALL BY NAME
            SELECT n.* REPLACE ('lead' AS stage), 'mail.example' AS domain, 1 AS copy FROM named n
            WHERE chance(person_no, 'merged') < {_MERGED}
        )
        SELECT person_id || CASE copy WHEN 1 THEN 'M' ELSE '' END, account_id, first_name || ' ' || last_name,
            mailbox || '.' || person_no || '@' || domain, sha256(mailbox || '.' || person_no || '@' || domain), stage,
            lead_source, channel_key, is_internal, is_test, CASE copy WHEN 1 THEN person_id END
        FROM every ORDER BY person_no, copy
        """
    )


def _fill_facts(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    connection.execute(
        f"""
        INSERT INTO company.fct_lead
        SELECT 'L-' || lpad(lead_no::VARCHAR, 7, '0'), 'P' || lpad(person_no::VARCHAR, 7, '0'), cycle, day, mql, sal,
            sql_day, opportunity, customer, disqualified, channel_key,
            CASE WHEN campaign_id IS NOT NULL AND chance(lead_no, 'lead orphan') < {ORPHAN_CAMPAIGN_LEADS}
                THEN 'cmp-9001' ELSE campaign_id END,
            market, is_internal, is_test,
            5 + floor(2800 * pow(chance(lead_no, 'answered'), 3))::INTEGER,
            least(100, greatest(0, 20 + 35 * (mql IS NOT NULL)::INTEGER + 15 * (sql_day IS NOT NULL)::INTEGER
                + pick(lead_no, 'score', 30)))::INTEGER,
            loaded(greatest(day, mql, sal, sql_day, opportunity, customer, disqualified), lead_no, 'lead')
        FROM prospect ORDER BY lead_no
        """
    )
    stages = ", ".join(f"'{stage}'" for stage in LIFECYCLE)
    connection.execute(
        f"""
        INSERT INTO company.fct_lifecycle_transition
        WITH entered AS (
            SELECT lead_no, person_no, cycle, [{stages}][place] AS stage, place, on_day,
                coalesce(on_day = [day, mql, sal, sql_day, opportunity, customer, NULL][place + 1], false)
                    AS is_same_day
            FROM (SELECT *, unnest([day, mql, sal, sql_day, opportunity, customer, disqualified]) AS on_day,
                unnest(range(1, {len(LIFECYCLE) + 1})) AS place FROM prospect)
            WHERE on_day IS NOT NULL
        ), timed AS (
            SELECT *, (on_day + to_seconds(28800 + place * 3600 + pick(lead_no * 10 + place, 'entered', 3000)))
                AT TIME ZONE 'Europe/Berlin' AS entered_at FROM entered
        ), linked AS (
            SELECT *, lag(stage) OVER person AS from_stage, lag(place) OVER person AS from_place,
                lead(entered_at) OVER person AS exited_at,
                row_number() OVER (PARTITION BY person_no, stage ORDER BY entered_at) = 1 AS is_first_entry
            FROM timed WINDOW person AS (PARTITION BY person_no ORDER BY entered_at)
        )
        SELECT 'TR-' || lpad(lead_no::VARCHAR, 7, '0') || '-' || place, 'P' || lpad(person_no::VARCHAR, 7, '0'),
            entered_at, on_day, from_stage, stage, exited_at, is_first_entry, coalesce(place < from_place, false),
            is_same_day AND place IN (2, 3), loaded(on_day, lead_no, 'transition')
        FROM linked ORDER BY lead_no, place
        """
    )
