"""The Sending page, where administrators see how messages are sent: the mail server, destinations, failures and
workers.
"""

from pages.admin.sending import overview
from pages.shell import session

session.require("administrator")
overview.header()
overview.sections()
