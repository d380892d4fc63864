"""Connections: where the data and the store are, whether they respond, and what's wrong."""

from pages.admin.connections import cards
from pages.shell import session

session.require("administrator")
cards.header()
cards.cards()
