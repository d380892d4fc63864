"""Connections: where the data and the store are, whether they respond, and the other data that administrators add."""

from pages.admin.connections import cards, others
from pages.shell import session

session.require("administrator")
cards.header()
cards.cards()
others.section()
