"""The script that draws charts has only those traces of the installed Plotly that the app's figures use."""

from __future__ import annotations

import gzip
import hashlib
import re
from importlib import resources

import pytest

from pages.widgets.plotly_script import TRACES, only_traces, plotly_script
from semantic.display.paper.marks import DRAWN

TRACE = re.compile(r'moduleType:"trace",name:"(\w+)"')


@pytest.fixture(scope="module")
def whole() -> str:
    return resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")


def test_the_script_has_only_the_traces_that_our_figures_use(whole: str) -> None:
    assert {"surface", "choropleth", "sankey", *DRAWN} <= set(TRACE.findall(whole))
    assert sorted(TRACE.findall(plotly_script().body.decode())) == sorted(DRAWN)


def test_the_script_has_a_quarter_of_the_full_size(whole: str) -> None:
    assert len(plotly_script().body) < 0.25 * len(whole.encode())
    assert len(gzip.compress(plotly_script().body)) < 400_000


def test_the_script_names_its_version_and_licence_like_the_full_one(whole: str) -> None:
    head = whole[: whole.index("*/")]
    assert "Licensed under the MIT license" in head
    assert plotly_script().body.decode().startswith(head)


def test_the_scripts_address_is_its_digest() -> None:
    digest = hashlib.sha256(plotly_script().body).hexdigest()
    name = plotly_script().address.removeprefix("/look/plotly-").removesuffix(".js")
    assert len(name) == 16
    assert digest.startswith(name)


def test_no_name_refers_to_a_removed_module(whole: str) -> None:
    """Each module and each part of a module is declared once, so every used name has its declaration."""
    light = plotly_script().body.decode()
    names = {name for maker in ("W", "Ea") for name in re.findall(rf"([\w$]+)={maker}\(", whole)}
    assert len(names) > 1_000
    kept = {name for maker in ("W", "Ea") for name in re.findall(rf"([\w$]+)={maker}\(", light)}
    asked = set(re.findall(r"(?<![\w$.])([\w$]{2,})\(\)", light)) & names
    assert asked <= kept


@pytest.mark.parametrize(
    "built_otherwise",
    [
        "",
        "var Plotly=function(){}",
        "var W=(e,t)=>()=>{try{return t||e((t={exports:{}}).exports,t),t.exports}catch(r){}},"
        "P=(e,t,r)=>()=>{if(r)throw r[0]};",
    ],
)
def test_a_file_that_is_built_differently_is_left_unchanged(built_otherwise: str) -> None:
    assert only_traces(built_otherwise, TRACES) is None


def test_an_unknown_trace_is_reported(whole: str) -> None:
    assert only_traces(whole, ("bar", "tube")) is None
