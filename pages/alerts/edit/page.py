"""The Set alert page: the form, with a preview of when the alert would have fired."""

from pages.alerts.edit import editor
from pages.shell import keys, session

session.require("viewer")
editor.editor()
keys.watch_mode()
