"""The Campaign names page: which names follow their rule, what is wrong with the others, and what they mean."""

from pages.explore.result import show
from pages.govern.names import names

with show.errors(key="names-failed"):
    names.names_page()
