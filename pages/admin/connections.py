"""Connections: where the data and the store are, how they answer, what is wrong with them."""

from pages.ui import session
from pages.ui.admin import connection_cards

session.require("administrator")
connection_cards.header()
connection_cards.cards()
