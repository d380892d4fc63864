"""Everything people see in the browser. Pages are in subfolders, because a file directly in this folder could skip
sign-in.

There is a folder for each area. In it, `page` is the script that Streamlit runs, and the other files are its parts.
"""
