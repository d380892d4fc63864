"""A board's settings in one line."""

from __future__ import annotations

from datetime import date

from semantic.boards.board import BoardState, ValueFilter
from semantic.display.boards.state_words import dimension_labels, state_words
from semantic.display.words.settings.filters import member_names
from semantic.model.definitions import Granularity
from semantic.model.loading.load import parse_model
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.query import Last, Previous

EMPTY = narrow(parse_model({"all.yml": "model: {time_zone: Europe/Berlin}\n"}), Actor(id="ana"))


def test_each_setting_is_a_sentence_with_a_full_stop() -> None:
    state = BoardState(period=Last(1, Granularity.MONTH), compare=(Previous(),), grain=Granularity.WEEK)
    text = state_words(state, EMPTY, today=date(2026, 4, 20))
    assert text == "1 – 31 Mar 2026, one complete month, Europe/Berlin. Compared with previous period. By week."


def test_without_settings_there_is_no_sentence() -> None:
    assert state_words(BoardState(), EMPTY, today=date(2026, 4, 20)) == ""


MODEL = """
datasets:
  - name: ads
    table: ads
    grain: [id]
    columns: {id: integer, platform: string, market: string}
    dimensions: [{name: platform, labels: {google_ads: Google Ads, x_beta: Secret Network}}]
    measures: [{name: ads, agg: count}]
policies:
  - {name: all, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all}
  - name: own
    who: {roles: [marketer]}
    grant: {metrics: all, dimensions: all}
    rows: [{dataset: ads, where: "market IN (:markets)"}]
"""
BETA = BoardState(picked=(ValueFilter("platform", ("google_ads", "x_beta")),))


def test_members_have_their_labels_unless_row_rules_could_hide_them() -> None:
    model = parse_model({"ads.yml": MODEL})
    lena = narrow(model, Actor(id="lena", roles=frozenset({"viewer"})))
    jonas = narrow(model, Actor(id="jonas", roles=frozenset({"marketer"}), attributes={"markets": ("DE",)}))
    assert state_words(BETA, lena, today=date(2026, 4, 20)) == "Platform: Google Ads, Secret Network."
    assert state_words(BETA, jonas, today=date(2026, 4, 20)) == "Platform: google_ads, x_beta."
    seen = dimension_labels(jonas) | member_names({"platform": {"google_ads": "Google Ads"}})  # as rows have them
    assert state_words(BETA, jonas, today=date(2026, 4, 20), labels=seen) == "Platform: Google Ads, x_beta."
