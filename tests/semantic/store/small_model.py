"""A model of one table in two files, small enough to change in a test, and its rows: orders of 10, 20 and 30."""

from pathlib import Path

import duckdb

from semantic.policy.actor import Actor

ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
JONAS = Actor(id="jonas", name="Jonas Weber", roles=frozenset({"marketer"}))

ROWS = """
CREATE TABLE orders (order_id INTEGER, country VARCHAR, amount DECIMAL(18,2));
INSERT INTO orders VALUES (1, 'DE', 10), (2, 'DE', 20), (3, 'FR', 30);
"""

_ORDERS = """\
datasets:
  - name: orders
    table: orders
    grain: [order_id]
    columns: {order_id: integer, country: string, amount: "decimal(18,2)"}
    dimensions:
      - {name: country}
    measures:
      - {name: amount, agg: sum, sql: %s}
      - {name: orders, agg: count}
metrics:
  - {name: revenue, measure: orders.amount, label: Revenue}
  - {name: orders, measure: orders.orders, label: Orders}
"""

_POLICY = """\
# Who sees what.
policies:
  - name: everybody
    who: {roles: [marketer, steward]}
    grant: {metrics: all, dimensions: all}
    whole: all
people:
  - {id: ana, name: Ana Ribeiro, roles: [steward]}
  - {id: jonas, name: Jonas Weber, roles: [marketer]}
"""


def small_model(amount: str = "amount") -> dict[str, str]:
    """Return the files of a model in which revenue sums `amount`, any expression over the columns."""
    return {"orders.yml": _ORDERS % amount, "access/policies.yml": _POLICY}


def write_model(folder: Path, files: dict[str, str]) -> Path:
    """Write the files to a folder, and return it."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    return folder


def write_rows(path: Path) -> Path:
    """Write the table to a DuckDB file, and return its path."""
    with duckdb.connect(path) as connection:
        connection.execute(ROWS)
    return path
