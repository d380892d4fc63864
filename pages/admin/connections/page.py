"""The Connections page: where the data and the store are, whether they respond, and data that administrators added."""

from pages.admin.connections import cards, others
from pages.shell import session

session.require("administrator")
cards.header()
cards.cards()
others.section()
