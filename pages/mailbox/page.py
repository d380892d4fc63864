"""The Mailbox page: the emails of the demo, byte for byte as a mail server would get them."""

from pages.mailbox import messages
from pages.shell import session

session.require("viewer")
messages.header()
messages.mailbox()
