"""A small company with two teams that own metrics under a shared core: six orders of the last weeks in four markets.

Each amount is a different power of two, so a sum shows which orders are in it.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from semantic.policy.actor import Actor

ORDERS = """
CREATE TABLE orders (
  order_id INTEGER, day DATE, market VARCHAR, buyer VARCHAR, amount DECIMAL(18,2), cost DECIMAL(18,2));
INSERT INTO orders VALUES
  (1, CURRENT_DATE - 23, 'DE', 'ada@example.org', 1, 0.5), (2, CURRENT_DATE - 22, 'DE', 'bo@example.org', 2, 1),
  (3, CURRENT_DATE - 22, 'AT', 'cy@example.org', 4, 2), (4, CURRENT_DATE - 21, 'FR', 'di@example.org', 8, 4),
  (5, CURRENT_DATE - 21, 'FR', 'ed@example.org', 16, 8), (6, CURRENT_DATE - 20, 'NO', 'flo@example.org', 32, 16);
"""

CORE = """\
model: {name: Orders, currency: EUR}
datasets:
  - name: orders
    label: Orders
    table: orders
    grain: [order_id]
    time: day
    columns: {order_id: integer, day: date, market: string, buyer: string,
      amount: "decimal(18,2)", cost: "decimal(18,2)"}
    entities:
      - {name: order, kind: primary, columns: [order_id]}
    dimensions:
      - {name: market, label: Market}
      - {name: buyer, label: Buyer, tags: [personal]}
      - {name: day, label: Day, kind: time}
    measures:
      - {name: amount, agg: sum, sql: amount}
      - {name: cost, agg: sum, sql: cost}
      - {name: orders, agg: count}
metrics:
  - {name: revenue, label: Revenue, synonyms: [turnover], measure: orders.amount, unit: EUR, format: money}
  - {name: costs, label: Costs, measure: orders.cost, unit: EUR, format: money, tags: [secret]}
  - {name: orders, label: Order count, measure: orders.orders, format: count}
segments:
  - {name: large, label: Large orders, entity: order, dataset: orders, where: amount > 10}
policies:
  - name: whole
    who: {roles: [viewer, steward, administrator]}
    grant: {metrics: all, dimensions: all, segments: all}
    whole: all
  - name: marketers
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all, segments: all}
    deny: {metrics: {tags: [secret]}, dimensions: {tags: [personal]}}
    whole: all
people:
  - {id: ana, name: Ana Ribeiro, roles: [steward]}
  - {id: otto, name: Otto Weiss, roles: [administrator]}
  - {id: mia, name: Mia Lind, roles: [marketer]}
  - {id: fay, name: Fay Otieno, roles: [marketer]}
  - {id: pat, name: Pat Moss, roles: [marketer], groups: [paid-team]}
  - {id: lena, name: Lena Brandt, roles: [viewer]}
"""

TEAMS = """\
domains:
  - name: paid
    label: Paid media
    stewards: {people: [mia]}
    members: {groups: [paid-team]}
  - name: field
    label: Field marketing
    stewards: {people: [fay]}
    members: {people: [lena]}
"""

PAID = """\
metrics:
  - name: paid_leads
    label: Leads
    domain: paid
    kind: derived
    inputs: [{name: part, metric: orders, where: "market IN ('DE', 'AT')"}]
    expression: part
    format: count
  - {name: paid_order_value, label: Paid order value, domain: paid, kind: ratio, numerator: revenue,
    denominator: orders}
"""

FIELD = """\
metrics:
  - name: field_leads
    label: Leads
    domain: field
    measure: orders.orders
    filter: market = 'FR'
    format: count
segments:
  - {name: fair_visitors, label: Fair visitors, domain: field, entity: order, dataset: orders, where: market = 'NO'}
"""

FILES = {"core.yml": CORE, "teams.yml": TEAMS, "paid.yml": PAID, "field.yml": FIELD}

ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
MIA = Actor(id="mia", name="Mia Lind", roles=frozenset({"marketer"}))
FAY = Actor(id="fay", name="Fay Otieno", roles=frozenset({"marketer"}))
PAT = Actor(id="pat", name="Pat Moss", roles=frozenset({"marketer"}), groups=frozenset({"paid-team"}))
LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))


def changed(**texts: str) -> dict[str, str]:
    """Return the model's files, with some of them replaced. Arguments are file names without `.yml`."""
    return {**FILES, **{f"{name}.yml": text for name, text in texts.items()}}


def build(folder: Path) -> None:
    """Write the data and the model to a folder."""
    with duckdb.connect(folder / "orders.duckdb") as connection:
        connection.execute(ORDERS)
    (folder / "model").mkdir()
    for name, text in FILES.items():
        (folder / "model" / name).write_text(text, encoding="utf-8")
