"""The Public links page lists the boards shared by link, with their audiences and expiry dates."""

from pages.govern.public_links import list as link_list
from pages.shell import session

session.require("steward")
link_list.header()
link_list.links_list()
