"""Reviews in domains: a second steward of a domain approves changes that stay inside it, and nothing that reaches
further.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from semantic.config.settings import Settings
from semantic.errors import NotAllowed
from semantic.model.editing.objects import Key, ObjectKind
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.domains import DomainWork
from semantic.services.drafts import (
    Edits,
    new_draft,
    open_edits,
    publish_edits,
    put_back,
    start_edits,
    verdict_of,
    write_object,
)
from semantic.services.outbox.notices import compose_notice
from semantic.services.outbox.reader import Reader, notice_reader_of
from semantic.services.process import Live
from semantic.services.reviewing.tasks import review_tasks
from semantic.services.reviewing.work import ReviewWork
from semantic.store.audit.entries import read_entries
from semantic.store.audit.sentences import sentence
from semantic.store.certifications.certifications import add_act
from semantic.store.models.versions import files_of, read_head
from semantic.store.outbox.sends import read_sends
from semantic.store.people import subject_of
from semantic.store.reviews.reviews import TICKS, Review, find_review
from tests.domain_world import ANA, FAY, FILES, LENA, MIA, PAT, build
from tests.semantic.store.stores import SECRET
from tests.waiting import until

LEADS: Key = ObjectKind.METRIC, "paid_leads"
VALUE: Key = ObjectKind.METRIC, "paid_order_value"
NOA = Actor(id="noa", name="Noa Berg", roles=frozenset({"marketer"}))
NOA_TOO = {
    "core.yml": FILES["core.yml"].replace(
        "  - {id: lena,", "  - {id: noa, name: Noa Berg, roles: [marketer]}\n  - {id: lena,"
    ),
    "teams.yml": FILES["teams.yml"].replace("people: [mia]", "people: [mia, noa]"),
}
"""The company in which Paid media has two stewards."""


@dataclass
class Team:
    live: Live

    def work(self, actor: Actor) -> ReviewWork:
        return ReviewWork(self.live, actor)

    def drafted(self, actor: Actor, key: Key = LEADS, old: str = "'DE', 'AT'", new: str = "'DE'") -> Edits:
        edits = new_draft(self.live, actor, name=f"{key[1]} of {actor.short_name}")
        text = edits.text_of(key)
        assert old in text
        return write_object(self.live, actor, edits, key, text.replace(old, new)).edits

    def sent(self, actor: Actor, edits: Edits) -> Review:
        return self.review(self.work(actor).send(edits, "Germany only"))

    def review(self, id_: str) -> Review:
        with self.live.store.read() as connection:
            found = find_review(connection, self.live.keys, id_)
        assert found is not None
        return found

    def approve(self, actor: Actor, review: Review) -> None:
        self.work(actor).approve(self.review(review.id), TICKS)

    def ask(self, actor: Actor, metric: str) -> None:
        self.live.workspace().ask(Query(metrics=(metric,)), actor)

    def used(self, actor: Actor, metric: str = "paid_leads", edits: Edits | None = None) -> None:
        """Let someone ask for a metric, and wait until it's known that changes of the metric affect them."""
        self.ask(actor, metric)
        probe = edits or self.drafted(MIA)
        until(lambda: bool(verdict_of(self.live, MIA, probe).radius.people), "a receipt")  # kept in the background

    def head(self) -> int:
        with self.live.store.read() as connection:
            head = read_head(connection)
        assert head is not None
        return head.number

    def certify(self, metric: str) -> None:
        today = self.live.workspace().today()
        with self.live.store.write() as transaction:
            day = today.replace(year=today.year + 1, day=1)
            add_act(transaction, self.live.keys, metric, "granted", ANA, known=0, until=day)
        self.live.settle()


def opened(address: str, folder: Path, changed: dict[str, str]) -> Live:
    build(folder)
    for name, text in changed.items():
        (folder / "model" / name).write_text(text, encoding="utf-8")
    return Live.open(
        Settings(
            data=str(folder / "orders.duckdb"), model=folder / "model", store=address, audit_key=SECRET,
            model_source="store", mask_key="a key of the tests", demo=True, address="https://samepage.example.org",
        )
    )  # fmt: skip


@pytest.fixture
def team(address: str, tmp_path: Path) -> Iterator[Team]:
    live = opened(address, tmp_path, NOA_TOO)
    yield Team(live)
    live.close()


def test_a_second_steward_of_the_domain_approves_and_the_author_publishes(team: Team) -> None:
    edits = team.drafted(MIA)
    team.used(LENA, edits=edits)
    verdict = verdict_of(team.live, MIA, edits)
    assert (verdict.domain, verdict.others) == ("Paid media", "another steward of Paid media")
    assert verdict.missing == ("the approval of another steward of Paid media",)
    assert {each.id for each in verdict.reviewers} == {"noa", "ana", "otto"}
    with pytest.raises(NotAllowed, match="another steward of Paid media has to approve"):
        publish_edits(team.live, MIA, edits, note="Alone")
    review = team.sent(MIA, edits)
    (waiting,) = team.work(NOA).waiting()
    assert (waiting.review.id, waiting.domain, waiting.can_decide) == (review.id, "paid", True)
    team.approve(NOA, review)
    assert publish_edits(team.live, MIA, edits, note="Germany").author_name == "Mia Lind"
    with team.live.store.read() as connection:
        said = [sentence(entry) for entry in read_entries(connection, team.live.keys, limit=12)]
    assert "Noa Berg approved a draft of the model" in said
    assert "Mia Lind published version 2 of the model, approved by 1 person: “Germany”" in said


def test_a_steward_of_the_core_sees_all_of_it_and_can_approve_too(team: Team) -> None:
    edits = team.drafted(MIA)
    team.used(LENA, edits=edits)
    review = team.sent(MIA, edits)
    (waiting,) = team.work(ANA).waiting()
    assert waiting.review.id == review.id
    team.approve(ANA, review)
    assert publish_edits(team.live, MIA, edits, note="Germany").number == 2


def test_no_one_approves_their_own_draft_and_outsiders_cannot_read_it(team: Team) -> None:
    edits = team.drafted(MIA)
    team.used(LENA, edits=edits)
    review = team.sent(MIA, edits)
    assert team.work(MIA).open(review.id).is_mine
    assert [each.review.id for each in team.work(MIA).mine()] == [review.id]
    with pytest.raises(NotAllowed, match="your own draft"):
        team.approve(MIA, review)
    for other in (FAY, PAT, LENA, replace(NOA, viewed_by="ana"), replace(NOA, roles=frozenset({"viewer"}))):
        work = team.work(other)
        for act in (
            lambda work=work: work.open(review.id),
            lambda work=work: work.approve(review, TICKS),
            lambda work=work: work.ask_for_changes(review, "No"),
            lambda work=work: work.comment(review, "What is this?"),
        ):
            with pytest.raises(NotAllowed):
                act()
    assert team.work(FAY).waiting() == team.work(FAY).others([]) == []
    with pytest.raises(NotAllowed) as unknown:
        team.work(FAY).open("0" * 16)
    with pytest.raises(NotAllowed) as hidden:
        team.work(FAY).open(review.id)
    assert str(unknown.value) == str(hidden.value)  # nothing reveals that it exists
    assert [act.kind for act in team.review(review.id).acts] == ["sent"]
    with pytest.raises(NotAllowed):
        publish_edits(team.live, MIA, edits, note="Alone")


def test_stewards_of_a_domain_do_not_learn_who_uses_a_metric(team: Team) -> None:
    edits = team.drafted(MIA)
    team.used(LENA, edits=edits)
    review = team.sent(MIA, edits)
    for actor, words in ((ANA, "It changes numbers that 1 other person uses."), (NOA, "")):
        verdict = team.work(actor).open(review.id).verdict
        assert verdict is not None
        assert verdict.asks == words
    (task,) = review_tasks(team.live, NOA)
    assert (task.about, task.note) == (review.id, "Mia Lind asks for your review.")


def test_the_message_opens_the_page_that_its_reader_can_use(team: Team) -> None:
    edits = team.drafted(MIA)
    team.used(LENA, edits=edits)
    review = team.sent(MIA, edits)
    links: dict[str, str] = {}
    with team.live.store.write(recorded=False) as transaction:
        numbers = {subject_of(transaction, each.id, each.name): each.id for each in (NOA, ANA)}
    with team.live.store.read() as connection:
        sends = read_sends(connection, kind="notice", most=100)
    for send in sends:
        if send.recipient.id in numbers:
            reader = notice_reader_of(team.live, send.recipient)
            assert isinstance(reader, Reader)
            links[numbers[send.recipient.id]] = str(compose_notice(send, reader, team.live))
    assert f"/domains?review={review.id}" in links["noa"]
    assert f"/definitions?review={review.id}" in links["ana"]


def test_a_domain_with_one_steward_needs_approval_from_the_core(address: str, tmp_path: Path) -> None:
    live = opened(address, tmp_path, {})
    team = Team(live)
    edits = team.drafted(MIA)
    team.used(LENA, edits=edits)
    verdict = verdict_of(live, MIA, edits)
    assert (verdict.domain, verdict.others) == ("", "a steward of the core")
    assert {each.id for each in verdict.reviewers} == {"ana", "otto"}
    live.close()


def test_a_steward_who_was_removed_no_longer_counts(team: Team) -> None:
    edits = team.drafted(MIA)
    team.used(LENA, edits=edits)
    review = team.sent(MIA, edits)
    team.approve(NOA, review)
    domain: Key = ObjectKind.DOMAIN, "paid"
    removal = team.drafted(ANA, domain, "[mia, noa]", "[mia]")
    team.work(ANA).send(removal, "Noa moves on")
    team.approve(replace(ANA, id="otto", name="Otto Weiss", roles=frozenset({"administrator"})),
                 team.review(team.work(ANA).mine()[0].review.id))  # fmt: skip
    publish_edits(team.live, ANA, removal, note="Noa moves on")
    merged = DomainWork(team.live, MIA).edits()  # brought up to date
    assert merged.base.number == 2
    assert verdict_of(team.live, MIA, merged).approved == ()
    with pytest.raises(NotAllowed):
        publish_edits(team.live, MIA, merged, note="Germany")
    with pytest.raises(NotAllowed):
        team.work(NOA).open(review.id)


def test_a_change_that_reaches_further_needs_a_steward_of_the_core(team: Team) -> None:
    """Examples are a central steward's draft in Paid media that also certifies in the files, and a draft that moves a
    metric there.
    """
    certifies = team.drafted(ANA, LEADS, "format: count", "format: count\ncertified: {by: Mia Lind, until: 2027-03-01}")
    verdict = verdict_of(team.live, ANA, certifies)
    assert verdict.radius.certifies == ("paid_leads",)
    assert verdict.domain == ""
    assert "noa" not in {each.id for each in verdict.reviewers}
    taken = team.drafted(ANA, (ObjectKind.METRIC, "orders"), "label: Order count", "label: Order count, domain: paid")
    with pytest.raises(Exception, match="orders"):  # a definition of another domain can't use a team's metric
        verdict_of(team.live, ANA, taken)


def test_the_approval_of_a_domains_steward_does_not_replace_that_of_the_core(team: Team) -> None:
    team.certify("paid_order_value")
    both = team.drafted(ANA, VALUE, "denominator: orders", "denominator: paid_leads")
    both = write_object(team.live, ANA, both, (ObjectKind.METRIC, "revenue"), both.text_of((ObjectKind.METRIC,
                        "revenue")).replace("synonyms: [turnover]", "synonyms: [sales]")).edits  # fmt: skip
    review = team.sent(ANA, both)
    with pytest.raises(NotAllowed):  # it changes the core too
        team.approve(NOA, review)
    assert team.work(NOA).waiting() == []
    alone = put_back(team.live, ANA, both, (ObjectKind.METRIC, "revenue"))
    again = team.sent(ANA, alone)
    team.approve(NOA, again)
    assert publish_edits(team.live, ANA, alone, note="As the team agreed").number == 2


def test_a_steward_cannot_approve_changes_hidden_from_them(team: Team) -> None:
    """Costs are hidden from marketers, and so is a metric of the team that uses them."""
    hidden = (
        "  - {name: paid_costs, label: Paid costs, domain: paid, kind: ratio, numerator: costs, denominator: orders}"
    )
    with team.live.store.read() as connection:
        files = files_of(connection, 1)
        base = read_head(connection)
    assert base is not None
    edits = start_edits(team.live, ANA, base, {**files, "paid.yml": f"{files['paid.yml']}{hidden}\n"}, note="Costs")
    edits = write_object(team.live, ANA, edits, LEADS, edits.text_of(LEADS).replace("'DE', 'AT'", "'DE'")).edits
    team.used(LENA)
    review = team.sent(ANA, edits)
    assert team.work(NOA).waiting() == []
    with pytest.raises(NotAllowed, match="don't have access"):
        team.work(NOA).open(review.id)
    assert "noa" not in {each.id for each in verdict_of(team.live, ANA, edits).reviewers}


def test_an_objection_of_the_team_stops_a_change_of_its_metric(team: Team) -> None:
    team.certify("paid_leads")
    edits = team.drafted(ANA)
    review = team.sent(ANA, edits)
    team.work(MIA).ask_for_changes(review, "We need Austria.")
    with pytest.raises(NotAllowed, match="Mia Lind asked for changes"):
        publish_edits(team.live, ANA, edits, note="Germany")


def test_a_new_owner_of_a_teams_metric_needs_a_second_steward_of_the_team(team: Team) -> None:
    owned = team.drafted(MIA, LEADS, "format: count", "format: count\nowner: Mia Lind")
    assert verdict_of(team.live, MIA, owned).can_publish  # it had none
    publish_edits(team.live, MIA, owned, note="Mine")
    other = team.drafted(NOA, LEADS, "owner: Mia Lind", "owner: Noa Berg")
    verdict = verdict_of(team.live, NOA, other)
    assert verdict.asks == "It changes the owner of 1 definition."
    assert verdict.missing == (
        "the approval of Mia Lind, who owns a definition",
        "the approval of a second steward of Paid media",
    )
    review = team.sent(NOA, other)
    team.approve(ANA, review)
    assert verdict_of(team.live, NOA, other).missing == ("the approval of Mia Lind, who owns a definition",)
    team.approve(MIA, review)
    assert publish_edits(team.live, NOA, other, note="Noa's").number == 3
    assert open_edits(team.live, NOA).text_of(LEADS).count("Noa Berg") == 1


def test_an_unnamed_draft_is_named_after_its_changes(team: Team) -> None:
    work = DomainWork(team.live, MIA)
    edits = work.edits()
    edits = work.write(edits, LEADS, edits.text_of(LEADS).replace("'DE', 'AT'", "'DE'")).edits
    team.used(LENA, edits=edits)
    work.send(work.edits(), note="Germany only")
    assert [each.review.name for each in team.work(NOA).waiting()] == ["Leads"]
