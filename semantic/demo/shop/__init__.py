"""The demo company's customers, orders, refunds and memberships, and its small dimensions.

The first line of each file names the tables that it fills. `world` decides what is sold and when.
"""
