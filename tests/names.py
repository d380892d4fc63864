"""Find imports of names that don't exist, in seconds and without importing anything: `python -m tests.names`.

Pyright finds these too, and much more, but takes a minute.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = ("app.py", "pages", "semantic", "connectors", "tests")


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed module of the project, with the names defined at its top level."""

    path: Path
    tree: ast.Module
    names: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Return whether the module defines names that can't be read from its source."""
        return "*" in self.names or "__getattr__" in self.names


def main(root: Path = ROOT) -> int:
    """Print a line for each missing name, and return 1 if there are any."""
    problems = list(missing_names(read_modules(root)))
    print("\n".join(problems) or "Every imported name exists.", file=sys.stderr if problems else sys.stdout)
    return 1 if problems else 0


def read_modules(root: Path) -> Mapping[str, Module]:
    """Return all modules of the project by dotted name."""
    modules: dict[str, Module] = {}
    for place in CODE:
        for path in sorted((root / place).rglob("*.py")) if (root / place).is_dir() else [root / place]:
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(path.read_bytes(), filename=str(path))
            modules[name] = Module(path.relative_to(root), tree, frozenset(_top_level_names(tree.body)))
    return modules


def missing_names(modules: Mapping[str, Module]) -> Iterator[str]:
    """Yield a sentence for each name that is imported or read from a module of the project but isn't defined there."""
    for importer in modules.values():
        aliases: dict[str, str] = {}
        for node in ast.walk(importer.tree):
            if isinstance(node, ast.ImportFrom) and not node.level and node.module and node.module in modules:
                for alias in node.names:
                    submodule = f"{node.module}.{alias.name}"
                    if submodule in modules:
                        aliases[alias.asname or alias.name] = submodule
                    elif not _has(modules[node.module], alias.name):
                        yield f"{importer.path}:{node.lineno}: {node.module} has no {alias.name}."
        yield from _missing_attributes(importer, aliases, modules)


def _missing_attributes(importer: Module, aliases: Mapping[str, str], modules: Mapping[str, Module]) -> Iterator[str]:
    rebound = {
        node.id for node in ast.walk(importer.tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    } | {node.arg for node in ast.walk(importer.tree) if isinstance(node, ast.arg)}
    for node in ast.walk(importer.tree):
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)):
            continue
        module = aliases.get(node.value.id)
        if module is None or node.value.id in rebound or f"{module}.{node.attr}" in modules:
            continue
        if not node.attr.startswith("__") and not _has(modules[module], node.attr):
            yield f"{importer.path}:{node.lineno}: {module} has no {node.attr}."


def _has(module: Module, name: str) -> bool:
    return module.is_open or name in module.names


def _top_level_names(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                blocks = (getattr(statement, block, []) for block in ("body", "orelse", "finalbody"))
                yield from (name for block in blocks for name in _top_level_names(block))
                for handler in getattr(statement, "handlers", []):
                    yield from _top_level_names(handler.body)
                yield from _bound(statement)
            case _:
                yield from _bound(statement)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement assigns, in any pattern."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


if __name__ == "__main__":
    sys.exit(main())
