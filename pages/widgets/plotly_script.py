"""The code that draws charts in the browser: Plotly from the installed package, without the kinds of traces that we
don't draw.

The package has all of Plotly in one file of 4.8 MB, which takes a browser over a second. The file is a list of modules.
Each is a function that runs when another module first requests it, and the last module requests every kind of trace. So
it's enough to request fewer kinds there, and to leave out modules that are then never requested. That leaves a quarter.
A file that isn't built like this is served whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

TRACES = ("bar", "heatmap", "pie")
"""The kinds of traces to keep in addition to scatter, which is part of Plotly's core."""

_MODULE = re.compile(r"[ ,]([\w$]+)=\(e,t\)=>\(\)=>\{try\{return t\|\|e\(\(t=\{exports:")  # the start of a module
_PART = re.compile(r"[ ,]([\w$]+)=\(e,t,r\)=>\(\)=>\{if\(r\)throw r\[0\]")  # the start of an ES module
_END = "});return "  # the end of the last module
_REGISTERED = re.compile(r"\.register\(\[((?:[\w$]+\(\),?)+)\]\)")
_TRACE = re.compile(r'moduleType:"trace",name:"(\w+)"')
_PASSED_ON = re.compile(r"\.exports=([\w$]+)\(\)")
_ASKED = re.compile(r"(?<![\w$])([\w$]+)\(\)")  # matches only where a name starts, so that a long name takes no longer
_NAME = re.compile(r"(?<![\w$])[\w$]+\Z")
_LONGEST_NAME = 12


@dataclass(frozen=True, slots=True)
class Script:
    """A script with its address, which is the script's digest."""

    address: str
    body: bytes


@cache
def plotly_script() -> Script:
    """Return Plotly's script in the form in which this server sends it."""
    whole = resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    body = (only_traces(whole, TRACES) or whole).encode()
    return Script(f"/look/plotly-{hashlib.sha256(body).hexdigest()[:16]}.js", body)


def only_traces(plotly: str, traces: Iterable[str]) -> str | None:
    """Return Plotly with only scatter and these kinds of traces, or None if the file isn't built as expected."""
    module, part = _MODULE.search(plotly), _PART.search(plotly)
    if module is None or part is None:
        return None
    starts = [start.start() for start in re.finditer(rf"\bvar [\w$]+={re.escape(module[1])}\(", plotly)]
    end = plotly.find(_END, starts[-1]) + len("});") if starts else 0
    if end < len(_END):
        return None
    modules = [plotly[at:after] for at, after in zip(starts, [*starts[1:], end], strict=True)]
    before, after = plotly[: starts[0]], plotly[end:]
    declared = _declared(modules, module[1], part[1])
    entry = _asking_for(modules, declared, frozenset(traces))
    if entry is None:
        return None
    modules[-1] = entry
    kept = _asked_for(modules, declared, before + after)
    return before + "".join(modules[at] for at in sorted(kept)) + after


def _declared(modules: list[str], *makers: str) -> dict[str, int]:
    """Return the index of the module that declares each name."""
    declares = re.compile("=(?:" + "|".join(map(re.escape, makers)) + r")\(")
    declared: dict[str, int] = {}
    for place, text in enumerate(modules):
        for declaration in declares.finditer(text):
            name = _NAME.search(text, max(0, declaration.start() - _LONGEST_NAME), declaration.start())
            if name is not None:
                declared[name[0]] = place
    return declared


def _asking_for(modules: list[str], declared: Mapping[str, int], traces: frozenset[str]) -> str | None:
    """Return the last module, changed so that it requests only these traces, or None if it doesn't request
    one of them.
    """
    entry = modules[-1]
    registered = _REGISTERED.search(entry)
    if registered is None:
        return None
    calls = {_trace_of(call.removesuffix("()"), modules, declared): call for call in registered[1].split(",")}
    if not traces <= calls.keys():
        return None
    return entry.replace(registered[1], ",".join(calls[trace] for trace in sorted(traces)), 1)


def _trace_of(name: str, modules: list[str], declared: Mapping[str, int]) -> str:
    """Return the kind of trace that a module defines or re-exports, or "" if there is none."""
    for _ in range(3):
        text = modules[declared[name]] if name in declared else ""
        if (trace := _TRACE.search(text)) is not None:
            return trace[1]
        if (passed := _PASSED_ON.search(text)) is None:
            return ""
        name = passed[1]
    return ""


def _asked_for(modules: list[str], declared: Mapping[str, int], outside: str) -> set[int]:
    """Return the indexes of all modules that the last module and the code around the modules need, directly or
    indirectly.
    """
    kept: set[int] = set()
    left = [len(modules) - 1, *_asks(outside, declared)]
    while left:
        place = left.pop()
        if place not in kept:
            kept.add(place)
            left += _asks(modules[place], declared)
    return kept


def _asks(text: str, declared: Mapping[str, int]) -> set[int]:
    return {declared[name] for name in _ASKED.findall(text) if name in declared}
