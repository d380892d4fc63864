"""The Campaign names page: which names follow their rule, the problems of the others, and their meanings."""

from pages.explore.result import show
from pages.govern.names import names

with show.errors(key="names-failed"):
    names.names_page()
