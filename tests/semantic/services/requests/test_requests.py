"""Requests in the services, from end to end: sent, joined, seen by the right people, answered, and shown where they
were made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed
from semantic.policy.actor import Actor
from semantic.query.query import Between, Breakdown, Condition, Operator, Query
from semantic.services.process import Live
from semantic.services.requests.work import NOT_SHOWN, RequestOrigin, RequestWork
from semantic.services.saved_questions import SavedWork
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.outbox.sends import SENDS
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.requests.people import REQUEST_PEOPLE, read_requesters
from semantic.store.requests.requests import KEPT, REQUESTS, change_request, find_request, forget_old_requests
from semantic.store.upkeep.backup import back_up, restore
from semantic.store.upkeep.erasure import erase
from tests.semantic.services.test_uploads import ANA, MIA, TOM, VIC, opened_live

CARA = Actor(id="cara", name="Cara", roles=frozenset({"viewer"}), groups=frozenset({"careful"}))
"""Cara, who sees every metric, while Mia and Tom see none."""
SECOND = Actor(id="bea", name="Bea", roles=frozenset({"steward"}))
ADMIN = Actor(id="admin", name="Admin", roles=frozenset({"administrator"}))
JANUARY = Between(date(2026, 1, 1), date(2026, 1, 31))
REVENUE = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=JANUARY)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    opened = opened_live(str(tmp_path / "store.sqlite"), tmp_path)
    yield opened
    opened.close()


def works(live: Live, *actors: Actor) -> list[RequestWork]:
    return [RequestWork(live, actor) for actor in actors]


def sends(live: Live) -> list[tuple[str, str]]:
    with live.store.read() as connection:
        rows = connection.execute(select(SENDS.c.kind, SENDS.c.about)).all()
    return [(row.kind, row.about) for row in rows]


def test_a_failed_search_becomes_an_answer_where_it_was_asked(live: Live) -> None:
    mia, ana = works(live, CARA, ANA)
    sent = mia.ask("payback period", "metric", RequestOrigin(place="explore"), purpose="Board meeting")
    assert (sent.state, sent.words, sent.purpose) == ("new", "payback period", "Board meeting")
    assert mia.news() == []
    ana.answer(sent.id, "", link_kind="metric", link="revenue")
    (news,) = mia.news("explore")
    assert news.sentence == "Revenue is now a metric."
    assert news.query is not None
    assert news.query.metrics == ("revenue",)
    assert mia.news("receipt") == []
    assert sends(live) == [("request", sent.id)]
    mia.close_news(sent.id)
    assert mia.news() == []
    assert [one.request.state for one in mia.mine()] == ["answered"]


def test_the_requested_question_runs_again_if_possible(live: Live) -> None:
    mia, ana = works(live, CARA, ANA)
    sent = mia.ask("Why can't I ask this?", "question", RequestOrigin(place="explore", query=REVENUE))
    ana.answer(sent.id, "It works again.")
    (news,) = mia.news("explore")
    assert (news.sentence, news.query) == ("It works again.", REVENUE)


def test_a_request_with_the_same_words_is_offered_to_join_and_others_are_not(live: Live) -> None:
    mia, tom, vic = works(live, MIA, TOM, VIC)
    sent = mia.ask("Payback period", "metric", RequestOrigin(place="search"))
    (similar,) = tom.similar("payback Period")
    assert (similar.request.id, similar.people, similar.is_mine) == (sent.id, 1, False)
    tom.join(sent.id, RequestOrigin(place="explore"))
    vic.join(sent.id, RequestOrigin(place="metric"))
    vic.join(sent.id, RequestOrigin(place="metric"))  # someone counts once
    (similar,) = tom.similar("period payback")
    assert (similar.people, similar.is_mine) == (3, True)
    assert tom.similar("refund rate") == []
    assert tom.similar("") == []
    (listed,) = RequestWork(live, ANA).to_answer()
    assert [(one.name, one.how, one.place) for one in listed.wanting] == [
        ("Mia", "asked", "search"), ("Tom", "joined", "explore"), ("Vic", "joined", "metric"),
    ]  # fmt: skip


def test_merging_keeps_everyone_who_joined(live: Live) -> None:
    mia, tom, ana = works(live, MIA, TOM, ANA)
    first = mia.ask("Payback period", "metric", RequestOrigin())
    second = tom.ask("Months until a customer pays off", "metric", RequestOrigin(place="explore"))
    ana.merge(second.id, first.id)
    (listed,) = ana.to_answer()[:1]
    assert {one.name for one in listed.wanting} == {"Mia", "Tom"}
    ana.answer(first.id, "Use revenue.", link_kind="metric", link="revenue")
    assert len(sends(live)) == 2
    assert [one.request.id for one in tom.news("explore")] == [first.id]
    with pytest.raises(NotAllowed):
        ana.answer(second.id, "Too late")


def test_a_second_answer_is_news_to_people_who_closed_the_first(live: Live) -> None:
    mia, ana = works(live, CARA, ANA)
    sent = mia.ask("payback period", "metric", RequestOrigin(place="explore"))
    ana.decline(sent.id, "Not now")
    mia.close_news(sent.id)
    ana.reopen(sent.id)
    assert mia.news() == []
    ana.answer(sent.id, "", link_kind="metric", link="revenue")
    assert [news.sentence for news in mia.news("explore")] == ["Revenue is now a metric."]


def test_declining_needs_a_reason_and_reopening_takes_the_answer_back(live: Live) -> None:
    mia, ana = works(live, MIA, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    with pytest.raises(InvalidQuery, match="reason"):
        ana.decline(sent.id, "  ")
    ana.decline(sent.id, "No data for it.")
    (news,) = mia.news()
    assert news.sentence == "Declined: No data for it."
    ana.reopen(sent.id)
    assert mia.news() == []
    (listed,) = mia.mine()
    assert (listed.request.state, listed.request.answer) == ("new", "")


def test_only_stewards_answer_and_only_askers_withdraw(live: Live) -> None:
    mia, tom, ana = works(live, MIA, TOM, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    for act in (lambda: tom.answer(sent.id, "No"), tom.to_answer, lambda: tom.assign(sent.id),
                lambda: tom.withdraw(sent.id), lambda: tom.decline(sent.id, "No"),
                lambda: tom.drafted(sent.id, "payback")):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()
    with pytest.raises(NotAllowed):
        RequestWork(live, replace(ANA, viewed_by="admin")).answer(sent.id, "No")
    with pytest.raises(NotAllowed):
        RequestWork(live, replace(MIA, viewed_by="admin")).ask("More", "metric", RequestOrigin())
    assert RequestWork(live, replace(MIA, viewed_by="admin")).mine() == []
    mia.withdraw(sent.id)
    assert ana.to_answer() == []
    assert mia.mine() == []
    with pytest.raises(NotAllowed):
        ana.answer(sent.id, "Too late")


def test_a_request_that_others_want_stays_when_its_asker_leaves(live: Live) -> None:
    mia, tom, ana = works(live, MIA, TOM, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    tom.join(sent.id, RequestOrigin())
    mia.withdraw(sent.id)
    (listed,) = ana.to_answer()
    assert [one.name for one in listed.wanting] == ["Tom"]


def test_two_stewards_at_once_do_not_answer_over_each_other(live: Live) -> None:
    mia, ana, bea = works(live, MIA, ANA, SECOND)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    ana.answer(sent.id, "First")
    with pytest.raises(NotAllowed, match="meantime"):
        bea.answer(sent.id, "Second")
    assert mia.news()[0].sentence == "First"
    assert len(sends(live)) == 1


def test_an_attachment_opens_only_as_far_as_the_steward_can_ask_it(live: Live) -> None:
    mia, ana = works(live, CARA, ANA)
    named = Query(metrics=("revenue",), where=Condition("country", Operator.IN, ("DE",)))
    mia.ask("Is this right?", "number", RequestOrigin(place="receipt", query=named), metric="revenue")
    (listed,) = ana.to_answer()
    assert listed.metric == "Revenue"
    assert ana.attached(listed.wanting[0]).query == named
    unknown = replace(listed.wanting[0], query='{"v": 1, "metrics": ["nothing_like_it"]}')
    attached = ana.attached(unknown)
    assert (attached.query, attached.why_hidden) == (None, NOT_SHOWN)
    sealed = replace(listed.wanting[0], query=None)
    assert "has left" in ana.attached(sealed).why_hidden


def test_a_row_written_into_the_store_notifies_no_one(live: Live) -> None:
    mia, ana = works(live, MIA, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(REQUESTS).values(state="answered", answer="Send me your password"))
    assert mia.news() == []
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(REQUESTS).values(state="new", answer="Forged"))
    with pytest.raises(NotAllowed, match="outside Samepage"):
        ana.answer(sent.id, "Really")


def test_a_person_added_in_the_store_gets_no_answer(live: Live) -> None:
    mia, ana = works(live, MIA, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    with live.store.write(recorded=False) as transaction:
        transaction.connection.execute(update(REQUEST_PEOPLE).values(subject="f" * 32))
    ana.answer(sent.id, "Done")
    assert sends(live) == []


def test_an_erased_person_leaves_a_request_without_a_name(live: Live) -> None:
    mia, tom, ana = works(live, MIA, TOM, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    tom.join(sent.id, RequestOrigin())
    erase(live.store, "mia", ADMIN, live.keys)
    (listed,) = ana.to_answer()
    assert (listed.request.asker_name, [one.name for one in listed.wanting]) == ("", ["Tom"])
    ana.answer(sent.id, "Done")
    assert len(sends(live)) == 1


def test_old_closed_requests_are_removed_with_the_names_of_people_who_joined(live: Live) -> None:
    mia, ana = works(live, MIA, ANA)
    old, still_open = (
        mia.ask("Payback period", "metric", RequestOrigin()),
        mia.ask("Refund rate", "metric", RequestOrigin()),
    )
    ana.answer(old.id, "Done")
    with live.store.write(recorded=False) as transaction:
        assert forget_old_requests(transaction, transaction.now + KEPT - timedelta(days=1)) == 0
        assert forget_old_requests(transaction, transaction.now + KEPT + timedelta(days=1)) == 1
    with live.store.read() as connection:
        assert find_request(connection, live.keys, old.id) is None
        assert {one.request for one in read_requesters(connection, live.keys)} == {still_open.id}


def test_a_restored_backup_does_not_bring_back_what_was_withdrawn(live: Live, tmp_path: Path) -> None:
    mia, ana = works(live, MIA, ANA)
    gone, stays = (
        mia.ask("Payback period", "metric", RequestOrigin()),
        mia.ask("Refund rate", "metric", RequestOrigin()),
    )
    back_up(live.store, tmp_path / "copy.sqlite")
    mia.withdraw(gone.id)
    restore(live.store, live.keys, tmp_path / "copy.sqlite", actor=ADMIN, force=True)
    assert [listed.request.id for listed in ana.to_answer()] == [stays.id]


def test_limits_are_reported_before_anything_is_stored(live: Live) -> None:
    (mia,) = works(live, MIA)
    with pytest.raises(InvalidQuery, match="what you need"):
        mia.ask("  ", "metric", RequestOrigin())
    with pytest.raises(InvalidQuery, match="200"):
        mia.ask("x" * 201, "metric", RequestOrigin())
    with pytest.raises(InvalidQuery, match="has passed"):
        mia.ask("x", "metric", RequestOrigin(), needed_by=live.workspace().today() - timedelta(days=1))
    assert mia.mine() == []


def test_a_request_about_a_hidden_metric_is_offered_to_no_one_who_cannot_see_it(live: Live) -> None:
    cara, mia, ana = works(live, CARA, MIA, ANA)
    sent = cara.ask("Is revenue right?", "number", RequestOrigin(place="receipt"), metric="revenue")
    assert [one.request.id for one in ana.similar("is revenue right", "revenue")] == [sent.id]
    assert mia.similar("Is revenue right?", "revenue") == []
    with pytest.raises(NotAllowed):
        mia.join(sent.id, RequestOrigin())
    hidden = mia.ask("Is it right?", "number", RequestOrigin(place="receipt"), metric="revenue")
    assert hidden.metric == ""  # as for a metric that doesn't exist
    tom = RequestWork(live, TOM)
    tom.join(hidden.id, RequestOrigin())
    ana.answer(hidden.id, "", link_kind="metric", link="revenue")
    assert [one.sentence for one in tom.news()] == ["It was answered with something that isn't available to you."]
    assert [one.query for one in tom.news()] == [None]


def test_the_log_says_who_asked_and_who_answered(live: Live) -> None:
    mia, tom, ana = works(live, MIA, TOM, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    tom.join(sent.id, RequestOrigin())
    ana.assign(sent.id)
    ana.answer(sent.id, "Use revenue.")
    with live.store.read() as connection:
        said = [sentence(entry) for entry in read_entries(connection, live.keys)][:4][::-1]
    assert said == [
        "Mia sent the request “Payback period”", "Tom joined a request", "Ana assigned a request",
        "Ana answered a request: “Use revenue.”",
    ]  # fmt: skip


def test_a_private_question_cannot_be_an_answer(live: Live) -> None:
    mia, ana = works(live, MIA, ANA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    with live.store.write() as transaction:
        own = save_question(
            transaction, Content(query=REVENUE), ANA, live.keys, name="Mine", sentence="", space=""
        )  # fmt: skip
    assert SavedWork(live.store, live.keys, live.workspace(), ANA).open(own)
    with pytest.raises(InvalidQuery, match="shared space"):
        ana.answer(sent.id, "", link_kind="question", link=own)


def test_a_stale_request_is_not_changed(live: Live) -> None:
    (mia,) = works(live, MIA)
    sent = mia.ask("Payback period", "metric", RequestOrigin())
    RequestWork(live, ANA).assign(sent.id)
    with pytest.raises(ChangedMeanwhile), live.store.write() as transaction:
        change_request(transaction, live.keys, sent, state="declined")
