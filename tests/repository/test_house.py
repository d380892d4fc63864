"""House rules: a fixed top level, exact dependencies with a reason for each, the public names, and forbidden words."""

import ast
import fnmatch
import json
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TOP_LEVEL = {
    *("app.py", "pages", "semantic", "connectors", "tests", "requirements.txt", "README.md"),
    *("Makefile", "pyproject.toml", "requirements-dev.txt", "requirements-engines.txt", "docs", "deploy"),
    *(".streamlit", ".ci", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".gitignore", ".git"),
}
CODE = ("pages", "semantic", "connectors")
PUBLIC = {"load_model", "Model", "Query", "compile_query", "Result", "SemanticError"}
PUBLIC_TOO = {"Actor", "Workspace"}
ODDS_AND_ENDS = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

# One letter of each is in brackets, so that this file doesn't contain what it looks for.
KEPT_OUT = {
    "a note for later": r"\b(?:TO[D]O|FIX[M]E|XX[X])\b",
    "a promise": r"(?i)\b(?:coming s[o]on|not yet imple[m]ented|under constr[u]ction)\b",
    "a path of one machine": r"(?<![\w.}])/(?:w[o]rk/|tmp/br[i]efs|h[o]me/\w|r[o]ot/|Use[r]s/\w)",
    "the host of a package registry": r"(?i)\b(?:py[p]i\.org|pythonh[o]sted\.|registry\.npm[j]s)",
    "a number of an issue or a ticket": r"(?i)\b(?:iss[u]e|tick[e]t|pull re[q]uest) ?#?\d+\b",
    "a tool of the people who write it": r"(?i)\b(?:cl[a]ude|anthr[o]pic|cop[i]lot|chat[g]pt|sub[a]gents?)\b",
    "a word of how it was written": r"(?i)\b(?:the br[i]ef\b|the le[a]d commits|lay[o]ut\.md|deci[s]ions\.md)",
}

NAMES_PROGRAMS = ("semantic/store/agents/clients.py", "docs/how-to/connect-an-agent.md")
"""The only places that name programs that people connect as agents."""


def ignored_patterns() -> list[str]:
    lines = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    return [line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#")]


def is_ignored(path: Path) -> bool:
    place = path.relative_to(ROOT)
    return any(
        fnmatch.fnmatch(str(place), pattern) or any(fnmatch.fnmatch(part, pattern) for part in place.parts)
        for pattern in ignored_patterns()
    )


def kept_files() -> list[Path]:
    """Return every file of the repository except those that .gitignore excludes."""
    kept_files: list[Path] = []
    for folder, folders, files in os.walk(ROOT):
        path = Path(folder)
        folders[:] = sorted(name for name in folders if name != ".git" and not is_ignored(path / name))
        kept_files += [path / name for name in sorted(files) if name != ".git" and not is_ignored(path / name)]
    return kept_files


def text_of(path: Path) -> str:
    """Return the text of a file, or "" for a picture or a font."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", errors="replace")


def requirements() -> Iterator[tuple[str, str]]:
    """Yield each line that requires a package, with its file."""
    for path in sorted(ROOT.glob("requirements*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip() and not line.startswith(("#", "-r ", "-c ")):
                yield path.name, line.strip()


def package(requirement: str) -> str:
    return re.split(r"[\[=<>~!; ]", requirement)[0].lower().replace("_", "-")


def test_top_level_holds_only_the_fixed_names() -> None:
    others = [path.name for path in ROOT.iterdir() if path.name not in TOP_LEVEL and not is_ignored(path)]
    assert not others, f"{', '.join(sorted(others))}: not a name of the top level. Move it into docs/ or deploy/."


def test_every_requirement_is_exact() -> None:
    asked = list(requirements())
    assert asked
    loose = [f"{file}: {line}" for file, line in asked if not re.fullmatch(r"[a-z0-9-]+(\[[a-z,]+\])?==\d[\w.]*", line)]
    assert not loose, f"Pin these as name==version: {loose}"


def test_every_constraint_is_exact() -> None:
    lines = (ROOT / "deploy/constraints.txt").read_text(encoding="utf-8").splitlines()
    loose = [line for line in lines if not re.fullmatch(r"#.*|[a-z0-9_-]+==\d[\w.]*(; .+)?", line)]
    assert not loose, f"Pin these as name==version: {loose}"


def test_every_dependency_has_one_line_of_reason() -> None:
    page = (ROOT / "docs/reference/dependencies.md").read_text(encoding="utf-8")
    explained = [name for name in re.findall(r"^\| ([\w-]+) \| \S.*\|$", page, re.MULTILINE) if name != "package"]
    npm = json.loads((ROOT / "tests/browser/provider/package.json").read_text(encoding="utf-8"))["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in npm.values())
    assert sorted(explained) == sorted([*npm, *(package(line) for _, line in requirements())])


def test_installed_versions_match_the_pinned_ones() -> None:
    """Every installed distribution has exactly the pinned version, except the installer's own."""
    pinned: dict[str, str] = {}
    files = [*ROOT.glob("requirements*.txt"), ROOT / "deploy/constraints.txt"]
    for line in (line for file in files for line in file.read_text(encoding="utf-8").splitlines()):
        if match := re.match(r"([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==([\w.]+)", line):
            pinned[package(match[1])] = match[2]
    others = {package(distribution.name): distribution.version for distribution in distributions()}
    loose = {name: version for name, version in others.items() if pinned.get(name) != version}
    assert set(loose) <= {"pip", "setuptools", "wheel"}, f"Pin these in deploy/constraints.txt: {loose}"
    assert len(others) > 60


def test_every_file_is_about_the_product() -> None:
    texts = [
        f"{path.relative_to(ROOT)}:{number}: {what}: {match.group()!r}"
        for path in kept_files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        for what, pattern in KEPT_OUT.items()
        for match in re.finditer(pattern, line)
        if not (what == "a tool of the people who write it" and str(path.relative_to(ROOT)) in NAMES_PROGRAMS)
    ]
    assert not texts, "Say it in the product's own words, or leave it out:\n" + "\n".join(texts)


@pytest.mark.parametrize(
    "line",
    [
        "# " + "TO" + "DO: later",
        "More charts are coming" + " soon.",
        "open('/wor" + "k/main/x')",
        "see iss" + "ue #12",
        "https://py" + "pi.org/simple",
    ],
)
def test_forbidden_words_are_recognized(line: str) -> None:
    assert any(re.search(pattern, line) for pattern in KEPT_OUT.values())


def test_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    for part in ("Apache License", "Version 2.0, January 2004", "END OF TERMS AND CONDITIONS"):
        assert part in text


def test_public_names_are_the_agreed_ones() -> None:
    tree = ast.parse((ROOT / "semantic/__init__.py").read_text(encoding="utf-8"))
    assigned = [
        node for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert len(assigned) == 1, "semantic/__init__.py says its public names in one __all__."
    public = set(ast.literal_eval(assigned[0].value))
    assert public - PUBLIC_TOO == PUBLIC
    imported = {
        name.asname or name.name for node in tree.body if isinstance(node, ast.ImportFrom) for name in node.names
    }
    assert imported == public, "semantic/__init__.py imports its public names and nothing else."


def test_no_module_is_named_for_odds_and_ends() -> None:
    paths = [path for place in CODE for path in (ROOT / place).rglob("*.py") if path.stem in ODDS_AND_ENDS]
    assert not paths, f"Put what is in {paths} beside the noun it serves."


def test_every_command_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE)
    assert {"help", "run", "test", "lint", "format", "clean"} <= set(targets)
    printed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert re.findall(r"^  make ([a-z-]+) +\S", printed, re.MULTILINE) == targets


def test_commands_cache_compiled_python(tmp_path: Path) -> None:
    """Without this, every process that a command starts would compile every package again."""
    asks = "import sys; print(sys.dont_write_bytecode)"
    (tmp_path / "asked.mk").write_text(f"asked:\n\t@$(PYTHON_HERE) -c '{asks}'\n", encoding="utf-8")
    command = ["make", "--no-print-directory", "-f", "Makefile", "-f", str(tmp_path / "asked.mk"), "asked"]
    forbids = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    assert subprocess.check_output([*command, f"PYTHON_HERE={sys.executable}"], cwd=ROOT, env=forbids) == b"False\n"


# A dataclass refuses an unhashable default, and before Python 3.12 a mapping proxy is unhashable.
UNHASHABLE = {"MappingProxyType", "dict", "list", "set", "bytearray", "defaultdict", "deque", "Counter"}


def modules_with_dataclasses() -> dict[str, ast.Module]:
    """Return the project's files with a dataclass, or with a constant that could be a default, by dotted name."""
    paths = [ROOT / "app.py", *(path for place in (*CODE, "tests") for path in sorted((ROOT / place).rglob("*.py")))]
    sources = {path: path.read_text(encoding="utf-8") for path in paths}
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): ast.parse(source)
        for path, source in sources.items()
        if "dataclass" in source or "MappingProxyType" in source
    }


def dotted(node: ast.expr, names: Mapping[str, str], module: str) -> str:
    """Return the full name that an expression refers to, such as `semantic.observability.metrics.NO_LABELS`, or "" for
    anything but a name.
    """
    match node:
        case ast.Name(id=name):
            return names.get(name, f"{module}.{name}")
        case ast.Attribute(value=value, attr=attribute):
            return f"{dotted(value, names, module)}.{attribute}"
        case _:
            return ""


def is_unhashable(node: ast.expr, constants: Collection[str], names: Mapping[str, str], module: str) -> bool:
    """Return whether an expression makes a list, dict, set or mapping proxy, or refers to a constant that is one."""
    match node:
        case ast.List() | ast.Dict() | ast.Set() | ast.ListComp() | ast.DictComp() | ast.SetComp():
            return True
        case ast.Call(func=ast.Subscript(value=called)) | ast.Call(func=called):
            return dotted(called, names, module).rpartition(".")[2] in UNHASHABLE
        case _:
            return dotted(node, names, module) in constants


def unhashable_defaults(modules: Mapping[str, ast.Module]) -> list[str]:
    """Return the dataclass fields with an unhashable default, as `module:line: name`."""
    names = {module: imported_names(tree) for module, tree in modules.items()}
    constants: set[str] = set()
    for module, tree in modules.items():
        for node in tree.body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ) if is_unhashable(value, (), names[module], module):
                    constants.add(f"{module}.{name}")
                case _:
                    pass
    return [
        f"{module}:{field.lineno}: {ast.unparse(field.target)}"
        for module, tree in modules.items()
        for field, default in dataclass_defaults(tree)
        if is_unhashable(default, constants, names[module], module)
    ]


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Return the full name of each imported name."""
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in imports
        for alias in node.names
    }


def dataclass_defaults(tree: ast.Module) -> Iterator[tuple[ast.AnnAssign, ast.expr]]:
    """Yield each dataclass field with a default, written as `= value` or `= field(default=value)`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or "dataclass" not in map(called_name, node.decorator_list):
            continue
        for field in node.body:
            if not isinstance(field, ast.AnnAssign) or "ClassVar" in ast.unparse(field.annotation):
                continue
            match field.value:
                case ast.Call(func=called, keywords=keywords) if called_name(called) == "field":
                    yield from ((field, keyword.value) for keyword in keywords if keyword.arg == "default")
                case ast.expr() as default:
                    yield field, default
                case _:
                    pass


def called_name(node: ast.expr) -> str:
    """Return the last part of a function's or decorator's name, whether it's called or not."""
    return ast.unparse(node.func if isinstance(node, ast.Call) else node).rpartition(".")[2]


def test_no_default_of_a_dataclass_is_unhashable() -> None:
    modules = modules_with_dataclasses()
    assert sum(1 for tree in modules.values() for _ in dataclass_defaults(tree)) > 300
    assert unhashable_defaults(modules) == [], "Use field(default_factory=lambda: ...): Python 3.11 refuses these."


@pytest.mark.parametrize(
    "default",
    [
        "MappingProxyType({})",
        "types.MappingProxyType({})",
        "NOTHING",
        "defaults.NOTHING",
        "EMPTY",
        "field(default=NOTHING)",
        "dataclasses.field(repr=False, default=MappingProxyType({}))",
        "dict[str, str]()",
        "[]",
        "{}",
        "{1}",
        "[one for one in ()]",
    ],
)
def test_an_unhashable_default_is_recognized(default: str) -> None:
    fields = f"class Sample:\n    value: float\n    name: str = ''\n    labels: Mapping[str, str] = {default}\n"
    imports = (
        "from project import defaults\nfrom project.defaults import NOTHING\nEMPTY: Mapping = MappingProxyType({})\n"
    )
    for decorator in ("@dataclass", "@dataclass(frozen=True)", "@dataclasses.dataclass()"):
        modules = {
            "project.defaults": "NOTHING = MappingProxyType({})",
            "project.sample": f"{imports}{decorator}\n{fields}",
        }
        texts = unhashable_defaults({name: ast.parse(source) for name, source in modules.items()})
        assert texts == ["project.sample:8: labels"]


@pytest.mark.parametrize(
    "line",
    ["labels: tuple[str, ...] = ()", "labels: Mapping = field(default_factory=dict)", "labels: ClassVar[dict] = {}"],
)
def test_a_hashable_default_is_not_reported(line: str) -> None:
    assert unhashable_defaults({"sample": ast.parse(f"@dataclass\nclass Sample:\n    {line}\n")}) == []
