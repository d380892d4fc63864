"""Saved questions: who finds, reads and edits which question.

Also their versions, conflicts, and encrypted names of people.
"""

import json
import threading

import pytest
from sqlalchemy import insert, select, text, update

from semantic.errors import ChangedMeanwhile, InvalidQuery, NotAllowed, UnknownQuestion
from semantic.policy.actor import Actor
from semantic.query.query import AllOf, Breakdown, Condition, Operator, Query
from semantic.query.upgrades import read_stored
from semantic.store.audit.log import AUDIT
from semantic.store.database import Store, connect_store
from semantic.store.keys import Keys, keys_of
from semantic.store.people import erase_person
from semantic.store.questions.questions import (
    QUESTIONS,
    SavedQuestion,
    archive_question,
    file_question,
    find_question,
    find_same,
    list_questions,
    list_versions,
    move_question,
    read_contents,
    read_version,
    rename_question,
    restore_version,
    save_question,
    save_version,
)
from semantic.store.questions.versions import QUESTION_VERSIONS, Content
from semantic.store.spaces.items import MOST_LISTED
from semantic.store.spaces.spaces import MINE, make_space
from tests.semantic.store.clock import Clock

LENA = Actor(id="lena", name="Lena Brandt", roles=frozenset({"viewer"}))
JONAS = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}))
CLAIRE = Actor(id="claire", name="Claire Moreau", roles=frozenset({"marketer"}))
ANA = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
SPEND = Query(metrics=("spend",), by=(Breakdown("channel"),))
ROAS = Query(metrics=("roas",), by=(Breakdown("channel"),))
SECRET_MAIL = "edda@example.org"
OF_A_PERSON = Query(metrics=("orders",), where=Condition("email", Operator.IN, (SECRET_MAIL,)))


@pytest.fixture
def paid(store: Store, keys: Keys) -> str:
    """The id of a shared space."""
    with store.write() as transaction:
        return make_space(transaction, "Team Paid", JONAS, keys).id


def _save(
    store: Store, keys: Keys, actor: Actor, query: Query = SPEND, *, name: str = "Spend", space: str = MINE
) -> SavedQuestion:
    with store.write() as transaction:
        content = Content(query=query, chart="bars", is_personal=query is OF_A_PERSON)
        saved = save_question(transaction, content, actor, keys, name=name, sentence="", space=space)
    return _find(store, saved, actor)


def _find(store: Store, question: str, actor: Actor) -> SavedQuestion:
    with store.read() as connection:
        return find_question(connection, question, actor)


def _listed(store: Store, actor: Actor, *, archived: bool = False) -> list[str]:
    with store.read() as connection:
        return [question.name for question in list_questions(connection, actor, archived=archived)]


def _same(store: Store, keys: Keys, query: Query, actor: Actor) -> list[str]:
    with store.read() as connection:
        return [question.name for question in find_same(connection, query, actor, keys)]


def _acts(store: Store) -> list[tuple[str, str, dict[str, object]]]:
    with store.read() as connection:
        rows = connection.execute(select(AUDIT.c.kind, AUDIT.c.about, AUDIT.c.said).order_by(AUDIT.c.number))
        return [(row.kind, row.about, json.loads(row.said)) for row in rows]


def test_saved_questions_round_trip(store: Store, keys: Keys, paid: str) -> None:
    saved = _save(store, keys, JONAS, name="  Spend \n by channel ", space=paid)
    assert (saved.name, saved.space_name, saved.owner_name) == ("Spend by channel", "Team Paid", "Jonas Falk")
    assert (saved.version, saved.revision, saved.metrics, saved.is_archived) == (1, 1, ("spend",), False)
    with store.read() as connection:
        version = read_version(connection, saved.id, LENA, keys)
    assert version.text is not None
    assert read_stored(version.text) == SPEND
    assert json.loads(version.text)["v"] == 1
    assert (version.number, version.chart, version.author_name) == (1, "bars", "Jonas Falk")


def test_changes_are_versions_and_an_earlier_one_is_restored_as_the_next(
    store: Store, keys: Keys, clock: Clock
) -> None:
    saved = _save(store, keys, JONAS)
    clock.move(hours=1)
    with store.write() as transaction:
        changed = Content(query=ROAS)
        number = save_version(transaction, saved.id, changed, JONAS, keys, revision=1, note="by return")
    assert number == 2
    with store.write() as transaction:
        assert restore_version(transaction, saved.id, 1, JONAS, keys, revision=2) == 3
    with store.read() as connection:
        versions = list_versions(connection, saved.id, JONAS, keys)
    assert [(version.number, version.note, version.chart) for version in versions] == [
        (3, "As version 1", "bars"),
        (2, "by return", ""),
        (1, "", "bars"),
    ]
    assert [read_stored(version.text or "") for version in versions] == [SPEND, ROAS, SPEND]
    assert (versions[2].saved_at, versions[1].saved_at) == (clock.at.replace(hour=12), clock.at)
    head = _find(store, saved.id, JONAS)
    assert (head.version, head.revision, head.metrics) == (3, 3, ("spend",))


def test_every_change_is_an_audited_act_and_names_no_one(store: Store, keys: Keys, paid: str) -> None:
    saved = _save(store, keys, JONAS, name="For Mrs Olsen")
    with store.write() as transaction:
        rename_question(transaction, saved.id, JONAS, keys, name="For Mr Olsen", sentence="Why", revision=1)
    with store.write() as transaction:
        move_question(transaction, saved.id, JONAS, keys, space=paid, revision=2)
    with store.write() as transaction:
        archive_question(transaction, saved.id, ANA, keys, revision=3)
    with store.write() as transaction:
        archive_question(transaction, saved.id, JONAS, keys, revision=4, back=True)
    about = f"question:{saved.id}"
    assert _acts(store)[1:] == [
        ("question.saved", about, {"version": 1, "space": ""}),
        ("question.renamed", about, {}),
        ("question.moved", about, {"from": "", "to": paid}),
        ("question.archived", about, {}),
        ("question.brought_back", about, {}),
    ]
    assert (_find(store, saved.id, LENA).name, _find(store, saved.id, LENA).sentence) == ("For Mr Olsen", "Why")


def test_a_private_question_is_invisible_to_others(store: Store, keys: Keys, paid: str) -> None:
    mine = _save(store, keys, JONAS, name="My idea")
    _save(store, keys, JONAS, name="For the team", space=paid)
    for other in (LENA, CLAIRE, ANA, Actor(id="nobody", name="Nobody", roles=frozenset({"administrator"}))):
        assert _listed(store, other) == ["For the team"]
        assert _same(store, keys, SPEND, other) == ["For the team"]
        unknown = pytest.raises(UnknownQuestion)
        with unknown as caught, store.read() as connection:
            find_question(connection, mine.id, other)
        with unknown as absent, store.read() as connection:
            find_question(connection, "0" * 32, other)
        assert str(caught.value) == str(absent.value)
        for read in (read_version, list_versions):
            with pytest.raises(UnknownQuestion), store.read() as connection:
                read(connection, mine.id, other, keys)
    assert sorted(_listed(store, JONAS)) == ["For the team", "My idea"]


def test_no_one_changes_other_peoples_questions(store: Store, keys: Keys, paid: str) -> None:
    mine = _save(store, keys, JONAS)
    shared = _save(store, keys, JONAS, name="For the team", space=paid)
    for question, other, error in (
        (mine, ANA, UnknownQuestion),
        (mine, CLAIRE, UnknownQuestion),
        (shared, CLAIRE, NotAllowed),
        (shared, LENA, NotAllowed),
        (shared, Actor(id="jonas", viewed_by="ana", roles=frozenset({"marketer"})), NotAllowed),
    ):
        content = Content(query=ROAS)
        with pytest.raises(error), store.write() as transaction:
            save_version(transaction, question.id, content, other, keys, revision=1)
        with pytest.raises(error), store.write() as transaction:
            restore_version(transaction, question.id, 1, other, keys, revision=1)
        with pytest.raises(error), store.write() as transaction:
            rename_question(transaction, question.id, other, keys, name="x", sentence="", revision=1)
        with pytest.raises(error), store.write() as transaction:
            move_question(transaction, question.id, other, keys, space=paid, revision=1)
        with pytest.raises(error), store.write() as transaction:
            archive_question(transaction, question.id, other, keys, revision=1)
    assert [_find(store, question.id, JONAS).revision for question in (mine, shared)] == [1, 1]


def test_a_steward_archives_a_shared_question_but_does_not_take_it_over(store: Store, keys: Keys, paid: str) -> None:
    shared = _save(store, keys, JONAS, space=paid)
    with pytest.raises(NotAllowed, match="Only the owner"), store.write() as transaction:
        move_question(transaction, shared.id, ANA, keys, space=MINE, revision=1)
    with store.write() as transaction:
        archive_question(transaction, shared.id, ANA, keys, revision=1)
    assert (_listed(store, JONAS), _listed(store, JONAS, archived=True)) == ([], ["Spend"])
    assert _same(store, keys, SPEND, JONAS) == []
    assert _find(store, shared.id, LENA).is_archived


def test_a_viewer_saves_questions_only_for_herself(store: Store, keys: Keys, paid: str) -> None:
    own = _save(store, keys, LENA, name="Mine")
    with pytest.raises(NotAllowed, match="marketers"):
        _save(store, keys, LENA, space=paid)
    with pytest.raises(NotAllowed, match="marketers"), store.write() as transaction:
        move_question(transaction, own.id, LENA, keys, space=paid, revision=1)
    assert _listed(store, LENA) == ["Mine"]


def test_a_person_demoted_to_viewer_changes_nothing_shared(store: Store, keys: Keys, paid: str) -> None:
    shared = _save(store, keys, JONAS, space=paid)
    with pytest.raises(NotAllowed), store.write() as transaction:
        archive_question(transaction, shared.id, Actor(id="jonas", roles=frozenset({"viewer"})), keys, revision=1)


def test_without_a_role_nothing_is_saved(store: Store, keys: Keys) -> None:
    with pytest.raises(NotAllowed, match="viewer role"):
        _save(store, keys, Actor(id="none"))


def test_viewing_as_someone_else_shows_shared_questions_and_saves_nothing(store: Store, keys: Keys, paid: str) -> None:
    _save(store, keys, JONAS, name="My idea")
    _save(store, keys, JONAS, name="For the team", space=paid)
    seen_by_ana = Actor(id="jonas", name="Jonas Falk", roles=frozenset({"marketer"}), viewed_by="ana")
    assert _listed(store, seen_by_ana) == ["For the team"]
    with pytest.raises(NotAllowed, match="viewing as someone else"):
        _save(store, keys, seen_by_ana)


def test_of_two_concurrent_editors_the_second_gets_a_conflict(store: Store, keys: Keys, paid: str) -> None:
    shared = _save(store, keys, JONAS, space=paid)
    with store.write() as transaction:
        save_version(transaction, shared.id, Content(query=ROAS), ANA, keys, revision=1)
    with pytest.raises(ChangedMeanwhile), store.write() as transaction:
        save_version(transaction, shared.id, Content(query=OF_A_PERSON), JONAS, keys, revision=1)
    with store.read() as connection:
        assert [version.author_name for version in list_versions(connection, shared.id, JONAS, keys)] == [
            "Ana Ribeiro",
            "Jonas Falk",
        ]
    with store.write() as transaction:
        assert save_version(transaction, shared.id, Content(query=SPEND), JONAS, keys, revision=2) == 3


def test_of_many_simultaneous_writers_one_is_first(address: str, store: Store, keys: Keys, paid: str) -> None:
    shared = _save(store, keys, JONAS, space=paid)
    start, kept, told = threading.Barrier(6), [], []

    def change() -> None:
        other = Store(connect_store(address))
        start.wait()
        try:
            with other.write() as transaction:
                kept.append(save_version(transaction, shared.id, Content(query=ROAS), JONAS, keys, revision=1))
        except ChangedMeanwhile as error:
            told.append(error)
        other.close()

    threads = [threading.Thread(target=change) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (kept, len(told)) == ([2], 5)
    assert _find(store, shared.id, JONAS).version == 2


def test_the_same_question_is_recognized_whatever_its_order(store: Store, keys: Keys) -> None:
    a, b = Condition("market", Operator.IN, ("DE", "AT")), Condition("brand", Operator.NOT_IN, ("yes",))
    _save(store, keys, JONAS, Query(metrics=("spend", "roas"), where=AllOf((a, b))))
    turned = Condition("market", Operator.IN, ("AT", "DE"))
    assert _same(store, keys, Query(metrics=("roas", "spend"), where=AllOf((b, turned))), JONAS) == ["Spend"]
    assert _same(store, keys, Query(metrics=("roas", "spend"), where=AllOf((turned,))), JONAS) == []


def test_a_filter_by_a_person_is_sealed(store: Store, keys: Keys, paid: str) -> None:
    saved = _save(store, keys, JONAS, OF_A_PERSON, space=paid)
    with store.write() as transaction:
        save_version(
            transaction, saved.id, Content(query=OF_A_PERSON, is_personal=True), ANA, keys, revision=1, note="again"
        )
    with store.read() as connection:
        for table in ("questions", "question_versions", "audit"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):
                assert SECRET_MAIL not in str(tuple(row))
        assert [read_stored(version.text or "") for version in list_versions(connection, saved.id, LENA, keys)] == [
            OF_A_PERSON
        ] * 2
        other = keys_of("another secret of tests, also long enough")
        assert read_version(connection, saved.id, JONAS, other).text is None


def test_a_sealed_version_is_readable_only_in_its_own_place(store: Store, keys: Keys) -> None:
    first, second = (_save(store, keys, JONAS, OF_A_PERSON, name=name) for name in ("a", "b"))
    with store.write(recorded=False) as transaction:
        sealed = select(QUESTION_VERSIONS.c.sealed).where(QUESTION_VERSIONS.c.question == first.id).scalar_subquery()
        transaction.connection.execute(
            update(QUESTION_VERSIONS).where(QUESTION_VERSIONS.c.question == second.id).values(sealed=sealed)
        )
    with store.read() as connection:
        assert read_version(connection, second.id, JONAS, keys).text is None


def test_encrypted_parts_of_an_erased_person_are_gone_and_the_rest_stays(store: Store, keys: Keys, paid: str) -> None:
    sealed = _save(store, keys, JONAS, OF_A_PERSON, space=paid, name="Sealed")
    plain = _save(store, keys, JONAS, SPEND, space=paid, name="Plain")
    with store.write(recorded=False) as transaction:
        assert erase_person(transaction, "jonas", keys)
    with store.read() as connection:
        assert read_version(connection, sealed.id, LENA, keys).text is None
        assert read_stored(read_version(connection, plain.id, LENA, keys).text or "") == SPEND
    assert (_find(store, plain.id, LENA).owner_name, _find(store, plain.id, ANA).may_change) == ("", True)
    content = Content(query=OF_A_PERSON, is_personal=True)
    with pytest.raises(NotAllowed, match="has left"), store.write() as transaction:
        save_version(transaction, plain.id, content, ANA, keys, revision=1)
    with pytest.raises(InvalidQuery, match="can't be read"), store.write() as transaction:
        restore_version(transaction, sealed.id, 1, ANA, keys, revision=1)


def test_a_damaged_row_is_read_as_far_as_possible(store: Store, keys: Keys) -> None:
    saved = _save(store, keys, JONAS)
    with store.write(recorded=False) as transaction:
        transaction.connection.execute(update(QUESTIONS).values(metrics="{broken", name="<b>x</b>"))
        transaction.connection.execute(update(QUESTION_VERSIONS).values(display="[1", query='{"v": 99}'))
    with store.read() as connection:
        assert [question.metrics for question in list_questions(connection, JONAS)] == [("",)]
        version = read_version(connection, saved.id, JONAS, keys)
    assert (version.chart, version.text) == ("", '{"v": 99}')


@pytest.mark.parametrize("name", ["", "  \n ", "\u200b", "x" * 201])
def test_an_empty_or_too_long_name_is_refused(name: str, store: Store, keys: Keys) -> None:
    with pytest.raises(InvalidQuery, match="1 to 200"):
        _save(store, keys, JONAS, name=name)


def test_a_name_with_an_unstorable_character_is_kept_without_it(store: Store, keys: Keys) -> None:
    assert _save(store, keys, JONAS, name="Spend\x00\ud800 now").name == "Spend now"


def test_a_missing_space_accepts_nothing(store: Store, keys: Keys) -> None:
    with pytest.raises(UnknownQuestion, match="space"):
        _save(store, keys, JONAS, space="0" * 32)


def test_no_one_can_push_others_work_off_the_list(store: Store, keys: Keys, clock: Clock, paid: str) -> None:
    others = _save(store, keys, JONAS, name="Of Jonas", space=paid)
    clock.move(hours=1)
    question = _save(store, keys, CLAIRE, name="Of Claire", space=paid)
    with store.write(recorded=False) as transaction:
        row = dict(
            transaction.connection.execute(select(QUESTIONS).where(QUESTIONS.c.id == question.id)).one()._mapping
        )
        copies = [row | {"id": f"{number:032x}"} for number in range(MOST_LISTED)]
        transaction.connection.execute(insert(QUESTIONS), copies)
    with store.read() as connection:
        listed = list_questions(connection, ANA)
    assert len(listed) == MOST_LISTED
    assert listed[-1].id == others.id, "the list stays in the order of the last changes"


def _file(store: Store, keys: Keys, question: SavedQuestion, folder: str, actor: Actor) -> SavedQuestion:
    with store.write() as transaction:
        file_question(transaction, question.id, folder, actor, keys, revision=question.revision)
    return _find(store, question.id, actor)


def test_a_question_is_put_into_a_folder_and_out_again(store: Store, keys: Keys, paid: str) -> None:
    saved = _save(store, keys, JONAS, space=paid)
    assert saved.folder == ""
    saved = _file(store, keys, saved, "  Weekly\nreview ", JONAS)
    assert (saved.folder, saved.space, saved.version) == ("Weekly review", paid, 1)
    assert _find(store, saved.id, LENA).folder == "Weekly review"
    assert _file(store, keys, saved, "", JONAS).folder == ""
    kinds = [kind for kind, _, said in _acts(store) if "Weekly" not in str(said)]
    assert kinds == ["space.made", "question.saved", "question.filed", "question.filed"]


def test_only_people_who_can_change_a_question_can_move_it_to_a_folder(store: Store, keys: Keys, paid: str) -> None:
    shared, private = _save(store, keys, JONAS, space=paid), _save(store, keys, JONAS)
    with pytest.raises(NotAllowed):
        _file(store, keys, shared, "Weekly", CLAIRE)
    with pytest.raises(UnknownQuestion):
        _file(store, keys, private, "Weekly", ANA)
    with pytest.raises(InvalidQuery, match="at most 60 characters"):
        _file(store, keys, private, "x" * 61, JONAS)
    _file(store, keys, shared, "Weekly", ANA)
    with pytest.raises(ChangedMeanwhile):
        _file(store, keys, shared, "Monthly", JONAS)


def test_contents_come_from_current_versions_of_accessible_questions(store: Store, keys: Keys, paid: str) -> None:
    shared, private = _save(store, keys, JONAS, space=paid), _save(store, keys, JONAS)
    sealed = _save(store, keys, JONAS, OF_A_PERSON, space=paid)
    with store.write() as transaction:
        content = Content(query=ROAS, chart="pie")
        save_version(transaction, shared.id, content, JONAS, keys, revision=shared.revision)
    wanted = [shared.id, private.id, sealed.id, "0" * 32]
    with store.read() as connection:
        assert read_contents(connection, wanted, LENA) == {shared.id: Content(query=ROAS, chart="pie")}
        assert set(read_contents(connection, wanted, JONAS)) == {shared.id, private.id}
        assert read_contents(connection, [], LENA) == {}
