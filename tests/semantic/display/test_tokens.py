"""The look, measured: the theme and the charts have the same colours, text is readable, and series can be told
apart.
"""

from __future__ import annotations

import itertools
import math
import re
import tomllib
from pathlib import Path

import pytest

from semantic.display.tokens import DARK, LIGHT, Tokens, contrast, ink_on, tokens_for

ROOT = Path(__file__).parents[3]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
THEME = CONFIG["theme"]
TEXT, MARK = 4.5, 3.0
FOCUS_RING = "#6270C6"

# What the charts call a colour, and what the theme calls it.
SAME = {
    "page": "backgroundColor",
    "panel": "secondaryBackgroundColor",
    "line": "borderColor",
    "ink": "textColor",
    "muted": "dataframeHeaderTextColor",
    "accent": "primaryColor",
    "favourable": "greenTextColor",
    "unfavourable": "redTextColor",
    "caution": "orangeTextColor",
    "other": "grayColor",
    "series": "chartCategoricalColors",
    "sequential": "chartSequentialColors",
    "diverging": "chartDivergingColors",
}
STATES = ("green", "red", "orange", "yellow", "blue", "violet", "gray")

both_modes = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])


@both_modes
@pytest.mark.parametrize(("ours", "theirs"), SAME.items())
def test_charts_and_theme_have_the_same_colours(tokens: Tokens, ours: str, theirs: str) -> None:
    colour = getattr(tokens, ours)
    assert (list(colour) if isinstance(colour, tuple) else colour) == THEME[tokens.mode][theirs]


@both_modes
def test_text_has_enough_contrast(tokens: Tokens) -> None:
    theme = THEME[tokens.mode]
    pairs = {
        "text on the page": (tokens.ink, tokens.page),
        "text in a field": (tokens.ink, tokens.panel),
        "axis text and heads of tables": (tokens.muted, tokens.page),
        "a caption, which is text at 60%": (mixed(tokens.ink, tokens.page, 0.6), tokens.page),
        "white on a primary button": ("#FFFFFF", tokens.accent),
        "a link": (theme["linkColor"], tokens.page),
        **{f"a {name} badge": (theme[f"{name}TextColor"], theme[f"{name}BackgroundColor"]) for name in STATES},
        **{f"{name} text": (theme[f"{name}TextColor"], tokens.page) for name in STATES},
        **{f"a number on {tint}": (ink_on(tint), tint) for tint in (*tokens.sequential, *tokens.diverging)},
    }
    assert {what: contrast(*pair) for what, pair in pairs.items() if contrast(*pair) < TEXT} == {}


@both_modes
def test_marks_have_enough_contrast(tokens: Tokens) -> None:
    marks = (*tokens.series, tokens.other, tokens.accent, FOCUS_RING)
    assert {mark: contrast(mark, tokens.page) for mark in marks if contrast(mark, tokens.page) < MARK} == {}


@both_modes
def test_no_two_series_look_the_same(tokens: Tokens) -> None:
    """Distances are in Oklab, where 0.02 is just visible. The grey of missing values differs from every series, too."""
    colours = (*tokens.series, tokens.other)
    apart = {pair: distance(*pair) for pair in itertools.combinations(colours, 2)}
    assert len(tokens.series) == 8
    assert {pair: far for pair, far in apart.items() if far < 0.07} == {}


def test_the_focus_ring_is_the_measured_one() -> None:
    style = (ROOT / "pages" / "server" / "style.css").read_text(encoding="utf-8")
    assert re.findall(r"focus-visible \{\s*outline: 2px solid (#\w{6})", style) == [FOCUS_RING.lower()]


@pytest.mark.parametrize("name", ["style.css", "lists.css", "boards.css", "paper.css"])
def test_every_override_of_the_style_says_why(name: str) -> None:
    style = (ROOT / "pages" / "server" / name).read_text(encoding="utf-8")
    for part in style.strip().split("\n\n"):
        assert part.startswith("/*"), part


def test_the_theme_asks_no_other_host_for_its_fonts() -> None:
    files = {file.name for file in (ROOT / ".streamlit" / "fonts").iterdir()}
    for face in THEME["fontFaces"]:
        folder, name = face["url"].rsplit("/", 1)
        assert folder == "/look"
        assert name in files
    assert {f"{family}-OFL.txt" for family in ("hanken-grotesk", "geist-mono")} <= files


def test_contrast_is_computed_as_in_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)
    assert contrast("#FFFFFF", "#FFFFFF") == 1


def test_a_browser_without_a_preference_gets_light_mode() -> None:
    assert tokens_for(None) is LIGHT
    assert tokens_for("dark") is DARK


def mixed(colour: str, behind: str, part: float) -> str:
    """Return what `colour` looks like at this opacity in front of `behind`."""
    pairs = ((int(colour[at : at + 2], 16), int(behind[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(part * over + (1 - part) * under):02X}" for over, under in pairs)


def distance(name: str, other: str) -> float:
    return math.dist(oklab(name), oklab(other))


def oklab(colour: str) -> tuple[float, float, float]:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )
