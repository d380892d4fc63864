"""Definitions as forms: each field edits one key, problems appear at their field, and access is checked on each
click.
"""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.shell import identity, links, session
from semantic.model.editing.objects import ObjectKind, find_object
from semantic.services.drafts import Edits, open_edits, write_object
from tests.pages.signing_in import sign_in
from tests.pages.whole_app import open_app

RATE = (ObjectKind.METRIC, "return_rate")


def open_form(chosen: str) -> AppTest:
    app = open_app(links.DEFINITIONS, o=chosen)
    assert not app.exception
    return app


def edits() -> Edits:
    live = session.live()
    return open_edits(live, live.workspace().people["ana"])


def draft(key: tuple[ObjectKind, str], change: dict[str, str]) -> None:
    live, opened = session.live(), edits()
    text = opened.text_of(key)
    for before, after in change.items():
        assert before in text
        text = text.replace(before, after)
    write_object(live, live.workspace().people["ana"], opened, key, text)


def key_of(app: AppTest, path: str) -> str:
    """Return the key of the widget for a path of the form."""
    keys = [
        str(one.key)
        for one in (*app.text_input, *app.text_area, *app.selectbox, *app.number_input, *app.button_group, *app.button)
        if str(one.key).startswith("form-") and str(one.key).endswith(f"-{path}") and "_after-" not in str(one.key)
    ]
    assert len(keys) == 1, (path, keys)
    return keys[0]


def words(app: AppTest) -> str:
    texts = [str(one.value) for kind in (app.title, app.markdown, app.caption) for one in kind]
    return " | ".join(texts).replace("\\", "")


def test_a_field_changes_its_key_and_nothing_else(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_form("metric/return_rate")
    before = edits().text_of(RATE)
    app = app.text_input(key=key_of(app, "label")).set_value("Returned, in full: share").run()
    assert not app.exception
    assert edits().text_of(RATE) == before.replace(
        "label: Return rate (orders)\n", 'label: "Returned, in full: share"\n'
    )
    app = app.selectbox(key=key_of(app, "format")).set_value("money").run()
    text = edits().text_of(RATE)
    assert "format: money\n" in text
    assert "unit: EUR\n" in text, "money needs a currency"
    assert "Your draft changes 1 definition." in words(app)


def test_all_problems_are_at_their_fields_at_once_in_plain_words(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    draft(
        RATE,
        {"numerator: returned_orders": "numerator: returned_order", "decimals: 1": "decimals: 9",
         "direction: down": "direction: dwn"},
    )  # fmt: skip
    app = open_form("metric/return_rate")
    texts = words(app)
    assert (
        "The metric 'return_rate' uses 'returned_order', which isn't a metric. Did you mean returned_orders?" in texts
    )
    assert "The value of 'decimals' must be at most 6." in texts
    assert "The value of 'direction' can't be 'dwn'. Did you mean down?" in texts
    assert "other problem" not in texts
    assert "Fix the errors to see the number." in texts


def test_parts_that_only_yaml_can_express_are_named_and_kept(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_form("metric/orders")
    assert "1 setting is shown in YAML only: Certified." in words(app)
    assert app.selectbox(key=key_of(app, "target")).value == "orders_target"
    app = app.text_input(key=key_of(app, "unit")).set_value("sales").run()
    text = edits().text_of((ObjectKind.METRIC, "orders"))
    assert "unit: sales\n" in text
    assert "target: orders_target\n" in text
    assert "certified: {by:" in text


def test_another_kind_drops_only_the_keys_that_it_cannot_have(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_form("metric/return_rate")
    (kind,) = [one for one in app.button_group if str(one.key).endswith("-kind")]
    app = kind.set_value("Over time").run()
    assert not app.exception
    text = edits().text_of(RATE)
    assert "kind: cumulative\n" in text
    assert "metric: returned_orders\n" in text
    assert "numerator" not in text
    assert "denominator" not in text
    assert "does_not_mean: " in text


def test_a_text_that_cannot_be_read_is_edited_as_text(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    draft(RATE, {"decimals: 1": "decimals: ["})
    app = open_form("metric/return_rate")
    assert "This text can't be read as a form yet." in words(app)


def test_a_condition_with_a_value_that_no_row_has_is_pointed_out(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    draft((ObjectKind.METRIC, "orders"), {"status <> 'cancelled'": "status <> 'canceled'"})
    app = open_form("metric/orders")
    assert "No rows have “canceled” (closest: cancelled)." in words(app)


def test_another_date_of_the_dataset_adds_a_measure_to_it(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    metric, dataset = (ObjectKind.METRIC, "mails_bounced"), (ObjectKind.DATASET, "mails")
    app = open_form("metric/mails_bounced")
    date = app.selectbox(key=key_of(app, "measure-date"))
    assert any(option.endswith("(adds a measure to Mails)") for option in date.options), date.options
    before = edits().text_of(dataset)
    app = date.set_value("clicked_day").run()
    assert not app.exception
    opened = edits()
    assert "measure: mails.bounced_by_clicked_day\n" in opened.text_of(metric)
    text = opened.text_of(dataset)
    added = {*text.splitlines()} - {*before.splitlines()}
    assert any("name: bounced_by_clicked_day" in line for line in added)
    assert any("time: clicked_day" in line for line in added)
    assert {*before.splitlines()} <= {*text.splitlines()}
    assert opened.changed() == {metric: "changed", dataset: "changed"}


def test_the_other_settings_of_a_metric_are_fields(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_form("metric/orders")
    app = app.selectbox(key=key_of(app, "grain")).set_value("week").run()
    assert "grain: week\n" in edits().text_of((ObjectKind.METRIC, "orders"))
    (periods,) = [one for one in app.checkbox if str(one.key).endswith("-every_period")]
    app = periods.check().run()
    assert "every_period: true\n" in edits().text_of((ObjectKind.METRIC, "orders"))
    (unit,) = [one for one in app.selectbox if str(one.key).endswith("-final_after-unit")]
    app = unit.set_value("week").run()
    assert not app.exception
    assert "final_after: 1 week" in edits().text_of((ObjectKind.METRIC, "orders")).splitlines()


def test_yaml_stays_chosen_and_warns_of_labels(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    draft((ObjectKind.METRIC, "orders"), {"status <> 'cancelled'": "status <> 'Cancelled'"})
    app = open_form("metric/orders")
    (mode,) = [one for one in app.button_group if str(one.key) == "definition-mode"]
    app = mode.set_value("YAML").run()
    assert "No rows have “Cancelled” (a label; its value is “cancelled”)." in words(app)
    assert "What is it?" not in [one.label for one in app.button_group]
    (view,) = [one for one in app.button_group if str(one.key) == "definition-view"]
    app = view.set_value("Versions").run()
    (view,) = [one for one in app.button_group if str(one.key) == "definition-view"]
    app = view.set_value("Edit").run()
    (mode,) = [one for one in app.button_group if str(one.key) == "definition-mode"]
    assert mode.value == "YAML"


def test_a_person_signed_out_in_another_tab_can_change_nothing(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_form("metric/return_rate")
    before = edits().text_of(RATE)
    session.live().sign_ins.end(cookies[identity.COOKIE])
    app.text_input(key=key_of(app, "label")).set_value("Anything").run()
    assert edits().text_of(RATE) == before


def test_a_check_is_added_to_a_dataset_and_removed(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    key = (ObjectKind.DATASET, "refunds")
    app = open_form("dataset/refunds")
    before = edits().text_of(key)
    (remove,) = [one for one in app.button if str(one.key).endswith("market has a value")]
    app = remove.click().run()
    assert not app.exception
    line = "  - not_null: {column: market}\n"
    assert line in before
    assert edits().text_of(key) == before.replace(line, "")


@pytest.mark.parametrize(("view", "kind"), [("Changes", "Dataset")])
def test_a_new_dataset_has_its_own_file_and_opens_in_the_editor(cookies: dict[str, str], view: str, kind: str) -> None:
    sign_in(cookies, "ana")
    app = open_app(links.DEFINITIONS, held={"definition-new": True, "definition-view": view})
    app = app.selectbox(key="new-kind").set_value(kind).run()
    app = app.text_input(key="new-label").set_value("Shop visits").run()
    app = app.button(key="new-begin").click().run()
    assert not app.exception
    thing = find_object(edits().files, ObjectKind.DATASET, "shop_visits")
    assert thing is not None
    assert thing.file == "shop_visits.yml"
    assert any(str(one.key) == "definition-mode" for one in app.button_group), "the editor is open"


def test_a_ratio_shown_as_money_has_the_currency_of_its_numerator(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    app = open_app(links.DEFINITIONS, held={"definition-new": True})
    app = app.text_input(key="new-label").set_value("Revenue per session").run()
    app = app.selectbox(key="new-ratio-numerator").set_value("Net revenue").run()
    app = app.selectbox(key="new-ratio-denominator").set_value("Sessions").run()
    (shown,) = [one for one in app.selectbox if str(one.key).startswith("new-format")]
    app = shown.set_value("Money").run()
    app = app.button(key="new-begin").click().run()
    assert not app.exception
    assert "unit: EUR\n" in edits().text_of((ObjectKind.METRIC, "revenue_per_session"))
    assert "no currency" not in words(app)


def test_a_total_over_time_states_the_day_it_shows(cookies: dict[str, str]) -> None:
    sign_in(cookies, "ana")
    assert "last day of the last 13 complete weeks" in words(open_form("metric/net_revenue_28d"))
