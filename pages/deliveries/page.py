"""The My subscriptions page: what a person receives and sends, with the history of each delivery."""

from pages.deliveries import list as delivery_list
from pages.shell import session

session.require("viewer")
delivery_list.header()
delivery_list.subscriptions()
