"""The page Agents: the programs that ask for a person and, for stewards, everyone's."""

from pages.agents import listing
from pages.shell import session

session.require("viewer")
listing.header()
listing.agents()
