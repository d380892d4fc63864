"""Uploads from end to end: a file becomes a table that is asked, shared, replaced, restored and deleted."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from semantic.config.settings import MARKETING_MODEL, Settings
from semantic.errors import (
    ChangedMeanwhile,
    EngineFailed,
    InvalidQuery,
    ModelError,
    NotAllowed,
    UnknownName,
    UnknownUpload,
    UnreadableFile,
)
from semantic.model.loading.load import parse_model
from semantic.plan.joins.distinguishing import _known_values  # pyright: ignore[reportPrivateUsage]
from semantic.policy.actor import Actor
from semantic.query.query import Breakdown, Query
from semantic.results.digests import definitions_of
from semantic.run.upload_tables import UploadTables
from semantic.services.process import Live
from semantic.services.uploads import UploadWork
from semantic.store.accounts.changes import free_account
from semantic.store.audit.entries import find_subject
from semantic.store.models.versions import files_of, publish, publish_upload, read_head
from semantic.store.upkeep.erasure import erase
from semantic.uploads.reading import Reading, read_file
from semantic.uploads.upload import Shared, UploadColumn, UploadPlan, metric_name, model_file
from tests.copies import copy_shop
from tests.semantic.store.stores import SECRET
from tests.shop import SHOP

MIA = Actor(id="mia", name="Mia", roles=frozenset({"marketer"}), groups=frozenset({"ads"}))
TOM = Actor(id="tom", name="Tom", roles=frozenset({"marketer"}))
ANA = Actor(id="ana", name="Ana", roles=frozenset({"steward"}))
VIC = Actor(id="vic", name="Vic", roles=frozenset({"viewer"}))
BUDGET = b"day,channel,budget\n2026-01-01,search,100.50\n2026-01-01,social,20\n2026-01-02,search,30\n"
"""The budgets by hand: search 130.50 and social 20, together 150.50."""


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    opened = opened_live(str(tmp_path / "store.sqlite"), tmp_path)
    yield opened
    opened.close()


def opened_live(address: str, tmp_path: Path) -> Live:
    settings = Settings(
        data=str(copy_shop(tmp_path / "shop.duckdb")), model=SHOP, store=address, audit_key=SECRET,
        model_source="store", mask_key="a key of the tests", uploads=tmp_path / "uploads",
    )  # fmt: skip
    return Live.open(settings)


def upload(live: Live, content: bytes = BUDGET, *, actor: Actor = MIA, label: str = "Budget", **how: object) -> str:
    work = UploadWork(live, actor)
    reading = read_file(content)
    return work.make(reading, work.plan(reading, label=label, **how))  # type: ignore[arg-type]


def metric(live: Live, actor: Actor, upload: str, column: str = "budget") -> str:
    return metric_name(UploadWork(live, actor).find(upload).plan, column)


def total(live: Live, actor: Actor, name: str) -> object:
    result = live.workspace().ask(Query(metrics=(name,)), actor)
    return result.table.column(name).to_pylist()[0]


def test_an_uploaded_file_becomes_a_metric_that_its_owner_can_ask(live: Live) -> None:
    made = upload(live)
    plan = UploadWork(live, MIA).find(made).plan
    assert (plan.key, plan.day) == (("day", "channel"), "day")
    name = metric(live, MIA, made)
    assert total(live, MIA, name) == Decimal("150.50")
    by = Query(metrics=(name,), by=(Breakdown(f"{plan.name}_by_channel"),))
    rows = live.workspace().ask(by, MIA).table.to_pylist()
    assert {tuple(row.values())[:2] for row in rows} == {("search", Decimal("130.50")), ("social", Decimal(20))}
    found = UploadWork(live, MIA).find(made)
    assert (found.rows, found.last_day, found.owner_id) == (3, date(2026, 1, 2), "mia")


def test_a_store_in_postgresql_keeps_uploads_too(address: str, tmp_path: Path) -> None:
    opened = opened_live(address, tmp_path)
    made, work = upload(opened), UploadWork(opened, MIA)
    work.renew(work.find(made), read_file(b"day,channel,budget\n2026-01-01,search,7\n"))
    opened.close()
    again = opened_live(address, tmp_path)  # another process finds both
    assert total(again, MIA, metric(again, MIA, made)) == 7
    again.close()


def test_until_it_is_shared_only_its_owner_sees_it(live: Live) -> None:
    made = upload(live)
    name = metric(live, MIA, made)
    breakdown = f"{name.rpartition('_')[0]}_by_channel"
    for other in (TOM, VIC, ANA):  # some of these people can see all metrics of the shop
        with pytest.raises(UnknownName):
            live.workspace().ask(Query(metrics=(name,)), other)
        seen = live.workspace().visible(other)
        assert name not in {each.name for each in seen.metrics}
        assert breakdown not in {each.name for each in seen.dimensions}
    for other in (TOM, VIC):
        with pytest.raises(UnknownUpload):
            UploadWork(live, other).find(made)
    work = UploadWork(live, MIA)
    work.share(work.find(made), Shared(groups=("ads",), roles=("viewer",)))
    assert total(live, VIC, name) == Decimal("150.50")
    with pytest.raises(UnknownName):
        live.workspace().ask(Query(metrics=(name,)), TOM)
    work.share(work.find(made), Shared())
    with pytest.raises(UnknownName):
        live.workspace().ask(Query(metrics=(name,)), VIC)


def test_an_id_is_neither_released_nor_erased_while_it_owns_uploads(live: Live) -> None:
    """The next person with the ID would see the numbers."""
    made = upload(live)
    with live.store.read() as connection:
        mia = find_subject(connection, "mia")
    assert mia is not None
    with pytest.raises(InvalidQuery, match="owns 1 upload"), live.store.write() as transaction:
        free_account(transaction, live.keys, mia, ANA, why="a new account")
    with pytest.raises(InvalidQuery, match="owns 1 upload"):
        erase(live.store, "mia", ANA, live.keys)
    work = UploadWork(live, MIA)
    work.delete(work.find(made))
    erase(live.store, "mia", ANA, live.keys)


def test_own_data_is_marked_and_never_certified(live: Live) -> None:
    made = upload(live)
    name = metric(live, MIA, made)
    assert live.workspace().model.metrics[name].own_data
    from semantic.display.trust import metric_fact

    assert metric_fact(live.workspace().model.metrics[name], today=date(2026, 1, 1)).word == "Own data"


def test_another_file_replaces_the_rows_and_an_earlier_version_can_be_restored(live: Live) -> None:
    made, work = upload(live), UploadWork(live, MIA)
    name = metric(live, MIA, made)
    # One row changed, one is new, two are gone.
    new = read_file(b"day,channel,budget\n2026-01-01,search,200\n2026-01-03,mail,1.5\n")
    change = work.compare(work.find(made), new)
    assert (change.before, change.after, change.added, change.changed, change.gone) == (3, 2, 1, 1, 2)
    assert change.gone_rows["channel"].to_list() == ["social", "search"]
    assert total(live, MIA, name) == Decimal("150.50")  # nothing changed yet
    work.renew(work.find(made), new)
    assert total(live, MIA, name) == Decimal("201.5")
    assert [version.how for version in work.versions(work.find(made))] == ["replaced", "made"]
    work.restore(work.find(made), 1)
    assert total(live, MIA, name) == Decimal("150.50")


def test_rows_are_added_only_under_new_keys(live: Live) -> None:
    made, work = upload(live), UploadWork(live, MIA)
    name = metric(live, MIA, made)
    work.renew(work.find(made), read_file(b"day,channel,budget\n2026-01-03,mail,1.25\n"), adds=True)
    assert total(live, MIA, name) == Decimal("151.75")
    with pytest.raises(InvalidQuery, match="already exists"):
        work.renew(work.find(made), read_file(b"day,channel,budget\n2026-01-03,mail,9\n"), adds=True)
    assert total(live, MIA, name) == Decimal("151.75")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"day,channel\n2026-01-01,search\n", "no column 'budget'"),
        (
            b"day,channel,budget\n2026-01-01,search,much\n",
            "'budget' is a number in the table, but has another type in this file",
        ),
    ],
)
def test_a_file_of_another_shape_changes_nothing(live: Live, content: bytes, says: str) -> None:
    made, work = upload(live), UploadWork(live, MIA)
    with pytest.raises(UnreadableFile, match=says):
        work.renew(work.find(made), read_file(content))
    assert total(live, MIA, metric(live, MIA, made)) == Decimal("150.50")


def test_a_whole_number_may_get_decimals_later(live: Live) -> None:
    made, work = upload(live, b"channel,clicks\na,1\nb,2\n"), UploadWork(live, MIA)
    work.renew(work.find(made), read_file(b"channel,clicks\na,1.5\nb,2\n"))
    assert total(live, MIA, metric(live, MIA, made, "clicks")) == Decimal("3.5")
    work.restore(work.find(made), 1)
    assert total(live, MIA, metric(live, MIA, made, "clicks")) == Decimal(3)


def test_new_types_and_rows_apply_together_or_not_at_all(live: Live) -> None:
    made, work = upload(live, b"channel,clicks\na,1\nb,2\n", label="Clicks"), UploadWork(live, MIA)
    files = newest(live)
    path = next(path for path in files if path.startswith("uploads/"))
    later = live.store.now() + timedelta(days=9)
    changed = {**files, path: files[path].replace("label: Clicks\n", "label: Clicks of 2026\n", 1)}
    publish(live.store, live.keys, changed, parent=2, actor=ANA, note="", effective_at=later)
    with pytest.raises(ChangedMeanwhile, match="“Clicks” can't be published now, because version 3 of the model"):
        work.renew(work.find(made), read_file(b"channel,clicks\na,1.5\nb,2\n"))
    assert [version.how for version in work.versions(work.find(made))] == ["made"]
    assert total(live, MIA, metric(live, MIA, made, "clicks")) == 3


def test_files_can_be_uploaded_shared_and_deleted_while_a_version_is_scheduled(live: Live) -> None:
    first = upload(live)
    with_note = {**newest(live), "later.yml": "# for later\n"}
    later = live.store.now() + timedelta(days=9)
    publish(live.store, live.keys, with_note, parent=2, actor=ANA, note="Later", effective_at=later)
    made, work = upload(live, b"channel,clicks\na,1\nb,2\n", label="Clicks"), UploadWork(live, MIA)
    assert total(live, MIA, metric(live, MIA, made, "clicks")) == 3
    work.share(work.find(made), Shared(roles=("viewer",)))
    assert total(live, VIC, metric(live, MIA, made, "clicks")) == 3
    work.delete(work.find(first))
    assert "later.yml" in newest(live)
    published = live.workspace().published
    assert published is not None
    with live.store.read() as connection:
        assert "later.yml" not in files_of(connection, published.number)


def newest(live: Live) -> dict[str, str]:
    with live.store.read() as connection:
        head = read_head(connection)
        assert head is not None
        return files_of(connection, head.number)


def test_of_two_simultaneous_files_one_counts_with_its_own_rows(live: Live) -> None:
    made, work = upload(live), UploadWork(live, MIA)
    found = work.find(made)
    outcomes: dict[str, str] = {}

    def renew(budget: str) -> None:
        try:
            work.renew(found, read_file(f"day,channel,budget\n2026-01-01,search,{budget}\n".encode()))
            outcomes[budget] = "replaced"
        except ChangedMeanwhile:
            outcomes[budget] = "refused"

    second = threading.Thread(target=renew, args=["2"])

    class Between(UploadTables):
        def keep(self, name: str, number: int, parquet: bytes) -> None:
            if second.ident is None:
                second.start()
                second.join(1)  # it gets no further until the first has saved its rows
            super().keep(name, number, parquet)

    live.upload_tables = Between(live.upload_tables.folder)
    renew("1")
    second.join()
    assert sorted(outcomes.values()) == ["refused", "replaced"]
    counts = next(budget for budget, outcome in outcomes.items() if outcome == "replaced")
    assert total(live, MIA, metric(live, MIA, made)) == Decimal(counts)
    work.restore(work.find(made), 2)
    assert total(live, MIA, metric(live, MIA, made)) == Decimal(counts)


def test_only_questions_about_lost_rows_fail(tmp_path: Path) -> None:
    store = str(tmp_path / "store.sqlite")
    opened = opened_live(store, tmp_path)
    name = metric(opened, MIA, upload(opened))
    shop = total(opened, ANA, "revenue")
    opened.close()
    shutil.rmtree(tmp_path / "uploads")  # as on another machine, or after restoring only the store
    again = opened_live(store, tmp_path)
    assert total(again, ANA, "revenue") == shop
    with pytest.raises(EngineFailed):
        total(again, MIA, name)
    again.close()


def test_a_deleted_upload_is_removed_from_the_model_and_the_disk(live: Live, tmp_path: Path) -> None:
    made, work = upload(live), UploadWork(live, MIA)
    name = metric(live, MIA, made)
    work.delete(work.find(made))
    with pytest.raises(UnknownName):
        live.workspace().ask(Query(metrics=(name,)), MIA)
    with pytest.raises(UnknownUpload):
        work.find(made)
    assert not list((tmp_path / "uploads" / "versions").rglob("*.parquet"))


def test_only_its_owner_changes_an_upload(live: Live) -> None:
    made = upload(live)
    of_owner = UploadWork(live, MIA).find(made)
    for other in (TOM, ANA):
        work = UploadWork(live, other)
        for act in (
            lambda work=work: work.delete(of_owner),
            lambda work=work: work.share(of_owner, Shared(people=(work.actor.id,))),
            lambda work=work: work.renew(of_owner, read_file(BUDGET)),
            lambda work=work: work.restore(of_owner, 1),
            lambda work=work: work.compare(of_owner, read_file(BUDGET)),  # whose result has rows
        ):
            with pytest.raises(UnknownUpload):
                act()
    with pytest.raises(NotAllowed, match="marketer"):
        upload(live, actor=VIC)


def test_a_steward_takes_over_from_someone_who_left(live: Live) -> None:
    made = upload(live)  # Mia isn't among the people of this shop, as if her account had ended
    work = UploadWork(live, ANA)
    work.take_over(work.find(made))
    assert total(live, ANA, metric(live, ANA, made)) == Decimal("150.50")
    with pytest.raises(UnknownUpload):
        UploadWork(live, MIA).find(made)


def test_publishing_an_upload_can_add_nothing_else(live: Live) -> None:
    made = upload(live)
    plan = UploadWork(live, MIA).find(made).plan
    policy = f"{{name: {plan.name}, who: {{people: [mia]}}, grant: {{metrics: all}}}}"
    own = f"datasets: []\nmetrics: []\npolicies: [{policy}]\n"
    for text in (own, "people: [{id: mia, name: Mia, roles: [administrator]}]\n", "not: [yaml", ""):
        with pytest.raises(NotAllowed, match="nothing else"):
            publish_upload(live.store, live.keys, plan.name, text, actor=MIA, note="")
    with pytest.raises(NotAllowed, match="marketer"):
        publish_upload(live.store, live.keys, plan.name, None, actor=VIC, note="")


def test_a_column_fills_a_breakdown_of_the_model(live: Live) -> None:
    work = UploadWork(live, ANA)
    reading = read_file(b"channel,budget\nSearch,1\nMail,2\nnowhere,3\n")
    offers = work.offers(reading, "channel")
    (offer,) = [offer for offer in offers if offer.dimension == "channel"]
    assert (offer.words, offer.unknown) == ("Matches Channel: 2 of 3 values", ("nowhere",))
    plan = work.plan(reading, label="Budget", dimensions={"channel": "channel"})
    made = work.make(reading, plan)
    name = metric(live, ANA, made)
    rows = live.workspace().ask(Query(metrics=(name, "revenue"), by=(Breakdown("channel"),)), ANA).table.to_pylist()
    shown = {row["channel"]: (row[name], row["revenue"] is not None) for row in rows}
    assert (shown["Search"], shown["Mail"], shown["nowhere"]) == ((1, True), (2, True), (3, False))


def test_an_upload_changes_nothing_about_other_data(live: Live) -> None:
    """Otherwise, other people's receipts would report that a definition changed."""
    by_platform = Query(metrics=("claimed",), by=(Breakdown("platform"),))
    told = definitions_of(by_platform, live.workspace().model)
    work = UploadWork(live, ANA)
    reading = read_file(b"platform,budget\nalpha,1\nomega,2\n")
    made = work.make(reading, work.plan(reading, label="Budget", dimensions={"platform": "platform"}))
    after = live.workspace().model
    assert [place.dataset for place in after.dimensions["platform"]] == ["claims", work.find(made).plan.name]
    assert definitions_of(by_platform, after) == told


def test_an_upload_doesnt_widen_the_values_that_checks_allow() -> None:
    """Attributed numbers add up only if filters leave one attribution model, and a check lists the allowed ones."""
    files = {path.name: path.read_text() for path in MARKETING_MODEL.glob("*.yml")}
    columns = (
        UploadColumn(
            name="model", label="Attribution model", type="string", use="breakdown", dimension="attribution_model"
        ),
        UploadColumn(name="amount", label="Amount", type="integer", use="sum"),
    )
    plan = UploadPlan(name="up_000000000000", label="Mine", purpose="other", columns=columns)
    # In files, its own comes first.
    model = parse_model({**files, "a.yml": model_file(plan, owner="mia", owner_name="Mia")})
    assert model.dimensions["attribution_model"][-1].dataset == plan.name
    without = _known_values("attribution_model", parse_model(files))
    assert without >= {"linear", "last"}
    assert _known_values("attribution_model", model) == without


def test_a_breakdown_that_an_upload_fills_can_get_another_label() -> None:
    files = {path.name: path.read_text() for path in MARKETING_MODEL.glob("*.yml")}
    column = UploadColumn(
        name="model", label="Old label", type="string", use="breakdown", dimension="attribution_model"
    )
    plan = UploadPlan(name="up_000000000000", label="Mine", purpose="other", columns=(column,))
    model = parse_model({**files, "a.yml": model_file(plan, owner="mia", owner_name="Mia")})
    assert model.dimensions["attribution_model"][0].label == "Attribution model"


def test_an_upload_that_fails_halfway_leaves_nothing(live: Live, tmp_path: Path) -> None:
    work = UploadWork(live, MIA)
    reading: Reading = read_file(BUDGET)
    plan = work.plan(reading, label="Budget", name="up_0123456789ab")
    publish_upload(live.store, live.keys, plan.name, None, actor=MIA, note="")  # removing nothing is no error
    taken = work.plan(reading, label="Taken", name=plan.name)
    work.make(reading, taken)
    with pytest.raises(Exception, match=r"(?i)unique|duplicate|store"):
        work.make(reading, plan)
    assert len(work.uploads()) == 1
    assert total(live, MIA, metric_name(taken, "budget")) == Decimal("150.50")


def test_a_certified_metric_over_an_upload_does_not_load(live: Live) -> None:
    from semantic.model.loading.load import parse_files

    made = upload(live)
    with live.store.read() as connection:
        head = read_head(connection)
        assert head is not None
        files = files_of(connection, head.number)
    name = metric(live, MIA, made)
    files["more.yml"] = (
        f"metrics: [{{name: twice, kind: derived, expression: 2 * {name}, "
        "certified: {by: Ana, until: 2099-01-01}}]\n"
    )
    with pytest.raises(ModelError, match="uses an upload"):
        parse_files(files)


def test_amounts_have_the_currency_that_their_owner_chose(live: Live) -> None:
    made = upload(live, BUDGET, currencies={"budget": "CHF"})
    name = metric(live, MIA, made)
    column = live.workspace().ask(Query(metrics=(name,)), MIA).columns[0]
    assert (column.unit, column.format.value) == ("CHF", "money")
    assert total(live, MIA, name) == Decimal("150.50")


def test_an_invalid_currency_code_is_refused(live: Live) -> None:
    work, reading = UploadWork(live, MIA), read_file(BUDGET)
    with pytest.raises(InvalidQuery, match="three-letter code"):
        work.plan(reading, label="Budget", currencies={"budget": "Franken"})


def test_a_column_is_offered_as_a_breakdown_by_its_synonyms_too(live: Live) -> None:
    with live.store.read() as connection:
        head = read_head(connection)
        assert head is not None
        files = files_of(connection, head.number)
    known = {
        path: text.replace("- {name: channel}", "- {name: channel, synonyms: [Kanal]}") for path, text in files.items()
    }
    publish(live.store, live.keys, known, parent=head.number, actor=ANA, note="")
    live.take()
    reading = read_file(b"Kanal,Budget\nSearch,100\nMail,20\nTV,5\n")
    offers = UploadWork(live, ANA).offers(reading, "kanal")
    assert [(offer.dimension, offer.known, offer.unknown) for offer in offers] == [("channel", 2, ("TV",))]
