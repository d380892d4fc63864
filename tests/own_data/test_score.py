"""How claims are scored as right, wrong, asked, asked in vain or missed."""

from tests.own_data.score import Score, report, score
from tests.own_data.truth import Claim, truth_in

TRUTH = truth_in("""
tables:
  orders:
    key: [id]
    or: [[code]]
    date: [ordered_at, day]
    also_date: [paid_at]
    money: [total, fee]
    joins: [customer -> customers (id)]
    also: [country -> countries (code)]
  lines: {key: [order, line], joins: ["order, line -> parcels (order, line)"]}
  parcels: {key: [order, line]}
  customers: {key: [id], personal: [email]}
  log: {key: []}
never: [orders (id) -> customers (id)]
""")


def key(table: str, *columns: str) -> Claim:
    return Claim("key", table, columns)


def test_keys_are_scored() -> None:
    accepted = [key("orders", "code"), key("lines", "line", "order"), key("parcels", "order")]
    asked = [key("customers", "id"), key("log", "ts")]
    keys = score(TRUTH, accepted, asked)["key"]
    assert keys.right == ["key: orders (code)", "key: lines (line, order)"]
    assert keys.wrong == ["key: parcels (order)"]
    assert keys.asked == ["key: customers"]
    assert keys.in_vain == ["key: log (none)"]
    assert keys.missed == []
    nothing = score(TRUTH, [], [])["key"]
    assert nothing.right == ["key: log (none)"]
    assert len(nothing.missed) == 4
    assert nothing.share_right == 0.2


def test_joins_are_scored() -> None:
    right = Claim("join", "orders", ("customer",), "customers", ("id",))
    turned = Claim("join", "lines", ("line", "order"), "parcels", ("line", "order"))
    besides = Claim("join", "orders", ("country",), "countries", ("code",))
    wrong = Claim("join", "orders", ("id",), "customers", ("id",))
    joins = score(TRUTH, [right, turned, besides, wrong], [])["join"]
    assert len(joins.right) == 2
    assert joins.wrong == [str(wrong)]
    assert joins.missed == []
    joins = score(TRUTH, [], [right, besides, wrong])["join"]
    assert (joins.right, joins.wrong) == ([], [])
    assert joins.asked == [str(right)]
    assert joins.in_vain == [str(wrong)]
    assert len(joins.missed) == 1


def test_one_right_date_is_enough_and_a_wrong_one_counts_as_wrong() -> None:
    dates = score(TRUTH, [Claim("date", "orders", ("day",))], [])["date"]
    assert (len(dates.right), dates.wrong, dates.missed) == (1, [], [])
    assert score(TRUTH, [Claim("date", "orders", ("paid_at",))], [])["date"].wrong == ["date: orders (paid_at)"]
    assert score(TRUTH, [Claim("date", "log", ("ts",))], [])["date"].wrong == ["date: log (ts)"]
    assert len(score(TRUTH, [], [Claim("date", "orders", ("day",))])["date"].asked) == 1
    assert len(score(TRUTH, [], [])["date"].missed) == 1


def test_columns_are_scored() -> None:
    scores = score(TRUTH, [Claim("money", "orders", ("total",)), Claim("personal", "log", ("user",))], [])
    assert scores["money"].right == ["money: orders (total)"]
    assert scores["money"].missed == ["money: orders (fee)"]
    assert scores["money"].share_right == 0.5
    assert scores["personal"].wrong == ["personal: log (user)"]
    assert scores["personal"].missed == ["personal: customers (email)"]
    first, *rows = report(scores).splitlines()
    assert first.split() == ["right", "wrong", "asked", "in", "vain", "missed", "right", "%"]
    assert "money           1      0      0        0       1      50%" in rows


def test_nothing_to_find_scores_as_all_right() -> None:
    assert Score().share_right == 1.0
