"""Report which outside cases pass, and why the others don't: python -m tests.conformance.report."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict

from semantic import SemanticError
from tests.conformance import adapter, bundle


def main() -> int:
    """Return 0 if every case passes, 1 otherwise, or 2 if there are no cases."""
    place = bundle.folder()
    if place is None:
        print(f"{bundle.VARIABLE} names no folder of cases.", file=sys.stderr)
        return 2
    tables, differs = bundle.open_tables(place), bundle.comparison(place)
    layers = {manifest.name: adapter.load(str(manifest), tables) for manifest in bundle.manifests(place)}
    groups: dict[str, Counter[bool]] = defaultdict(Counter)
    reasons: dict[str, list[str]] = defaultdict(list)
    for case in bundle.cases(place):
        try:
            wrong = differs(case, *adapter.query(layers[case["manifest"]], case))
        except (SemanticError, adapter.Unsupported, adapter.duckdb.Error, TypeError) as error:
            wrong = f"{type(error).__name__}: {error}"
        groups[case["group"]][wrong is None] += 1
        if wrong is not None:
            reasons[" ".join(re.sub(r"'[^']*'|\d+", "…", wrong).split())[:110]].append(case["id"])
    for group, counts in sorted(groups.items()):
        print(f"{group:32} {counts[True]:4} of {counts.total():4}")
    for reason, texts in sorted(reasons.items(), key=lambda entry: -len(entry[1])):
        print(f"\n{len(texts)}  {reason}")
        print("".join(f"   {name}\n" for name in texts), end="")
    passed = sum(counts[True] for counts in groups.values())
    print(f"\n{passed} of {sum(counts.total() for counts in groups.values())} pass.")
    return 1 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
