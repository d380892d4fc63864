"""The page that edits a board: its tiles on the left, and a preview of what viewers will see on the right."""

from pages.boards.edit import composer
from pages.shell import session

workspace, actor = session.require("viewer")
composer.show(workspace, actor)
