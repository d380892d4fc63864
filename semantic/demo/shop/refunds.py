"""Fill fct_refund with returned orders and single lines, on the day of the refund."""

import duckdb

from semantic.demo.world.planted import PARTIAL_REFUNDS, KnownPatterns


def fill_refunds(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Add a row per returned line, at the exchange rate of the order's day.

    A full return equals the order's net sales. A refund after the last day hasn't happened yet, so the order is
    returned but not refunded.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_refund
        WITH sent_back AS (
            SELECT *, substr(order_id, 2)::BIGINT AS number, order_date + 3 + pick(number, 'refunded on', 38)
                AS refund_date
            FROM company.fct_order
            WHERE status = 'returned' OR (status = 'completed' AND chance(number, 'gives back') < {PARTIAL_REFUNDS})
        ), given AS (
            SELECT r.*, line_no, CASE WHEN status = 'returned' THEN l.net
                ELSE round(l.net * [0.15, 0.3, 0.5, 1][1 + pick(number, 'gives back part', 4)], 4) END::DECIMAL(18,4)
                    AS amount
            FROM sent_back r JOIN company.fct_order_line l USING (order_id)
            WHERE status = 'returned' OR line_no = 1
        )
        SELECT 'R' || substr(order_id, 2), line_no, order_id, customer_id, channel_key, campaign_id, market,
            refund_date, round(amount / fx_rate, 4)::DECIMAL(18,4), currency_code, fx_rate, amount,
            chance(number * 8 + line_no, 'restocked') < 0.8, loaded(refund_date, number, 'refund')
        FROM given WHERE refund_date <= '{planted.until}' ORDER BY number, line_no
        """
    )
