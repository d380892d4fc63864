"""The Alerts page: the alerts that you set and receive, their states, and actions on them."""

from pages.alerts import list as alert_list
from pages.shell import keys, session

session.require("viewer")
alert_list.header()
alert_list.alerts()
keys.watch_mode()
