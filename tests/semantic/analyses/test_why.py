"""Why a number changed: parts computed by hand, the golden numbers, and 20,000 random changes whose parts must
add up.
"""

from __future__ import annotations

import random
from fractions import Fraction
from math import log

import pytest

from semantic.analyses.why import (
    MOST_PARTS,
    NOT_ADDING,
    WHY,
    ChangeInput,
    Groups,
    contributions,
    evaluate,
    factors,
)
from semantic.model.expression import parse_expression
from semantic.results.change import Amounts, Explanation, Factor, Formula, Member, Moved, Pair, Parts

CASES = 20_000


def pair(before: object, after: object) -> Pair:
    return Pair(Fraction(str(before)), Fraction(str(after)))


def member(
    value: object, before: object, after: object, *, bottom: Pair | None = None, is_enough: bool = True
) -> Member:
    amounts = Amounts(pair(before, after), bottom)
    return Member(
        value=value, kind="member", before=amounts.before, after=amounts.after, amounts=amounts, is_enough=is_enough
    )


def explained(whole: Amounts, *groups: Groups, **more: object) -> Explanation:
    given = ChangeInput(whole=whole, groups=groups, searched=len(groups), **more)  # pyright: ignore[reportArgumentType]
    return WHY.find(given).detail


def of(dim: str, *members: Member, why_not: str = "") -> Groups:
    return Groups(dim=dim, label=dim.capitalize(), members=members, why_not=why_not)


def by_member(parts: Parts) -> dict[object, Fraction | None]:
    return {part.value: part.part for part in parts.parts}


# The golden numbers of the analyses


def test_both_conversion_rates_rise_while_the_total_falls() -> None:
    """In this example of Simpson's paradox, 100 of 1,000 and 20 of 1,000 become 55 of 500 and 62.5 of 2,500: 6.0% falls
    to 3.9167%.
    """
    given = [Amounts(pair(100, 55), pair(1000, 500)), Amounts(pair(20, 62.5), pair(1000, 2500))]
    whole = given[0] + given[1]
    (first, rate_1, mix_1), (second, rate_2, mix_2) = contributions(whole, given)
    assert [rate_1, rate_2] == [Fraction(1, 300), Fraction(1, 300)]  # .0033333 each
    assert [f"{float(mix or 0):.7f}" for mix in (mix_1, mix_2)] == ["-0.0184722", "-0.0090278"]
    assert f"{float((rate_1 or 0) + (rate_2 or 0)):.7f}" == "0.0066667"
    assert f"{float((mix_1 or 0) + (mix_2 or 0)):.4f}" == "-0.0275"
    assert f"{float(first + second):.7f}" == "-0.0208333"
    assert first + second == Fraction("117.5") / 3000 - Fraction(120, 2000)


def formula(text: str, *numbers: tuple[str, object, object]) -> Formula:
    given = tuple(Factor(metric=name, label=name, pair=pair(before, after)) for name, before, after in numbers)
    return Formula(expression=parse_expression(text), names=tuple(name for name, _, _ in numbers), factors=given)


def log_mean_parts(text: str, *numbers: tuple[str, float, float]) -> list[float]:
    """Return the parts by the other convention, which uses logarithms and therefore allows neither zeros nor negative
    numbers. A part's sign depends on the factor's side of the fraction.
    """
    signs = [-1 if f"/ {name}" in text else 1 for name, _, _ in numbers]
    before = after = 1.0
    for sign, (_, first, last) in zip(signs, numbers, strict=True):
        before, after = before * first**sign, after * last**sign
    mean = (after - before) / log(after / before)
    return [sign * mean * log(last / first) for sign, (_, first, last) in zip(signs, numbers, strict=True)]


SALES = (("sessions", 10_000, 12_000), ("rate", 0.02, 0.018), ("value", 50, 55))
ROAS = (("revenue", 10_000, 11_880), ("spend", 4_000, 5_400))


def test_a_product_of_three_metrics_is_split_by_its_factors() -> None:
    parts = [factor.part for factor in factors(formula("sessions * rate * value", *SALES))]
    assert [f"{float(part):.3f}" for part in parts] == ["1993.333", "-1156.667", "1043.333"]
    assert sum(parts) == 1880
    other = log_mean_parts("sessions * rate * value", *SALES)
    assert [f"{part:.3f}" for part in other] == ["1989.680", "-1149.802", "1040.122"]


def test_a_quotient_is_split_by_its_factors() -> None:
    parts = [factor.part for factor in factors(formula("revenue / spend", *ROAS))]
    assert [f"{float(part):+.6f}" for part in parts] == ["+0.409074", "-0.709074"]
    assert sum(parts) == Fraction("-0.3")
    assert [f"{part:+.6f}" for part in log_mean_parts("revenue / spend", *ROAS)] == ["+0.404287", "-0.704287"]


# Generated changes


def drawn(chance: random.Random) -> Fraction:
    """Return a random number with up to four decimals, of any size and sign, and often 0."""
    if chance.random() < 0.2:
        return Fraction(0)
    return Fraction(chance.randint(-(10**6), 10 ** chance.choice((1, 3, 9))), chance.choice((1, 100, 10_000)))


def test_the_parts_of_a_sum_add_up_to_its_change() -> None:
    """This is half of the 20,000 cases: members appear, disappear, and have any sign."""
    chance = random.Random(11)
    for _ in range(CASES // 2):
        numbers = [(drawn(chance), drawn(chance)) for _ in range(chance.randint(1, 8))]
        members = [Amounts(Pair(before, after)) for before, after in numbers]
        whole = Amounts(Pair(sum(before for before, _ in numbers), sum(after for _, after in numbers)))  # pyright: ignore[reportArgumentType]
        parts = contributions(whole, members)
        assert sum(part for part, _, _ in parts) == whole.top.after - whole.top.before
        assert [part for part, _, _ in parts] == [after - before for before, after in numbers]
        assert {(rate, mix) for _, rate, mix in parts} == {(None, None)}


def test_the_parts_of_a_ratio_add_up_to_its_change() -> None:
    """This is the other half.

    For members with a ratio in both periods, the parts are compared with the textbook's rate and mix.
    """
    chance = random.Random(12)
    tried = appeared = 0
    while tried < CASES // 2:
        rows = [tuple(drawn(chance) for _ in range(4)) for _ in range(chance.randint(1, 4))]
        top_0, top_1, below_0, below_1 = (sum(numbers, Fraction(0)) for numbers in zip(*rows, strict=True))
        if not below_0 or not below_1:
            continue
        tried += 1
        members = [Amounts(Pair(row[0], row[1]), Pair(row[2], row[3])) for row in rows]
        parts = contributions(Amounts(Pair(top_0, top_1), Pair(below_0, below_1)), members)
        before, after = top_0 / below_0, top_1 / below_1
        assert sum(part for part, _, _ in parts) == after - before
        for row, (part, rate, mix) in zip(rows, parts, strict=True):
            assert part == (rate or 0) + (mix or 0)
            if row[2] and row[3]:
                share, ratio = (row[2] / below_0, row[3] / below_1), (row[0] / row[2], row[1] / row[3])
                assert rate == (share[0] + share[1]) / 2 * (ratio[1] - ratio[0])
                assert mix == ((ratio[0] + ratio[1]) / 2 - (before + after) / 2) * (share[1] - share[0])
            elif row[2] or row[3]:
                appeared += 1
                assert rate == 0
    assert appeared > 1_000


@pytest.mark.parametrize(
    "text", ["a * b / c", "a - b + c", "(a - b) / c", "1 - a / b - c", "a * coalesce(b, 0) - 2 * c"]
)
def test_the_factors_of_a_formula_add_up_to_its_change(text: str) -> None:
    chance = random.Random(text)
    split = 0
    for _ in range(300):
        numbers = [(name, drawn(chance), drawn(chance)) for name in "abc"]
        given = Formula(
            expression=parse_expression(text),
            names=("a", "b", "c"),
            factors=tuple(Factor(metric=name, label=name, pair=Pair(*rest)) for name, *rest in numbers),
        )
        found = factors(given)
        before, after = (
            evaluate(given.expression.tree, {name: ends[side] for name, *ends in numbers}) for side in (0, 1)
        )
        if found:
            split += 1
            assert before is not None
            assert after is not None
            assert sum(factor.part for factor in found) == after - before
    assert split > 100


def test_a_formula_of_more_than_arithmetic_has_no_factors() -> None:
    assert factors(formula("round(a / b)", ("a", 1, 2), ("b", 1, 1))) == ()
    assert factors(formula("a / b", ("a", 1, 2), ("b", 0, 1))) == ()
    assert factors(formula("coalesce(a, 7) * b", ("a", 1, 2), ("b", 1, 1))) == ()
    assert factors(formula("2 * a", ("a", 1, 2))) == ()


# One breakdown


def test_members_that_appear_or_disappear_contribute_their_whole_value() -> None:
    """100 becomes 130: Email disappears with its 20, Video is new with 60, and Direct loses 10."""
    found = explained(
        Amounts(pair(100, 130)),
        of("channel", member("Email", 20, 0), member("Direct", 80, 70), member("Video", 0, 60)),
    )
    (parts,) = found.by
    assert parts.adds_up
    assert by_member(parts) == {"Video": 60, "Email": -20, "Direct": -10}
    assert [part.value for part in parts.parts] == ["Video", "Email", "Direct"]
    assert found.change == 30


def test_a_new_member_of_a_ratio_contributes_only_mix() -> None:
    """10 of 100 becomes 10 of 100 and 90 of 100, so 10% becomes 50%.

    Measured from the mean of 30%, the new half at 90% adds 0.5 x (0.9 - 0.3), and the old one at 10%, which loses half
    its share, adds 0.5 x (0.3 - 0.1).
    """
    found = explained(
        Amounts(pair(10, 100), pair(100, 200)),
        of("device", member("desktop", 10, 10, bottom=pair(100, 100)), member("mobile", 0, 90, bottom=pair(0, 100))),
    )
    (parts,) = found.by
    assert by_member(parts) == {"mobile": Fraction("0.3"), "desktop": Fraction("0.1")}
    assert (parts.rate, parts.mix) == (0, Fraction("0.4"))


@pytest.mark.parametrize(("after", "adds_up"), [(70, True), ("70.00000000001", True), (71, False), (0, False)])
def test_parts_that_do_not_add_up_are_not_contributions(after: object, adds_up: bool) -> None:
    """80 + 20 become 70 + 60. Sums of fractions are equal to nine digits."""
    found = explained(Amounts(pair(100, 130)), of("channel", member("a", 80, after), member("b", 20, 60)))
    (parts,) = found.by
    assert parts.adds_up is adds_up
    assert parts.why_not == ("" if adds_up else NOT_ADDING)
    assert all((part.part is not None) is adds_up for part in parts.parts)


def test_the_reason_why_parts_do_not_add_up_is_stated_instead() -> None:
    found = explained(Amounts(pair(1, 2)), of("channel", member("a", 1, 2), why_not="Buyers overlap."))
    assert found.by[0].why_not == "Buyers overlap."
    assert found.by[0].parts[0].part is None


def test_breakdowns_are_ranked_by_how_much_they_explain() -> None:
    """200 becomes 300.

    Both devices grew by half, so devices explain nothing. One channel accounts for the whole change.
    """
    found = explained(
        Amounts(pair(200, 300)),
        of("device", member("desktop", 100, 150), member("mobile", 100, 150)),
        of("market", member("DE", 100, 170), member("AT", 100, 130)),
        of("channel", member("Email", 100, 200), member("Direct", 100, 100)),
    )
    assert [(parts.dim, parts.uneven) for parts in found.by] == [("channel", 50), ("market", 20), ("device", 0)]
    assert found.searched == 3


def test_too_little_data_ranks_no_breakdown_first_but_still_adds_up() -> None:
    found = explained(
        Amounts(pair(200, 300)),
        of("tiny", member("x", 0, 100, is_enough=False), member("y", 200, 200, is_enough=False)),
        of("market", member("DE", 100, 160), member("AT", 100, 140)),
    )
    assert [parts.dim for parts in found.by] == ["market", "tiny"]
    assert sum(part.part or 0 for part in found.by[1].parts) == 100


def test_many_members_are_summed_as_a_rest_and_still_add_up() -> None:
    """Members 1 to 60 gain their own number, 1,830 in all. The ten smallest are the rest, with 55."""
    members = [member(str(number), 0, number) for number in range(1, 61)]
    found = explained(Amounts(pair(0, 1830)), of("campaign", *members))
    (parts,) = found.by
    assert len(parts.parts) == MOST_PARTS + 1
    rest = parts.parts[-1]
    assert (rest.kind, rest.count, rest.part) == ("rest", 10, 55)
    assert sum(part.part or 0 for part in parts.parts) == 1830


# Is it a change?


@pytest.mark.parametrize(
    ("after", "is_share", "moved"),
    [("0.6019", True, Moved.SAME), ("0.602", True, Moved.CHANGED), ("0.606", False, Moved.CHANGED),
     ("0.605", False, Moved.SAME)],
)  # fmt: skip
def test_a_change_matters_from_one_percent_or_a_fifth_of_a_point_on(after: str, is_share: bool, moved: Moved) -> None:
    assert explained(Amounts(pair("0.6", after)), is_share=is_share).moved is moved


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [("0.0003", "0.0006", Moved.CHANGED), ("0.02", "0.021", Moved.CHANGED), ("0.02", "0.0209", Moved.SAME),
     ("0", "0.0001", Moved.CHANGED)],
)  # fmt: skip
def test_a_small_share_changes_if_it_moves_by_a_twentieth_of_itself(before: str, after: str, moved: Moved) -> None:
    """A click-through rate of 0.03% that doubles has changed, although only by 0.03 points."""
    assert explained(Amounts(pair(before, after)), is_share=True).moved is moved


def test_a_usual_change_is_called_usual_unless_the_intervals_are_apart() -> None:
    """Earlier changes were 30 and 40, up and down. Their mean square is 1,250, so a change above 70.7 is unusual."""
    earlier = tuple(map(Fraction, (30, -40, 30, -40, 40, -30)))
    usual, unusual = Amounts(pair(1000, 1070)), Amounts(pair(1000, 1071))
    assert (explained(usual, earlier=earlier).moved, explained(usual, earlier=earlier).is_unusual) == (
        Moved.USUAL, False,
    )  # fmt: skip
    assert (explained(unusual, earlier=earlier).moved, explained(unusual, earlier=earlier).is_unusual) == (
        Moved.CHANGED, True,
    )  # fmt: skip
    assert explained(usual, earlier=earlier, is_apart=True).moved is Moved.CHANGED
    assert explained(Amounts(pair(1000, 1009)), earlier=earlier).moved is Moved.SAME
    assert explained(usual).is_unusual is None


def test_intervals_that_overlap_say_nothing_about_the_usual_range() -> None:
    """With fewer than five earlier changes, no change is usual or unusual, but it can be chance."""
    found = explained(Amounts(pair(1000, 1070)), earlier=(Fraction(1),) * 4, is_apart=False)
    assert (found.moved, found.is_unusual) == (Moved.UNCERTAIN, None)
