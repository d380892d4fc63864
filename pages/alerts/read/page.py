"""The page of one alert."""

from pages.alerts.read import alert
from pages.shell import keys, session

session.require("viewer")
alert.show()
keys.watch_mode()
