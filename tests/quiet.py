"""Run a program that fails if DuckDB could draw a progress bar into its output."""

import subprocess
import sys
from pathlib import Path

# If Python has no main script, DuckDB draws a progress bar on standard output during a slow statement. Any statement
# can be slow on a busy machine, so none may run while the bar is on.
QUIET = """
import sys, duckdb
open_duckdb = duckdb.connect

class Quiet:
    def __init__(self, *arguments, **options):
        self.connection = open_duckdb(*arguments, **options)

    def execute(self, sql, *parameters):
        self.check(sql)
        return self.connection.execute(sql, *parameters)

    def sql(self, sql, **options):
        self.check(sql)
        return self.connection.sql(sql, **options)

    def check(self, sql):
        setting = "SELECT current_setting('enable_progress_bar') AND current_setting('enable_progress_bar_print')"
        if not sql.startswith("SET ") and self.connection.execute(setting).fetchall() == [(True,)]:
            sys.exit("The progress bar is on during: " + sql)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.connection.close()

    def __getattr__(self, name):
        return getattr(self.connection, name)

duckdb.connect = Quiet
"""


def run_quietly(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program without a main script.

    It exits with 1 before the first statement that could draw a progress bar.
    """
    return subprocess.run(
        [sys.executable, "-c", QUIET + program, *arguments],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
