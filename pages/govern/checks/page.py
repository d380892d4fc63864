"""The Checks page: the conditions on the data, whether the data meets them, and which metrics use the data."""

from pages.explore.result import show
from pages.govern.checks import checks
from pages.shell import keys

with show.errors(key="checks-failed"):
    checks.check_page()
keys.watch_mode()
