"""Audit: who did what, entry by entry; whether the log is whole; taking it out; erasing a person."""

from pages.ui import session
from pages.ui.admin import audit_list, audit_tools

session.require("administrator")
audit_tools.header()
audit_list.entries()
audit_tools.keeping()
