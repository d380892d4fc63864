"""The Domains page: the metrics and segments that each team owns under the shared core, and editing by its stewards."""

from pages.explore.result import show
from pages.govern.domains import list as domain_list

with show.errors(key="domains-failed"):
    domain_list.domains_page()
