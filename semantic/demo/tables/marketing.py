"""The demo company's marketing facts: ads, web events, emails, attribution, experiments and plans."""

from semantic.demo.tables.table import written

MARKETING = (
    written("fct_ad_creative_daily", "date_day platform account_id campaign_id ad_key", """
        date_day DATE
        platform VARCHAR
        account_id VARCHAR
        campaign_id VARCHAR
        ad_key VARCHAR
        impressions BIGINT
        clicks BIGINT
        spend MONEY
        is_final BOOLEAN
        loaded_at TIMESTAMPTZ"""),
    written("fct_ad_keyword_daily", "date_day campaign_id keyword match_type", """
        date_day DATE
        campaign_id VARCHAR
        keyword VARCHAR
        match_type VARCHAR
        impressions BIGINT
        eligible_impressions BIGINT
        clicks BIGINT
        spend MONEY
        loaded_at TIMESTAMPTZ"""),
    written("fct_ad_reach_period", "campaign_id period_type period_start", """
        campaign_id VARCHAR
        period_type VARCHAR
        period_start DATE
        reach BIGINT
        impressions BIGINT
        loaded_at TIMESTAMPTZ"""),
    written("fct_web_event", "event_id", """
        event_id VARCHAR
        session_id VARCHAR
        visitor_id VARCHAR
        event_at TIMESTAMPTZ
        event_date DATE
        event_index INTEGER
        event_name VARCHAR
        channel_key VARCHAR
        market VARCHAR
        device VARCHAR
        is_bot BOOLEAN
        is_internal BOOLEAN
        page_key VARCHAR
        product_id VARCHAR
        value MONEY
        transaction_id VARCHAR
        loaded_at TIMESTAMPTZ"""),
    written("fct_message_recipient", "message_id recipient_id send_no", """
        message_id VARCHAR
        recipient_id VARCHAR
        send_no INTEGER
        customer_id VARCHAR
        campaign_id VARCHAR
        flow_id VARCHAR
        market VARCHAR
        variant VARCHAR
        sent_at TIMESTAMPTZ
        sent_date DATE
        delivered BOOLEAN
        bounce_type VARCHAR
        first_open_at TIMESTAMPTZ
        is_machine_open BOOLEAN
        opens INTEGER
        first_click_at TIMESTAMPTZ
        clicked_date DATE
        clicks INTEGER
        is_bot_click BOOLEAN
        unsubscribed_at TIMESTAMPTZ
        complained_at TIMESTAMPTZ
        attributed_orders INTEGER
        attributed_revenue MONEY
        loaded_at TIMESTAMPTZ"""),
    written("fct_touchpoint", "touchpoint_id", """
        touchpoint_id VARCHAR
        subject_id VARCHAR
        occurred_at TIMESTAMPTZ
        occurred_date DATE
        type VARCHAR
        channel_key VARCHAR
        campaign_id VARCHAR
        session_id VARCHAR
        loaded_at TIMESTAMPTZ"""),
    written("fct_conversion", "conversion_id", """
        conversion_id VARCHAR
        subject_id VARCHAR
        conversion_type VARCHAR
        converted_at TIMESTAMPTZ
        converted_date DATE
        market VARCHAR
        value MONEY
        is_duplicate BOOLEAN
        source_id VARCHAR
        loaded_at TIMESTAMPTZ"""),
    written("fct_attribution_credit", "conversion_id touchpoint_id model window_days", """
        conversion_id VARCHAR
        touchpoint_id VARCHAR
        model VARCHAR
        window_days INTEGER
        channel_key VARCHAR
        campaign_id VARCHAR
        converted_date DATE
        credit DECIMAL(18,12)
        attributed_value MONEY
        position INTEGER
        touch_count INTEGER
        loaded_at TIMESTAMPTZ"""),
    written("fct_attribution_weighted", "conversion_id touchpoint_id model window_days", """
        conversion_id VARCHAR
        touchpoint_id VARCHAR
        model VARCHAR
        window_days INTEGER
        channel_key VARCHAR
        campaign_id VARCHAR
        converted_date DATE
        credit DECIMAL(18,12)
        attributed_value MONEY
        position INTEGER
        touch_count INTEGER
        loaded_at TIMESTAMPTZ"""),
    written("fct_experiment_assignment", "experiment_id unit_id", """
        experiment_id VARCHAR
        unit_id VARCHAR
        variant VARCHAR
        first_exposed_at TIMESTAMPTZ
        exposed_date DATE
        stratum VARCHAR
        pre_value MONEY
        loaded_at TIMESTAMPTZ"""),
    written("fct_experiment_unit_metric", "experiment_id unit_id metric", """
        experiment_id VARCHAR
        unit_id VARCHAR
        metric VARCHAR
        variant VARCHAR
        exposed_date DATE
        value MONEY
        numerator MONEY
        denominator MONEY
        loaded_at TIMESTAMPTZ"""),
    written("fct_budget_month", "scenario version month channel_key market", """
        scenario VARCHAR
        version INTEGER
        month DATE
        channel_key VARCHAR
        market VARCHAR
        budget_amount MONEY
        currency_code VARCHAR
        loaded_at TIMESTAMPTZ"""),
    written("fct_budget_daily", "scenario version date_day channel_key market", """
        scenario VARCHAR
        version INTEGER
        date_day DATE
        channel_key VARCHAR
        market VARCHAR
        budget_amount MONEY
        loaded_at TIMESTAMPTZ"""),
    written("fct_target", "scenario month metric_id market", """
        scenario VARCHAR
        month DATE
        metric_id VARCHAR
        market VARCHAR
        target_value MONEY
        loaded_at TIMESTAMPTZ"""),
    written("fct_lead_ad_daily", "date_day campaign_id", """
        date_day DATE
        platform VARCHAR
        campaign_id VARCHAR
        campaign VARCHAR
        objective VARCHAR
        market VARCHAR
        impressions BIGINT
        clicks BIGINT
        spend MONEY
        loaded_at TIMESTAMPTZ"""),
    written("fct_annotation", "annotation_id", """
        annotation_id VARCHAR
        starts_on DATE
        ends_on DATE
        market VARCHAR
        channel_key VARCHAR
        title VARCHAR
        kind VARCHAR"""),
    written("fct_share_of_voice_week", "week market brand medium", """
        week DATE
        market VARCHAR
        brand VARCHAR
        medium VARCHAR
        ad_spend_est MONEY
        impressions_est BIGINT
        search_volume BIGINT
        mentions BIGINT
        loaded_at TIMESTAMPTZ"""),
)  # fmt: skip
