"""The Domains page: the metrics and segments that each team owns next to the core, and their editor for its
stewards.
"""

from pages.explore.result import show
from pages.govern.domains import list as domain_list

with show.errors(key="domains-failed"):
    domain_list.domains_page()
