"""Service tokens: what scripts ask with; made, handed over and ended here."""

from pages.admin.tokens import list as token_list
from pages.shell import session

session.require("administrator")
token_list.header()
token_list.tokens()
