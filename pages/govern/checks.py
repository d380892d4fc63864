"""Checks: what must hold of the data, whether it does, and which metrics it feeds."""

from pages.ui import checks, keys
from pages.ui.result import show

with show.errors(key="checks-failed"):
    checks.check_page()
keys.watch_mode()
