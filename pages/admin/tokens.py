"""Service tokens: what scripts ask with; made, handed over and ended here."""

from pages.ui import session
from pages.ui.admin import token_list

session.require("administrator")
token_list.header()
token_list.tokens()
