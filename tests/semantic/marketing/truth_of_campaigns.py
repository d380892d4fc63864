"""Questions about ads in detail, plans, the site and experiments, each with the SQL that a person would write."""

from tests.semantic.marketing.truth_of_shop import DAYS, HUMAN, Question

MONTH = [{"dim": "date", "grain": "month"}]
# The account's name ends with its market; the model takes it from the campaigns' table.
CREATIVES = f"(SELECT *, upper(right(account_id, 2)) AS market FROM fct_ad_creative_daily WHERE date_day {DAYS})"
STEPS = ("view_item", "add_to_cart", "begin_checkout", "purchase")
ADS: list[Question] = [
    (
        "ads one by one, by platform, and what part of the spend they are",
        {
            "metrics": [
                "creative_spend",
                "creative_impressions",
                "creative_ctr",
                "active_ads",
                "creative_spend_coverage",
            ],
            "by": ["platform"],
        },
        f"""
        WITH c AS (SELECT platform, sum(spend) AS spend, sum(impressions) AS shown, sum(clicks) AS clicked,
                count(DISTINCT CASE WHEN spend > 0 THEN ad_key END) AS ads FROM {CREATIVES} WHERE {{m}}
                GROUP BY platform),
            a AS (SELECT platform, sum(spend) AS record FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}}
                GROUP BY platform)
        SELECT platform, spend, shown, clicked::DOUBLE / nullif(shown, 0), coalesce(ads, 0),
            spend::DOUBLE / nullif(record, 0)::DOUBLE FROM c FULL JOIN a USING (platform)
        """,
    ),
    (
        "ads that cost something, day by day",
        {"metrics": ["active_ads"], "by": ["date"], "time": {"from": "2026-06-01", "to": "2026-06-30"}},
        f"""
        SELECT date_day, count(*) FROM {CREATIVES}
        WHERE spend <> 0 AND date_day >= '2026-06-01' AND {{m}} GROUP BY date_day
        """,
    ),
    (
        "clicks by creative type, those of the deleted ad as none",
        {"metrics": ["creative_clicks"], "by": ["creative_type"]},
        f"SELECT creative_type, sum(clicks) FROM {CREATIVES} LEFT JOIN dim_ad USING (ad_key) WHERE {{m}} GROUP BY 1",
    ),
    (
        "spend by ad and product line, that of the days with broken campaign ids as none",
        {"metrics": ["creative_spend"], "by": ["product_line"]},
        f"""
        SELECT product_line, sum(spend) FROM {CREATIVES} AS c LEFT JOIN dim_campaign k USING (campaign_id)
        WHERE c.{{m}} GROUP BY product_line
        """,
    ),
    (
        "keywords by match type, the share weighted by what was possible",
        {
            "metrics": ["keyword_spend", "keyword_clicks", "keyword_impression_share", "keyword_cpc"],
            "by": ["match_type"],
        },
        f"""
        SELECT match_type, sum(spend), sum(clicks), sum(impressions)::DOUBLE / sum(eligible_impressions),
            sum(spend)::DOUBLE / nullif(sum(clicks), 0)
        FROM fct_ad_keyword_daily WHERE date_day {DAYS}
            AND campaign_id IN (SELECT campaign_id FROM fct_ad_campaign_daily WHERE {{m}}) GROUP BY match_type
        """,
    ),
    (
        "spend at week-ends and on other days",
        {"metrics": ["spend"], "by": ["is_weekend"]},
        f"""
        SELECT isodow(date_day) IN (6, 7), sum(spend) FROM fct_ad_campaign_daily
        WHERE date_day {DAYS} AND {{m}} GROUP BY 1
        """,
    ),
    (
        "budget and spend, month by month, by the newest plan of each month",
        {"metrics": ["budget", "spend", "budget_used", "budget_left", "spend_forecast"], "by": MONTH},
        f"""
        WITH plan AS (SELECT month, sum(CASE WHEN scenario = 'plan' AND version = (SELECT max(version)
                FROM fct_budget_month n WHERE n.scenario = 'plan' AND n.month = b.month)
                    THEN budget_amount END) AS budget,
                sum(CASE WHEN scenario = 'forecast' THEN budget_amount END) AS expected
                FROM fct_budget_month b WHERE month {DAYS} AND {{m}} GROUP BY month),
            spent AS (SELECT date_trunc('month', date_day)::DATE AS month, sum(spend) AS spend
                FROM fct_ad_campaign_daily WHERE date_day {DAYS} AND {{m}} GROUP BY 1)
        SELECT month, budget, spend, spend::DOUBLE / budget::DOUBLE, budget - spend, expected
        FROM plan JOIN spent USING (month)
        """,
    ),
    (
        "how loud the brand is, week by week",
        {
            "metrics": ["share_of_voice", "share_of_search", "brand_mentions", "all_voice_spend"],
            "by": [{"dim": "date", "grain": "week"}],
            "time": {"from": "2026-01-05", "to": "2026-06-28"},
        },
        """
        SELECT week, sum(ad_spend_est) FILTER (brand = 'Kupferhain')::DOUBLE / sum(ad_spend_est)::DOUBLE,
            sum(search_volume) FILTER (brand = 'Kupferhain')::DOUBLE / sum(search_volume),
            sum(mentions) FILTER (brand = 'Kupferhain'), sum(ad_spend_est)
        FROM fct_share_of_voice_week WHERE week BETWEEN '2026-01-05' AND '2026-06-22' AND {m} GROUP BY week
        """,
    ),
]

SITE: list[Question] = [
    (
        "from the product to the purchase, by device",
        {
            "metrics": [
                "product_view_sessions",
                "cart_sessions",
                "checkout_sessions",
                "purchase_sessions",
                "add_to_cart_rate",
                "checkout_rate",
                "cart_abandonment",
            ],
            "by": ["device"],
        },
        f"""
        WITH seen AS (SELECT DISTINCT device, session_id, event_name FROM fct_web_event
                WHERE {HUMAN} AND event_date {DAYS} AND {{m}}),
            step AS (SELECT device, {
            ", ".join(f"sum((event_name = '{name}')::INT) AS s{nth}" for nth, name in enumerate(STEPS))
        } FROM seen GROUP BY device)
        SELECT device, s0, s1, s2, s3, s1::DOUBLE / s0, s2::DOUBLE / s1, 1 - s3::DOUBLE / s1 FROM step
        """,
    ),
    (
        "what was put in carts, by the catalogue's category; what the catalogue does not have as none",
        {"metrics": ["cart_sessions", "product_view_sessions"], "by": ["product_category"]},
        f"""
        SELECT product_category, count(DISTINCT session_id) FILTER (event_name = 'add_to_cart'),
            count(DISTINCT session_id) FILTER (event_name = 'view_item')
        FROM fct_web_event LEFT JOIN dim_product USING (product_id)
        WHERE {HUMAN} AND event_date {DAYS} AND {{m}} GROUP BY 1
        HAVING bool_or(event_name IN ('view_item', 'add_to_cart'))
        """,
    ),
    (
        "purchases sent and purchases made, searches and sign-ups",
        {"metrics": ["purchase_events", "tracked_purchases", "signups", "search_sessions", "search_rate"]},
        f"""
        WITH e AS (SELECT * FROM fct_web_event WHERE {HUMAN} AND event_date {DAYS} AND {{m}})
        SELECT sum((event_name = 'purchase')::INT), (SELECT count(DISTINCT transaction_id) FROM e),
            sum((event_name = 'sign_up')::INT), (SELECT count(DISTINCT session_id) FROM e WHERE event_name = 'search'),
            (SELECT count(DISTINCT session_id)::DOUBLE FROM e WHERE event_name = 'search') / (SELECT count(*)
                FROM fct_web_session WHERE {HUMAN} AND session_date {DAYS} AND {{m}})
        FROM e
        """,
    ),
    (
        "sessions by the kind of their first page",
        {"metrics": ["sessions"], "by": ["page_type"]},
        f"""
        SELECT page_type, count(*) FROM fct_web_session LEFT JOIN dim_page ON path = landing_page
        WHERE {HUMAN} AND session_date {DAYS} AND {{m}} GROUP BY page_type
        """,
    ),
    (
        "experiments, which everybody sees whole, by variant",
        {
            "metrics": [
                "experiment_visitors",
                "experiment_cart_rate",
                "experiment_order_rate",
                "experiment_revenue_per_visitor",
            ],
            "by": ["experiment", "variant_label"],
        },
        f"""
        WITH done AS (PIVOT (SELECT experiment_id, unit_id, variant, metric, value FROM fct_experiment_unit_metric
                WHERE exposed_date {DAYS}) ON metric USING sum(value))
        SELECT experiment, label, count(*), avg(added_to_cart::DOUBLE), avg(ordered::DOUBLE), avg(revenue::DOUBLE)
        FROM fct_experiment_assignment JOIN done USING (experiment_id, unit_id)
        JOIN dim_experiment USING (experiment_id)
        JOIN dim_variant v ON v.experiment_id = done.experiment_id AND v.variant = done.variant GROUP BY ALL
        """,
    ),
]

QUESTIONS = [*ADS, *SITE]
