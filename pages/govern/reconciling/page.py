"""The Reconciliation page: the list, the form or one result, depending on the session's state."""

from pages.explore.result import show
from pages.govern.reconciling import listing
from pages.shell import keys

with show.errors(key="reconciling-failed"):
    listing.reconciliation_page()
keys.watch_mode()
