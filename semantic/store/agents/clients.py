"""The programs that can connect as agents, and how to set each up with this server's address and a token.

No code outside this file depends on which program connects.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CLIENTS: Final[Mapping[str, str]] = MappingProxyType({
    "claude": "Claude",
    "chatgpt": "ChatGPT",
    "cursor": "Cursor",
    "vscode": "VS Code",
    "other": "Another program",
})  # fmt: skip
"""What people call each program, by its name in the store."""


def setup(client: str, address: str, token: str) -> tuple[str, str, str]:
    """Return how to set up a program with a token: a sentence, the text to paste, and the text's language."""
    bearer = f"Bearer {token}"
    match client:
        case "claude":
            text = f'claude mcp add --transport http samepage {address} --header "Authorization: {bearer}"'
            return "In Claude Code, run:", text, "bash"
        case "cursor":
            servers = {"samepage": {"url": address, "headers": {"Authorization": bearer}}}
            return "In Cursor, add this to ~/.cursor/mcp.json:", _json({"mcpServers": servers}), "json"
        case "vscode":
            servers = {"samepage": {"type": "http", "url": address, "headers": {"Authorization": bearer}}}
            return "In VS Code, add this to your own mcp.json:", _json({"servers": servers}), "json"
        case "chatgpt":
            tool = {"type": "mcp", "server_label": "samepage", "server_url": address, "authorization": token}
            sentence = (
                "With the API, add this tool. The ChatGPT app takes no token: add a connector there with just the "
                "address, and sign in with your company's account:"
            )
            return sentence, _json({"tools": [tool]}), "json"
        case _:
            return "Send the token with each request:", f"{address}\nAuthorization: {bearer}", "text"


def _json(data: object) -> str:
    return json.dumps(data, indent=2)
