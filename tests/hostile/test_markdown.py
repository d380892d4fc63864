"""Text from people, data and models is escaped wherever a page passes it to something that reads Markdown.

Every call in pages/ and app.py is checked as code: shown text must consist of our own texts, numbers and escaped text.
Calls where this can't be shown are listed in allowed_markdown.txt, with the reason why they're safe.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from pages.shell.parts import badge_text, plain
from tests.hostile.strings import STRINGS
from tests.repository.test_house import ROOT

READERS: Final = frozenset(
    {"markdown", "write", "caption", "title", "header", "subheader", "info", "warning", "error", "success", "badge"}
    | {"toast", "expander", "popover", "link_button", "button", "metric", "status", "dialog", "latex", "tabs"}
    | {"checkbox", "toggle", "radio", "download_button", "menu_button", "selectbox", "multiselect", "pills"}
    | {"segmented_control", "text_input", "text_area", "number_input", "date_input"}
)
"""Streamlit calls that read Markdown in their first argument. All calls read it in `label` and `help`."""

OPTIONS: Final = frozenset({"pills", "segmented_control", "radio"})
"""Calls that also read Markdown in their options.

Options that aren't Samepage's own words pass through `format_func`.
"""

ESCAPES: Final = frozenset(
    {"plain", "badge_text", "unseen", "quiet", "counted", "standing_mark", "len", "int", "round", "sum", "min", "max"}
)
"""Functions whose result is always harmless."""

THROUGH: Final = frozenset(
    {"capitalize", "strip", "lower", "rstrip", "reversed", "sorted", "list", "tuple", "upper_first"}
)
"""Functions whose result is as harmless as their arguments."""

PLACEHOLDERS: Final = frozenset({"st", "popover", "column", "left", "right"})
"""Names of the modules and containers that texts are passed to."""

NUMBERS: Final = re.compile(r"(?:^|_|\.)(number|count|seconds|line|parent|limit|place|minutes)$")
"""Names that always hold a number."""


ALLOWED: Final = Path(__file__).with_name("allowed_markdown.txt")
"""Calls that can't be proven harmless, by file and code. Above each is a line with the reason why it's safe."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A text that a page passes on, and what its function assigned to the names in it."""

    file: str
    line: int
    text: ast.expr
    given: Mapping[str, list[ast.expr]] = field(default_factory=dict[str, list[ast.expr]])

    @property
    def said(self) -> str:
        return f"{self.file}: {ast.unparse(self.text)}"


@cache
def shown() -> tuple[Shown, ...]:
    files = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py"))]
    return tuple(shown for file in files for shown in _shown_in(file))


def _shown_in(file: Path) -> Iterator[Shown]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    place = str(file.relative_to(ROOT))
    for function in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]:
        given = _given(function) if isinstance(function, ast.FunctionDef) else {}
        body = ast.walk(function) if isinstance(function, ast.FunctionDef) else _outside_functions(function)
        for node in body:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_ours(node.func.value):
                yield from (Shown(place, text.lineno, text, given) for text in _texts(node, node.func.attr))


def _outside_functions(tree: ast.Module) -> Iterator[ast.AST]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from ast.walk(node)


def _is_ours(owner: ast.expr) -> bool:
    return isinstance(owner, ast.Call) or (isinstance(owner, ast.Name) and owner.id in PLACEHOLDERS)


def _texts(call: ast.Call, name: str) -> Iterator[ast.expr]:
    if name in READERS:
        yield from call.args[:1]
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    yield from (named[option] for option in ("help", "label") if option in named)
    if name in OPTIONS and len(call.args) > 1:
        yield named.get("format_func", call.args[1])


def _given(function: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    """Return the expressions that a function assigns to each of its names."""
    values_by_name: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                values_by_name.setdefault(name, []).append(value)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                for each_name, value in zip(names, values, strict=False):
                    values_by_name.setdefault(ast.unparse(each_name), []).append(value)
            case ast.AugAssign(target=ast.Name(id=name), value=value):
                values_by_name.setdefault(name, []).append(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                values_by_name.setdefault(name, []).append(value)
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                values_by_name.setdefault(name, []).append(value)
            case _:
                pass
    return values_by_name


def is_harmless(text: ast.expr, given: Mapping[str, list[ast.expr]], depth: int = 0) -> bool:
    """Return whether a text consists only of constants, numbers and escaped text."""

    def harmless(node: ast.expr) -> bool:
        return is_harmless(node, given, depth + 1)

    match text:
        case _ if depth > 12:
            return False
        case ast.Constant():
            return True
        case ast.JoinedStr(values=parts) | ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            return all(harmless(part) for part in parts)
        case ast.FormattedValue(value=value, format_spec=how):
            is_number = how is not None and re.fullmatch(r"f'[,.\d]*[,df%]'|f'%[^{}]*'", ast.unparse(how)) is not None
            return is_number or NUMBERS.search(ast.unparse(value)) is not None or harmless(value)
        case ast.BinOp(left=left, right=right):
            return isinstance(text.op, ast.Sub) or (harmless(left) and harmless(right))
        case ast.IfExp(body=left, orelse=right):
            return harmless(left) and harmless(right)
        case ast.Call(func=function, args=arguments):
            name = ast.unparse(function).rpartition(".")[2]
            own = [function.value] if isinstance(function, ast.Attribute) and name not in ESCAPES else []
            if name == "join" or name in THROUGH:
                return all(harmless(argument) for argument in [*own, *arguments])
            return name in ESCAPES
        case ast.GeneratorExp(elt=value) | ast.ListComp(elt=value) | ast.Starred(value=value) | ast.Lambda(body=value):
            return harmless(value)
        case ast.Dict(values=values):
            return all(harmless(value) for value in values)
        case ast.Subscript(value=value):
            return harmless(value)
        case ast.Name(id=name) if name.lstrip("_").isupper() or name in ESCAPES:
            return True
        case ast.Name(id=name):
            return name in given and all(harmless(value) for value in given[name])
        case ast.Attribute(attr=name):
            return name.isupper()
        case _:
            return False


def test_every_text_from_outside_is_escaped() -> None:
    assert len(shown()) > 400, "the calls are not found any more"
    allowed = ALLOWED.read_text(encoding="utf-8").splitlines()
    bare = [
        each_shown
        for each_shown in shown()
        if not is_harmless(each_shown.text, each_shown.given) and each_shown.said not in allowed
    ]
    listed = "\n".join(f"{each_shown.file}:{each_shown.line}: {ast.unparse(each_shown.text)}" for each_shown in bare)
    assert not bare, (
        f"Pass what comes from people, data or models through plain(), or say in {ALLOWED.name} why not:\n{listed}"
    )


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("plain(name)", True),
        ("f'**{plain(name)}**, {count:,} rows'", True),
        ("name", False),
        ("f'**{name}**'", False),
        ("'a' + name", False),
        ("', '.join(plain(one) for one in names)", True),
        ("', '.join(names)", False),
        ("name.upper()", False),
        ("plain(name) if name else other", False),
        ("str(error)", False),
        ("f'{name:>10}'", False),
    ],
)
def test_unescaped_text_is_detected(code: str, verdict: bool) -> None:
    assert is_harmless(ast.parse(code, mode="eval").body, {}) is verdict


def test_nothing_is_drawn_as_html() -> None:
    """Markdown blocks HTML, but these calls would allow it."""
    for file in [ROOT / "app.py", *(ROOT / "pages").rglob("*.py")]:
        text = file.read_text(encoding="utf-8")
        assert "unsafe_allow_html" not in text, file
        assert not re.search(r"\bst\.(html|iframe|components)\b|components\.v1", text), file


def test_no_page_script_turns_data_into_html() -> None:
    """Samepage's own components write with textContent. The forbidden calls would read text as HTML or code."""
    inside = [file.read_text(encoding="utf-8") for file in (ROOT / "pages").rglob("*.js")]
    inside += [file.read_text(encoding="utf-8") for file in (ROOT / "pages").rglob("*.py")]
    for text in inside:
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_escaped_text_has_no_markup_left() -> None:
    for text in STRINGS:
        escaped = plain(text[:5_000])
        left = re.sub(r"\\[\\`*_\[\]$~:<>#|!&]", "", escaped)
        assert not re.search(r"&#?\w{1,40};", left), text[:80]
        assert not re.search(r"[\\`*_\[\]$~:<>#|!\n]", left), text[:80]
        assert not re.search(r"[\\`*_\[\]$~<>#|!]|:\w", re.sub(r":\d\d\b", "", badge_text(text[:5_000]))), text[:80]
