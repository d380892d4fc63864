"""Imports only go down: the layers as data, and the rules that every Python file must follow."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Lowest first. A file imports only from lower lines, or from its own name's line where no circle arises.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("connectors.connector",),
    ("connectors.*",),  # a file for each engine, and parts of it as <engine>_<part>
    ("connectors",),
    ("semantic.errors",),
    ("semantic.config",),
    # The core: what a question can be about, who asks, what is asked, how it is answered, and its SQL.
    ("semantic.model",),
    ("semantic.model.files",),
    ("semantic.model.kinds",),
    ("semantic.model.checks",),
    ("semantic.model.loading",),
    ("semantic.model.editing",),
    ("semantic.policy",),
    ("semantic.query",),
    ("semantic.plan.tree",),
    ("semantic.plan.joins",),
    ("semantic.plan.measures",),
    ("semantic.plan.time",),
    ("semantic.plan",),
    ("semantic.sql.dialects",),
    ("semantic.sql.rows",),
    ("semantic.sql.answer",),
    ("semantic.sql",),
    ("semantic.compile",),
    # Answers, and the nouns around them.
    ("semantic.results", "semantic.answering.plan_cache"),
    ("semantic.annotations", "semantic.explore", "semantic.governance", "semantic.targets", "semantic.uploads"),
    ("semantic.reading",),
    ("semantic.alerts.readings",),
    ("semantic.alerts.usual",),
    ("semantic.analyses", "semantic.boards"),
    # Three users of the core.
    ("semantic.interop",),
    ("semantic.interop.dbt", "semantic.interop.cube", "semantic.interop.osi"),
    ("semantic.starters",),
    ("semantic.display",),
    ("semantic.introspection",),
    ("semantic.display.words", "semantic.display.charts.figures", "semantic.display.glossary"),
    ("semantic.display.charts",),
    ("semantic.display.paper", "semantic.display.export"),
    ("semantic.schedules",),
    ("semantic.display.slides",),
    ("semantic.display.boards",),
    ("semantic.display.messages",),
    ("semantic.alerts", "semantic.reconciliation"),
    # The outside world: engines, providers, the store. Everything above this line is pure.
    ("semantic.observability", "semantic.oidc", "semantic.run"),
    ("semantic.introspection.profiling",),
    ("semantic.store",),
    ("semantic.store.audit",),
    ("semantic.store.models", "semantic.store.numbers", "semantic.store.spaces", "semantic.store.uploads"),
    ("semantic.store.accounts", "semantic.store.boards", "semantic.store.questions"),
    ("semantic.store.analyses", "semantic.store.requests"),
    ("semantic.store.outbox",),
    ("semantic.store.alerts",),
    ("semantic.store.certifications",),
    ("semantic.store.agents", "semantic.store.jobs"),
    ("semantic.store.connections", "semantic.store.destinations"),
    ("semantic.store.comments", "semantic.store.reconciliations", "semantic.store.reviews", "semantic.store.uses"),
    ("semantic.store.tables", "semantic.store.upkeep"),
    ("semantic.store.migrations",),
    ("semantic.audit_trail", "semantic.identity"),
    # Where everything meets, and who uses it.
    ("semantic.answering",),
    ("semantic.workspace",),
    ("semantic.services.certifying.settling",),
    ("semantic.services.check_runner", "semantic.worker.job"),
    ("semantic.services",),
    ("semantic.services.adding", "semantic.services.defining"),
    ("semantic.transport",),
    (
        *("semantic.services.outbox.composers", "semantic.services.outbox.previewing"),
        *("semantic.services.outbox.sending",),
    ),
    ("semantic.agents",),
    ("semantic.worker",),
    ("semantic.api",),
    ("semantic.demo.tables", "semantic.demo.world"),
    ("semantic.demo.marketing", "semantic.demo.shop"),
    ("semantic.demo.sales", "semantic.demo.web"),
    ("semantic.demo",),
    ("semantic.commands",),
    ("semantic.api.mcp_stdio",),  # a command that serves
    ("semantic.__main__",),
    ("semantic",),  # the public names, for callers from outside
    # The app: what surrounds every page, then areas that use the ones before them.
    ("pages.shell",),
    ("pages.sign_in", "pages.widgets"),
    ("pages.analysis_tables",),
    ("pages.server",),
    ("pages.mailbox",),
    ("pages.deliveries",),
    ("pages.asking",),
    ("pages.explore.builder",),
    ("pages.explore.result",),
    ("pages.comments",),
    ("pages.analyses",),
    (
        "pages.govern",
        "pages.govern.checks",
        "pages.govern.domains",
        "pages.govern.names",
        "pages.govern.oversight",
        "pages.govern.reconciling",
    ),
    ("pages.admin",),
    ("pages.adoption", "pages.requests"),
    ("pages.govern.data",),
    ("pages.alerts",),
    ("pages.agents",),
    ("pages.boards.read", "pages.home", "pages.receipts", "pages.targets"),
    ("pages.boards.edit", "pages.metrics", "pages.uploads"),
    ("pages.boards", "pages.saved"),
    ("pages.public",),
    ("pages.explore",),
    ("pages.ask",),
    ("pages.palette",),
    ("app",),
)

# Neighbours on one line that don't import each other.
STRANGERS = (
    {"semantic.analyses", "semantic.display", "semantic.interop"},
    {"semantic.interop.cube", "semantic.interop.dbt", "semantic.interop.osi"},
    {"pages.admin", "pages.explore", "pages.targets"},
    {"pages.govern", "pages.targets"},
)

# Pairs that the order alone would allow.
NEVER = {
    ("semantic.run", "semantic.compile"): "what runs is SQL text; the workspace compiles and then runs",
}

# Only these may import a connector.
CONNECTED = (
    *("semantic.answering", "semantic.introspection.profiling", "semantic.run", "semantic.services.adding"),
    *("semantic.services.check_runner", "semantic.workspace"),
)

# Pure: no engine, no page, no network, no clock, no chance.
PURE = (
    *("semantic.errors", "semantic.model", "semantic.query", "semantic.policy", "semantic.plan", "semantic.sql"),
    *("semantic.compile", "semantic.results", "semantic.answering.plan_cache"),
    *("semantic.annotations", "semantic.explore", "semantic.governance", "semantic.targets", "semantic.uploads"),
    *("semantic.reading", "semantic.analyses", "semantic.boards", "semantic.display", "semantic.interop"),
    "semantic.schedules",
    *("semantic.alerts", "semantic.reconciliation"),
)
IMPURE = {
    *("duckdb", "streamlit", "starlette", "uvicorn", "requests", "httpx", "httpx2"),
    *("socket", "ssl", "http", "urllib", "random", "secrets", "time"),
}
CLOCKS = {"now", "utcnow", "today"}

# Each of these packages is imported only in the modules next to it.
KEPT_TO = {
    "streamlit": ("app", "pages"),
    "duckdb": ("connectors", "semantic.commands.demo", "semantic.demo", "semantic.run"),
    "cronsim": ("semantic.schedules",),
    "authlib": ("semantic.oidc",),
    "httpx2": ("semantic.oidc",),
    "mcp": ("semantic.api.protocol", "semantic.api.mcp_stdio", "pages.server.mcp_server"),
    "joserfc": ("semantic.oidc",),
    "sqlalchemy": ("semantic.store",),
    "alembic": ("semantic.store",),
    # The server looks whether its compiled part is there.
    "sqlglot": ("semantic", "connectors", "pages.server.server"),
}

# Libraries that take long to import, and that a module imports only in the functions that need them.
SLOW = {
    "semantic.display.export.to_xlsx": ("xlsxwriter",),
    "semantic.services.process": ("semantic.oidc.client",),
    "semantic.store.migrate": ("alembic",),
}

CODE = ("app.py", "pages", "semantic", "connectors", "tests")
LAYERED = ("app.py", "pages", "semantic", "connectors")


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the imported module, the importing module, the line, and whether it's inside a function or only for
    types.
    """

    module: str
    target: str
    line: int
    late: bool
    for_types: bool


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> str | None:
    """Return the entry of LAYERS that a module belongs to: the longest one that its name begins with."""
    entries = {entry for line in LAYERS for entry in line}
    if module in entries:
        return module
    if module.startswith("connectors."):
        return "connectors.*"
    owners = [entry for entry in entries if module.startswith(f"{entry}.") and entry != "semantic"]
    return max(owners, key=len, default=None)


def height(layer: str) -> int:
    return next(index for index, line in enumerate(LAYERS) if layer in line)


def under(module: str, names: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in names)


def python_files(root: Path, places: tuple[str, ...]) -> list[Path]:
    paths = [root / place for place in places if place.endswith(".py") and (root / place).exists()]
    return paths + sorted(path for place in places for path in (root / place).rglob("*.py"))


def read(root: Path) -> dict[str, tuple[Path, ast.Module]]:
    """Return every layered module of the project, parsed."""
    files = python_files(root, LAYERED)
    return {module_name(path, root): (path, ast.parse(path.read_text(encoding="utf-8"))) for path in files}


def imports(module: str, path: Path, tree: ast.Module, known: set[str]) -> Iterator[Import]:
    """Yield every import of a file. `from package import module` is resolved to the module."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def visit(node: ast.AST, late: bool, for_types: bool) -> Iterator[Import]:
        late = late or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for_types = True
        if isinstance(node, ast.Import):
            yield from (Import(module, name.name, node.lineno, late, for_types) for name in node.names)
        if isinstance(node, ast.ImportFrom):
            up = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*up, *([node.module] if node.module else [])])
            for name in node.names:
                deeper = f"{source}.{name.name}"
                yield Import(module, deeper if deeper in known else source, node.lineno, late, for_types)
        for child in ast.iter_child_nodes(node):
            yield from visit(child, late, for_types)

    yield from visit(tree, False, False)


def is_ours(target: str) -> bool:
    return target.split(".")[0] in {"app", "pages", "semantic", "connectors"}


def wrong_import(imported: Import) -> str | None:
    """Return the reason why an import isn't allowed, or ""."""
    importer, layer = imported.module, layer_of(imported.module)
    if layer is None:
        return None
    if (
        under(importer, ("semantic", "connectors"))
        and imported.late
        and not (layer == "connectors.*" and not is_ours(imported.target))
        and not under(imported.target, SLOW.get(importer, ()))
    ):
        return "is inside a function. Move it to the top; if that makes a circle, move what both need to a lower layer"
    if is_ours(imported.target):
        return wrong_neighbour(importer, layer, imported.target)
    top = imported.target.split(".")[0]
    if under(importer, PURE) and top in IMPURE:
        return f"brings the outside world into {layer}, which is pure. Take what it gives as an argument"
    if top in KEPT_TO and not under(importer, KEPT_TO[top]):
        return f"is kept to {', '.join(KEPT_TO[top])}. Go through what those offer"
    return None


def engine_of(module: str) -> str:
    return module.split(".")[1].split("_")[0]


def wrong_neighbour(importer: str, layer: str, target: str) -> str | None:
    other = layer_of(target)
    if other is None:
        return "has no line in LAYERS of tests/repository/test_layers.py. Give its package a line there first"
    if under(layer, ("connectors",)) and not under(other, ("connectors",)):
        return "is above the connectors, which know nothing of the rest. Pass what is needed as an argument"
    if other == "connectors.*" and layer == "connectors":
        return "would load its driver for everyone. Name the module in the table; it is loaded when opened"
    if other == "connectors.*" and layer == other and engine_of(target) != engine_of(importer):
        return "is another connector's. An engine's file imports connectors.connector and its own parts"
    if under(other, ("connectors",)) and not under(layer, ("connectors", *CONNECTED)):
        return f"is for {' and '.join(CONNECTED)} alone. Ask the workspace"
    if (layer, other) in NEVER:
        return f"is never imported by {layer}: {NEVER[layer, other]}"
    if any(are_strangers(layer, other, group) for group in STRANGERS):
        return f"is a stranger to {layer}. Move what both need to a lower layer"
    if height(other) > height(layer):
        return f"is above {layer}. Move what is needed down, or take it as an argument"
    return None


def are_strangers(text: str, other: str, group: set[str]) -> bool:
    """Return whether two layers belong to two different names in a group of strangers."""
    homes = [{name for name in group if under(layer, (name,))} for layer in (text, other)]
    return all(homes) and not homes[0] & homes[1]


def circles(graph: dict[str, set[str]]) -> Iterator[str]:
    """Yield each circle of imports once, as `a -> b -> a`."""
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> Iterator[str]:
        if module in way:
            yield " -> ".join([*way[way.index(module) :], module])
        elif module not in done:
            for target in sorted(graph.get(module, ())):
                yield from walk(target, (*way, module))
            done.add(module)

    for module in sorted(graph):
        yield from walk(module, ())


def read_clocks(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            yield node.lineno, ast.unparse(node.func)


def misplaced(root: Path) -> Iterator[str]:
    for path in sorted((root / "pages").glob("*.py")):
        if path.name != "__init__.py":
            yield (
                f"pages/{path.name} is directly in pages/, where its address opens it before anyone has signed in. "
                f"Move it to a folder, such as pages/home/{path.name}."
            )
    homes = {place for place in CODE if not place.endswith(".py")}
    tops = [top for top in sorted(root.iterdir()) if not top.name.startswith(".") and top.name not in homes]
    for path in [*tops, *(path for top in tops for path in sorted(top.rglob("*")))]:
        place = path.relative_to(root)
        if path.suffix == ".py" and str(place) not in CODE:
            yield f"{place} is outside {', '.join(CODE)}, which hold all code. Move it into one of them."


def is_empty(tree: ast.Module) -> bool:
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in tree.body)


def problems(root: Path) -> list[str]:
    """Return everything in a project that breaks the layers, each with what to do about it."""
    problems = list(misplaced(root))
    modules = read(root)
    graph: dict[str, set[str]] = {}
    for module, (path, tree) in modules.items():
        place = path.relative_to(root)
        if layer_of(module) is None and module != "pages" and place.parent != Path("pages"):
            problems.append(
                f"{place}: {module} has no line in LAYERS of tests/repository/test_layers.py. "
                "Give its package a line there first."
            )
        siblings = [other for other in modules if other.startswith(f"{module}.")]
        if path.name == "__init__.py" and is_empty(tree) and not siblings:
            problems.append(f"{place} is a package with nothing in it. Remove it until something is built there.")
        every = list(imports(module, path, tree, set(modules)))
        graph[module] = {
            imported.target for imported in every if imported.target in modules and imported.target != module
        }
        for imported in every:
            reason = wrong_import(imported)
            if reason:
                problems.append(f"{place}:{imported.line}: {imported.target} {reason}.")
        if under(module, PURE):
            problems += [
                f"{place}:{line}: {call}() reads the clock in a pure layer. Take the day or the instant as an argument."
                for line, call in read_clocks(tree)
            ]
    problems += [f"A circle: {circle}. Move what both need to a lower layer." for circle in circles(graph)]
    return problems


def test_imports_only_go_to_lower_layers() -> None:
    assert read(ROOT), "no code was found, so nothing was checked"
    texts = problems(ROOT)
    assert not texts, "\n" + "\n".join(texts)


def test_layers_name_each_package_once() -> None:
    entries = [entry for line in LAYERS for entry in line]
    assert len(entries) == len(set(entries))
    assert {name for group in STRANGERS for name in group} | set(PURE) | set(CONNECTED) <= set(entries)


# A folder with more files than this has a second noun in it.
MOST_FILES = 25


def test_no_folder_is_for_odds_and_ends() -> None:
    homes = [path.parent for place in ("pages", "semantic", "connectors") for path in (ROOT / place).rglob("*.py")]
    migrations = ROOT / "semantic/store/migrations/versions"  # a file for each step, forever
    large = {home for home in homes if home != migrations and homes.count(home) > MOST_FILES}
    assert len(homes) > 600
    assert not large, f"Find the second noun in {sorted(str(home.relative_to(ROOT)) for home in large)}."


def test_every_package_says_what_belongs_there() -> None:
    modules = read(ROOT)
    silent = [
        str(path.relative_to(ROOT))
        for module, (path, tree) in modules.items()
        if path.name == "__init__.py" and len(ast.get_docstring(tree) or "") < 60
    ]
    assert not silent, f"Open these with what belongs there and what doesn't: {silent}"
    packages = {path.parent for path, _ in modules.values() if path.name == "__init__.py"}
    homes = {path.parent for path, _ in modules.values()} - {ROOT}
    homes = {home for home in homes if "migrations" not in home.parts}
    assert homes <= packages, f"These have no __init__.py: {sorted(str(home) for home in homes - packages)}"


def test_every_layer_exists() -> None:
    modules = set(read(ROOT))
    modules |= {module.rpartition(".")[0] for module in modules}
    gone = [entry for line in LAYERS for entry in line if entry != "connectors.*" and entry not in modules]
    assert not gone, f"LAYERS names what doesn't exist: {gone}"


ALLOWED = {
    "app.py": "import streamlit\nfrom pages.shell import session\n",
    "pages/__init__.py": "",
    "pages/shell/__init__.py": "",
    "pages/shell/session.py": "import streamlit\nfrom semantic import Query\n",
    "semantic/__init__.py": "from semantic.query.query import Query\n",
    "semantic/errors.py": "class SemanticError(Exception): ...\n",
    "semantic/query/__init__.py": "",
    "semantic/query/query.py": "from datetime import date\nfrom .. import errors\n\nDAY: date | None = None\n",
    "semantic/run/execute.py": "import time\nfrom connectors import connect\nfrom semantic import errors\n",
    "connectors/__init__.py": "from connectors.connector import Connector as Connector\n\ndef connect(): ...\n",
    "connectors/connector.py": "import pyarrow\n\nclass Connector: ...\n",
    "connectors/postgres.py": "from connectors import postgres_types\n\ndef open():\n    import psycopg\n",
    "connectors/postgres_types.py": "from connectors.connector import Connector\n",
}

BROKEN = [
    ("semantic/model/load.py", "from semantic.plan import build", "is above semantic.model"),
    ("semantic/model/load.py", "from semantic import Query", "is above semantic.model"),
    ("semantic/model/load.py", "def f():\n    from semantic import errors", "is inside a function"),
    ("semantic/model/load.py", "import duckdb", "which is pure"),
    ("semantic/plan/build.py", "from urllib.request import urlopen", "which is pure"),
    ("semantic/query/periods.py", "from datetime import date\nDAY = date.today()", "reads the clock"),
    ("semantic/display/words/peaks.py", "from semantic.analyses import stats", "is a stranger to semantic.display"),
    ("semantic/run/cache.py", "from semantic.compile import compile_query", "is never imported by semantic.run"),
    ("semantic/compile.py", "from connectors import connect", "Ask the workspace"),
    ("semantic/workspace.py", "import streamlit", "is kept to app, pages"),
    ("semantic/helpers/text.py", "", "has no line in LAYERS"),
    ("semantic/sql/__init__.py", '"""Later."""', "a package with nothing in it"),
    ("semantic/errors.py", "from semantic.odds import ends", "has no line in LAYERS"),
    ("connectors/__init__.py", "from connectors import postgres\ndef connect(): ...", "load its driver for everyone"),
    ("connectors/postgres.py", "def f():\n    from connectors import connector", "is inside a function"),
    ("connectors/postgres.py", "from connectors.duckdb import quote", "is another connector's"),
    ("connectors/connector.py", "from semantic.errors import EngineFailed", "know nothing of the rest"),
    ("pages/home/page.py", "import duckdb", "is kept to connectors"),
    ("pages/admin/audit/page.py", "from pages.explore import pickers", "is a stranger to pages.admin"),
    ("pages/widgets/trust.py", "from pages.home import tiles", "is above pages.widgets"),
    ("pages/home.py", "", "before anyone has signed in"),
    ("deploy/check.py", "", "which hold all code"),
    ("queue.py", "", "which hold all code"),
]


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_allowed_imports_pass(tmp_path: Path) -> None:
    assert problems(write(tmp_path, ALLOWED)) == []


@pytest.mark.parametrize(("file", "text", "says"), BROKEN)
def test_imports_that_break_the_layers_are_found(file: str, text: str, says: str, tmp_path: Path) -> None:
    texts = problems(write(tmp_path, {**ALLOWED, file: text}))
    assert len(texts) == 1
    assert says in texts[0]
    assert file in texts[0]


def test_a_circle_is_found(tmp_path: Path) -> None:
    write(tmp_path, ALLOWED | {"semantic/query/codec.py": "from semantic.query import query\n"})
    write(tmp_path, {"semantic/query/query.py": "from semantic.query.codec import encode\n"})
    assert problems(tmp_path) == [
        "A circle: semantic.query.query -> semantic.query.codec -> semantic.query.query. "
        "Move what both need to a lower layer."
    ]
