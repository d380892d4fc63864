from pages.shell.parts import page_header


def show():
    page_header("Add data")
