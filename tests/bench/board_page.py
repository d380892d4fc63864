"""The page that tests.bench.boards opens, with the early start that the app's own pages have.

What it shows is imported, so that it is made once and not with each run.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit import file_util
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.server import shell
from tests.bench.board_of_twelve import run

if get_script_run_ctx(suppress_warning=True) is None:
    made = shell.make_shell(Path(file_util.get_static_dir()))
    app = st.App(__file__, middleware=[Middleware(shell.Pages, shell=made)])
else:
    run()
