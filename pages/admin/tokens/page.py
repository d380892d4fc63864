"""The Service tokens page: create, transfer and revoke tokens for scripts."""

from pages.admin.tokens import list as token_list
from pages.shell import session

session.require("administrator")
token_list.header()
token_list.tokens()
