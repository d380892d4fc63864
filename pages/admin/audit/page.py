"""The Audit page: who did what, entry by entry, with actions to verify and export the log and to erase a person."""

from pages.admin.audit import list as audit_list
from pages.admin.audit import tools as audit_tools
from pages.shell import session

session.require("administrator")
audit_tools.header()
audit_list.entries()
audit_tools.keeping()
