"""The Your uploads page: the list, a new upload, or one upload, depending on the session's state."""

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
