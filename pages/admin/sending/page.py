"""The Sending page shows administrators how messages leave: the mail server, destinations, failures and workers."""

from pages.admin.sending import overview
from pages.shell import session

session.require("administrator")
overview.header()
overview.sections()
