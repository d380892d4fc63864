"""The catalogue of metrics, the page of each, and two side by side.

Definitions are changed in `govern.definitions`.
"""
