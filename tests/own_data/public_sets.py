"""Build DuckDB files from published data, which stays outside the project: its folder is an argument.

`python -m tests.own_data.public_sets olist_funnel FOLDER FILE`, where FOLDER has a folder for each set.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb

SETS: dict[str, dict[str, str]] = {
    "online_retail": {
        "online_retail": "SELECT * FROM read_parquet('{}/online_retail/online_retail_2010_2011.parquet')"
    },
    "olist_funnel": {
        "leads": "SELECT * FROM read_csv('{}/olist_funnel/olist_marketing_qualified_leads_dataset.csv')",
        "deals": "SELECT * FROM read_csv('{}/olist_funnel/olist_closed_deals_dataset.csv')",
        "sellers": "SELECT * FROM read_csv('{}/olist_funnel/olist_sellers_dataset.csv')",
    },
    "kag_facebook_ads": {"ads": "SELECT * FROM read_csv('{}/kag_facebook_ads/KAG_conversion_data.csv')"},
    "cdnow": {
        # Columns are separated by one space or more.
        "purchases": "SELECT p[1] AS customer_id, CAST(p[2] AS INTEGER) AS date,"
        " CAST(p[3] AS INTEGER) AS number_of_cds, CAST(p[4] AS DECIMAL(10, 2)) AS dollar_value"
        " FROM (SELECT regexp_split_to_array(trim(line), ' +') AS p"
        " FROM read_csv('{}/cdnow/CDNOW_master.txt', columns = {{'line': 'VARCHAR'}},"
        " delim = '', header = false, skip = 1))",
    },
}
"""The tables of each set, with the DuckDB SQL that reads them. {} is the folder."""


def build_public(name: str, folder: Path, path: Path) -> Path:
    """Build a set as a new DuckDB file, and return its path."""
    with duckdb.connect(str(path)) as connection:
        for table, sql in SETS[name].items():
            connection.execute(f"CREATE TABLE {table} AS {sql.format(str(folder).replace(chr(39), chr(39) * 2))}")
    return path


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 3 or arguments[0] not in SETS:
        print(f"usage: python -m tests.own_data.public_sets {{{','.join(SETS)}}} FOLDER FILE", file=sys.stderr)
        return 2
    build_public(arguments[0], Path(arguments[1]), Path(arguments[2]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
