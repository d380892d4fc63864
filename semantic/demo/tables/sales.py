"""The facts after a first order, refunds and memberships, and the facts of sales to offices and hotels."""

from semantic.demo.tables.table import written

SALES = (
    written("fct_lead", "lead_id", """
        lead_id VARCHAR
        person_id VARCHAR
        lead_cycle_no INTEGER
        lead_date DATE
        mql_date DATE
        sal_date DATE
        sql_date DATE
        opportunity_date DATE
        customer_date DATE
        disqualified_date DATE
        channel_key VARCHAR
        campaign_id VARCHAR
        market VARCHAR
        is_internal BOOLEAN
        is_test BOOLEAN
        first_response_minutes INTEGER
        score INTEGER
        loaded_at TIMESTAMPTZ"""),
    written("fct_lifecycle_transition", "transition_id", """
        transition_id VARCHAR
        person_id VARCHAR
        entered_at TIMESTAMPTZ
        entered_date DATE
        from_stage VARCHAR
        to_stage VARCHAR
        exited_at TIMESTAMPTZ
        is_first_entry BOOLEAN
        is_regression BOOLEAN
        is_skipped_fill BOOLEAN
        loaded_at TIMESTAMPTZ"""),
    written("fct_opportunity", "opportunity_id", """
        opportunity_id VARCHAR
        account_key VARCHAR
        account_id VARCHAR
        owner_id VARCHAR
        lead_id VARCHAR
        created_date DATE
        qualified_date DATE
        expected_close_date DATE
        closed_date DATE
        stage VARCHAR
        is_closed BOOLEAN
        is_won BOOLEAN
        amount_local MONEY
        currency_code VARCHAR
        fx_rate RATE
        amount MONEY
        arr MONEY
        type VARCHAR
        channel_key VARCHAR
        campaign_id VARCHAR
        loss_reason VARCHAR
        merged_into VARCHAR
        loaded_at TIMESTAMPTZ"""),
    written("fct_opportunity_snapshot_daily", "snapshot_date opportunity_id", """
        snapshot_date DATE
        opportunity_id VARCHAR
        stage VARCHAR
        amount MONEY
        probability SHARE
        forecast_category VARCHAR
        expected_close_date DATE
        loaded_at TIMESTAMPTZ"""),
    written("fct_sales_target", "month market", """
        month DATE
        market VARCHAR
        target_value MONEY
        loaded_at TIMESTAMPTZ"""),
    written("bridge_opportunity_contact", "opportunity_id person_id", """
        opportunity_id VARCHAR
        person_id VARCHAR
        role VARCHAR
        is_primary BOOLEAN
        weight PART"""),
    written("bridge_opportunity_campaign", "opportunity_id campaign_id influence_model", """
        opportunity_id VARCHAR
        campaign_id VARCHAR
        influence_model VARCHAR
        influence_pct PART"""),
    written("fct_refund", "refund_id line_no", """
        refund_id VARCHAR
        line_no INTEGER
        order_id VARCHAR
        customer_id VARCHAR
        channel_key VARCHAR
        campaign_id VARCHAR
        market VARCHAR
        refund_date DATE
        amount_local MONEY
        currency_code VARCHAR
        fx_rate RATE
        amount MONEY
        is_restocked BOOLEAN
        loaded_at TIMESTAMPTZ"""),
    written("fct_subscription_period", "subscription_id valid_from", """
        subscription_id VARCHAR
        valid_from DATE
        customer_id VARCHAR
        plan_key VARCHAR
        market VARCHAR
        mrr_local MONEY
        currency_code VARCHAR
        fx_rate RATE
        mrr MONEY
        quantity INTEGER
        valid_to DATE
        status VARCHAR
        cancel_reason VARCHAR
        is_trial BOOLEAN
        loaded_at TIMESTAMPTZ"""),
    written("fct_mrr_month", "customer_id month", """
        customer_id VARCHAR
        month DATE
        market VARCHAR
        mrr MONEY
        opening_mrr MONEY
        change MONEY
        category VARCHAR
        is_active BOOLEAN
        loaded_at TIMESTAMPTZ"""),
)  # fmt: skip
