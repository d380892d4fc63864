"""The health check of a container. It exits with 0 if an address of this process returns 200, and else with 1 and the
reason.

python -P pages/server/healthy.py /ops/ready
"""

import os
import sys
from http.client import HTTPConnection, HTTPException


def complaint(address: str, port: int) -> str:
    """Return what is wrong with the response of the server on this machine, in one sentence, or "" if nothing is."""
    # This asks directly, because urllib would use the proxy in HTTP_PROXY, which is for traffic to other machines.
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
