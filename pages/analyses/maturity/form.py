"""The form of maturity: the two events, the time after which a number is final, and the length of cohorts."""

from __future__ import annotations

from pages.analyses.form import Form

FINAL = ("7 days", "14 days", "30 days", "60 days", "90 days", "180 days")
OVER = {"day": "Day", "week": "Week", "month": "Month"}


def form(form: Form) -> None:
    """Draw the subject, both events, and the time after which a number is final."""
    form.subject()
    form.event("First", ("first",))
    form.event("Then", ("then",))
    form.span(
        "Final after", ("within",), windows=FINAL, none="", default="30 days",
        help="Later events don't count. Younger cohorts are still growing.",
    )  # fmt: skip


def counting(form: Form) -> None:
    """Draw the length of a cohort."""
    form.choice("Cohorts by", ("over",), OVER, default="week", style="row")
