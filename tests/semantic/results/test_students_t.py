"""Student's distribution, compared with the published table, and where the normal distribution replaces it."""

import pytest

from semantic.results.students_t import student


@pytest.mark.parametrize(
    ("degrees", "published"),
    # The usual table of Student's distribution, two-sided 95 per cent.
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (29, 2.045), (30, 2.042), (60, 2.000),
     (120, 1.980), (200, 1.972), (500, 1.965), (1000, 1.962), (1_000_000, 1.960)],
)  # fmt: skip
def test_students_percentiles_equal_the_published_table(degrees: int, published: float) -> None:
    assert round(student(degrees), 3) == published


def test_the_switch_to_the_normal_distribution_is_smooth() -> None:
    assert student(200) > student(201) > student(202)
    assert student(200) - student(201) == pytest.approx(student(201) - student(202), rel=0.02)
