"""Policy tests: what a model can declare, what each test finds, and that a wrong one fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from semantic.__main__ import main
from semantic.config.settings import MARKETING_MODEL
from semantic.errors import ModelError
from semantic.governance.run_policy_tests import PolicyFinding, run_policy_tests
from semantic.model.loading.load import parse_files
from semantic.model.loading.stored import model_from_plain, model_to_plain
from semantic.model.model import definitions_of
from semantic.policy.people import people_of
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.shop import SHOP, TODAY, open_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("shop") / "shop.duckdb"))
    yield opened
    opened.close()


def files(test: str) -> dict[str, str]:
    """Return the shop with one policy test in a separate file, on the second line."""
    written = {path.name: path.read_text(encoding="utf-8") for path in SHOP.glob("*.yml")}
    return written | {"tested.yml": f"policy_tests:\n  - {test}\n"}


def found(test: str, shop: Workspace | None = None) -> PolicyFinding:
    model, docs = parse_files(files(test))
    ask = None if shop is None else lambda query, actor: shop.ask(query, actor, today=TODAY)
    (finding,) = run_policy_tests(model, people_of(docs), today=TODAY, ask=ask)
    return finding


HOLD = [
    "{name: a, as: dora, ask: {metrics: [revenue], by: [home]}, sees: [[DE, 5150.5]]}",
    "{name: a, as: dora, ask: {metrics: [revenue], by: [home]}, sees: [[DE, 5151]]}",  # rounds to it
    "{name: a, as: dora, ask: {metrics: [revenue, buyers]}, sees: {rows: [[5150.50, 2]]}}",
    "{name: a, as: dora, ask: {metrics: [revenue], by: [channel]}, sees: [[Mail, 0.5], [Search, 5130], [Social, 20]]}",
    "{name: a, as: dora, ask: {metrics: [revenue], by: [channel]}, sees: {values: {channel: [Social, Search, Mail]}}}",
    "{name: a, as: dora, ask: {metrics: [revenue], by: [home], where: {dim: home, op: in, values: [FR]}}, sees: []}",
    "{name: a, as: nick, ask: {metrics: [revenue], by: [channel]}, sees: []}",
    "{name: a, as: {groups: [own_channels], roles: [marketer], attributes: {channels: [c5]}}, "
    "ask: {metrics: [revenue], by: [channel]}, sees: [[Walk-in, 80]]}",
    "{name: a, as: {groups: [shipping_zone], roles: [marketer], attributes: {zone: EEA}}, "
    "ask: {metrics: [revenue]}, sees: [[2560]]}",
    "{name: a, as: dora, ask: {metrics: [revenue], by: [channel], order: [{by: revenue, desc: true}], limit: 1}, "
    "sees: [[Search, 5130]]}",
    "{name: a, as: steward, ask: {metrics: [revenue], where: {dim: birth_year, op: '<', value: 1983}}, "
    "sees: [[5120.5]]}",
    "{name: a, as: guest, ask: {metrics: [revenue]}, refused: unknown_name}",
    "{name: a, as: steward, ask: {metrics: [revenue], by: [product]}, refused: fan_out}",
    "{name: a, as: noa, sees: {metrics: [revenue], dimensions: [home], not: [cost, email]}}",
    "{name: a, as: {}, sees: {not: [revenue, home]}}",
]


@pytest.mark.parametrize("test", HOLD)
def test_a_correct_expectation_passes(shop: Workspace, test: str) -> None:
    finding = found(test, shop)
    assert (finding.verdict, finding.says) == ("holds", "")


FAIL = [
    (
        "{name: a, as: dora, ask: {metrics: [revenue], by: [home]}, sees: [[DE, 5150.4]]}",
        "Expected Dora to see [DE, 5150.4], but got [DE, 5150.5].",
    ),
    (
        "{name: a, as: dora, ask: {metrics: [revenue], by: [home]}, sees: [[DE, 5150.5], [FR, 1]]}",
        "Expected Dora to see [DE, 5150.5], [FR, 1], but got [DE, 5150.5].",
    ),
    (
        "{name: a, as: dora, ask: {metrics: [revenue], by: [home]}, sees: []}",
        "Expected Dora to see no rows, but got [DE, 5150.5].",
    ),
    (
        "{name: a, as: dora, ask: {metrics: [revenue], by: [home]}, sees: {values: {home: [DE, null]}}}",
        "Expected Dora to see the values [DE, null] of home, but got [DE].",
    ),
    (
        "{name: a, as: dora, ask: {metrics: [revenue]}, sees: {values: {home: [DE]}}}",
        "The test checks values of 'home', but the question isn't broken down by it.",
    ),
    (
        "{name: a, as: {groups: [customer_country], roles: [marketer], attributes: {countries: [FR]}}, "
        "ask: {metrics: [revenue], by: [home]}, sees: {values: {home: [DE]}}}",
        "Expected someone with role marketer, group customer_country, countries FR to see the values [DE] of home, "
        "but got [FR].",
    ),
    (
        "{name: a, as: dora, ask: {metrics: [revenue]}, refused: unknown_name}",
        "Expected a refusal for Dora with unknown_name, but the question was answered.",
    ),
    (
        "{name: a, as: guest, ask: {metrics: [revenue]}, refused: fan_out}",
        "Expected a refusal for Guest with fan_out, but got unknown_name: There is no metric "
        "named 'revenue'. `python -m semantic fields` lists them.",
    ),
    (
        "{name: a, as: dora, ask: {metrics: [revenu]}, refused: unknown_name}",
        "The question asks for revenu, which the model doesn't have.",
    ),
    (
        "{name: a, as: dora, ask: {metrics: [revenue], limit: many}, sees: []}",
        "The question can't be read. 'limit' must be a whole number from 1 to 100,000.",
    ),
    (
        "{name: a, as: noa, sees: {metrics: [cost], not: [home]}}",
        "Expected Noa to see the metrics cost, but they're hidden. "
        "Expected home to be hidden from Noa, but it can be seen.",
    ),
    (
        "{name: a, as: guest, ask: {metrics: [revenue]}, sees: []}",
        "Expected an answer for Guest, but the question was refused with unknown_name: There is no metric "
        "named 'revenue'. `python -m semantic fields` lists them.",
    ),
]


@pytest.mark.parametrize(("test", "says"), FAIL)
def test_a_wrong_expectation_fails_and_says_what_was_seen(shop: Workspace, test: str, says: str) -> None:
    finding = found(test, shop)
    assert (finding.verdict, finding.says) == ("fails", says)
    assert str(finding) == f"tested.yml:2: The policy test 'a': {says}"


def test_only_expectations_about_rows_need_an_engine() -> None:
    assert found(HOLD[0]).verdict == "not_asked"
    assert found(FAIL[0][0]).verdict == "not_asked"
    assert found(HOLD[-1]).verdict == "holds"
    assert found(FAIL[6][0]).verdict == "fails"


WRONG = [
    (
        "{name: a, as: dorra, sees: {not: [cost]}}",
        "asks as 'dorra', who is not in the list of people. Did you mean 'dora'?",
    ),
    ("{name: a, as: dora}", "needs either `sees:` or `refused:`."),
    ("{name: a, as: dora, ask: {}, sees: [], refused: no_path}", "needs either `sees:` or `refused:`."),
    ("{name: a, as: dora, sees: [[1]]}", "has no question."),
    ("{name: a, as: dora, ask: {metrics: [revenue]}, sees: {not: [cost]}}", "expects no rows."),
    ("{name: a, as: dora, ask: {}, refused: unknow_name}", "expects the code 'unknow_name', which does not exist."),
    (
        "{name: a, as: dora, sees: {metrics: [cots]}}",
        "names the metric 'cots', which does not exist. Did you mean 'cost'?",
    ),
    ("{name: a, as: dora, sees: {not: [emial]}}", "expects 'emial' to be hidden, but it does not exist."),
    ("{name: a, as: dora, sees: {nott: [email]}}", "Unknown key 'nott'."),
    ("{name: a, sees: {not: [email]}}", "The key 'as' is missing."),
]


@pytest.mark.parametrize(("test", "says"), WRONG)
def test_a_test_without_effect_is_a_problem_with_its_line(test: str, says: str) -> None:
    with pytest.raises(ModelError) as caught:
        parse_files(files(test))
    assert "tested.yml:2" in str(caught.value)
    assert says in str(caught.value)


def test_a_cached_model_has_its_tests() -> None:
    written = "{name: a, as: {roles: [viewer], attributes: {zone: EEA, countries: [DE]}}, sees: {not: [cost]}}"
    model, _ = parse_files(files(written))
    again = model_from_plain(model_to_plain(model))
    assert definitions_of(again).policy_tests == model.policy_tests
    assert [(one.name, one.values, one.several) for one in again.policy_tests[0].attributes] == [
        ("zone", ("EEA",), False), ("countries", ("DE",), True),
    ]  # fmt: skip
    assert [policy.view_as for policy in again.policies] == [policy.view_as for policy in model.policies]


def test_the_marketing_models_tests_hold_on_the_demo_company(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(folder / "company.duckdb")
    assert main(["check", "--model", str(MARKETING_MODEL)]) == 0
    assert "8 policy tests, all that ran passed, 4 need data" in capsys.readouterr().err
    assert main(["check", "--connect", "--model", str(MARKETING_MODEL), "--data", data]) == 0
    assert "8 policy tests, all passed." in capsys.readouterr().err


def test_check_fails_with_a_failing_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in files("{name: costs are hidden, as: dora, sees: {not: [cost]}}").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["check", "--model", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert "FAIL tested.yml:2: The policy test 'costs are hidden': Expected cost to be hidden from Dora" in output.out
    assert "1 policy test, 1 failed." in output.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["metric", "revenue"], 0, "Dora                               yes\n"),
        (["metric", "revenue", "--by", "email"], 0, "Nothing personal removes access to Email"),
        (["metric", "revenu"], 1, "Did you mean revenue or revenue_mtd"),
        (["metric", "revenue", "--by", "emial"], 1, "Did you mean email?"),
        (["person", "nick"], 0, "Nick has no channels, so no rows are shown."),
        (["person", "nik"], 1, "There is no person named 'nik'. Did you mean nick"),
        (["compare", "dora", "guest", '{"metrics":["revenue"]}'], 0, "Refused: There is no metric named 'revenue'"),
        (["compare", "dora", "guest", "{"], 1, "The question isn't valid JSON"),
        (["compare", "dora", "finn", '{"metrics":["revenue"]}', "--connect"], 0, "1 row differs and 0 are the same."),
        (["compare"], 2, "required"),
    ],
)
def test_access_is_shown_in_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, says: str
) -> None:
    data = copy_shop(tmp_path / "shop.duckdb")
    where = [] if code == 2 else ["--model", str(SHOP), "--data", str(data)]
    assert main(["access", *arguments, *where]) == code
    output = capsys.readouterr()
    assert says in output.out + output.err
