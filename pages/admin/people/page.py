"""People: who signs in here, why each has their role, what they have open, and whether they may come in."""

from pages.admin.people import list as people_list
from pages.admin.people import person as people_person
from pages.shell import session

session.require("administrator")
if people_person.asked():
    people_person.person()
else:
    people_list.people()
