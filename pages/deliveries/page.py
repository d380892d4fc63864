"""The My subscriptions page lists what one person receives and sends, with its history."""

from pages.deliveries import list as delivery_list
from pages.shell import session

session.require("viewer")
delivery_list.header()
delivery_list.subscriptions()
