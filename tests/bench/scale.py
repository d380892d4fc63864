"""Measure how a large model loads, compiles and is searched: python -m tests.bench.scale [DATASETS MEASURES METRICS].

Prints one table: the CPU of this process after imports, each figure next to its comparison, and their ratio. Memory is
the growth of a new process's resident size. Wall time isn't shown, because it includes other work on the machine.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from semantic.compile import compile_visible
from semantic.explore.preflight import preflight
from semantic.explore.search import near, search
from semantic.model.definitions import Granularity
from semantic.model.loading.load import parse_model, read_folder
from semantic.policy.narrow import VisibleModel, narrow
from semantic.query.query import Breakdown, Query
from semantic.run.model_cache import open_model
from semantic.sql.dialects.table import find_dialect
from tests.bench.big_model import big_model
from tests.bench.table import cpu_ms as cpu
from tests.bench.table import head, line

DIALECT, TODAY = find_dialect("duckdb"), date(2026, 4, 20)
SMALL = (20, 20, 200)
PERSON = "local"  # under a row rule
WEEKLY = Breakdown("date", Granularity.WEEK)
COMPILED = {
    "one fact": Query(metrics=("fact_0_m0", "fact_0_m1"), by=(Breakdown("thing_3_kind"), WEEKLY)),
    "two facts, a ratio": Query(metrics=("fact_0_m0", "fact_1_m1", "ratio_0"), by=(Breakdown("thing_3_kind"), WEEKLY)),
}
ASKED = {
    "three metrics of one fact": Query(metrics=("fact_0_m0", "fact_0_m1", "fact_0_m2")),
    "of three facts": Query(metrics=("fact_0_m0", "fact_1_m0", "fact_2_m0"), by=(Breakdown("thing_3_kind"),)),
    "refused, one change": Query(metrics=("fact_0_m0", "fact_1_m0"), by=(Breakdown("fact_1_kind"),)),
    "refused, several changes": Query(
        metrics=("fact_0_m0", "fact_20_m0", "ratio_1"),
        by=(Breakdown("fact_1_kind"), Breakdown("fact_2_kind"), Breakdown("thing_30_kind")),
    ),
}
TYPED = (
    *("", "o", "f", "fa", "fact", "re", "count of fact", "how many repeat orders of", "repeatordersoffact"),
    *("repaet ordesr", "gorss clikcs of fcat 3", "co co co of fa fa fa f", "xqzzyw", "everything about repeat orders"),
)


def main(arguments: Sequence[str]) -> None:
    size = [int(argument) for argument in arguments] or [200, 20, 2_000]
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name) / "model", Path(name) / "kept"
        folder.mkdir()
        for file, text in big_model(*size).items():
            (folder / file).write_text(text, encoding="utf-8")
        open_model(folder, path)
        characters = sum(len(text) for text in read_folder(folder).values())
        text = f"{size[0]} datasets, {size[1]} measures each, {size[2]:,} metrics: {characters / 1e6:.1f} MB of YAML"
        head(f"A model of {text}")
        loading(folder, path)
        memory(folder, path)
        model, people = open_model(folder, path)
        settle()
        small = parse_model(big_model(*SMALL))
        compiling(narrow(small, people[PERSON]), narrow(model, people[PERSON]))
        checking(narrow(model, people[PERSON]))
        searching(narrow(model, people[PERSON]))


def loading(folder: Path, kept: Path) -> None:
    files, cached = cpu(lambda: open_model(folder), 5), cpu(lambda: open_model(folder, kept), 5)
    line("load from files", f"{files:.0f} ms", "1,500 wanted")
    line("load what is kept", f"{cached:.0f} ms", f"200 wanted; {cached / files:.2f} of loading from files")


def memory(folder: Path, kept: Path) -> None:
    for what, given in (("files", []), ("what is kept", [str(kept)])):
        command = [sys.executable, "-c", _GAINED, str(folder), *given]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        line(f"resident memory, from {what}", f"{float(printed):.0f} MB", "120 wanted")


_GAINED = """
import gc, os, sys
from pathlib import Path
from semantic.run.model_cache import open_model
def size(): return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
before = size()
held = open_model(*[Path(one) for one in sys.argv[1:]])
gc.collect()
print(size() - before)
"""


def compiling(small: VisibleModel, large: VisibleModel) -> None:
    for what, query in COMPILED.items():
        pairs = [
            [
                cpu(lambda seen=seen, query=query: compile_visible(seen, query, DIALECT, today=TODAY), 20)
                for seen in pair
            ]
            for pair in [(small, large)] * 9
        ]
        ratio = statistics.median(mine / theirs for theirs, mine in pairs)
        mine, theirs = (statistics.median(pair[place] for pair in pairs) for place in (1, 0))
        line(f"compile, {what}", f"{mine:.2f} ms", f"{theirs:.2f} ms with 20 datasets: ratio {ratio:.2f}, 1.15 wanted")


def checking(seen: VisibleModel) -> None:
    for what, query in ASKED.items():
        found = preflight(query, seen, DIALECT, today=TODAY)
        took = cpu(lambda query=query: preflight(query, seen, DIALECT, today=TODAY), 15)
        fit = f"{len(found.available)} of {len(found.available) + len(found.unavailable):,} dimensions fit"
        line(f"preflight, {what}", f"{took:.1f} ms", f"20 wanted; {fit}, {len(found.repairs)} repairs")


def searching(seen: VisibleModel) -> None:
    first = cpu(lambda: search(seen, ""), 1)
    line("search, the index, once", f"{first:.0f} ms", "for each set of policies")
    keys = {text: cpu(lambda text=text: keystroke(seen, text), 9) for text in TYPED}
    slowest = max(keys, key=lambda text: keys[text])
    line("search, a keystroke, median", f"{statistics.median(keys.values()):.1f} ms", f"of {len(TYPED)} texts")
    line("search, the slowest keystroke", f"{keys[slowest]:.1f} ms", f"10 wanted; {slowest!r}")


def keystroke(seen: VisibleModel, text: str) -> None:
    """Search as a search box does on each key: for hits, or else for similar names."""
    if not search(seen, text):
        near(seen, text)


def settle() -> None:
    """Exempt everything loaded from garbage collection, as in a server that has been up for a while."""
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    main(sys.argv[1:4])
