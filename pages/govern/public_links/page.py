"""The page Public links: which boards are open to anyone with a link, for whom and until when."""

from pages.govern.public_links import list as link_list
from pages.shell import session

session.require("steward")
link_list.header()
link_list.links_list()
