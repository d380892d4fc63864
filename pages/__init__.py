"""What a person sees in the browser; pages live in sub-folders, because a file directly here could skip sign-in.

A folder for each area. In it `page` is the script that Streamlit runs; the other files are its parts.
"""
