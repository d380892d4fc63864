"""Connections: where the data and the store are, how they answer, what is wrong with them."""

from pages.admin.connections import cards
from pages.shell import session

session.require("administrator")
cards.header()
cards.cards()
