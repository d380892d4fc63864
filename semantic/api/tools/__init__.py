"""The tools that agents call, each defined once. MCP, HTTP and the OpenAPI description are made from the same list.

Tools use the same services as pages, and act as the call's actor. `table` lists them, and `running` runs one.
"""
