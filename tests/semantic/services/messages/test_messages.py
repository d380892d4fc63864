"""Messages about boards and questions over the shop: whose numbers they have, what else they say, and when none is
sent.

In March, the shop sold for 310: Search 210, Walk-in 80 and Social 20. Of these, Dora sees only what customers from
Germany bought: Search 10 and Social 20. April had 2,235.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from semantic.alerts.alert import Alert, Threshold
from semantic.alerts.judging import Judgement, Outcome
from semantic.boards.board import Board, BoardState, Row, Tab, Tile, TileKind
from semantic.config.settings import Settings
from semantic.errors import EngineFailed
from semantic.policy.links import reader_of_destination
from semantic.query.query import Between, Breakdown, Previous, Query
from semantic.services.messages.boards import ARCHIVED, UNREADABLE
from semantic.services.messages.conditions import NOT_BEHIND, NOT_CHANGED, NOT_FIRED
from semantic.services.messages.shared import NO_NUMBERS
from semantic.services.outbox.composer import Skipped
from semantic.services.outbox.composers import compose_delivery
from semantic.services.outbox.reader import Reader
from semantic.store.alerts.alerts import AlertRecipient, make_alert
from semantic.store.alerts.runs import note_run
from semantic.store.audit.entries import read_entries
from semantic.store.boards.boards import archive_board, find_board
from semantic.store.numbers.receipts import RECEIPTS
from semantic.store.outbox.sends import NewSend, Recipient, queue_send
from semantic.store.people import subject_of
from tests.copies import copy_shop
from tests.semantic.services.messages.message_world import ADDRESS, World, letters_world
from tests.shop import SHOP, ShopWorkspace, open_shop

MARCH, APRIL = Between(date(2026, 3, 1), date(2026, 3, 31)), Between(date(2026, 4, 1), date(2026, 4, 30))
REVENUE = Tile(id="revenue", kind=TileKind.NUMBER, question=Query(metrics=("revenue",)))
CHANNELS = Tile(id="channels", kind=TileKind.CHART, question=Query(metrics=("revenue",), by=(Breakdown("channel"),)))
COST = Tile(id="cost", kind=TileKind.NUMBER, question=Query(metrics=("cost",)))
ADS = Tile(id="ads", kind=TileKind.TABLE, question=Query(metrics=("clicks",), by=(Breakdown("channel"),)))


def shop(*tiles: Tile, **start: object) -> Board:
    return Board(
        title="Shop", tabs=(Tab(title="Sales", rows=(Row(tiles=tiles),)), Tab(title="Ads", rows=(Row(tiles=(ADS,)),))),
        start=BoardState(**({"period": MARCH} | start)),  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


SALES = shop(REVENUE, CHANNELS)


def bars(values: object) -> list[tuple[str, str]]:
    assert isinstance(values, list)
    return [(bar["label"], bar["value"]) for bar in values[0]["bars"]]  # pyright: ignore


def test_each_reader_gets_the_numbers_they_see(world: World) -> None:
    delivery = world.deliver("board", world.publish(SALES), "dora")
    whole, part = world.letter(delivery, "steward"), world.letter(delivery, "dora")
    assert [number["value"] for number in whole.values["numbers"]] == ["€310"]  # pyright: ignore
    assert [number["value"] for number in part.values["numbers"]] == ["€30.00"]  # pyright: ignore
    assert bars(whole.values["findings"]) == [("Search", "€210"), ("Walk-in", "€80"), ("Social", "€20")]
    assert bars(part.values["findings"]) == [("Social", "€20.00"), ("Search", "€10.00")]
    assert "€310" not in part.html + part.text
    assert "Walk-in" not in part.html + part.text
    assert "1 – 31 Mar 2026" in part.text
    assert "Scope: " not in whole.text


def test_a_delivery_has_its_own_filters(world: World) -> None:
    board = world.publish(SALES)
    delivery = world.deliver("board", board, settings={"f": ["channel:in:Search"], "t": ["2026-03-29..2026-03-31"]})
    message = world.letter(delivery, "steward")
    assert [number["value"] for number in message.values["numbers"]] == ["€200"]  # pyright: ignore
    assert "Channel: Search" in message.text
    assert message.link.startswith(f"{ADDRESS}/board?d={board}&t=2026-03-29..2026-03-31&f=channel%3Ain%3A")


def test_a_delivery_of_a_tab_has_only_that_tab(world: World) -> None:
    delivery = world.deliver("board", world.publish(SALES), settings={"tab": ["1"]})
    message = world.letter(delivery, "steward")
    assert message.text.startswith("Shop: Ads\n")
    assert message.values["numbers"] == []
    assert message.values["table"] is not None
    assert message.link.endswith("&tab=1")


@pytest.mark.parametrize(
    "settings", [{"f": ["channel"]}, {"t": ["sometimes"]}, {"tab": ["7"]}, {"tab": ["x"]}, {"f": "a" * 3_000}]
)
def test_filters_that_cannot_be_read_are_never_left_out(settings: dict[str, object], world: World) -> None:
    delivery = world.deliver("board", world.publish(SALES), settings=settings)
    assert world.compose(delivery, "steward") == Skipped(UNREADABLE)


def test_a_filter_that_a_reader_cannot_use_is_reported_as_left_out(world: World) -> None:
    delivery = world.deliver("board", world.publish(SALES), settings={"f": ["nonsense:in:x", "channel:in:Social"]})
    message = world.letter(delivery, "steward")
    assert [number["value"] for number in message.values["numbers"]] == ["€20.00"]  # pyright: ignore
    assert "Some of this delivery's filters aren't available to you. The others are applied." in " ".join(
        message.text.split()
    )


def test_without_access_nothing_is_sent(world: World) -> None:
    gone = world.deliver("board", "no-such-board", "dora")
    assert world.compose(gone, "dora") == Skipped("No access to this board", lost="Weekly")
    only = Board(title="Shop", tabs=(Tab(rows=(Row(tiles=(REVENUE,)),)),))
    hidden = world.deliver("board", world.publish(only), "ole")  # she can only see clicks
    assert world.compose(hidden, "ole") == Skipped("No access to anything in it", lost="Shop")
    assert world.compose(world.deliver("question", "no-such-question"), "dora") == Skipped(
        "No access to this question", lost="Weekly"
    )


def test_a_tile_that_a_reader_cannot_see_is_left_out(world: World) -> None:
    delivery = world.deliver("board", world.publish(shop(REVENUE, COST)), "noa")
    message = world.letter(delivery, "noa")  # who is denied the cost
    assert [number["label"] for number in message.values["numbers"]] == ["Revenue"]  # pyright: ignore
    assert "1 tile isn't available to you." in message.text
    assert "cost" not in message.text.casefold()


def test_an_archived_board_is_not_sent(world: World) -> None:
    board = world.publish(SALES)
    delivery = world.deliver("board", board)
    with world.live.store.write() as transaction:
        revision = find_board(transaction.connection, board, world.steward).revision
        archive_board(transaction, board, world.steward, world.live.keys, revision=revision)
    assert world.compose(delivery, "steward") == Skipped(ARCHIVED)


# Conditions


@pytest.mark.parametrize(("condition", "why"), [("changed", NOT_CHANGED), ("behind", NOT_BEHIND), ("alert", NOT_FIRED)])
def test_an_unmet_condition_is_named(condition: str, why: str, world: World) -> None:
    board = world.publish(shop(REVENUE, period=APRIL, compare=(Previous(),)))
    question = world.save(Query(metrics=("revenue",), by=(Breakdown("channel"),), time=APRIL), "Channels")
    assert world.compose(world.deliver("board", board, condition=condition), "steward") == Skipped(why)
    assert world.compose(world.deliver("question", question, condition=condition), "steward") == Skipped(why)


def test_an_alert_counts_if_it_fired_for_this_recipient_about_one_of_the_metrics(world: World) -> None:
    only = Board(title="Shop", tabs=(Tab(rows=(Row(tiles=(REVENUE,)),)),))
    delivery = world.deliver("board", world.publish(only), "dora", condition="alert")

    def fire(metric: str, name: str, outcome: Outcome, days: int = 1) -> None:
        with world.live.store.write() as transaction:
            rule = Alert(metric=metric, rule=Threshold(side="below", value=3.0))
            subject = subject_of(transaction, name, name)
            told = AlertRecipient(kind="person", id=subject)
            alert = make_alert(transaction, world.live.keys, rule, [told], world.steward)
            for day in range(days):
                run = Judgement(period=date(2026, 11, 1) + timedelta(days=day), outcome=outcome, why="It fell.")
                note_run(transaction, alert, Recipient(kind="person", id=subject), run)

    fire("cost", "dora", "fired")  # another metric
    fire("revenue", "steward", "fired")  # another person
    fire("revenue", "dora", "normal")
    assert world.compose(delivery, "dora") == Skipped(NOT_FIRED)
    fire("revenue", "dora", "fired")
    fire("revenue", "dora", "normal", days=300)  # however much is in the history since
    assert "€" in world.letter(delivery, "dora").text
    # A later message looks at what fired since this one was due.
    reader = world.reader("dora")
    again = NewSend(
        kind="delivery", about=delivery.id, slot=datetime(2027, 1, 4, 8, 0, tzinfo=UTC), recipient=reader.recipient
    )
    with world.live.store.write(recorded=False) as transaction:
        queue_send(transaction, again)
    later = replace(world.send(delivery, again.recipient, {}), slot=datetime(2027, 1, 11, 8, 0, tzinfo=UTC))
    assert compose_delivery(later, reader, world.live) == Skipped(NOT_FIRED)


# Questions


@pytest.mark.parametrize("by", [("channel",), ("channel", "device")])
def test_every_metric_of_a_question_is_sent_by_one_breakdown_and_by_two(world: World, by: tuple[str, ...]) -> None:
    """The first rows are the rows of the answer, with both numbers."""
    query = Query(metrics=("order_count", "revenue"), by=tuple(map(Breakdown, by)))
    delivery = world.deliver("question", world.save(query, "Sales"), "dora")
    message = world.letter(delivery, "dora")
    answer = world.live.workspace().ask(query, world.actor("dora")).table.to_pylist()
    values: Any = message.values  # Any: JSON
    rows = values["table"]["rows"]
    assert [[row[name] for name in (*by, "order_count")] for row in answer[: len(rows)]] == [
        [*(None if cell == "(none)" else cell for cell in row[: len(by)]), int(row[len(by)])] for row in rows
    ]
    assert all(row[-1].startswith("€") for row in rows)
    assert "No data" not in message.text


def test_a_question_is_sent_as_one_answer(world: World) -> None:
    query = Query(metrics=("revenue",), by=(Breakdown("channel"),), time=MARCH)
    question = world.save(query, "Revenue by channel")
    message = world.letter(world.deliver("question", question, "dora"), "dora")
    assert message.link == f"{ADDRESS}/explore?saved={question}"
    assert message.link_label == "Open question"
    assert bars(message.values["findings"]) == [("Social", "€20.00"), ("Search", "€10.00")]
    assert message.text.startswith("Revenue by channel\n\n1 – 31 Mar 2026")
    single = world.save(Query(metrics=("revenue",), time=MARCH), "Revenue")
    letter = world.letter(world.deliver("question", single), "steward")
    assert [number["value"] for number in letter.values["numbers"]] == ["€310"]  # pyright: ignore
    several = world.save(Query(metrics=("revenue", "order_count"), time=MARCH), "Both")
    letter = world.letter(world.deliver("question", several), "steward")
    assert [number["value"] for number in letter.values["numbers"]] == ["€310", "5"]  # pyright: ignore


# Attached files


def test_files_are_made_for_the_reader_and_recorded(world: World) -> None:
    board = world.publish(SALES)
    message = world.letter(world.deliver("board", board, "dora", attached=("pdf", "excel")), "dora")
    pdf, workbook = message.attachments
    assert pdf.content.startswith(b"%PDF")
    assert (pdf.name, pdf.media_type) == ("Shop, 2026-11-02.pdf", "application/pdf")
    assert workbook.name == "Shop, 2026-11-02.xlsx"
    with zipfile.ZipFile(BytesIO(workbook.content)) as parts:
        text = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    assert "Social" in text
    assert "Walk-in" not in text
    world.live.recorder.flush()
    with world.live.store.read() as connection:
        kinds = [entry.kind for entry in read_entries(connection, world.live.keys)]
    assert kinds.count("board.exported") == 2
    question = world.save(Query(metrics=("revenue",), time=MARCH), "Revenue")
    message = world.letter(world.deliver("question", question, attached=("pdf",)), "steward")
    assert [each.name for each in message.attachments] == ["Revenue, 2026-11-02.pdf"]


def test_each_answer_has_a_stored_receipt_that_says_mail(world: World) -> None:
    message = world.letter(world.deliver("board", world.publish(SALES)), "steward")
    assert len(message.receipts) == 3  # the number, the chart and the table
    with world.live.store.read() as connection:
        rows = connection.execute(select(RECEIPTS.c.id, RECEIPTS.c.surface).where(RECEIPTS.c.id.in_(message.receipts)))
        assert {row.id: row.surface for row in rows} == dict.fromkeys(message.receipts, "mail")
    assert f"{ADDRESS}/receipt?receipt={message.receipts[0]}" in message.html


def test_a_message_says_why_it_was_sent_and_how_to_stop_it(world: World) -> None:
    delivery = world.deliver("board", world.publish(SALES), "dora", "steward")
    dora, steward = world.letter(delivery, "dora"), world.letter(delivery, "steward")
    assert (
        f"You get this because Steward added you. Unsubscribe:\n{ADDRESS}/unsubscribe/delivery.{delivery.id}"
        in dora.text
    )
    assert "You get this because you subscribed. Unsubscribe:" in steward.text


def test_times_are_in_the_readers_time_zone(world: World) -> None:
    delivery = world.deliver("board", world.publish(SALES))
    late = {"late": True, "sign_in_by": "2026-11-09T08:00:00+00:00"}
    berlin = world.letter(delivery, world.reader("steward", zone="Europe/Berlin"), **late)
    tokyo = world.letter(delivery, world.reader("steward", zone="Asia/Tokyo"), **late)
    assert "This was due at 2 Nov 2026, 09:00." in berlin.text
    assert "This was due at 2 Nov 2026, 17:00." in tokyo.text
    assert "Sign in before 9 Nov 2026, 09:00 to keep receiving this." in berlin.text
    damaged = world.letter(delivery, "steward", late="yes", sign_in_by="soon")
    assert "This was due" not in damaged.text
    assert "Sign in" not in damaged.text


# When the engine fails


def test_a_failure_is_retried_once_and_then_reported(tmp_path: Path) -> None:
    workspace = open_shop(copy_shop(tmp_path / "shop.duckdb"))
    with letters_world(workspace, tmp_path) as world:
        delivery = world.deliver("board", world.publish(shop(REVENUE, COST)))
        everything = world.deliver("board", world.publish(Board(title="Ads", tabs=(Tab(rows=(Row(tiles=(COST,)),)),))))
        workspace.connector.close()
        reader = world.reader("steward")
        with pytest.raises(EngineFailed):
            world.compose(delivery, reader)
        with pytest.raises(EngineFailed):
            compose_delivery(world.send(everything, reader.recipient, {}, attempts=2), reader, world.live)
    workspace.close()


# Destinations


def test_a_destination_gets_what_its_audience_sees_and_otherwise_only_a_link(tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for file in SHOP.glob("*.yml"):
        (model / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (model / "team.yml").write_text(
        "policies:\n  - name: team\n    who: {audiences: [team]}\n"
        "    grant: {metrics: [revenue], dimensions: [channel]}\n"
        "    rows: [{dataset: customers, where: \"home = 'DE'\"}]\n",
        encoding="utf-8",
    )
    settings = Settings(data=str(copy_shop(tmp_path / "shop.duckdb")), model=model, mask_key="a key of the tests")
    workspace = ShopWorkspace.open(settings)
    assert isinstance(workspace, ShopWorkspace)
    with letters_world(workspace, tmp_path) as world:
        delivery = world.deliver("board", world.publish(SALES))
        question = world.save(Query(metrics=("revenue", "cost"), time=MARCH), "Revenue and cost")
        asked = world.deliver("question", question)
        for audience in ("team", ""):
            reader = Reader(
                actor=reader_of_destination(audience, id="d1", name="#sales"),
                recipient=Recipient(kind="destination", id="d1"), address="", zone="UTC", name="#sales",
            )  # fmt: skip
            message, answer = world.letter(delivery, reader), world.letter(asked, reader)
            if audience:
                assert [number["value"] for number in message.values["numbers"]] == ["€30.00"]  # pyright: ignore
                assert bars(message.values["findings"]) == [("Social", "€20.00"), ("Search", "€10.00")]
                assert [number["label"] for number in answer.values["numbers"]] == ["Revenue"]  # pyright: ignore
                assert message.attachments == ()
            else:
                for bare, title in ((message, "Shop"), (answer, "Revenue and cost")):
                    assert (bare.headline, bare.bullets, bare.receipts) == (title, (), ())
                    assert set(bare.values) == {"title", "link"}
                    assert "30" not in bare.text.replace(bare.link, "")
                waiting = world.deliver("board", delivery.about, condition="behind")
                assert world.compose(waiting, reader) == Skipped(NO_NUMBERS)
    workspace.close()
