"""The notice for a person without metrics: how to add data, or who to ask."""

from __future__ import annotations

from collections.abc import Callable

from pages.shell import links, session
from pages.shell.parts import empty_state


def no_metrics(
    sentence: str, *, key: str, title: str = "No metrics yet", ways: Callable[[], None] | None = None
) -> None:
    """Say that there are no metrics, in the words of `title` and `sentence`. Stewards of an empty model get a link to
    Add data.
    """
    workspace, actor = session.require("viewer")
    if workspace.model.metrics or not actor.is_at_least("steward") or actor.viewed_by is not None:
        empty_state("visibility_off", title, sentence, key=key, ways=ways)
        return
    empty_state(
        "database", "Start with your data",
        "Choose some tables. Samepage drafts datasets and metrics from them and shows why. You decide what to "
        "keep, and only you see it until you share it.", key=key, ways=links.add_data_link,
    )  # fmt: skip
