"""Wording for comments: the author's name, and the text with its Markdown escaped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.shell.parts import plain
from pages.widgets.item_words import FORMER, name_without_job
from semantic.annotations.comments import FORMER as WHO_LEFT
from semantic.annotations.comments import parts_of
from semantic.display.format import listed
from semantic.services.comments.work import short_name

if TYPE_CHECKING:
    from semantic.services.comments.work import Comment
    from semantic.store.comments.comments import StoredComment

REMOVED = {"author": "Removed by its author", "steward": "Removed by a steward"}


def author_words(kept: StoredComment) -> str:
    """Return who wrote a comment."""
    return "You" if kept.is_mine else name_without_job(kept.author_name) or FORMER


def shown_text(comment: Comment) -> str:
    """Return the text of a comment as Markdown, with its line breaks and with mentioned people in bold."""
    names = {subject: short_name(name) or WHO_LEFT for subject, name in comment.kept.mentions.items()}
    lines: list[str] = [""]
    for part, is_mention in parts_of(comment.kept.text, names):
        if is_mention:
            lines[-1] += f"**{plain(part)}**"
            continue
        first, *others = part.split("\n")
        lines[-1] += plain(first)
        lines += [plain(line) for line in others]
    return "  \n".join(line or "&nbsp;" for line in lines)


def mentioned_besides(comment: Comment) -> str:
    """Return the mentioned people whose names aren't in the comment's text, as a list in words."""
    names = [
        short_name(name) or WHO_LEFT
        for subject, name in comment.kept.mentions.items()
        if f"@[{subject}]" not in comment.kept.text
    ]
    return listed(names)
