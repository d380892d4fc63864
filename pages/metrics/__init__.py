"""The metric catalogue, the page of each metric, and two metrics side by side. Metrics are edited in
`govern.definitions`.
"""
