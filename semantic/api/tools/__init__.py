"""The tools that agents call, each defined once. MCP, HTTP and the OpenAPI description use the same list.

Tools use the same services as pages, and act as the actor who makes the call. `table` lists all tools, and `running`
runs one.
"""
