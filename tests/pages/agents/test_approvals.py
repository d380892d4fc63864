"""Approvals and transcripts on the page Agents, by role: what each role sees, decides and reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.asking import form
from pages.shell import links, session
from semantic.agents.acts import AskQuestion, RequestMetric, SaveQuestion, SetAlert
from semantic.agents.deciding import approve, deny, proposals_for
from semantic.agents.hook import AgentProposals
from semantic.agents.needs import largest_unapproved
from semantic.agents.proposing import approved, propose
from semantic.agents.transcripts import Transcripts
from semantic.errors import StoreFailed
from semantic.policy.actor import Actor
from semantic.query.data import query_to_data
from semantic.query.query import Condition, Operator
from semantic.services.alerts.work import AlertWork
from semantic.services.process import Live
from semantic.store.agents.agents import AGENTS
from semantic.store.agents.proposals import PROPOSALS
from semantic.store.agents.transcripts import AGENT_CALLS
from semantic.store.audit.entries import read_entries
from tests.pages.whole_app import open_app, show_pages_to
from tests.semantic.agents.connected import connected
from tests.semantic.agents.test_proposing import BY_EMAIL, LOW, REVENUE
from tests.semantic.services.test_uploads import ANA, MIA, opened_live

Open = Callable[..., AppTest]
ADMIN = Actor(id="admin", name="Admin", roles=frozenset({"administrator"}), groups=frozenset({"careful"}))
ROBIN = replace(ANA, kind="agent", agent="a1")
HOSTILE = "**Approve** [me](http://evil.example) :material/verified: <script>alert(1)</script>"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("approvals")
    opened = opened_live(str(folder / "store.sqlite"), folder)
    yield opened
    opened.close()


@pytest.fixture
def page(live: Live, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    def open_page(actor: Actor = ANA, file: str = links.AGENTS, **address: Any) -> AppTest:
        show_pages_to(monkeypatch, lambda: actor, live.workspace, live)
        monkeypatch.setattr(session, "store", lambda: (live.store, live.keys))
        app = open_app(file, **address)
        assert not app.exception
        return app

    connected(live, ANA, "a1")
    yield open_page
    with live.store.write(recorded=False) as transaction:
        for table in (PROPOSALS, AGENT_CALLS, AGENTS):
            transaction.connection.execute(table.delete())


def texts(app: AppTest) -> str:
    parts: list[Any] = [*app.markdown, *app.caption, *app.title]
    return "\n".join(part.value for part in parts)


def badges(app: AppTest) -> list[str]:
    return [part.value for part in app.markdown if "-badge[" in part.value]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def alerts(live: Live) -> int:
    return len(AlertWork(live.store, live.keys, live.workspace(), ANA).mine())


def call(live: Live, **how: object) -> None:
    given: dict[str, object] = {"tool": "ask", "asked": {"question": query_to_data(REVENUE)}, "outcome": "answered"}
    Transcripts(live).note(ROBIN, **(given | how))  # type: ignore[arg-type]


# Approvals


def test_an_empty_list_says_that_nothing_needs_approval(page: Open) -> None:
    assert "Nothing to approve" in texts(page(proposal="all"))


def test_a_card_shows_exactly_what_approving_does(page: Open, live: Live) -> None:
    before = alerts(live)
    searched = replace(LOW, where=Condition("channel", Operator.IN, ("search",)))
    made = propose(live, ROBIN, SetAlert(searched))
    app = page(proposal=made.id)
    shown = texts(app)
    assert "**Robin** wants to set an alert on Revenue" in shown
    assert any("Channel" in badge and "search" in badge.casefold() for badge in badges(app))
    assert not any("All time" in badge for badge in badges(app))
    assert "falls below" in shown
    assert "If you approve, only you are notified." in shown
    assert alerts(live) == before
    app = press(app, f"proposal-{made.id}-approve")
    assert alerts(live) == before + 1
    assert "Approved. The alert is set. Only you are notified." in texts(app)
    assert "Approved" in "".join(badges(app))
    assert f"proposal-{made.id}-approve" not in [button.key for button in app.button]


def test_denying_does_nothing_and_tells_the_agent_why(page: Open, live: Live) -> None:
    before = alerts(live)
    made = propose(live, ROBIN, SetAlert(LOW))
    app = page(proposal=made.id)
    app.text_input(key=f"proposal-{made.id}-reason").set_value("We have one.").run()
    app = press(app, f"proposal-{made.id}-deny-now")
    assert alerts(live) == before
    assert "Denied. Nothing was done." in texts(app)
    assert "Reason\\: We have one." in texts(app)
    assert AgentProposals(live).state(ROBIN, made.id)["reason"] == "We have one."


def test_a_question_is_approved_once_or_for_a_day_and_withdrawn(page: Open, live: Live) -> None:
    once = propose(live, ROBIN, AskQuestion(BY_EMAIL, "personal"))
    app = page(proposal=once.id)
    assert "This needs your approval because it's about individual people." in texts(app)
    press(app, f"proposal-{once.id}-approve")
    assert approved(live, ROBIN, once.digest)
    assert not approved(live, ROBIN, once.digest)
    day = propose(live, ROBIN, AskQuestion(BY_EMAIL, "personal"))
    app = press(page(proposal=day.id), f"proposal-{day.id}-day")
    assert approved(live, ROBIN, day.digest)
    assert "Any number of times, until" in texts(app)
    press(app, f"decided-{day.id}-withdraw")
    assert not approved(live, ROBIN, day.digest)


def test_many_proposals_arrive_in_parts_with_the_linked_one_first(page: Open, live: Live) -> None:
    made = [propose(live, ROBIN, RequestMetric(words=f"metric {number}", purpose="")) for number in range(7)]

    def cards(app: AppTest) -> list[str]:
        keys = [str(button.key) for button in app.button]
        return [key.split("-")[1] for key in keys if key.startswith("proposal-") and key.endswith("-approve")]

    app = page(proposal=made[0].id)
    assert "7 proposals to review" in texts(app)
    assert len(cards(app)) == 5
    assert cards(app)[0] == made[0].id
    app = press(app, "approvals-more")
    assert set(cards(app)) == {each.id for each in made}


def test_a_proposal_decided_in_another_tab_says_so(page: Open, live: Live) -> None:
    made = propose(live, ROBIN, RequestMetric(words="Payback period"))
    app = page(proposal=made.id)
    deny(live, ANA, made.id)
    app = press(app, f"proposal-{made.id}-approve")
    assert "already been decided" in texts(app)
    assert [one.state for one in proposals_for(live, ANA)] == ["denied"]


def test_a_proposal_that_cannot_be_approved_says_why_and_has_no_button(page: Open, live: Live) -> None:
    made = propose(live, ROBIN, SetAlert(LOW))
    app = page(replace(ANA, roles=frozenset({"marketer"})), proposal=made.id)  # who sees no metric any more
    shown = texts(app)
    assert "This uses something that no longer exists or is no longer available to you." in shown
    assert "evenue" not in shown
    keys = [button.key for button in app.button]
    assert f"proposal-{made.id}-approve" not in keys
    assert f"proposal-{made.id}-deny-now" in keys


def test_hostile_names_are_shown_as_text(page: Open, live: Live) -> None:
    made = propose(live, ROBIN, SaveQuestion(query=REVENUE, name=HOSTILE[:80], sentence=HOSTILE))
    propose(live, ROBIN, RequestMetric(words=HOSTILE, purpose=HOSTILE))
    call(live, tool="read", asked={"words": HOSTILE, HOSTILE: [HOSTILE]}, outcome="asked_back")
    for shown in (texts(page(proposal=made.id)), texts(page(transcript="a1"))):
        assert "me" in shown
        for markup in ("[me](", "**Approve**", " :material/verified:", "<script>"):
            assert markup not in shown


def test_other_people_see_no_proposals(page: Open, live: Live) -> None:
    propose(live, ROBIN, RequestMetric(words="Payback period"))
    call(live, tool="search", asked={"words": "a telling word"})
    for actor in (MIA, ADMIN, replace(ANA, viewed_by="admin")):
        assert "Payback" not in texts(page(actor, proposal="all"))
        assert "telling" not in texts(page(actor, transcript="a1"))


def test_home_shows_waiting_proposals(page: Open, live: Live) -> None:
    assert "from your agents" not in texts(page(file=links.HOME))
    made = propose(live, ROBIN, RequestMetric(words="Payback period"))
    assert "1 proposal from your agents needs your approval." in texts(page(file=links.HOME))
    approve(live, ANA, made.id, made.digest)
    assert "from your agents" not in texts(page(file=links.HOME))


def test_an_unavailable_store_is_reported(page: Open, live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreFailed("The store is away.")

    for name in ("approvals.proposals_for", "transcript.agent_names", "views.pending_count"):
        monkeypatch.setattr(f"pages.agents.{name}", fail)
    assert "Couldn't load approvals" in texts(page(proposal="all"))
    assert "Couldn't load the transcript" in texts(page(transcript="a1"))


# Transcripts


def test_a_transcript_shows_what_was_asked_and_the_outcome(page: Open, live: Live) -> None:
    assert "No calls yet" in texts(page(transcript="a1"))
    call(live, receipt="R-7K3Q-DM2X-WA94", ms=112)
    call(live, outcome="refused", refusal="fan_out", reason="It can't be broken down by product.", ms=8)
    call(live, tool="values", asked={"dimension": "country"})
    app = page(transcript="a1")
    shown = texts(app)
    for words in ("**Asked a question**", "112 ms", "Robin", "It can't be broken down by product.", "Code fan\\_out"):
        assert words in shown
    assert any("by Channel" in badge for badge in badges(app))
    app.segmented_control(key="transcript-outcome").set_value("refused").run()
    assert "112 ms" not in texts(app)
    app.segmented_control(key="transcript-outcome").set_value("failed").run()
    assert "No calls match" in texts(app)


def test_a_failed_question_becomes_a_request(page: Open, live: Live) -> None:
    call(live, tool="read", asked={"words": "payback period"}, outcome="asked_back")
    app = page(transcript="a1")
    (key,) = [str(button.key) for button in app.button if str(button.key).endswith("-ask")]
    press(app, key)
    (words,) = [one.value for one in app.text_input if str(one.key).endswith("-words")]
    assert words == "payback period"
    assert form.OPEN in app.session_state


def test_a_long_transcript_has_pages(page: Open, live: Live) -> None:
    for number in range(27):
        call(live, tool="search", asked={"words": f"word {number}"})
    app = page(transcript="a1")
    assert "1\N{EN DASH}25 of 27 calls" in texts(app)
    app = press(app, "transcript-older")
    assert "26\N{EN DASH}27 of 27 calls" in texts(app)
    assert "word 0" in texts(app)
    app = press(app, "transcript-newer")
    assert "1\N{EN DASH}25 of 27 calls" in texts(app)


def test_a_transcript_names_its_agent_and_links_to_the_others(page: Open, live: Live) -> None:
    connected(live, ANA, "b2", name="Sam")
    call(live, tool="search", asked={"words": "of robin"}, ms=3_508)
    Transcripts(live).note(replace(ROBIN, agent="b2"), tool="search", asked={"words": "of sam"}, outcome="answered")
    app = page(transcript="a1")
    chosen = app.selectbox(key="transcript-agent-a1")
    assert chosen.value == "a1"
    assert set(chosen.options) == {"All your agents", "Robin", "Sam"}
    assert "of robin" in texts(app)
    assert "of sam" not in texts(app)
    assert "· 3.5 s" in texts(app)
    app = chosen.set_value("b2").run()
    assert "of sam" in texts(app)
    assert "of robin" not in texts(app)
    app = app.selectbox(key="transcript-agent-b2").set_value("").run()
    assert "of sam" in texts(app)
    assert "of robin" in texts(app)


def test_an_administrator_who_opens_a_transcript_is_recorded(page: Open, live: Live) -> None:
    call(live, outcome="refused", refusal="fan_out", reason="A telling reason.")
    app = page(ADMIN, transcript="a1")
    assert "Opening it is recorded in the audit log." in texts(app)
    assert "Asked a question" not in texts(app)
    assert app.selectbox(key="transcript-agent-a1").options == ["All your agents", "Robin, for Ana"]
    app = press(app, "transcript-offer-0")
    shown = texts(app)
    assert "Opening it was recorded in the audit log." in shown
    assert "**Asked a question**" in shown
    assert "telling" not in shown
    with live.store.read() as connection:
        kinds = [entry.kind for entry in read_entries(connection, live.keys)]
    assert kinds.count("transcript.opened") == 1


# Settings


def test_stewards_choose_what_needs_approval_by_size(page: Open, live: Live) -> None:
    app = page(proposal="all")
    app.selectbox(key="agents-largest").set_value("small").run()
    press(app, "agents-largest-save")
    assert largest_unapproved(live) == "small"
    assert "agents-largest" not in [one.key for one in page(MIA, proposal="all").selectbox]


def test_administrators_choose_how_long_calls_are_kept(page: Open, live: Live) -> None:
    assert "Calls are kept for 90 days." in texts(page(transcript="a1"))
    assert "agents-days" not in [one.key for one in page(transcript="a1").number_input]
    app = page(ADMIN, transcript="none")
    app.number_input(key="agents-days").set_value(30).run()
    press(app, "agents-days-save")
    assert "Calls are kept for 30 days." in texts(page(transcript="a1"))
