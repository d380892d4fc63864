"""Print one table with every benchmark that has a limit: python -m tests.bench DATA [--quick].

It covers compiling, execution compared with hand-written SQL, a large model, files, the page, many sessions, and first
answers over DATA, the demo company. `--quick` shortens the slow parts: execution then runs over one million orders
instead of ten million, with ten sessions.
"""

from __future__ import annotations

import argparse
import os

import duckdb

from tests.bench import answers, compiling, exports, policies, reading, scale, shapes
from tests.bench.pages import page, sessions
from tests.bench.table import line


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data")
    options.add_argument("--quick", action="store_true")
    chosen = options.parse_args()
    line("machine", f"{os.cpu_count()} cores", f"load {os.getloadavg()[0]:.1f}, DuckDB {duckdb.__version__}")
    compiling.main()
    reading.main()
    shapes.print_means(1_000_000 if chosen.quick else 10_000_000)
    scale.main([])
    exports.main()
    if not chosen.quick:
        policies.main()
    page.main([chosen.data])
    sessions.main([chosen.data, *(["10"] if chosen.quick else [])])
    answers.main([chosen.data])


if __name__ == "__main__":
    main()
