"""Audit: who did what, entry by entry; whether the log is whole; taking it out; erasing a person."""

from pages.ui import audit_list, audit_tools, session

session.require("administrator")
audit_tools.header()
audit_list.entries()
audit_tools.keeping()
