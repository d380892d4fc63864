"""The tools that agents call, each defined once. MCP, HTTP and the OpenAPI description are made from the same list.

A tool asks through the services that pages use, as the actor of its call. `table` lists the tools, and `running` runs
one.
"""
