"""A team's stewards draft and publish only their own metrics. Anything that they can't see stays unknown to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from semantic.config.settings import Settings
from semantic.errors import ModelError, NotAllowed, SemanticError, UnknownQuestion
from semantic.model.editing.objects import ObjectKind
from semantic.model.loading.load import parse_files
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.domains import NOT_USABLE, DomainWork, without_domain
from semantic.services.drafts import begin_object, open_edits, publish_edits, write_object
from semantic.services.process import Live
from semantic.services.reviewing.work import ReviewWork
from semantic.store.models.versions import files_of, publish, read_head
from semantic.store.questions.questions import find_question, list_questions, move_question, save_question
from semantic.store.questions.versions import Content
from semantic.store.reviews.reviews import TICKS
from semantic.store.spaces.spaces import list_spaces
from tests.domain_world import ANA, CORE, FAY, FIELD, FILES, LENA, MIA, PAID, PAT, TEAMS, build
from tests.semantic.store.stores import SECRET
from tests.waiting import until

M = ObjectKind.METRIC
PAID_LEADS, FIELD_LEADS = (M, "paid_leads"), (M, "field_leads")


@pytest.fixture
def live(address: str, tmp_path: Path) -> Iterator[Live]:
    build(tmp_path)
    settings = Settings(
        data=str(tmp_path / "orders.duckdb"), model=tmp_path / "model", store=address, audit_key=SECRET,
        model_source="store", mask_key="a key of the tests", demo=True,
    )  # fmt: skip
    opened = Live.open(settings)
    yield opened
    opened.close()


def head(live: Live) -> dict[str, str]:
    with live.store.read() as connection:
        newest = read_head(connection)
        assert newest is not None
        return files_of(connection, newest.number)


def value(live: Live, actor: Actor, metric: str) -> object:
    return live.workspace().ask(Query(metrics=(metric,)), actor).table.column(metric)[0].as_py()


def test_a_steward_of_a_domain_changes_its_number_for_everyone(live: Live) -> None:
    """Orders 1 to 3 are in DE and AT, and orders 4 and 5 in FR."""
    work = DomainWork(live, MIA)
    assert value(live, LENA, "paid_leads") == 3
    edits = work.edits()
    text = edits.text_of(PAID_LEADS).replace("('DE', 'AT')", "('DE', 'AT', 'FR')")
    edits = work.write(edits, PAID_LEADS, text).edits
    assert work.problems(edits, PAID_LEADS) == ()
    assert work.changed(edits, "paid") == {PAID_LEADS: "changed"}
    assert value(live, LENA, "paid_leads") == 3
    until(lambda: work.state(edits).step == "unsent", "Lena's receipt")  # kept in the background
    with pytest.raises(NotAllowed, match="steward of the core has to approve") as refused:  # Lena's, above
        work.publish(edits, note="France too")
    assert "1" not in str(refused.value)  # how many use it isn't hers to know
    work.send(edits, note="France too")
    assert (work.state(edits).step, work.state(edits).others) == ("sent", "a steward of the core")
    central = ReviewWork(live, ANA)
    (waiting,) = central.waiting()
    for other in (MIA, FAY):
        with pytest.raises(NotAllowed):
            ReviewWork(live, other).approve(waiting.review, TICKS)
    central.approve(waiting.review, TICKS)
    assert work.publish(edits, note="France too").author_name == "Mia Lind"
    assert value(live, LENA, "paid_leads") == 5


def test_only_what_stays_in_a_domain_is_sent_for_review(live: Live) -> None:
    edits = open_edits(live, MIA)
    edits = write_object(live, MIA, edits, FIELD_LEADS, edits.text_of(FIELD_LEADS).replace("'FR'", "'DE'")).edits
    for actor in (MIA, PAT, replace(MIA, viewed_by="ana")):
        with pytest.raises(NotAllowed):
            ReviewWork(live, actor).send(edits, "Please")
    assert ReviewWork(live, ANA).waiting() == []


def test_a_new_metric_is_in_the_domain(live: Live) -> None:
    work = DomainWork(live, MIA)
    fields = {"name": "paid_revenue", "label": "Paid revenue", "measure": "orders.amount", "filter": "market = 'DE'"}
    written = work.begin(work.edits(), "paid", M, fields)
    work.publish(written.edits, note="New")
    assert live.workspace().model.metrics["paid_revenue"].domain == "paid"
    assert value(live, PAT, "paid_revenue") == 3


@pytest.mark.parametrize(
    ("actor", "key", "old", "new"),
    [
        (MIA, FIELD_LEADS, "'FR'", "'DE'"),
        (MIA, (M, "revenue"), "label: Revenue", "label: Sales"),
        (MIA, (ObjectKind.POLICY, "whole"), "whole: all", "whole: all"),
        (MIA, (ObjectKind.DATASET, "orders"), "agg: sum", "agg: max"),
        (MIA, PAID_LEADS, "domain: paid", "domain: field"),
        (MIA, PAID_LEADS, "domain: paid", "# in the core"),
        (PAT, PAID_LEADS, "format: count", "format: number"),  # a member, no steward
        (LENA, FIELD_LEADS, "format: count", "format: number"),
        (replace(MIA, viewed_by="ana"), PAID_LEADS, "format: count", "format: number"),
        (replace(MIA, roles=frozenset({"viewer"})), PAID_LEADS, "format: count", "format: number"),
    ],
)
def test_nothing_outside_the_domain_is_written(
    live: Live, actor: Actor, key: tuple[ObjectKind, str], old: str, new: str
) -> None:
    edits = open_edits(live, ANA)
    text = edits.text_of(key)
    assert old in text
    with pytest.raises(NotAllowed):
        DomainWork(live, actor).write(open_edits(live, actor), key, text.replace(old, new))
    assert head(live) == FILES


def test_a_teams_metric_hidden_from_its_steward_stays_closed(live: Live) -> None:
    """A steward of the core gives the team a metric over costs, which policies hide from marketers."""
    key = (M, "paid_costs")
    text = "name: paid_costs\nlabel: Paid costs\ndomain: paid\nkind: derived\nexpression: costs\n"
    files = begin_object(live, ANA, open_edits(live, ANA), M, text).edits.files
    publish(live.store, live.keys, files, parent=1, actor=ANA, note="Approved by two")
    live.take()
    work = DomainWork(live, MIA)
    edits = work.edits()
    assert edits.published_text(key)
    assert not work.opens(edits, key)
    assert work.opens(edits, PAID_LEADS)
    for refused in (lambda: work.write(edits, key, f"{text}format: count\n"), lambda: work.drop(edits, key)):
        with pytest.raises(NotAllowed, match="Only stewards of this domain"):
            refused()
    assert not work.edits().changed()


def test_problems_are_at_their_keys_and_name_nothing_hidden(live: Live) -> None:
    work = DomainWork(live, MIA)
    text = work.edits().text_of((M, "paid_order_value"))
    for other in ("costs", "no_such_metric"):
        edits = work.write(work.edits(), (M, "paid_order_value"), text.replace("revenue", other)).edits
        (problem,) = work.problems(edits, (M, "paid_order_value"))
        assert problem.problem.message == NOT_USABLE


def test_a_draft_that_was_written_around_the_service_is_not_published(live: Live) -> None:
    for key, old, new in ((FIELD_LEADS, "'FR'", "'DE'"), ((M, "revenue"), "label: Revenue", "label: Sales")):
        edits = open_edits(live, MIA)
        edits = write_object(live, MIA, edits, key, edits.text_of(key).replace(old, new)).edits
        with pytest.raises(NotAllowed):
            DomainWork(live, MIA).publish(edits, note="Sly")
        with pytest.raises(NotAllowed, match="metrics and segments of your domain"):
            publish_edits(live, MIA, edits, note="Sly")
        with pytest.raises(NotAllowed):
            DomainWork(live, MIA).preview(edits)
    assert head(live) == FILES


def test_random_drafts_publish_nothing_outside(live: Live) -> None:
    """The store is called directly, with files made in any way. The resulting model decides."""
    chance = Random(28)
    edits = [
        ("core.yml", "label: Revenue", "label: Sales"), ("core.yml", "amount > 10", "amount > 11"),
        ("core.yml", "tags: [secret]", "tags: []"), ("core.yml", "{tags: [personal]}", "{tags: []}"),
        ("core.yml", "currency: EUR", "currency: USD"), ("core.yml", "name: Pat Moss", "name: Pat"),
        ("teams.yml", "[mia]", "[mia, fay, pat]"), ("teams.yml", "[paid-team]", "[everyone]"),
        ("paid.yml", "format: count", "format: number"), ("paid.yml", "'DE', 'AT'", "'DE'"),
        ("paid.yml", "label: Paid order value", "label: Paid basket"),
        ("paid.yml", "domain: paid\n", "domain: field\n"),
        ("paid.yml", "denominator: orders", "denominator: paid_leads"), ("field.yml", "'FR'", "'DE'"),
        ("field.yml", "format: count", "format: number"), ("field.yml", "'NO'", "'SE'"),
        ("field.yml", "    domain: field\n", ""),
    ]  # fmt: skip
    published = 0
    for _ in range(80):
        actor, domain = chance.choice([(MIA, "paid"), (FAY, "field"), (PAT, ""), (LENA, "")])
        before = head(live)
        files = dict(before)
        for path, old, new in chance.sample(edits, chance.choice([1, 1, 2, 3])):
            old, new = (old, new) if chance.random() < 0.7 else (new, old)
            files[path] = files[path].replace(old, new, 1) if old else files[path]
        with live.store.read() as connection:
            newest = read_head(connection)
        assert newest is not None
        try:
            publish(live.store, live.keys, files, parent=newest.number, actor=actor, note="Random")
        except SemanticError:
            assert head(live) == before
            continue
        published += files != before
        assert _without(before, domain) == _without(files, domain)
    assert published > 5  # some drafts stay inside


def _without(files: dict[str, str], domain: str) -> object:
    """Return everything in a model except a domain's metrics and segments."""
    model, people = parse_files(files)
    metrics = {name: replace(one, line=0, label="", synonyms=()) for name, one in model.metrics.items()}
    others = {name: one for name, one in metrics.items() if one.domain != domain or not domain}
    segments = {
        name: replace(one, line=0) for name, one in model.segments.items() if one.domain != domain or not domain
    }
    policies = [replace(one, line=0) for one in model.policies]
    texts = {path: text for path, text in files.items() if path in ("core.yml", "teams.yml")}
    return others, segments, policies, dict(model.datasets), dict(model.domains), model.settings, people, texts


def test_a_hidden_name_and_one_that_does_not_exist_are_the_same_to_a_team(live: Live) -> None:
    """Costs are hidden from marketers."""
    work = DomainWork(live, MIA)
    said: list[list[str]] = []
    for name in ("costs", "coasts"):
        edits = work.edits()
        edits = work.write(edits, (M, "paid_order_value"), edits.text_of((M, "paid_order_value")).replace(
            "numerator: revenue", f"numerator: {name}")).edits  # fmt: skip
        found = work.problems(edits, (M, "paid_order_value"))
        said.append([f"{one.problem.message} {one.problem.remedy}" for one in found])
        with pytest.raises(ModelError) as caught:
            work.publish(edits, note="Probe")
        said.append([f"{problem.message} {problem.remedy}" for problem in caught.value.problems])
        work.revert(work.edits(), (M, "paid_order_value"))
    assert said[0] == said[1] == said[2] == said[3]
    assert said[0][0].startswith(NOT_USABLE)
    assert "costs" not in str(said)


def test_promotion_keeps_the_name_and_needs_a_central_steward(live: Live) -> None:
    with pytest.raises(NotAllowed):
        DomainWork(live, MIA).promote((M, "paid_order_value"))
    work = DomainWork(live, ANA)
    edits = work.promote((M, "paid_order_value"))
    assert edits.changed() == {(M, "paid_order_value"): "changed"}
    before = value(live, PAT, "paid_order_value")
    work.publish(edits, note="For everyone")
    assert live.workspace().model.metrics["paid_order_value"].domain == ""
    assert value(live, PAT, "paid_order_value") == before
    with pytest.raises(NotAllowed):  # it is the core's now
        DomainWork(live, MIA).write(open_edits(live, MIA), (M, "paid_order_value"), "name: paid_order_value")


def test_promotion_of_a_label_that_another_team_uses_is_refused_when_it_is_published(live: Live) -> None:
    work = DomainWork(live, ANA)
    edits = work.promote(PAID_LEADS)
    with pytest.raises(ModelError, match="a name of the core's 'paid_leads'"):
        work.publish(edits, note="Too early")


def test_removing_the_domain_key_changes_nothing_else() -> None:
    for text, shorter in (
        ("name: a\n# Ours.\ndomain: paid\nlabel: A", "name: a\n# Ours.\nlabel: A"),
        ("{name: a, domain: paid, label: A}", "{name: a, label: A}"),
        ("{name: a, label: A, domain: paid}", "{name: a, label: A}"),
        ("name: a\nlabel: A\ndomain: paid", "name: a\nlabel: A\n"),
    ):
        assert without_domain(text, M) == shorter
    with pytest.raises(ModelError):
        without_domain("name: a\nmeans: domain", M)


def test_people_see_only_their_own_domains(live: Live) -> None:
    def seen(actor: Actor) -> list[str]:
        return [one.domain.name for one in DomainWork(live, actor).shown(live.workspace().today())]

    assert [seen(actor) for actor in (ANA, MIA, PAT, LENA)] == [["field", "paid"], ["paid"], ["paid"], ["field"]]
    (field, _) = DomainWork(live, ANA).shown(live.workspace().today())
    assert (field.stewards, field.members, field.requests) == (("Fay Otieno",), ("Lena Brandt",), 0)
    assert [metric.name for metric in field.metrics] == ["field_leads"]
    (mine,) = DomainWork(live, MIA).shown(live.workspace().today())
    assert (mine.is_led, mine.unused, mine.requests) == (True, None, None)


def test_a_domains_space_is_open_only_to_its_members(live: Live) -> None:
    def names(actor: Actor) -> list[str]:
        with live.store.read() as connection:
            return [space.name for space in list_spaces(connection, actor)]

    assert names(ANA) == ["Company", "Field marketing", "Paid media"]
    assert [names(actor) for actor in (MIA, PAT, LENA)] == [
        ["Company", "Paid media"], ["Company", "Paid media"], ["Company", "Field marketing"],
    ]  # fmt: skip
    assert names(replace(PAT, viewed_by="ana")) == ["Company"]
    assert names(replace(PAT, kind="service")) == ["Company"]
    with live.store.read() as connection:
        spaces = {space.name: space.id for space in list_spaces(connection, ANA)}
    content = Content(query=Query(metrics=("revenue",)))
    with live.store.write() as transaction:
        saved = save_question(
            transaction, content, PAT, live.keys, name="Paid revenue", sentence="", space=spaces["Paid media"]
        )  # fmt: skip
    with live.store.read() as connection:
        assert find_question(connection, saved, MIA).may_change  # a steward of the team
        assert find_question(connection, saved, ANA).may_change
        for actor in (FAY, LENA):
            assert list_questions(connection, actor) == []
            with pytest.raises(UnknownQuestion):
                find_question(connection, saved, actor)
    with pytest.raises(UnknownQuestion), live.store.write() as transaction:
        save_question(transaction, content, FAY, live.keys, name="In", sentence="", space=spaces["Paid media"])
    with live.store.write() as transaction:
        move_question(transaction, saved, PAT, live.keys, space=spaces["Company"], revision=1)
    with live.store.read() as connection:
        assert find_question(connection, saved, LENA).name == "Paid revenue"


def test_leaving_a_domain_closes_its_space(live: Live) -> None:
    with live.store.read() as connection:
        paid = next(space.id for space in list_spaces(connection, ANA) if space.domain == "paid")
    content = Content(query=Query(metrics=("revenue",)))
    with live.store.write() as transaction:
        saved = save_question(transaction, content, MIA, live.keys, name="Ours", sentence="", space=paid)
    with live.store.read() as connection:
        assert find_question(connection, saved, PAT).name == "Ours"
    edits = open_edits(live, ANA)
    key = (ObjectKind.DOMAIN, "paid")
    edits = write_object(live, ANA, edits, key, edits.text_of(key).replace("paid-team", "nobodys-team")).edits
    publish_edits(live, ANA, edits, note="Without the group")
    with live.store.read() as connection, pytest.raises(UnknownQuestion):
        find_question(connection, saved, PAT)
    with live.store.read() as connection:
        assert find_question(connection, saved, MIA).name == "Ours"


def test_a_renamed_domain_renames_its_space(live: Live) -> None:
    edits = open_edits(live, ANA)
    key = (ObjectKind.DOMAIN, "paid")
    edits = write_object(live, ANA, edits, key, edits.text_of(key).replace("Paid media", "Performance")).edits
    publish_edits(live, ANA, edits, note="Renamed")
    with live.store.read() as connection:
        assert [space.name for space in list_spaces(connection, MIA)] == ["Company", "Performance"]


def test_the_test_company_is_valid() -> None:
    assert {CORE, TEAMS, PAID, FIELD} == set(FILES.values())
