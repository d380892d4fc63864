"""Letters over the small shop: a published board, a saved question, and readers with their own policies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from semantic.boards.board import Board
from semantic.config.settings import Settings
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.services.boards import BoardWork
from semantic.services.outbox.reader import Reader
from semantic.services.process import Live
from semantic.store.keys import keys_of
from semantic.store.outbox.deliveries import Attached, Condition, Delivery, NewDelivery, What, make_delivery
from semantic.store.outbox.recipients import add_recipient
from semantic.store.outbox.sends import Recipient, Send, send_number
from semantic.store.people import subject_of
from semantic.store.questions.questions import NewQuestion, keep_question
from semantic.store.spaces.spaces import make_space
from tests.copies import empty_store
from tests.shop import ShopWorkspace

ADDRESS = "https://samepage.example"
SLOT = datetime.fromisoformat("2026-11-02T08:00:00+00:00")
