"""The container's health check: exits 0 if an address of this process returns 200, else 1 with the reason.

python -P pages/server/healthy.py /ops/ready
"""

import os
import sys
from http.client import HTTPConnection, HTTPException


def complaint(address: str, port: int) -> str:
    """Return the problem with the response of this machine's own server, in one sentence, or "" if there is none."""
    # Asked directly: urllib would use the proxy in HTTP_PROXY, which is meant for traffic that leaves the machine.
    connection = HTTPConnection("127.0.0.1", port, timeout=4)
    try:
        connection.request("GET", address)
        answer = connection.getresponse()
        text = answer.read(500).decode("utf-8", "replace")
    except (OSError, HTTPException) as error:
        return f"Nothing answers at {address} on port {port}: {error}."
    finally:
        connection.close()
    return "" if answer.status == 200 else f"{address} answers {answer.status}: {text}"


if __name__ == "__main__":
    sys.exit(complaint(sys.argv[1], int(os.environ.get("STREAMLIT_SERVER_PORT", "8501"))) or 0)
