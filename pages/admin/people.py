"""People: who signs in here, why each has their role, what they have open, and whether they may come in."""

from pages.ui import session
from pages.ui.admin import people_list, people_person

session.require("administrator")
if people_person.asked():
    people_person.person()
else:
    people_list.people()
