"""Policies as forms on the page Access: the list, the form and its text, and the effects of a change."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import links, session, viewing
from semantic.model.editing.objects import ObjectKind
from semantic.model.loading.load import parse_model
from semantic.model.model import Model
from semantic.model.policies import Policy
from semantic.services.drafts import open_edits
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app

OWN = "\N{BUST IN SILHOUETTE} "


def open_policies(policy: str = "") -> AppTest:
    app = open_app(links.ACCESS, held={"access-tabs": "Policies"}, **({"policy": policy} if policy else {}))
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.title, app.markdown, app.caption, app.warning, app.error)
    return " | ".join(str(element.value) for kind in kinds for element in kind).replace("\\", "")


def widget(app: AppTest, kind: str, name: str) -> object:
    """Return a field of the open policy by the end of its key."""
    found = [one for one in app.get(kind) if one.key and re.fullmatch(rf"policy-\w+-\d+-{name}", one.key)]
    assert len(found) == 1, [one.key for one in app.get(kind)]
    return found[0]


def text_of(name: str) -> str:
    live = session.live()
    edits = open_edits(live, live.workspace().people["ana"])
    return edits.text_of((ObjectKind.POLICY, name))


def test_the_list_says_who_each_policy_is_for(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    texts = words(open_policies())
    marketers = sum("marketer" in person.roles for person in session.people().values())
    assert "**Own markets**" in texts
    assert f"Marketers  \n:small[:gray[Applies to {marketers} people." in texts
    assert "Can see every metric, every dimension and every segment." in texts


def test_a_policy_is_described_with_every_dataset_it_reaches(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    texts = words(open_policies("own_markets"))
    assert "Can see rows where Market is their own markets, in Orders" in texts
    assert "Can see rows where Market is their own markets or empty, in Remarks." in texts
    assert "Birth year is shown as steps of 10." in texts
    assert "Can never see metrics tagged margin." in texts
    assert "**Not shown by this policy** (" in texts
    assert "Marketing touchpoints" in texts
    assert "Edited by hand" in texts  # the rule with two columns


def test_a_change_in_the_form_changes_one_key_of_the_text(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    before = text_of("rows_of_own_orders")
    app = open_policies("rows_of_own_orders")
    widget(app, "multiselect", "who-groups").set_value(["EMEA"]).run()  # type: ignore[attr-defined]
    assert not app.exception
    assert text_of("rows_of_own_orders") == before.replace("{people: [jonas]}", "{people: [jonas], groups: [EMEA]}")
    texts = words(app)
    assert "Widens access:" in texts
    assert "Publishing “Rows of own orders” needs the approval of another administrator." in texts


def test_a_new_policy_is_created(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_policies()
    app.session_state["policy-new"] = True
    app.run()
    app.text_input(key="policy-new-label").set_value("EMEA markets").run()
    app.button(key="policy-new-begin").click().run()
    assert not app.exception
    assert "No one matches this policy yet." in words(app)
    widget(app, "multiselect", "who-people").set_value(["lena"]).run()  # type: ignore[attr-defined]
    app.session_state["policy-add-rule"] = True
    app.run()
    app.selectbox(key="policy-add-dimension").set_value("market").run()
    values = app.multiselect(key="policy-add-values-market")
    assert "Germany" in values.options
    values.set_value(["DE", "AT"]).run()
    app.button(key="policy-add-begin").click().run()
    assert not app.exception
    assert "{dimension: market, where: \"market IN ('DE', 'AT')\", without: hidden}" in text_of("emea_markets")
    assert "**4 problems**" in words(app)  # views that join orders without their market can't be followed
    app.button(key="policy-repair").click().run()
    assert not app.exception
    texts = words(app)
    assert "problems**" not in texts
    assert "Can see rows where Market is Germany or Austria, in each of" in texts
    assert "except Refund" in texts
    assert "Can never see anything calculated from" in texts
    assert "Applies to 1 person: Lena Brandt." in texts
    assert "**Lena Brandt**: Sees only Market Austria and Germany in" in texts


def test_the_form_merges_rules_that_mean_the_same(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    before = {(rule.dataset, rule.where.text) for rule in _policy("own_markets", session.workspace().model).rows}
    app = open_policies("own_markets")
    once = [one for one in app.button if one.label == "Write once for every dataset with Market"]
    once[0].click().run()
    assert not app.exception
    assert "dimension: market" in text_of("own_markets")
    live = session.live()
    edits = open_edits(live, live.workspace().people["ana"])
    after = {(rule.dataset, rule.where.text) for rule in _policy("own_markets", parse_model(edits.files)).rows}
    assert after == before
    texts = words(app)
    assert "Affects no one" in texts
    assert "Widens access" not in texts


def _policy(name: str, model: Model) -> Policy:
    return next(one for one in model.policies if one.name == name)


def test_the_text_and_the_form_are_one_object(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_policies("rows_of_own_orders")
    app.toggle(key="policy-yaml").set_value(True).run()
    area = app.text_area[0]
    assert area.value == text_of("rows_of_own_orders")
    area.set_value(str(area.value).replace("[jonas]", "[jonas, claire]")).run()
    assert widget(app, "multiselect", "who-people").value == ["jonas", "claire"]  # type: ignore[attr-defined]
    app.text_area[0].set_value("name: rows_of_own_orders\nwho: {people: [").run()
    assert not app.exception
    assert "problem" in words(app)
    app.button(key="policy-undo").click().run()
    assert "[jonas]" in text_of("rows_of_own_orders")


def test_a_test_is_added_in_words(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_policies("own_markets")
    app.session_state["policy-test-new"] = True
    app.run()
    app.selectbox(key="policy-test-person").set_value("claire")
    app.selectbox(key="policy-test-metric").set_value("orders").run()
    app.selectbox(key="policy-test-by").set_value("market").run()
    app.multiselect(key="policy-test-values").set_value(["DE", "AT"]).run()
    app.button(key="policy-test-begin").click().run()
    assert not app.exception
    texts = words(app)
    assert "1 of 9 tests fails" in texts  # Claire sees France
    assert "A failing test blocks publishing." in texts


def test_a_persons_view_is_previewed_before_and_after(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_policies("all_markets")
    live = session.live()
    assert "Nothing yet. Change the policy to see who it affects." in words(app)
    widget(app, "multiselect", "deny-metrics").set_value(["net_revenue"]).run()  # type: ignore[attr-defined]
    assert "No longer sees" in words(app)
    app.button(key="policy-preview-run").click().run()
    assert not app.exception
    assert live.workspace().model.metrics["net_revenue"].label  # the published model is unchanged


@pytest.mark.parametrize("person", ["jonas", "lena"])
def test_only_stewards_open_it(cookies: dict[str, str], person: str) -> None:
    sign_in(cookies, person)
    app = open_app(links.ACCESS, policy="own_markets")
    assert "Own markets" not in words(app)


def test_nothing_can_be_edited_while_viewing_as_someone(cookies: dict[str, str]) -> None:
    signed_in = sign_in(cookies, "ana")
    live = session.live()
    people = live.workspace().people
    viewing.begin(live, signed_in.number, people["ana"], people["jonas"])
    app = open_app(links.ACCESS, held={"access-tabs": "Policies"}, policy="own_markets")
    assert "Own markets" not in words(app)
