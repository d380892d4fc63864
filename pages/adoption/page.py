"""The Adoption page: who uses Samepage, and what they use. It shows no names, and no group of fewer than
five people.
"""

from pages.adoption import overview, used
from pages.shell import keys, session
from pages.shell.parts import page_header

_, actor = session.require("steward")
page_header("Adoption", "The last 90 days. Groups of fewer than five people are hidden.")
overview.show()
used.show()
keys.watch_mode()
