"""The People page: who signs in, why they have their role, their sign-ins, and whether they have access."""

from pages.admin.people import list as people_list
from pages.admin.people import person as people_person
from pages.shell import session

session.require("administrator")
if people_person.id_in_address():
    people_person.person()
else:
    people_list.people()
