"""The page Domains: what each team owns under the shared core, and how its stewards change it."""

from pages.explore.result import show
from pages.govern.domains import list as domain_list

with show.errors(key="domains-failed"):
    domain_list.domains_page()
