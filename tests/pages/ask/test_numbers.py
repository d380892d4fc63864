"""Every number in Ask's answers is in the answer's cells, its question or its receipt.

The questions are random, over the small shop, for people with different policies. A program reads the numbers in every
sentence: the headline with and without the usual range, the numbers with their comparisons, the texts below a chart and
a table, the line with the question's own words, and the explanation of a change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from time import sleep

import pytest

from pages.ask import conversation, model
from pages.explore.result import finding, pictures, show
from pages.explore.result.cells import TableDisplay
from pages.shell import links, session
from semantic.display.rows import NO_USUAL, Usual, main_values
from semantic.display.tokens import LIGHT
from semantic.display.words.headline import headline
from semantic.display.words.kpi import only_row, read_headline
from semantic.display.words.why import about_sentences, change_sentence, late_row, part_rows, signed
from semantic.errors import SemanticError
from semantic.policy.actor import Actor
from semantic.results.result import Result
from semantic.services.usual import usual_question
from semantic.services.why import Why, explain
from semantic.workspace import Workspace
from tests.copies import copy_shop
from tests.pages.whole_app import open_app, show_pages_to
from tests.policies.test_hidden_rows import questions
from tests.proof import part
from tests.semantic.spoken_numbers import NUMBER, foreign_numbers, numbers_of_change
from tests.shop import ShopWorkspace, open_shop

QUESTIONS = 600
PEOPLE = ("steward", "gus", "dora", "vera")
EXPLAINED = 60
APRIL = "revenue in april 2026 vs march 2026"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopWorkspace]:
    opened = open_shop(copy_shop(tmp_path_factory.mktemp("numbers") / "shop.duckdb"))
    assert isinstance(opened, ShopWorkspace)
    yield opened
    opened.close()


def answers(shop: ShopWorkspace, person: str, count: int) -> Iterator[Result]:
    """Yield this person's answers to random questions that have a number."""
    seed = 0
    while count > 0:
        seed += 1
        for query in questions(shop, f"said to {person} {seed}"):
            try:
                shown = shop.ask(query, shop.people[person]) if query.metrics else None
            except SemanticError:
                continue
            if shown is not None and shown.table.num_rows:
                count -= 1
                yield shown
            if count <= 0:
                return


def usual_of(shown: Result, shop: Workspace, actor: Actor) -> Usual:
    try:
        question = usual_question(shown, shop.visible(actor))
        if question is None:
            return NO_USUAL
        pending = shop.start(question.query, actor)
        while not pending.done():
            sleep(0.001)
        return question.read(pending)
    except SemanticError:
        return NO_USUAL


def said(shown: Result, usual: Usual) -> Iterator[tuple[str, str]]:
    """Yield each text that Ask shows about an answer, with its kind."""
    yield "headline", headline(shown)
    yield "usual", headline(shown, usual)
    yield "chart", pictures.picture(shown, LIGHT, None, ()).note
    yield "table", pictures.grid(shown, LIGHT, TableDisplay()).note
    yield "caption", ". ".join((shown.title, show.period_words(shown), shown.scope))
    for column in main_values(shown):
        number = read_headline(column, only_row(shown), shown, usual)
        yield "number", f"{number.value} {number.full}"
        for change in number.changes:
            yield "comparison", f"{change.words}: {change.earlier}"


@pytest.mark.parametrize("person", PEOPLE)
def test_every_number_comes_from_the_answer_or_its_question(shop: ShopWorkspace, person: str) -> None:
    counted, foreign, missed = Counter[str](), list[tuple[str, list[str], str]](), list[tuple[str, str]]()
    for shown in answers(shop, person, part(QUESTIONS) // len(PEOPLE)):
        for what, sentence in said(shown, usual_of(shown, shop, shop.people[person])):
            if numbers := foreign_numbers(sentence, shown):
                foreign.append((what, numbers, sentence))
            if NUMBER.search(sentence):
                counted[what] += 1
                wrong = with_a_wrong_number(sentence)
                if what in PLANTED and not foreign_numbers(wrong, shown):
                    missed.append((what, wrong))
    assert foreign == []
    assert missed == []
    assert min(counted[what] for what in ("headline", "usual", "table", "caption", "number")) > 3


PLANTED = ("headline", "usual", "chart", "caption", "comparison")
"""Sentences in which any other number is wrong.

The number of rows isn't among them, because it could equal another number of the answer.
"""


def with_a_wrong_number(sentence: str) -> str:
    """Return the sentence with a different first digit in its last number."""
    last = [*NUMBER.finditer(sentence)][-1]
    start, digits = last.start("digits"), last["digits"]
    return f"{sentence[:start]}{(int(digits[0]) + 4) % 9 + 1}{sentence[start + 1 :]}"


def sentences_of(found: Why) -> Iterator[str]:
    explanation, column = found.explanation, found.column
    yield change_sentence(explanation, column, found.keys)
    yield from about_sentences(explanation, column)
    yield signed(explanation.change, explanation, column, short=False)
    for parts in explanation.by:
        late = late_row(explanation, column, parts)
        for row in [*part_rows(parts, explanation, column, found.keys[parts.dim]), *([late] if late else [])]:
            yield from (row.before, row.after, row.part, row.share, row.rate, row.mix, row.note)


def test_every_number_of_an_explanation_comes_from_the_change(shop: ShopWorkspace) -> None:
    explained, numbers, foreign = 0, 0, list[tuple[list[str], str]]()
    actor = shop.people["steward"]
    for shown in answers(shop, "steward", 10**6):
        if not shown.query.compare or shown.query.having:
            continue
        try:
            found = explain(shown.query, shop, actor, metric=shown.query.metrics[0])
        except SemanticError:
            continue
        explained += 1
        known = {*numbers_of_change(found.explanation), *numbers_of_change(found.explanation, 100)}
        for sentence in sentences_of(found):
            if wrong := foreign_numbers(sentence, found.result, known):
                foreign.append((wrong, sentence))
            numbers += len(NUMBER.findall(sentence))
        if explained == part(EXPLAINED):
            break
    assert foreign == []
    assert numbers > 5 * explained


def test_a_wrong_number_on_the_page_is_found(
    workspace: Workspace, steward: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_pages_to(monkeypatch, lambda: steward, lambda: workspace)
    monkeypatch.setattr(model, "reader", lambda: None)
    session.finder().words.names(steward)

    def found() -> tuple[str, list[str]]:
        """Return the headline on the page, and the wrong numbers in it."""
        app = open_app(links.ASK)
        app.chat_input[0].set_value(APRIL).run()
        assert not app.exception
        turn = app.session_state[conversation.KEY].last
        bold = [str(each.value) for each in app.markdown if str(each.value).startswith("**")]
        sentence = bold[0].replace("\\", "").strip("*")
        return sentence, foreign_numbers(sentence, turn.state.result)

    assert found() == ("Revenue rose 621% to €2.23K.", [])
    monkeypatch.setattr(finding, "headline", lambda *given: headline(*given).replace("621", "612"))
    assert found() == ("Revenue rose 612% to €2.23K.", ["612%"])
