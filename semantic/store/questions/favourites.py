"""Each person's favourite saved questions."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, String, Table

from semantic.store.database import Instant, metadata
from semantic.store.questions.questions import find_question
from semantic.store.spaces.favourites import MOST as MOST
from semantic.store.spaces.favourites import Favourites

FAVOURITES: Final = Table(
    "favourites",
    metadata,
    Column("subject", String(32), primary_key=True),
    Column("question", String(32), primary_key=True),
    Column("since", Instant, nullable=False),
)

_OF_QUESTIONS: Final = Favourites(table=FAVOURITES, item="question", find=find_question)
read_favourites, set_favourite, forget_favourites = _OF_QUESTIONS.read, _OF_QUESTIONS.set, _OF_QUESTIONS.forget
