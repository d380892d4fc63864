"""Fill fct_message_recipient with newsletters, Black Week emails, and series that customers' actions start."""

import duckdb

from semantic.demo.world.planted import (
    BOT_CLICKS,
    FLOW_OPENS,
    FLOW_OPENS_AFTER,
    MACHINE_OPENS,
    NEWSLETTER_OPENS,
    NEWSLETTER_OPENS_AFTER,
    NO_CUSTOMER_MESSAGES,
    ORPHAN_CUSTOMER_MESSAGES,
    UNDELIVERED,
    KnownPatterns,
)

_CONSENT = 0.62  # the same draw as consent_email of dim_customer
_GROUPS = 4  # each newsletter goes to one group of readers, in turn; a Black Week mail to two of them
_WIN_BACK_DAYS = 150
_UNSUBSCRIBES = 0.006  # of mails opened by a person; nothing is sent afterwards
_QUARTER = "date_trunc('quarter', sent_date)"


def fill_messages(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Add a row for each message and recipient, in order of time.

    Nothing after the last day is known. `is_machine_open` means that only a machine opened the message. A click without
    an open is from a bot.
    """
    _create_posted(connection, planted)
    connection.execute(
        f"""
        INSERT INTO company.fct_message_recipient
        WITH sending AS (
            SELECT *, (sent_date + to_seconds(32400 + pick(number, 'sent', 5400)))
                AT TIME ZONE 'Europe/Berlin' AS sent_at, chance(number, 'arrives') AS arrives,
                chance(number, 'opens') AS luck, {_QUARTER} = DATE '{planted.mix_after}' AS is_after,
                CASE WHEN flow_id IS NULL THEN CASE WHEN is_after THEN {NEWSLETTER_OPENS_AFTER}
                    ELSE {NEWSLETTER_OPENS} END WHEN is_after THEN {FLOW_OPENS_AFTER} ELSE {FLOW_OPENS} END AS open_rate
            FROM posted
        ), arrived AS (
            SELECT *, arrives >= {UNDELIVERED} AS delivered, delivered AND luck < open_rate AS is_read,
                delivered AND NOT is_read AND luck < open_rate + {MACHINE_OPENS} AS is_machine,
                delivered AND NOT is_read AND NOT is_machine AND chance(number, 'bot clicks')
                    < {BOT_CLICKS} / (1 - open_rate - {MACHINE_OPENS}) AS is_bot,
                sent_at + CASE WHEN is_machine THEN to_seconds(5 + pick(number, 'machine', 90))
                    ELSE to_seconds(120 + floor(200000 * pow(chance(number, 'read after'), 4))::INTEGER) END AS open_at,
                is_read AND chance(number, 'clicks') < CASE WHEN flow_id IS NULL THEN 0.12 ELSE 0.22 END AS is_clicked,
                CASE WHEN is_bot THEN sent_at + to_seconds(1 + pick(number, 'bot', 20))
                    WHEN is_clicked THEN open_at + to_seconds(5 + pick(number, 'click after', 240)) END AS click_at,
                (TIMESTAMP '{planted.until}' + INTERVAL 1 DAY) AT TIME ZONE 'Europe/Berlin' AS ends
            FROM sending
        ), known AS (
            SELECT *, (is_read OR is_machine) AND open_at < ends AS is_open,
                coalesce(click_at < ends, false) AND (is_open OR is_bot) AS has_click,
                has_click AND NOT is_bot AND chance(number, 'buys') < 0.08 AS is_sold,
                is_open AND is_read AND chance(number, 'unsubscribes') < {_UNSUBSCRIBES} AS is_leaving,
                chance(number, 'dirt') AS dirt
            FROM arrived
        ), gone AS (SELECT customer_no, min(sent_date) AS last FROM known WHERE is_leaving GROUP BY customer_no)
        SELECT message_id, 'rcp-' || lpad(customer_no::VARCHAR, 8, '0'), send_no,
            CASE WHEN dirt < {NO_CUSTOMER_MESSAGES} THEN NULL
                WHEN dirt < {NO_CUSTOMER_MESSAGES + ORPHAN_CUSTOMER_MESSAGES} THEN 'C99999999'
                ELSE customer_id(customer_no) END,
            campaign_id, flow_id, market,
            CASE WHEN flow_id IS NULL THEN ['A', 'B'][1 + pick(number, 'variant', 2)] END, sent_at, sent_date,
            delivered, CASE WHEN delivered THEN NULL WHEN arrives < {UNDELIVERED} / 3 THEN 'hard' ELSE 'soft' END,
            CASE WHEN is_open THEN open_at END, is_machine AND is_open,
            CASE WHEN NOT is_open THEN 0 WHEN is_machine THEN 1 ELSE 1 + pick(number, 'opens again', 3) END,
            CASE WHEN has_click THEN click_at END,
            CASE WHEN has_click THEN timezone('Europe/Berlin', click_at)::DATE END,
            CASE WHEN NOT has_click THEN 0 WHEN is_bot THEN 1 ELSE 1 + pick(number, 'clicks again', 2) END,
            is_bot AND has_click,
            CASE WHEN is_leaving THEN open_at END,
            CASE WHEN is_open AND is_read AND chance(number, 'complains') < 0.0008 THEN open_at END,
            is_sold::INTEGER, CASE WHEN is_sold THEN 30 + round(120 * pow(chance(number, 'sold'), 2), 2) ELSE 0 END,
            loaded(sent_date, number, 'message')
        FROM known LEFT JOIN gone USING (customer_no) WHERE last IS NULL OR sent_date <= last
        ORDER BY sent_date, message_id, customer_no, send_no
        """
    )


def _create_posted(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Decide who gets which message when.

    A message with a temporary delivery failure is sent again the next day.
    """
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE posted AS
        WITH reader AS (
            SELECT customer_no, first_day, home, customer_no % {_GROUPS} AS part FROM life
            WHERE chance(customer_no, 'consent') < {_CONSENT}
        ), mail AS (
            SELECT campaign_id, market, substr(campaign_id, 5)::INTEGER AS campaign_no, d.day_no, d.day,
                (day_no // 7) AS week,
                CASE WHEN campaign NOT LIKE '%Newsletter' THEN day - start_date IN (0, 4)
                    WHEN isodow(day) <> 2 THEN false
                    WHEN date_trunc('quarter', day) = DATE '{planted.mix_before}' THEN week % 4 = 0
                    ELSE week % 2 = 0 OR date_trunc('quarter', day) = DATE '{planted.mix_after}' END AS is_sent,
                CASE WHEN campaign LIKE '%Newsletter' THEN 1 ELSE 2 END AS many
            FROM campaign c JOIN day d ON d.day >= start_date AND d.day <= coalesce(end_date, DATE '9999-12-31')
            WHERE campaign LIKE '%Email Newsletter' OR campaign LIKE '%Email Black week%'
        ), step AS (
            SELECT customer_no, home, first_day + days AS day_no, 'welcome' AS series, nth FROM reader,
                (VALUES (1, 1), (2, 5), (3, 12)) AS steps(nth, days)
            UNION ALL
            SELECT customer_no, home, silent_since + {_WIN_BACK_DAYS}, 'win-back', 1 FROM reader JOIN (
                SELECT customer_no, min(day_no) AS silent_since FROM (
                    SELECT customer_no, day_no, lead(day_no) OVER (PARTITION BY customer_no ORDER BY order_no) AS next
                    FROM placed WHERE customer_no IS NOT NULL)
                WHERE next IS NULL OR next > day_no + {_WIN_BACK_DAYS} GROUP BY customer_no) USING (customer_no)
        ), every AS (
            SELECT customer_no, m.market, campaign_id, NULL AS flow_id, m.day_no, m.day AS sent_date,
                campaign_id || '-' || strftime(m.day, '%Y%m%d') AS message_id, 0 AS kind
            FROM (SELECT *, unnest(range(week // 2, week // 2 + many)) % {_GROUPS} AS part FROM mail WHERE is_sent) m
            JOIN reader r ON r.home = m.market AND r.part = m.part AND r.first_day < m.day_no
            UNION ALL
            SELECT customer_no, c.market, campaign_id, 'flow-' || series, s.day_no, d.day,
                'flow-' || series || '-' || lower(c.market) || '-' || nth, nth
            FROM step s JOIN day d USING (day_no) JOIN campaign c ON c.market = s.home
                AND c.campaign LIKE CASE series WHEN 'welcome' THEN '%Email Welcome series' ELSE '%Email Win back' END
        ), numbered AS (
            SELECT *, 2 * (customer_no * 10000 + day_no * 8 + kind) AS number
            FROM every
        )
        SELECT * REPLACE (number + send_no - 1 AS number, sent_date + send_no - 1 AS sent_date)
        FROM (SELECT *, unnest(range(1, CASE WHEN chance(number, 'arrives') BETWEEN {UNDELIVERED / 3} AND {UNDELIVERED}
            AND sent_date < '{planted.until}' THEN 3 ELSE 2 END))::INTEGER AS send_no FROM numbered)
        """
    )
