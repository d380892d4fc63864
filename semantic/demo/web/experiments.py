"""Fill dim_experiment, dim_variant and two facts: who saw which variant, and with what result."""

import duckdb

from semantic.demo.world.planted import CART_BASE, CART_LIFT, MISMATCH_SHARE, KnownPatterns

_EXPERIMENTS = (
    ("ex-01", "Larger pictures on product pages", "added_to_cart", "Larger pictures"),
    ("ex-02", "Delivery date on product pages", "added_to_cart", "Delivery date"),
    ("ex-03", "One-page checkout", "ordered", "One page"),
    ("ex-04", "Plus in the menu", "revenue", "Plus in the menu"),
)
_TAKES_PART = 0.7  # of the visitors of its days
_ORDERED = 0.08


def fill_experiments(connection: duckdb.DuckDBPyConnection, planted: KnownPatterns) -> None:
    """Fill the experiments.

    Visitors join at their first session during an experiment. Bots don't join.
    """
    for (key, name, metric, label), (start, end) in zip(_EXPERIMENTS, planted.experiments, strict=True):
        connection.execute(
            "INSERT INTO company.dim_experiment VALUES (?, ?, 'visitor', ?, ?, ?)", [key, name, start, end, metric]
        )
        connection.execute(
            "INSERT INTO company.dim_variant VALUES (?, 'control', 'As before', true, 0.5),"
            " (?, 'treatment', ?, false, 0.5)",
            [key, key, label],
        )
    _fill_assignments(connection)
    _fill_metrics(connection, _EXPERIMENTS[0][0])


def _fill_assignments(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        f"""
        INSERT INTO company.fct_experiment_assignment
        WITH exposed AS (
            SELECT experiment_id, visitor_id, min(session_start_at) AS first_at, min(session_date) AS day,
                arg_min(device, session_start_at) AS device, min(loaded_at) AS loaded_at
            FROM company.fct_web_session JOIN company.dim_experiment ON session_date BETWEEN start_date AND end_date
            WHERE NOT is_bot GROUP BY ALL
        ), numbered AS (
            SELECT *, substr(visitor_id, 2)::BIGINT * 10 + substr(experiment_id, 4)::INTEGER AS number FROM exposed
        )
        SELECT experiment_id, visitor_id, CASE WHEN chance(number, 'variant')
            < CASE experiment_id WHEN 'ex-03' THEN {MISMATCH_SHARE} ELSE 0.5 END THEN 'treatment' ELSE 'control' END,
            first_at, day, device,
            (CASE WHEN chance(number, 'bought before') < 0.25 THEN round(180 * pow(chance(number, 'before'), 2), 2)
                ELSE 0 END)::DECIMAL(18,4), loaded_at
        FROM numbered WHERE chance(number, 'takes part') < {_TAKES_PART} ORDER BY experiment_id, first_at, visitor_id
        """
    )


def _fill_metrics(connection: duckdb.DuckDBPyConnection, lifted: str) -> None:
    """Fill three metrics per unit.

    What a visitor spent before predicts what they spend during the experiment, so a covariate helps.
    """
    connection.execute(
        f"""
        INSERT INTO company.fct_experiment_unit_metric
        WITH unit AS (
            SELECT *, substr(unit_id, 2)::BIGINT * 10 + substr(experiment_id, 4)::INTEGER AS number,
                -- The planted lift is exact: by rank, not by chance, so that few units show it as well as many.
                CASE WHEN experiment_id = '{lifted}' THEN (row_number() OVER (PARTITION BY experiment_id, variant
                        ORDER BY bits(number, 'carts'), unit_id) - 0.5)
                    / count(*) OVER (PARTITION BY experiment_id, variant) ELSE chance(number, 'carts') END AS luck,
                luck < {CART_BASE} * CASE WHEN experiment_id = '{lifted}' AND variant = 'treatment'
                    THEN {1 + CART_LIFT} ELSE 1 END AS is_carted,
                chance(number, 'orders') < {_ORDERED} AS is_ordered,
                CASE WHEN is_ordered THEN round(25 + 90 * chance(number, 'spends') + pre_value::DOUBLE * 0.6, 2)
                    ELSE 0 END AS spent
            FROM company.fct_experiment_assignment
        )
        SELECT experiment_id, unit_id, metric, variant, exposed_date, CASE metric
                WHEN 'added_to_cart' THEN is_carted::INTEGER WHEN 'ordered' THEN is_ordered::INTEGER ELSE spent END,
            CASE metric WHEN 'added_to_cart' THEN is_carted::INTEGER WHEN 'ordered' THEN is_ordered::INTEGER
                ELSE spent END, 1, loaded_at
        FROM unit, (VALUES (1, 'added_to_cart'), (2, 'ordered'), (3, 'revenue')) AS metrics(nth, metric)
        ORDER BY experiment_id, first_exposed_at, unit_id, nth
        """
    )
