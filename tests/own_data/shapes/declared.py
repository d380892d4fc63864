"""Column names and types of the tables that Fivetran's packages write, as their catalogues list them."""

from collections.abc import Mapping

# Passthrough columns, which each company chooses, are left out.
COLUMNS: Mapping[str, str] = {
    "shopify__orders": """
        orders_unique_key text, _fivetran_synced timestamp, app_id bigint, billing_address_address_1 text,
        billing_address_address_2 text, billing_address_city text, billing_address_company text,
        billing_address_country text, billing_address_country_code text, billing_address_first_name text,
        billing_address_last_name text, billing_address_latitude text, billing_address_longitude text,
        billing_address_name text, billing_address_phone text, billing_address_province text,
        billing_address_province_code text, billing_address_zip text, browser_ip text, has_buyer_accepted_marketing
        boolean, cancel_reason text, cancelled_timestamp timestamp, cart_token text, closed_timestamp timestamp,
        created_timestamp timestamp, currency text, customer_id bigint, email text, financial_status text,
        fulfillment_status text, order_id bigint, landing_site_base_url text, location_id bigint, name text, note
        text, number integer, order_number integer, processed_timestamp timestamp, referring_site text,
        shipping_address_address_1 text, shipping_address_address_2 text, shipping_address_city text,
        shipping_address_company text, shipping_address_country text, shipping_address_country_code text,
        shipping_address_first_name text, shipping_address_last_name text, shipping_address_latitude text,
        shipping_address_longitude text, shipping_address_name text, shipping_address_phone text,
        shipping_address_province text, shipping_address_province_code text, shipping_address_zip text, source_name
        text, source_relation text, subtotal_price double, has_taxes_included boolean, is_test_order boolean, token
        text, total_discounts double, total_line_items_price double, total_price double, total_tax double,
        total_weight double, updated_timestamp timestamp, user_id bigint, line_item_count bigint,
        customer_order_seq_number bigint, new_vs_repeat text, shipping_cost double, order_adjustment_amount double,
        order_adjustment_tax_amount double, refund_subtotal double, refund_total_tax double, order_adjusted_total
        double, checkout_token text, total_shipping_price_set text, order_total_shipping_tax double, order_tags
        text, order_url_tags text, number_of_fulfillments bigint, fulfillment_services text, tracking_companies
        text, tracking_numbers text, total_tip_received double, checkout_id bigint, client_details_user_agent text,
        customer_locale text, order_status_url text, presentment_currency text, is_deleted boolean,
        total_discounts_set text, total_line_items_price_set text, total_price_set text, total_tax_set text,
        is_confirmed boolean, shipping_discount_amount double, percentage_calc_discount_amount double,
        fixed_amount_discount_amount double, count_discount_codes_applied bigint, gross_sales double, discounts
        double, returns double, net_sales double
    """,
    "shopify__order_lines": """
        order_lines_unique_key text, _fivetran_synced timestamp, fulfillable_quantity integer, fulfillment_status
        text, is_gift_card boolean, grams integer, order_line_id bigint, name text, order_id bigint, price double,
        product_id bigint, quantity integer, is_shipping_required boolean, sku text, is_taxable boolean, title text,
        total_discount integer, variant_id bigint, vendor text, refunded_quantity bigint, quantity_net_refunds
        bigint, variant_barcode text, variant_compare_at_price double, variant_created_at timestamp,
        inventory_item_id bigint, media_id bigint, variant_inventory_policy text, variant_inventory_quantity
        integer, variant_position integer, variant_price double, variant_sku text, variant_is_taxable boolean,
        variant_tax_code text, variant_title text, variant_updated_at timestamp, variant_is_available_for_sale
        boolean, variant_display_name text, variant_legacy_resource_id bigint, variant_has_components_required
        boolean, variant_inventory_management text, variant_sellable_online_quantity integer, refunded_subtotal
        double, subtotal_net_refunds double, source_relation text, restock_types text, order_line_tax double, index
        integer, pre_tax_price double, tax_code text, pre_tax_price_set text, price_set text, total_discount_set
        text, properties text
    """,
    "shopify__customers": """
        _fivetran_synced timestamp, created_timestamp timestamp, default_address_id bigint, email text, first_name
        text, customer_id bigint, last_name text, lifetime_count_orders bigint, phone text, account_state text,
        is_tax_exempt boolean, updated_timestamp timestamp, is_verified_email boolean, first_order_timestamp
        timestamp, most_recent_order_timestamp timestamp, avg_order_value double, lifetime_total_spent double,
        lifetime_total_refunded double, lifetime_total_net double, source_relation text,
        lifetime_abandoned_checkouts bigint, customer_tags text, avg_quantity_per_order numeric(28,6),
        lifetime_total_tax double, avg_tax_per_order double, lifetime_total_discount double, avg_discount_per_order
        double, lifetime_total_shipping double, avg_shipping_per_order double,
        lifetime_total_shipping_with_discounts double, avg_shipping_with_discounts_per_order double,
        lifetime_total_shipping_tax double, avg_shipping_tax_per_order double, currency text, note text,
        marketing_consent_updated_at timestamp, marketing_opt_in_level text, marketing_consent_state text
    """,
    "shopify__products": """
        is_deleted boolean, _fivetran_synced timestamp, created_timestamp timestamp, handle text, product_id bigint,
        product_type text, published_timestamp timestamp, published_scope text, title text, updated_timestamp
        timestamp, vendor text, total_quantity_sold bigint, subtotal_sold double, quantity_sold_net_refunds
        numeric(28,6), subtotal_sold_net_refunds numeric(28,6), first_order_timestamp timestamp,
        most_recent_order_timestamp timestamp, source_relation text, avg_quantity_per_order_line numeric(28,6),
        product_total_discount double, product_avg_discount_per_order_line double, product_total_tax double,
        product_avg_tax_per_order_line double, count_variants bigint, has_product_media boolean, status text,
        collections text, tags text
    """,
    "shopify__transactions": """
        transactions_unique_id text, transaction_id bigint, order_id bigint, refund_id bigint, amount double,
        created_timestamp timestamp, processed_timestamp timestamp, device_id bigint, gateway text, source_name
        text, message text, currency text, location_id bigint, parent_id bigint, payment_avs_result_code text,
        payment_credit_card_bin text, payment_cvv_result_code text, payment_credit_card_number text,
        payment_credit_card_company text, kind text, receipt text, currency_exchange_id bigint,
        currency_exchange_adjustment text, currency_exchange_original_amount text, currency_exchange_final_amount
        text, currency_exchange_currency text, error_code text, status text, user_id bigint, _fivetran_synced
        timestamp, exchange_rate numeric(28,6), currency_exchange_calculated_amount double, source_relation text,
        payment_method text, parent_created_timestamp timestamp, parent_kind text, parent_amount double,
        parent_status text, authorization_expires_at timestamp, authorization_code text
    """,
    "shopify__refunds": """
        unique_key text, refund_id bigint, order_id bigint, customer_id bigint, email text, order_channel text,
        order_created_at timestamp, refund_created_at timestamp, refund_processed_at timestamp, is_processed
        boolean, days_to_refund integer, refund_note text, staff_user_id bigint, count_refund_line_items bigint,
        total_quantity_refunded bigint, subtotal double, total_tax double, total_refunded double, quantity_restocked
        bigint, count_restocked_line_items bigint, has_restock boolean, refund_discrepancy_amount double,
        refund_discrepancy_tax_amount double, source_relation text
    """,
    "shopify__refund_lines": """
        unique_key text, refund_id bigint, order_line_refund_id bigint, order_line_id bigint, order_id bigint,
        customer_id bigint, email text, order_channel text, order_created_at timestamp, refund_created_at timestamp,
        refund_processed_at timestamp, is_processed boolean, days_to_refund integer, refund_note text, staff_user_id
        bigint, product_id bigint, variant_id bigint, product_title text, sku text, vendor text, original_unit_price
        double, is_gift_card boolean, refunded_quantity integer, subtotal double, total_tax double, total_refunded
        double, restock_type text, restock_location_id bigint, is_restocked boolean, is_restock_only boolean,
        source_relation text
    """,
    "shopify__daily_shop": """
        date_day date, shop_id bigint, name text, domain text, is_deleted boolean, currency text,
        enabled_presentment_currencies text, iana_timezone text, created_at timestamp, count_orders bigint,
        count_line_items numeric(28,6), count_customers bigint, count_customer_emails bigint, order_adjusted_total
        double, avg_order_value double, shipping_cost double, order_adjustment_amount numeric(28,6),
        order_adjustment_tax_amount double, refund_subtotal double, refund_total_tax double, total_discounts double,
        shipping_discount_amount double, percentage_calc_discount_amount double, fixed_amount_discount_amount
        double, count_discount_codes_applied numeric(28,6), count_locations_ordered_from bigint,
        count_orders_with_discounts bigint, count_orders_with_refunds bigint, first_order_timestamp timestamp,
        last_order_timestamp timestamp, quantity_sold bigint, quantity_refunded numeric(28,6), quantity_net
        numeric(28,6), count_variants_sold bigint, count_products_sold bigint, quantity_gift_cards_sold
        numeric(28,6), quantity_requiring_shipping numeric(28,6), count_abandoned_checkouts bigint,
        count_customers_abandoned_checkout bigint, count_customer_emails_abandoned_checkout bigint,
        count_fulfillment_attempted_delivery bigint, count_fulfillment_delivered bigint, count_fulfillment_failure
        bigint, count_fulfillment_in_transit bigint, count_fulfillment_out_for_delivery bigint,
        count_fulfillment_ready_for_pickup bigint, count_fulfillment_picked_up bigint,
        count_fulfillment_label_printed bigint, count_fulfillment_label_purchased bigint,
        count_fulfillment_confirmed bigint, count_fulfillment_delayed bigint, avg_line_item_count numeric(28,6),
        avg_discount double, avg_shipping_discount_amount double, avg_percentage_calc_discount_amount double,
        avg_fixed_amount_discount_amount double, avg_quantity_sold bigint, avg_quantity_net numeric(28,6),
        gross_sales double, discounts double, returns double, net_sales double, source_relation text
    """,
    "shopify__discounts": """
        discounts_unique_key text, _fivetran_synced timestamp, code text, discount_code_id bigint, discount_type
        text, applies_once_per_customer boolean, usage_count integer, codes_count text, codes_precision text,
        combines_with_order_discounts boolean, combines_with_product_discounts boolean,
        combines_with_shipping_discounts boolean, created_at timestamp, customer_selection_all_customers boolean,
        ends_at timestamp, starts_at timestamp, status text, title text, total_sales_amount double,
        total_sales_currency_code text, updated_at timestamp, usage_limit integer, allocation_method text,
        description text, target_selection text, target_type text, application_type text, value double, value_type
        text, total_order_discount_amount double, total_abandoned_checkout_discount_amount double,
        total_order_line_items_price double, total_order_shipping_cost double,
        total_abandoned_checkout_shipping_price double, total_order_refund_amount double, count_customers bigint,
        count_customer_emails bigint, avg_order_discount_amount double, source_relation text, count_orders bigint,
        count_abandoned_checkouts bigint, count_abandoned_checkout_customers bigint,
        count_abandoned_checkout_customer_emails bigint
    """,
    "shopify__customer_cohorts": """
        cohort_month date, cohort_month_number bigint, customer_cohort_id text, customer_id bigint, date_month date,
        first_order_timestamp timestamp, line_item_count_in_month numeric(28,6), line_item_count_lifetime
        numeric(28,6), order_count_in_month bigint, order_count_lifetime numeric(28,6), total_price_in_month double,
        total_price_lifetime double, source_relation text
    """,
    "klaviyo__campaigns": """
        campaign_variation_key text, campaign_type text, created_at timestamp, email_template_id text, from_email
        text, from_name text, campaign_id text, campaign_name text, scheduled_to_send_at timestamp, sent_at
        timestamp, status text, status_id integer, subject text, updated_at timestamp, variation_id text,
        total_count_unique_people bigint, first_event_at timestamp, last_event_at timestamp, is_archived boolean,
        scheduled_at timestamp, source_relation text, sum_revenue_refunded_order numeric(28,6),
        sum_revenue_placed_order numeric(28,6), sum_revenue_ordered_product numeric(28,6),
        sum_revenue_checkout_started numeric(28,6), sum_revenue_cancelled_order numeric(28,6), count_active_on_site
        numeric(28,6), unique_count_active_on_site bigint, count_viewed_product numeric(28,6),
        unique_count_viewed_product bigint, count_ordered_product numeric(28,6), unique_count_ordered_product
        bigint, count_placed_order numeric(28,6), unique_count_placed_order bigint, count_refunded_order
        numeric(28,6), unique_count_refunded_order bigint, count_received_email numeric(28,6),
        unique_count_received_email bigint, count_clicked_email numeric(28,6), unique_count_clicked_email bigint,
        count_opened_email numeric(28,6), unique_count_opened_email bigint, count_marked_email_as_spam
        numeric(28,6), unique_count_marked_email_as_spam bigint, count_unsubscribed numeric(28,6),
        unique_count_unsubscribed bigint, count_received_sms numeric(28,6), unique_count_received_sms bigint,
        count_clicked_sms numeric(28,6), unique_count_clicked_sms bigint, count_sent_sms numeric(28,6),
        unique_count_sent_sms bigint, count_unsubscribed_from_sms numeric(28,6), unique_count_unsubscribed_from_sms
        bigint
    """,
    "klaviyo__flows": """
        flow_variation_key text, created_at timestamp, flow_id text, flow_name text, status text, updated_at
        timestamp, variation_id text, total_count_unique_people bigint, first_event_at timestamp, last_event_at
        timestamp, is_archived boolean, trigger_type text, source_relation text, sum_revenue_refunded_order
        numeric(28,6), sum_revenue_placed_order numeric(28,6), sum_revenue_ordered_product numeric(28,6),
        sum_revenue_checkout_started numeric(28,6), sum_revenue_cancelled_order numeric(28,6), count_active_on_site
        numeric(28,6), unique_count_active_on_site bigint, count_viewed_product numeric(28,6),
        unique_count_viewed_product bigint, count_ordered_product numeric(28,6), unique_count_ordered_product
        bigint, count_placed_order numeric(28,6), unique_count_placed_order bigint, count_refunded_order
        numeric(28,6), unique_count_refunded_order bigint, count_received_email numeric(28,6),
        unique_count_received_email bigint, count_clicked_email numeric(28,6), unique_count_clicked_email bigint,
        count_opened_email numeric(28,6), unique_count_opened_email bigint, count_marked_email_as_spam
        numeric(28,6), unique_count_marked_email_as_spam bigint, count_unsubscribed numeric(28,6),
        unique_count_unsubscribed bigint, count_received_sms numeric(28,6), unique_count_received_sms bigint,
        count_clicked_sms numeric(28,6), unique_count_clicked_sms bigint, count_sent_sms numeric(28,6),
        unique_count_sent_sms bigint, count_unsubscribed_from_sms numeric(28,6), unique_count_unsubscribed_from_sms
        bigint
    """,
    "klaviyo__events": """
        variation_id text, campaign_id text, occurred_at timestamp, flow_id text, flow_message_id text, event_id
        text, metric_id text, person_id text, type text, uuid text, numeric_value numeric(28,6), event_attribution
        text, touch_type text, occurred_on date, touch_id text, last_touch_at timestamp, last_touch_event_type text,
        last_touch_type text, last_touch_campaign_id text, last_touch_flow_id text, campaign_name text,
        campaign_type text, campaign_subject_line text, flow_name text, person_city text, person_country text,
        person_region text, person_email text, person_timezone text, integration_id text, integration_name text,
        integration_category text, _fivetran_synced timestamp, unique_event_id text, source_relation text
    """,
    "klaviyo__persons": """
        person_id text, address_1 text, address_2 text, city text, country text, zip text, created_at timestamp,
        email text, full_name text, latitude double, longitude double, organization text, phone_number text, region
        text, timezone text, title text, updated_at timestamp, count_total_campaigns bigint, count_total_flows
        bigint, first_event_at timestamp, last_event_at timestamp, first_campaign_touch_at timestamp,
        last_campaign_touch_at timestamp, first_flow_touch_at timestamp, last_flow_touch_at timestamp,
        last_event_date_at timestamp, source_relation text, last_event_date text, total_sum_revenue_refunded_order
        numeric(28,6), organic_sum_revenue_refunded_order numeric(28,6), total_sum_revenue_placed_order
        numeric(28,6), organic_sum_revenue_placed_order numeric(28,6), total_sum_revenue_ordered_product
        numeric(28,6), organic_sum_revenue_ordered_product numeric(28,6), total_sum_revenue_checkout_started
        numeric(28,6), organic_sum_revenue_checkout_started numeric(28,6), total_sum_revenue_cancelled_order
        numeric(28,6), organic_sum_revenue_cancelled_order numeric(28,6), total_count_active_on_site numeric(28,6),
        total_count_viewed_product numeric(28,6), total_count_ordered_product numeric(28,6),
        total_count_placed_order numeric(28,6), total_count_refunded_order numeric(28,6), total_count_received_email
        numeric(28,6), total_count_clicked_email numeric(28,6), total_count_opened_email numeric(28,6),
        total_count_marked_email_as_spam numeric(28,6), total_count_unsubscribed numeric(28,6),
        total_count_received_sms numeric(28,6), total_count_clicked_sms numeric(28,6), total_count_sent_sms
        numeric(28,6), total_count_unsubscribed_from_sms numeric(28,6)
    """,
    "klaviyo__person_campaign_flow": """
        person_id text, last_touch_campaign_id text, last_touch_flow_id text, campaign_name text, flow_name text,
        variation_id text, first_event_at timestamp, last_event_at timestamp, source_relation text,
        sum_revenue_refunded_order numeric(28,6), sum_revenue_placed_order numeric(28,6),
        sum_revenue_ordered_product numeric(28,6), sum_revenue_checkout_started numeric(28,6),
        sum_revenue_cancelled_order numeric(28,6), count_active_on_site bigint, count_viewed_product bigint,
        count_ordered_product bigint, count_placed_order bigint, count_refunded_order bigint, count_received_email
        bigint, count_clicked_email bigint, count_opened_email bigint, count_marked_email_as_spam bigint,
        count_unsubscribed bigint, count_received_sms bigint, count_clicked_sms bigint, count_sent_sms bigint,
        count_unsubscribed_from_sms bigint
    """,
    "hubspot__contacts": """
        source_relation text, is_contact_deleted boolean, _fivetran_synced timestamp, contact_id bigint,
        contact_company text, first_name text, last_name text, email text, created_date timestamp, job_title text,
        company_annual_revenue double, total_bounces numeric(28,6), total_clicks numeric(28,6), total_deferrals
        numeric(28,6), total_deliveries numeric(28,6), total_drops numeric(28,6), total_forwards numeric(28,6),
        total_opens numeric(28,6), total_prints numeric(28,6), total_spam_reports numeric(28,6), total_unsubscribes
        numeric(28,6), total_unique_bounces bigint, total_unique_clicks bigint, total_unique_deferrals bigint,
        total_unique_deliveries bigint, total_unique_drops bigint, total_unique_forwards bigint, total_unique_opens
        bigint, total_unique_prints bigint, total_unique_spam_reports bigint, total_unique_unsubscribes bigint,
        count_engagement_notes bigint, count_engagement_tasks bigint, count_engagement_calls bigint,
        count_engagement_meetings bigint, count_engagement_emails bigint, count_engagement_incoming_emails bigint,
        count_engagement_forwarded_emails bigint, merged_object_ids text, calculated_first_conversion_form_id
        bigint, calculated_first_conversion_date timestamp, calculated_first_conversion_form_name text,
        calculated_first_conversion_form_type text, calculated_most_recent_conversion_form_id bigint,
        calculated_most_recent_conversion_date timestamp, calculated_most_recent_conversion_form_name text,
        calculated_most_recent_conversion_form_type text, total_form_submissions bigint,
        total_unique_form_submissions bigint
    """,
    "hubspot__companies": """
        source_relation text, company_id bigint, portal_id text, is_company_deleted boolean, count_engagement_notes
        bigint, count_engagement_tasks bigint, count_engagement_calls bigint, count_engagement_meetings bigint,
        count_engagement_emails bigint, count_engagement_incoming_emails bigint, count_engagement_forwarded_emails
        bigint, _fivetran_synced timestamp, company_name text, description text, created_date timestamp, industry
        text, street_address text, street_address_2 text, city text, state text, country text,
        company_annual_revenue double
    """,
    "hubspot__deals": """
        source_relation text, _fivetran_synced timestamp, description text, amount double, closed_date timestamp,
        created_date timestamp, deal_id bigint, deal_name text, merged_deal_ids bigint[], is_deal_deleted boolean,
        is_deal_pipeline_deleted boolean, is_deal_pipeline_stage_deleted boolean, portal_id bigint, deal_pipeline_id
        text, deal_pipeline_stage_id text, owner_id bigint, count_engagement_notes bigint, count_engagement_tasks
        bigint, count_engagement_calls bigint, count_engagement_meetings bigint, count_engagement_emails bigint,
        count_engagement_incoming_emails bigint, count_engagement_forwarded_emails bigint, is_pipeline_active
        boolean, pipeline_label text, pipeline_stage_label text, owner_email_address text, owner_full_name text,
        deal_pipeline_created_at text, deal_pipeline_updated_at text, owner_active_user_id bigint,
        owner_primary_team_id bigint, owner_primary_team_name text, owner_all_team_ids text, owner_all_team_names
        text, owner_role_id bigint, owner_role_name text
    """,
    "hubspot__deal_stages": """
        source_relation text, deal_stage_id text, is_deal_pipeline_deleted boolean, is_deal_pipeline_stage_deleted
        boolean, is_deal_deleted boolean, date_stage_entered timestamp, date_stage_exited timestamp, is_stage_active
        boolean, deal_id bigint, merged_deal_ids bigint[], pipeline_id text, pipeline_stage_id text, pipeline_label
        text, is_pipeline_active boolean, is_pipeline_stage_active boolean, pipeline_stage_label text, source text,
        source_id text, is_pipeline_stage_closed boolean, pipeline_stage_display_order integer,
        pipeline_display_order integer, pipeline_stage_probability double, deal_name text,
        deal_pipeline_stage_created_at text, deal_pipeline_stage_updated_at text
    """,
    "hubspot__email_campaigns": """
        source_relation text, _fivetran_synced timestamp, app_id bigint, app_name text, content_id bigint,
        email_campaign_id bigint, email_campaign_name text, email_campaign_sub_type text, email_campaign_subject
        text, email_campaign_type text, num_included integer, num_queued integer, total_bounces numeric(28,6),
        total_clicks numeric(28,6), total_deferrals numeric(28,6), total_deliveries numeric(28,6), total_drops
        numeric(28,6), total_forwards numeric(28,6), total_opens numeric(28,6), total_prints numeric(28,6),
        total_spam_reports numeric(28,6), total_unsubscribes numeric(28,6), total_unique_bounces bigint,
        total_unique_clicks bigint, total_unique_deferrals bigint, total_unique_deliveries bigint,
        total_unique_drops bigint, total_unique_forwards bigint, total_unique_opens bigint, total_unique_prints
        bigint, total_unique_spam_reports bigint, total_unique_unsubscribes bigint
    """,
    "hubspot__email_sends": """
        source_relation text, _fivetran_synced timestamp, is_contact_deleted boolean, bcc_emails text, cc_emails
        text, email_subject text, event_id text, from_email text, reply_to_email text, created_timestamp timestamp,
        email_campaign_id bigint, recipient_email_address text, email_send_timestamp timestamp, email_send_id text,
        contact_id bigint, bounces bigint, clicks bigint, deferrals bigint, deliveries bigint, drops bigint,
        forwards bigint, opens bigint, prints bigint, spam_reports bigint, unsubscribes bigint, was_bounced boolean,
        was_clicked boolean, was_deferred boolean, was_delivered boolean, was_forwarded boolean, was_opened boolean,
        was_printed boolean, was_spam_reported boolean, was_unsubscribed boolean
    """,
    "hubspot__email_event_opens": """
        source_relation text, _fivetran_synced timestamp, is_contact_deleted boolean, browser text, duration_open
        integer, event_id text, geo_location text, ip_address text, user_agent text, created_timestamp timestamp,
        email_campaign_id bigint, recipient_email_address text, email_send_timestamp timestamp, email_send_id text,
        contact_id bigint
    """,
    "hubspot__email_event_clicks": """
        source_relation text, _fivetran_synced timestamp, is_contact_deleted boolean, browser text, click_url text,
        event_id text, geo_location text, ip_address text, referer_url text, user_agent text, created_timestamp
        timestamp, email_campaign_id bigint, recipient_email_address text, email_send_timestamp timestamp,
        email_send_id text, contact_id bigint
    """,
    "hubspot__email_event_bounce": """
        source_relation text, _fivetran_synced timestamp, is_contact_deleted boolean, bounce_category text, event_id
        text, returned_response text, returned_status text, created_timestamp timestamp, email_campaign_id bigint,
        recipient_email_address text, email_send_timestamp timestamp, email_send_id text, contact_id bigint
    """,
    "hubspot__contact_lists": """
        source_relation text, _fivetran_synced timestamp, contact_list_id bigint, contact_list_name text,
        is_contact_list_deleted boolean, created_timestamp timestamp, updated_timestamp timestamp, created_by_id
        bigint, object_type_id text, processing_status text, processing_type text, list_version integer,
        filters_updated_at text, total_bounces numeric(28,6), total_clicks numeric(28,6), total_deferrals
        numeric(28,6), total_deliveries numeric(28,6), total_drops numeric(28,6), total_forwards numeric(28,6),
        total_opens numeric(28,6), total_prints numeric(28,6), total_spam_reports numeric(28,6), total_unsubscribes
        numeric(28,6), total_unique_bounces bigint, total_unique_clicks bigint, total_unique_deferrals bigint,
        total_unique_deliveries bigint, total_unique_drops bigint, total_unique_forwards bigint, total_unique_opens
        bigint, total_unique_prints bigint, total_unique_spam_reports bigint, total_unique_unsubscribes bigint
    """,
    "salesforce__opportunity_enhanced": """
        opportunity_id text, _fivetran_synced timestamp, account_number text, account_id text, account_type text,
        amount numeric(28,6), campaign_id text, close_date timestamp, created_date timestamp,
        opportunity_description text, expected_revenue numeric(28,6), fiscal text, fiscal_quarter integer,
        fiscal_year integer, forecast_category_name text, has_open_activity boolean, has_opportunity_line_item
        boolean, has_overdue_task boolean, is_closed boolean, is_deleted boolean, is_won boolean, last_activity_date
        timestamp, last_referenced_date timestamp, last_viewed_date timestamp, lead_source text, opportunity_name
        text, next_step text, probability double, record_type_id text, stage_name text, synced_quote_id text, type
        text, account_name text, account_source text, closed_amount_this_month numeric(28,6),
        closed_amount_this_quarter numeric(28,6), closed_count_this_month integer, closed_count_this_quarter
        integer, created_amount_this_month numeric(28,6), created_amount_this_quarter numeric(28,6),
        created_count_this_month integer, created_count_this_quarter integer, days_since_created integer,
        days_to_close integer, forecast_category text, industry text, is_closed_this_month boolean,
        is_closed_this_quarter boolean, is_created_this_month boolean, is_created_this_quarter boolean,
        number_of_employees integer, opportunity_account_id text, opportunity_manager_city text,
        opportunity_manager_id text, opportunity_manager_name text, opportunity_manager_state text,
        opportunity_owner_city text, opportunity_owner_id text, opportunity_owner_name text, opportunity_owner_state
        text, opportunity_owner_role_id text, owner_id text, status text, opportunity_owner_position text,
        opportunity_owner_developer_name text, opportunity_owner_parent_role_id text,
        opportunity_owner_rollup_description text
    """,
    "salesforce__contact_enhanced": """
        contact_id text, contact_name text, account_id text, department text, contact_description text, email text,
        individual_id text, contact_is_deleted boolean, last_activity_date timestamp, lead_source text, mailing_city
        text, mailing_country text, mailing_country_code text, mailing_postal_code text, mailing_state text,
        mailing_state_code text, mailing_street text, master_record_id text, mobile_phone text, contact_owner_id
        text, phone text, reports_to_id text, contact_owner_name text, account_name text, account_number text,
        account_source text, account_annual_revenue numeric(28,6), account_description text, account_industry text,
        account_is_deleted boolean, account_number_of_employees integer, account_owner_id text, account_parent_id
        text, account_rating text, account_type text
    """,
    "salesforce__opportunity_line_item_enhanced": """
        opportunity_line_item_id text, opportunity_line_item_name text, opportunity_line_item_description text,
        opportunity_id text, line_item_index bigint, total_line_items bigint, created_date timestamp,
        last_modified_date timestamp, service_date timestamp, pricebook_entry_id text, product_2_id text,
        product_2_name text, product_code text, product_2_description text, list_price numeric(28,6), quantity
        double, unit_price numeric(28,6), total_price numeric(28,6), has_quantity_schedule boolean,
        has_revenue_schedule boolean, product_external_id text, product_family text, product_is_active boolean,
        product_is_archived boolean, product_is_deleted boolean, product_number_of_quantity_installments integer,
        product_quantity_installment_period text, product_quantity_schedule_type text,
        product_quantity_unit_of_measure text, product_number_of_revenue_installments integer,
        product_revenue_installment_period text, product_revenue_schedule_type text
    """,
    "salesforce__daily_activity": """
        date_day timestamp, leads_created bigint, leads_converted bigint, tasks_completed bigint, events_completed
        bigint, opportunities_created bigint, opportunities_won bigint, opportunities_lost bigint,
        opportunities_created_amount numeric(28,6), opportunities_won_amount numeric(28,6),
        opportunities_lost_amount numeric(28,6), pipeline_amount numeric(28,6)
    """,
    "salesforce__opportunity_daily_history": """
        opportunity_day_id text, date_day date, opportunity_id text, _fivetran_active boolean, _fivetran_start
        timestamp, _fivetran_end timestamp, _fivetran_synced timestamp, history_unique_key text, account_id text,
        amount double, campaign_id text, close_date timestamp, created_date timestamp, opportunity_description text,
        expected_revenue double, fiscal text, fiscal_quarter integer, fiscal_year integer, forecast_category text,
        forecast_category_name text, has_open_activity boolean, has_opportunity_line_item boolean, has_overdue_task
        boolean, is_closed boolean, is_deleted boolean, is_won boolean, last_activity_date timestamp,
        last_referenced_date timestamp, last_viewed_date timestamp, lead_source text, opportunity_name text,
        next_step text, owner_id text, probability integer, record_type_id text, stage_name text, synced_quote_id
        text, type text, _fivetran_date date, description text, name text, row_num bigint
    """,
    "stripe__balance_transactions": """
        balance_transaction_id text, balance_transaction_created_at timestamp, balance_transaction_available_on
        timestamp, balance_transaction_currency text, balance_transaction_amount bigint, balance_transaction_fee
        bigint, balance_transaction_net bigint, balance_transaction_type text,
        balance_transaction_reporting_category text, balance_transaction_source_id text,
        balance_transaction_description text, customer_facing_amount bigint, customer_facing_currency text,
        effective_at timestamp, automatic_payout_id text, payout_currency text, payout_created_at timestamp,
        payout_is_automatic boolean, payout_arrival_date_at timestamp, automatic_payout_effective_at timestamp,
        destination_bank_account_id text, destination_card_id text, customer_id text, customer_email text,
        customer_name text, receipt_email text, customer_description text, customer_shipping_address_city text,
        customer_shipping_address_country text, customer_shipping_address_line_1 text,
        customer_shipping_address_line_2 text, customer_shipping_address_postal_code text,
        customer_shipping_address_state text, customer_address_city text, customer_address_country text,
        customer_address_line_1 text, customer_address_line_2 text, customer_address_postal_code text,
        customer_address_state text, charge_id text, charge_shipping_address_city text,
        charge_shipping_address_country text, charge_shipping_address_line_1 text, charge_shipping_address_line_2
        text, charge_shipping_address_postal_code text, charge_shipping_address_state text, payment_intent_id text,
        charge_created_at timestamp, payment_method_type text, payment_method_brand text, payment_method_funding
        text, card_address_city text, card_address_country text, card_address_line_1 text, card_address_line_2 text,
        card_address_state text, card_address_postal_code text, card_brand text, card_funding text, card_country
        text, payout_id text, payout_status text, payout_type text, payout_description text, refund_reason text,
        invoice_id text, invoice_number text, subscription_id text, charge_statement_descriptor text, dispute_ids
        text, dispute_reasons text, refund_id text, transfer_id text, connected_account_id text,
        connected_account_country text, connected_account_direct_charge_id text, source_relation text,
        latest_dispute_amount_won bigint, latest_dispute_amount_lost bigint, latest_dispute_amount_under_review
        bigint, latest_dispute_amount_needs_response bigint, latest_dispute_amount_warning_closed bigint,
        latest_dispute_amount_warning_under_review bigint, latest_dispute_amount_warning_needs_response bigint,
        dispute_count bigint, payout_balance_transaction_is_current boolean
    """,
    "stripe__customer_overview": """
        customer_id text, customer_description text, email text, customer_created_at timestamp, is_delinquent
        boolean, total_sales bigint, total_refunds bigint, total_gross_transaction_amount bigint, total_fees bigint,
        total_net_transaction_amount bigint, total_sales_count bigint, total_refund_count bigint, sales_this_month
        bigint, refunds_this_month bigint, gross_transaction_amount_this_month bigint, fees_this_month bigint,
        net_transaction_amount_this_month bigint, sales_count_this_month bigint, refund_count_this_month bigint,
        first_sale_date timestamp, most_recent_sale_date timestamp, total_failed_charge_count bigint,
        total_failed_charge_amount numeric(28,6), failed_charge_count_this_month bigint,
        failed_charge_amount_this_month numeric(28,6), customer_currency text, default_card_id text, shipping_name
        text, shipping_address_line_1 text, shipping_address_line_2 text, shipping_address_city text,
        shipping_address_state text, shipping_address_country text, shipping_address_postal_code text,
        shipping_phone text, source_relation text, phone text, is_deleted boolean, customer_name text,
        bank_account_id text, customer_balance bigint, customer_address_state text, customer_address_postal_code
        text, customer_address_line_1 text, customer_address_line_2 text, customer_address_country text,
        customer_address_city text, account_balance bigint
    """,
    "stripe__invoice_details": """
        invoice_id text, invoice_number text, invoice_created_at timestamp, period_start timestamp, period_end
        timestamp, status text, due_date timestamp, currency text, amount_paid bigint, amount_due bigint, subtotal
        bigint, tax bigint, total bigint, amount_remaining bigint, attempt_count bigint, invoice_memo text,
        number_of_line_items bigint, total_quantity bigint, balance_transaction_id text, charge_amount bigint,
        charge_status text, charge_created_at timestamp, charge_is_refunded boolean, connected_account_id text,
        customer_id text, customer_description text, customer_account_balance bigint, customer_currency text,
        customer_is_delinquent boolean, customer_email text, subscription_id text, subscription_billing text,
        subscription_start_date timestamp, subscription_ended_at timestamp, source_relation text
    """,
    "stripe__invoice_line_item_details": """
        invoice_line_item_id text, invoice_id text, invoice_item_id text, invoice_line_item_amount bigint, currency
        text, invoice_line_item_memo text, is_discountable boolean, plan_id text, price_id text, proration boolean,
        quantity bigint, subscription_id text, subscription_item_id text, type text, unique_invoice_line_item_id
        text, period_start timestamp, period_end timestamp, invoice_created_at timestamp, invoice_status text,
        invoice_due_date timestamp, invoice_amount_due bigint, invoice_amount_paid bigint, invoice_subtotal bigint,
        invoice_tax bigint, invoice_total bigint, connected_account_id text, customer_id text, subscription_billing
        text, subscription_start_date timestamp, subscription_ended_at timestamp, price_plan_is_active boolean,
        price_plan_amount bigint, price_plan_interval text, price_plan_interval_count bigint, price_plan_nickname
        text, price_plan_product_id text, source_relation text
    """,
    "stripe__subscription_details": """
        subscription_id text, customer_id text, customer_description text, customer_email text, status text,
        start_date_at timestamp, ended_at timestamp, billing text, billing_cycle_anchor timestamp, canceled_at
        timestamp, created_at timestamp, current_period_start timestamp, current_period_end timestamp,
        days_until_due integer, is_cancel_at_period_end boolean, cancel_at timestamp, number_invoices_generated
        bigint, total_amount_billed numeric(28,6), total_amount_paid numeric(28,6), total_amount_remaining
        numeric(28,6), most_recent_invoice_created_at timestamp, average_invoice_amount numeric(28,6),
        average_line_item_amount numeric(28,6), avg_num_line_items numeric(28,6), source_relation text
    """,
    "stripe__subscription_item_mrr_report": """
        source_relation text, subscription_item_id text, subscription_id text, customer_id text, product_id text,
        price_plan_id text, subscription_status text, currency text, subscription_month date, subscription_year
        date, month_contract_mrr numeric(28,6), month_discount_applied numeric(28,6), month_billed_mrr
        numeric(28,6), prior_month_contract_mrr numeric(28,6), item_month_number bigint, contract_mrr_type text
    """,
    "stripe__daily_overview": """
        account_id text, account_daily_id text, date_day date, date_week date, date_month date, date_year date,
        date_index bigint, source_relation text, total_daily_sales_amount numeric(28,6), total_daily_refunds_amount
        numeric(28,6), total_daily_adjustments_amount numeric(28,6), total_daily_other_transactions_amount
        numeric(28,6), total_daily_gross_transaction_amount numeric(28,6), total_daily_net_transactions_amount
        numeric(28,6), total_daily_payout_fee_amount numeric(28,6), total_daily_gross_payout_amount numeric(28,6),
        daily_net_activity_amount numeric(28,6), daily_end_balance_amount numeric(28,6), total_daily_sales_count
        numeric(28,6), total_daily_payouts_count numeric(28,6), total_daily_adjustments_count numeric(28,6),
        total_daily_failed_charge_count numeric(28,6), total_daily_failed_charge_amount numeric(28,6),
        rolling_total_daily_sales_amount numeric(28,6), rolling_total_daily_refunds_amount numeric(28,6),
        rolling_total_daily_adjustments_amount numeric(28,6), rolling_total_daily_other_transactions_amount
        numeric(28,6), rolling_total_daily_gross_transaction_amount numeric(28,6),
        rolling_total_daily_net_transactions_amount numeric(28,6), rolling_total_daily_payout_fee_amount
        numeric(28,6), rolling_total_daily_gross_payout_amount numeric(28,6), rolling_daily_net_activity_amount
        numeric(28,6), rolling_daily_end_balance_amount numeric(28,6), rolling_total_daily_sales_count
        numeric(28,6), rolling_total_daily_payouts_count numeric(28,6), rolling_total_daily_adjustments_count
        numeric(28,6), rolling_total_daily_failed_charge_count numeric(28,6),
        rolling_total_daily_failed_charge_amount numeric(28,6)
    """,
}
