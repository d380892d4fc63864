"""Rows as marketing platforms export them, based on their documentation. Expected numbers don't belong here."""

from collections.abc import Callable, Mapping

import duckdb

from tests.own_data.shapes import ads, ga4, hubspot, klaviyo, platforms, salesforce, shopify, stripe

# The kinds that write_shape knows, with the function that writes each.
SHAPES: Mapping[str, Callable[[duckdb.DuckDBPyConnection], None]] = {
    "ad_reporting": ads.write,
    "google_ads": platforms.write_google_ads,
    "meta_ads": platforms.write_meta_ads,
    "shopify": shopify.write,
    "klaviyo": klaviyo.write,
    "hubspot": hubspot.write,
    "salesforce": salesforce.write,
    "ga4_export": ga4.write,
    "stripe": stripe.write,
}


def write_shape(kind: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of a kind and fill them. The same kind always gives the same rows.

    Kinds can share a database. Shop orders, web sessions and ads then have the same days and campaign names.
    """
    SHAPES[kind](connection)
