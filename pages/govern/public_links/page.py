"""The Public links page: the boards that are shared by link, with the audience and expiry of each link."""

from pages.govern.public_links import list as link_list
from pages.shell import session

session.require("steward")
link_list.header()
link_list.links_list()
