"""Compose: a board's tiles on the left, and on the right what readers will see of them."""

from pages.boards.edit import composer
from pages.shell import session

workspace, actor = session.require("viewer")
composer.show(workspace, actor)
