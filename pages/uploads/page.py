"""The page Your uploads: the list, a new upload, or one upload, by what the session has open."""

from pages.shell import keys, session
from pages.uploads import listing, new, one, state

session.require("marketer")
match state.view():
    case "new":
        new.show()
    case "":
        listing.show()
    case upload:
        one.show(upload)
keys.watch_mode()
