"""All demo tables, in the order in which they're filled.

The shop's own eight tables are defined here.
"""

from semantic.demo.tables.marketing import MARKETING
from semantic.demo.tables.members import MEMBERS
from semantic.demo.tables.sales import SALES
from semantic.demo.tables.table import written

_SHOP = (
    written("dim_channel", "channel_key", """
        channel_key VARCHAR
        channel VARCHAR
        channel_group VARCHAR
        is_paid BOOLEAN
        funnel_role VARCHAR
        sort_order INTEGER"""),
    written("dim_campaign", "campaign_id", """
        campaign_id VARCHAR
        campaign VARCHAR
        platform VARCHAR
        platform_campaign_id VARCHAR
        objective VARCHAR
        channel_key VARCHAR
        market VARCHAR
        product_line VARCHAR
        is_brand BOOLEAN
        start_date DATE
        end_date DATE
        owner VARCHAR"""),
    written("dim_customer", "customer_key", """
        customer_key VARCHAR
        customer_id VARCHAR
        full_name VARCHAR
        email VARCHAR
        country VARCHAR
        region VARCHAR
        birth_year INTEGER
        acquisition_channel_key VARCHAR
        first_order_date DATE
        consent_email BOOLEAN
        segment VARCHAR
        tier VARCHAR
        valid_from DATE
        valid_to DATE
        is_current BOOLEAN"""),
    written("dim_fx_rate", "currency_code rate_date", """
        currency_code VARCHAR
        rate_date DATE
        rate_to_reporting RATE"""),
    written("fct_ad_campaign_daily", "date_day platform account_id campaign_id", """
        date_day DATE
        platform VARCHAR
        account_id VARCHAR
        campaign_id VARCHAR
        market VARCHAR
        channel_key VARCHAR
        impressions BIGINT
        clicks BIGINT
        spend_local MONEY
        currency_code VARCHAR
        fx_rate RATE
        spend MONEY
        platform_conversions BIGINT
        platform_conversion_value MONEY
        account_timezone VARCHAR
        is_final BOOLEAN
        loaded_at TIMESTAMPTZ
        landing_page_views BIGINT"""),
    written("fct_web_session", "session_id", """
        session_id VARCHAR
        visitor_id VARCHAR
        customer_id VARCHAR
        session_start_at TIMESTAMPTZ
        session_date DATE
        channel_key VARCHAR
        campaign_id VARCHAR
        market VARCHAR
        device VARCHAR
        landing_page VARCHAR
        source VARCHAR
        medium VARCHAR
        pageviews INTEGER
        engagement_seconds INTEGER
        is_engaged BOOLEAN
        is_bounce BOOLEAN
        is_first_session BOOLEAN
        is_bot BOOLEAN
        is_internal BOOLEAN
        loaded_at TIMESTAMPTZ"""),
    written("fct_order", "order_id", """
        order_id VARCHAR
        customer_id VARCHAR
        customer_key VARCHAR
        created_at TIMESTAMPTZ
        order_date DATE
        channel_key VARCHAR
        campaign_id VARCHAR
        session_id VARCHAR
        market VARCHAR
        currency_code VARCHAR
        fx_rate RATE
        gross_sales_local MONEY
        gross_sales MONEY
        discounts MONEY
        shipping MONEY
        tax MONEY
        net_sales MONEY
        cogs MONEY
        is_first_order BOOLEAN
        order_number INTEGER
        status VARCHAR
        is_test BOOLEAN
        coupon_code VARCHAR
        device VARCHAR
        loaded_at TIMESTAMPTZ
        valid_order_number INTEGER
        shipping_cost MONEY
        payment_fee MONEY"""),
    written("fct_order_line", "order_id line_no", """
        order_id VARCHAR
        line_no INTEGER
        product_id VARCHAR
        product VARCHAR
        product_category VARCHAR
        quantity INTEGER
        gross MONEY
        discount MONEY
        net MONEY
        cogs MONEY"""),
)  # fmt: skip

TABLES = (*_SHOP, *MEMBERS, *MARKETING, *SALES)
