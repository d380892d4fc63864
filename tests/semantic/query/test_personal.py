"""A question names a person if it contains a value of a personal dimension, and only then."""

import pytest

from semantic.model.loading.load import load_model
from semantic.query.personal import names_a_person
from semantic.query.upgrades import read_stored
from tests.shop import SHOP

MODEL = load_model(SHOP)
HIM = '{"dim": "email", "op": "in", "values": ["ada@example.com"]}'


@pytest.mark.parametrize(
    "where",
    [
        HIM,
        '{"dim": "email", "op": "contains", "value": "ada"}',
        f'{{"not": {HIM}}}',
        f'{{"and": [{{"dim": "channel", "op": "in", "values": ["x"]}}, {{"or": [{HIM}]}}]}}',
        '{"sql": "email = \'ada@example.com\'"}',
        f'{{"metric": "orders", "per": "customer", "op": ">", "value": 1, "where": {HIM}}}',
    ],
)
def test_a_question_with_a_personal_value_names_a_person(where: str) -> None:
    assert names_a_person(read_stored(f'{{"metrics": ["revenue"], "where": {where}}}'), MODEL)


@pytest.mark.parametrize(
    "question",
    [
        '{"metrics": ["revenue"], "by": ["email"]}',
        '{"metrics": ["revenue"], "where": {"dim": "channel", "op": "in", "values": ["ada@example.com"]}}',
        '{"metrics": ["revenue"], "where": {"segment": "email"}}',
        '{"metrics": ["revenue"], "where": {"sql": "channel = \'email\'"}}',
    ],
)
def test_a_question_without_a_personal_value_names_no_person(question: str) -> None:
    assert not names_a_person(read_stored(question), MODEL)
