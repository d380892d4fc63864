"""The page that tests.bench.boards opens. What it shows is imported, so that it is made once and not with each run."""

from tests.bench.board_of_twelve import run

run()
