"""Receipt IDs that can be read aloud: each has one form, and no typo turns an ID into another."""

from itertools import pairwise

import pytest

from semantic.results.receipt import LETTERS, looks_like_receipt, read_receipt_id, receipt_id

DRAWN = [5, 1, 17, 30, 0, 9, 22, 14, 3, 28, 11]
ID = "R-7K3Q-DM2X-WA9G"


def test_the_last_character_is_a_checksum() -> None:
    numbers = [LETTERS.index(one) for one in "7K3QDM2XWA9"]
    # 2*5 + 3*17 + 4*1 + 5*21 + 6*11 + 7*18 + 8*0 + 9*28 + 10*27 + 11*8 + 12*7 = 1056, which is 34*31 + 2
    assert receipt_id(numbers) == "R-7K3Q-DM2X-WA94"


@pytest.mark.parametrize(
    "text", ["R-7K3Q-DM2X-WA94", " r-7k3q-dm2x-wa94\n", "R7K3QDM2XWA94", "r 7k3q dm2x \N{EN DASH} wa94"]
)
def test_an_id_is_read_however_it_is_typed(text: str) -> None:
    assert read_receipt_id(text) == "R-7K3Q-DM2X-WA94"


@pytest.mark.parametrize(
    "text", ["", "R-", ID, "R-7K3Q-DM2X-WA9", "R-7K3Q-DM2X-WA9GG", "7K3Q-DM2X-WA9G", "R" * 10_000, "R-\u0660"]
)
def test_an_invalid_id_is_not_read(text: str) -> None:
    assert read_receipt_id(text) is None


def test_no_wrong_letter_and_no_swapped_letters_pass() -> None:
    letters = receipt_id(DRAWN).replace("-", "")[1:]
    wrong = [letters[:at] + other + letters[at + 1 :] for at in range(12) for other in LETTERS if other != letters[at]]
    swapped = [
        letters[:first] + letters[second] + letters[first + 1 : second] + letters[first] + letters[second + 1 :]
        for first, second in pairwise(range(12))
        if letters[first] != letters[second]
    ]
    assert len(wrong) == 12 * 30
    assert swapped
    assert [letters for letters in (*wrong, *swapped) if read_receipt_id(f"R-{letters}") is not None] == []


def test_a_mistyped_receipt_id_is_recognized() -> None:
    assert looks_like_receipt("r-7k3q-dm2x-wa9o")
    assert not looks_like_receipt("R&D spend")
    assert not looks_like_receipt("revenue - refunds")
