"""The demo company's dimensions outside the shop, and the table that links visitors to customers."""

from semantic.demo.tables.table import written

MEMBERS = (
    written("dim_date", "date_day", """
        date_day DATE
        year INTEGER
        quarter INTEGER
        month DATE
        iso_week DATE
        retail_454_week INTEGER
        day_of_week INTEGER
        is_weekend BOOLEAN
        is_holiday_de BOOLEAN
        fiscal_year INTEGER
        fiscal_quarter INTEGER
        days_in_month INTEGER"""),
    written("dim_geo", "country_code", """
        country_code VARCHAR
        country VARCHAR
        region_group VARCHAR"""),
    written("dim_device", "device", """
        device VARCHAR
        device_group VARCHAR"""),
    written("dim_product", "product_id", """
        product_id VARCHAR
        product VARCHAR
        product_category VARCHAR
        list_price MONEY
        launched_on DATE"""),
    written("dim_page", "page_key", """
        page_key VARCHAR
        path VARCHAR
        page_type VARCHAR"""),
    written("dim_owner", "owner_id", """
        owner_id VARCHAR
        owner VARCHAR
        team VARCHAR
        is_active BOOLEAN"""),
    written("dim_account", "account_key", """
        account_key VARCHAR
        account_id VARCHAR
        account VARCHAR
        domain VARCHAR
        industry VARCHAR
        employee_band VARCHAR
        territory VARCHAR
        owner_id VARCHAR
        is_target_account BOOLEAN
        valid_from DATE
        valid_to DATE
        is_current BOOLEAN"""),
    written("dim_person", "person_id", """
        person_id VARCHAR
        account_id VARCHAR
        full_name VARCHAR
        email VARCHAR
        email_hash VARCHAR
        current_stage VARCHAR
        lead_source VARCHAR
        original_channel_key VARCHAR
        is_internal BOOLEAN
        is_test BOOLEAN
        merged_into VARCHAR"""),
    written("dim_lifecycle_stage", "stage", """
        stage VARCHAR
        sort_order INTEGER"""),
    written("dim_opportunity_stage", "stage", """
        stage VARCHAR
        sort_order INTEGER
        probability SHARE
        is_closed BOOLEAN
        is_won BOOLEAN"""),
    written("dim_plan", "plan_key", """
        plan_key VARCHAR
        plan VARCHAR
        billing_period VARCHAR
        monthly_price MONEY"""),
    written("dim_ad", "ad_key", """
        ad_key VARCHAR
        platform VARCHAR
        ad_id VARCHAR
        ad_group_id VARCHAR
        ad_group VARCHAR
        campaign_id VARCHAR
        creative_type VARCHAR
        headline VARCHAR
        final_url VARCHAR"""),
    written("dim_experiment", "experiment_id", """
        experiment_id VARCHAR
        experiment VARCHAR
        unit VARCHAR
        start_date DATE
        end_date DATE
        primary_metric VARCHAR"""),
    written("dim_variant", "experiment_id variant", """
        experiment_id VARCHAR
        variant VARCHAR
        label VARCHAR
        is_control BOOLEAN
        planned_share SHARE"""),
    written("bridge_identity", "visitor_id customer_id valid_from", """
        visitor_id VARCHAR
        customer_id VARCHAR
        valid_from DATE
        method VARCHAR
        confidence SHARE"""),
)  # fmt: skip
