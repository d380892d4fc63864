"""The browser app's pages. They're in subfolders, because Streamlit would run a file directly in this folder without
sign-in.

Each area has its own folder. Streamlit runs its `page` file, and the other files hold the parts of that page.
"""
