"""The colours of Samepage in light and dark mode. Data and states are coloured, and everything else is ink on paper.

`.streamlit/config.toml` sets the same colours for Streamlit. `tests/semantic/display/test_tokens.py` checks that both
agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The colours of one mode, each as #RRGGBB."""

    mode: Literal["light", "dark"]
    page: str  # behind everything
    panel: str  # fields, table headers
    line: str  # hairlines
    ink: str  # text
    muted: str  # secondary text: at least 4.5:1 on `page`
    accent: str  # the main button; carries white text
    favourable: str
    unfavourable: str
    caution: str  # stale, not final, an expired certificate
    other: str  # rows without a value, Other: never one of `series`
    series: tuple[str, ...]
    sequential: tuple[str, ...]  # low to high
    diverging: tuple[str, ...]  # below zero to above it


LIGHT = Tokens(
    mode="light",
    page="#FFFFFF",
    panel="#F6F7F9",
    line="#E1E4EA",
    ink="#171A21",
    muted="#626977",
    accent="#2B3566",
    favourable="#0B6B5A",
    unfavourable="#A5410F",
    caution="#855400",
    other="#8A91A0",
    series=("#5A57C6", "#CB842F", "#1C7F76", "#B83663", "#329CCF", "#786900", "#5B3372", "#713C2A"),
    sequential=(
        "#ECEFFD", "#CED5F3", "#B0BAE9", "#949FDE", "#7985D3", "#636EC0", "#525BA6", "#41488E", "#313776", "#22255F",
    ),
    diverging=(
        "#8E4120", "#A8684F", "#C08F7C", "#D7B7AB", "#EDDFDA", "#D9E5E2", "#A9C3BE", "#78A39B", "#478379", "#006459",
    ),
)  # fmt: skip

DARK = Tokens(
    mode="dark",
    page="#101216",
    panel="#191C22",
    line="#2B2F38",
    ink="#E7E9EE",
    muted="#9BA2B0",
    accent="#6270C6",
    favourable="#6ED0B6",
    unfavourable="#F2A179",
    caution="#E6BD6A",
    other="#717887",
    series=("#9599E4", "#FABF7A", "#4EC1A9", "#EC6B81", "#B5DEFC", "#A09520", "#8760C2", "#9C654D"),
    sequential=(
        "#20243C", "#2E345A", "#3D4578", "#4C5699", "#5D67BA", "#717DD2", "#8A96DF", "#A4B0EC", "#BFC9F8", "#DDE3FF",
    ),
    diverging=(
        "#F9A877", "#C58863", "#93694F", "#654B3C", "#392F29", "#293432", "#3B5853", "#4D7F76", "#5FA79B", "#71D2C2",
    ),
)  # fmt: skip


def tokens_for(mode: str | None) -> Tokens:
    """Return the colours for a browser's mode. The default is light."""
    return DARK if mode == "dark" else LIGHT


def ink_on(tint: str) -> str:
    """Return black or white, whichever is easier to read on `tint`. The contrast is at least 4.5:1 on any colour."""
    return "#000000" if contrast("#000000", tint) >= contrast("#FFFFFF", tint) else "#FFFFFF"


READABLE = 4.5
"""The minimum contrast of text by WCAG 2."""


def readable(colour: str, tokens: Tokens) -> str:
    """Return a colour that is readable as text on the page. It's mixed with the text colour as far as needed."""
    for ink in range(11):
        mixed = _mixed(colour, tokens.ink, ink / 10)
        if contrast(mixed, tokens.page) >= READABLE:
            return mixed
    return tokens.ink


def _mixed(colour: str, other: str, part: float) -> str:
    """Return a mix of two colours. `part` is the share of the other colour."""
    pairs = [(int(colour[place : place + 2], 16), int(other[place : place + 2], 16)) for place in (1, 3, 5)]
    return "#" + "".join(f"{round(own + part * (its - own)):02X}" for own, its in pairs)


def contrast(name: str, other: str) -> float:
    """Return the contrast of two #RRGGBB colours by WCAG 2, from 1 to 21."""
    low, high = sorted((_luminance(name), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
