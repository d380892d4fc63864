"""A Samepage model of the tables of dbt's semantic-layer benchmark, and the benchmark's questions as Samepage
questions.

Each question is identified by its position in the benchmark's file, so neither its words nor its SQL are here.
tests/bench/dbt_benchmark asks them and compares the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MODEL = """\
model: {name: Insurance, time_zone: UTC, currency: USD}
datasets:
  - name: holders
    label: Policy holders
    sql: >-
      SELECT agreement_identifier, party_identifier FROM dbt_cdw_benchmark__seed.agreement_party_role
      WHERE party_role_code = 'PH'
    grain: [agreement_identifier]
    columns: {agreement_identifier: integer, party_identifier: integer}
    entities: [{name: holder, kind: primary, columns: [agreement_identifier]}]
    dimensions: [{name: policy_holder, sql: party_identifier}]
  - name: sellers
    label: Agents who sold policies
    sql: >-
      SELECT agreement_identifier, party_identifier FROM dbt_cdw_benchmark__seed.agreement_party_role
      WHERE party_role_code = 'AG'
    grain: [agreement_identifier]
    columns: {agreement_identifier: integer, party_identifier: integer}
    entities: [{name: seller, kind: primary, columns: [agreement_identifier]}]
    dimensions: [{name: seller, sql: party_identifier}]
  - name: policies
    label: Policies
    table: dbt_cdw_benchmark__seed.policy
    grain: [policy_identifier]
    columns: {policy_identifier: integer, policy_number: integer, effective_date: date, expiration_date: date}
    entities:
      - {name: policy, kind: primary, columns: [policy_identifier]}
      - {name: holder, kind: foreign, columns: [policy_identifier]}
      - {name: seller, kind: foreign, columns: [policy_identifier]}
    dimensions:
      - {name: policy_number}
      - {name: policy_from, sql: effective_date}
      - {name: policy_to, sql: expiration_date}
    measures: [{name: policies, agg: count}]
  - name: coverages
    label: Coverages of policies
    sql: >-
      SELECT c.policy_coverage_detail_identifier, c.policy_identifier, c.effective_date, c.expiration_date,
      p.policy_amount AS premium FROM dbt_cdw_benchmark__seed.policy_coverage_detail AS c
      LEFT JOIN (SELECT a.policy_coverage_detail_identifier, a.policy_amount
      FROM dbt_cdw_benchmark__seed.policy_amount AS a JOIN dbt_cdw_benchmark__seed.premium AS r
      ON r.policy_amount_identifier = a.policy_amount_identifier) AS p
      ON p.policy_coverage_detail_identifier = c.policy_coverage_detail_identifier
    grain: [policy_coverage_detail_identifier]
    columns: {policy_coverage_detail_identifier: integer, policy_identifier: integer, effective_date: date,
      expiration_date: date, premium: integer}
    entities:
      - {name: coverage, kind: primary, columns: [policy_coverage_detail_identifier]}
      - {name: policy, kind: foreign, columns: [policy_identifier]}
    dimensions:
      - {name: coverage_from, sql: effective_date}
      - {name: coverage_to, sql: expiration_date}
      - {name: coverage_premium, sql: premium}
  - name: premiums
    label: Premiums
    sql: >-
      SELECT a.policy_amount_identifier, a.policy_coverage_detail_identifier, a.policy_amount
      FROM dbt_cdw_benchmark__seed.policy_amount AS a JOIN dbt_cdw_benchmark__seed.premium AS r
      ON r.policy_amount_identifier = a.policy_amount_identifier
    grain: [policy_amount_identifier]
    columns: {policy_amount_identifier: integer, policy_coverage_detail_identifier: integer, policy_amount: integer}
    entities:
      - {name: premium, kind: primary, columns: [policy_amount_identifier]}
      - {name: coverage, kind: foreign, columns: [policy_coverage_detail_identifier]}
    dimensions: [{name: premium_number, sql: policy_amount_identifier}]
    measures: [{name: premium, agg: sum, sql: policy_amount}]
  - name: claims
    label: Claims
    sql: >-
      SELECT c.claim_identifier, c.company_claim_number, c.claim_open_date, c.claim_close_date, t.catastrophe_name,
      v.policy_coverage_detail_identifier, date_diff('day', c.claim_open_date, c.claim_close_date) AS days_open
      FROM dbt_cdw_benchmark__seed.claim AS c
      LEFT JOIN dbt_cdw_benchmark__seed.catastrophe AS t ON t.catastrophe_identifier = c.catastrophe_identifier
      LEFT JOIN dbt_cdw_benchmark__seed.claim_coverage AS v ON v.claim_identifier = c.claim_identifier
    grain: [claim_identifier]
    columns: {claim_identifier: integer, company_claim_number: integer, claim_open_date: date, claim_close_date: date,
      catastrophe_name: string, policy_coverage_detail_identifier: integer, days_open: integer}
    entities:
      - {name: claim, kind: primary, columns: [claim_identifier]}
      - {name: coverage, kind: foreign, columns: [policy_coverage_detail_identifier]}
    dimensions:
      - {name: claim_number, sql: company_claim_number}
      - {name: opened, sql: claim_open_date}
      - {name: closed, sql: claim_close_date}
      - {name: catastrophe, sql: catastrophe_name}
    measures:
      - {name: claims, agg: count}
      - {name: days_open, agg: avg, sql: days_open}
  - name: amounts
    label: Amounts of claims
    sql: >-
      SELECT a.claim_amount_identifier, a.claim_identifier, a.claim_amount,
      CASE WHEN lp.claim_amount_identifier IS NOT NULL THEN a.claim_amount END AS loss_payment,
      CASE WHEN lr.claim_amount_identifier IS NOT NULL THEN a.claim_amount END AS loss_reserve,
      CASE WHEN ep.claim_amount_identifier IS NOT NULL THEN a.claim_amount END AS expense_payment,
      CASE WHEN er.claim_amount_identifier IS NOT NULL THEN a.claim_amount END AS expense_reserve
      FROM dbt_cdw_benchmark__seed.claim_amount AS a
      LEFT JOIN dbt_cdw_benchmark__seed.loss_payment AS lp ON lp.claim_amount_identifier = a.claim_amount_identifier
      LEFT JOIN dbt_cdw_benchmark__seed.loss_reserve AS lr ON lr.claim_amount_identifier = a.claim_amount_identifier
      LEFT JOIN dbt_cdw_benchmark__seed.expense_payment AS ep ON ep.claim_amount_identifier = a.claim_amount_identifier
      LEFT JOIN dbt_cdw_benchmark__seed.expense_reserve AS er ON er.claim_amount_identifier = a.claim_amount_identifier
    grain: [claim_amount_identifier]
    columns: {claim_amount_identifier: integer, claim_identifier: integer, claim_amount: integer, loss_payment: integer,
      loss_reserve: integer, expense_payment: integer, expense_reserve: integer}
    entities: [{name: claim, kind: foreign, columns: [claim_identifier]}]
    measures:
      - {name: amount, agg: sum, sql: claim_amount}
      - {name: loss_payment, agg: sum, sql: loss_payment}
      - {name: loss_reserve, agg: sum, sql: loss_reserve}
      - {name: expense_payment, agg: sum, sql: expense_payment}
      - {name: expense_reserve, agg: sum, sql: expense_reserve}
metrics:
  - {name: policies, measure: policies.policies}
  - {name: premium, measure: premiums.premium}
  - {name: claims, measure: claims.claims}
  - {name: days_to_settle, measure: claims.days_open}
  - {name: loss_payment, measure: amounts.loss_payment}
  - {name: loss_reserve, measure: amounts.loss_reserve}
  - {name: expense_payment, measure: amounts.expense_payment}
  - {name: expense_reserve, measure: amounts.expense_reserve}
  - {name: total_loss, kind: derived, expression: loss_payment + loss_reserve + expense_payment + expense_reserve}
  - {name: loss_amount, kind: derived, expression: loss_payment + loss_reserve}
  - {name: average_loss, kind: ratio, numerator: total_loss, denominator: claims}
  - {name: premium_per_policy, kind: ratio, numerator: premium, denominator: policies}
  - {name: loss_ratio, kind: ratio, numerator: total_loss, denominator: premium}
policies:
  - {name: everything, who: {roles: [administrator]}, grant: {metrics: all, dimensions: all}, whole: all}
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A Samepage question, and the columns of its answer that the benchmark's SQL has, in that order.

    To list things, the question asks for their number by thing, so its answer can have one column more than the SQL.
    `above_zero` is a metric: rows without a value for it are left out, as the SQL's inner joins do.
    """

    metrics: str
    by: str
    columns: str
    above_zero: str = ""

    @property
    def data(self) -> dict[str, Any]:  # Any: JSON
        by = {"by": self.by.split()} if self.by else {}
        having = {"having": [{"metric": self.above_zero, "op": ">", "value": 0}]} if self.above_zero else {}
        return {"metrics": self.metrics.split()} | by | having


_FOUR = "loss_payment loss_reserve expense_payment expense_reserve"
_SOLD = "seller policy_number claim_number"

ASKED = (
    Question("claims average_loss", "policy_number", "policy_number claims average_loss"),
    Question("total_loss", "policy_number catastrophe", "policy_number catastrophe total_loss"),
    Question("policies", "policy_number policy_holder", "policy_number policy_holder"),
    Question("claims", "policy_number", "policy_number claims"),
    Question("days_to_settle", "policy_number", "policy_number days_to_settle"),
    Question("claims", "policy_holder policy_number claim_number catastrophe",
             "policy_holder policy_number claim_number catastrophe"),
    Question("loss_reserve", "claim_number", "claim_number loss_reserve"),
    Question("expense_reserve", _SOLD, f"{_SOLD} expense_reserve"),
    Question("loss_reserve", _SOLD, f"{_SOLD} loss_reserve"),
    Question("premium", "policy_number policy_holder premium_number", "policy_number policy_holder premium"),
    Question("total_loss", "policy_number claim_number catastrophe",
             "policy_number claim_number catastrophe total_loss"),
    Question("policies", "seller", "seller policies"),
    Question("premium_per_policy", "", "premium_per_policy"),
    Question("premium", "policy_number coverage_from coverage_to", "policy_number coverage_from coverage_to premium"),
    Question("loss_ratio", "policy_number seller coverage_premium", "policy_number seller loss_ratio", "loss_ratio"),
    Question("total_loss", "seller", "seller total_loss"),
    Question("total_loss", "claim_number", "claim_number total_loss"),
    Question(_FOUR, "seller policy_holder policy_number coverage_premium catastrophe claim_number",
             f"seller policy_holder policy_number coverage_premium catastrophe claim_number {_FOUR}"),
    Question("claims", "policy_number claim_number", "policy_number claim_number"),
    Question("claims total_loss loss_ratio", "policy_number coverage_premium",
             "policy_number coverage_premium claims total_loss loss_ratio", "loss_ratio"),
    Question("policies", "policy_number seller", "policy_number seller"),
    Question("premium", "policy_number", "policy_number premium"),
    Question("expense_payment", "claim_number", "claim_number expense_payment"),
    Question("average_loss", "policy_number", "policy_number average_loss"),
    Question("expense_reserve", "claim_number", "claim_number expense_reserve"),
    Question(_FOUR, "policy_holder policy_number coverage_premium claim_number",
             f"policy_holder policy_number coverage_premium claim_number {_FOUR}"),
    Question(_FOUR, "claim_number", f"claim_number {_FOUR}"),
    Question("claims", "claim_number opened closed", "claim_number opened closed"),
    Question("claims", "", "claims"),
    Question("premium", "policy_holder", "policy_holder premium"),
    Question("loss_amount", "claim_number", "claim_number loss_amount"),
    Question("expense_payment", _SOLD, f"{_SOLD} expense_payment"),
    Question(_FOUR, "seller policy_holder policy_number coverage_premium claim_number",
             f"seller policy_holder policy_number coverage_premium claim_number {_FOUR}"),
    Question("policies", "policy_number policy_from policy_to", "policy_number policy_from policy_to"),
    Question("premium", "policy_number", "policy_number premium"),
    Question("policies", "", "policies"),
    Question("policies", "policy_holder", "policy_holder policies"),
    Question("loss_payment", _SOLD, f"{_SOLD} loss_payment"),
    Question("total_loss", "policy_number", "policy_number total_loss"),
    Question("loss_payment", "claim_number", "claim_number loss_payment"),
    Question("claims", "seller policy_number claim_number catastrophe",
             "seller policy_number claim_number catastrophe"),
    Question("premium", "policy_number premium_number", "policy_number premium"),
    Question("total_loss", "policy_holder policy_number coverage_premium claim_number",
             "policy_holder policy_number coverage_premium claim_number total_loss"),
)  # fmt: skip
"""The questions, by their position in the benchmark's file."""
