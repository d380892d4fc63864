"""Compare the CPU of one rerun of Explore and of Home with that of an empty page under the same server settings:
python -m tests.bench.pages.page DATA.

Prints one table: CPU milliseconds of the server process for each rerun, median of several rounds, and their difference.
The answer is cached, so only the page is measured. The client caches large messages and reports which it has, as a
browser does, so an unchanged chart isn't sent again.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.bench.table import head, line
from tests.browser.visitor import Browser, running_server

QUESTION = "m=roas,spend&by=channel,date:week&t=last_13_week"
ROUNDS, RERUNS = 7, 50  # a process reports its CPU in hundredths of a second


def main(arguments: Sequence[str]) -> None:
    data = str(Path(arguments[0]).resolve())
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with running_server(log, SAMEPAGE_DEMO="1", SAMEPAGE_DATA=data) as port:
            browser = Browser(port)
            browser.sign_in()
            explore = measure(port, "explore", QUESTION, browser.cookies)
            home = measure(port, "", "", browser.cookies)
        empty_script = Path(folder) / "empty.py"
        empty_script.write_text("import streamlit\n", encoding="utf-8")
        with running_server(log, script=str(empty_script)) as port:
            empty = measure(port, "", "", {})
    head("A rerun of Explore and of Home, CPU of the server")
    line("empty page", f"{empty:.1f} ms")
    line("Explore", f"{explore:.1f} ms")
    line("difference", f"{explore - empty:.1f} ms", "10 wanted")
    line("Home", f"{home:.1f} ms", f"{home / explore:.2f} of Explore")


def measure(port: int, page: str, query: str, cookies: dict[str, str]) -> float:
    """Return the server's CPU for one rerun, in milliseconds: the median over several rounds."""
    process = listening_process(port)
    jar = "; ".join(f"{name}={value}" for name, value in cookies.items())
    header = {"Cookie": jar, "Origin": f"http://127.0.0.1:{port}"}
    url = f"ws://127.0.0.1:{port}/_stcore/stream"
    with connect(url, subprotocols=[Subprotocol("streamlit")], max_size=None, additional_headers=header) as tab:
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        message.rerun_script.context_info.url = f"http://127.0.0.1:{port}/{page}"
        for _ in range(5):
            rerun(tab, message)
        rounds: list[float] = []
        for _ in range(ROUNDS):
            before = cpu_seconds(process)
            for _ in range(RERUNS):
                rerun(tab, message)
            rounds.append((cpu_seconds(process) - before) / RERUNS * 1000)
    return statistics.median(rounds)


def rerun(tab: ClientConnection, message: BackMsg) -> None:
    """Run the page once, and update `message` with what a browser would send with the next run."""
    tab.send(message.SerializeToString())
    cached_message_hashes = set(message.rerun_script.cached_message_hashes)
    while True:
        answer = ForwardMsg()
        answer.ParseFromString(bytes(tab.recv(timeout=30, decode=False)))
        if answer.metadata.cacheable and answer.hash not in cached_message_hashes:
            cached_message_hashes.add(answer.hash)
            message.rerun_script.cached_message_hashes.append(answer.hash)
        finished = answer.WhichOneof("type") == "script_finished"
        if finished and answer.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            return


def listening_process(port: int) -> int:
    """Return the process that listens on a local port, from /proc."""
    wanted = f":{port:04X}"
    sockets = {
        fields[9]
        for fields in (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        if fields[1].endswith(wanted) and fields[3] == "0A"
    }
    for folder in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = os.readlink(folder)
        except OSError:
            continue
        if target.startswith("socket:[") and target[8:-1] in sockets:
            return int(folder.parts[2])
    raise SystemExit(f"Nothing listens on port {port}.")


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main(sys.argv[1:])
