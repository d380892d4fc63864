"""Send random messages that no page would send, from a signed-in person. The same seed gives the same messages.

    python -m tests.hostile.fuzz_websocket PORT [MESSAGES] [SEED] [PERSON: 0 a viewer, 1 a marketer of two markets]

Whatever is sent, the server must answer the next honest question from someone else, show no one a stack trace or a
hidden row, and open no page above the person's role. `make test` sends a few messages; SAMEPAGE_FUZZ_SECONDS keeps it
going for that long.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import InvalidHandshake

from pages.shell import navigation
from tests.browser.visitor import Browser
from tests.hostile.strings import sample
from tests.hostile.tab import FAILED, Tab, Told, open_tab

PAGES = ("", *(row.path for row in navigation.PAGES), "sign-in", "switch-person")
NAMES = frozenset({"France", "Netherlands", "United Kingdom", "Norway", "Sweden"})
HIDDEN = {1: NAMES | {"FR", "NL", "GB", "NO", "SE"}}
"""Values, and their labels, that are only in rows hidden by a person's policy. By the person's position in the demo."""

KEYS = (
    *("m", "by", "f", "t", "q", "saved", "receipt", "order", "top", "calc", "v", "view", "edit", "as", "n", "x"),
    *("d", "c", "g", "tab", "present", "rotate"),
)
STEPS, ROUNDS = 12, 5
"""The number of messages before another connection opens, and of connections before someone else asks an honest
question.
"""

PATIENCE = {"run": 5.0, "run of a part": 0.7, "run spoilt": 0.5, "other": 0.2, "noise": 0.2}
"""The seconds that each kind of message waits for a run. Not every message starts one."""


@dataclass(slots=True)
class Fuzz:
    """What was sent and what went wrong, with everything needed to repeat it."""

    seed: int
    number: int = 0
    sent: Counter[str] = field(default_factory=Counter[str])
    fell_over: int = 0  # runs that ended in the message about an error on our side, which gives a log number
    wrong: list[str] = field(default_factory=list[str])
    widgets: dict[str, str] = field(default_factory=dict[str, str])  # every widget that any person's pages offered
    fragments: set[str] = field(default_factory=set[str])
    hashes: set[str] = field(default_factory=set[str])
    sessions: set[str] = field(default_factory=set[str])
    boards: tuple[str, ...] = ()  # ids of existing boards, for use in addresses


def fuzz(port: int, messages: int, seed: int, *, number: int = 0, boards: tuple[str, ...] = ()) -> Fuzz:
    """Send at least `messages` as this person of the demo, for at least SAMEPAGE_FUZZ_SECONDS, and return the
    findings.
    """
    fuzz = Fuzz(seed, number, boards=boards)
    chance = random.Random(seed)
    strings = sample(400)
    honest, attacker = Browser(port), Browser(port)
    honest.sign_in(number=2)
    attacker.sign_in(number=number)
    _look_around(honest, fuzz)
    allowed = set(_look_around(attacker, fuzz))
    until = time.monotonic() + float(os.environ.get("SAMEPAGE_FUZZ_SECONDS", "0"))
    while (fuzz.sent.total() < messages or time.monotonic() < until) and len(fuzz.wrong) < 20:
        for _ in range(ROUNDS):
            _attack(attacker, fuzz, chance, strings, allowed)
        with open_tab(honest) as tab:
            run = tab.send(tab.rerun("explore", "m=net_revenue"), patience=60)
        if run.is_silent or run.is_closed or "Explore" not in run.pages:
            fuzz.wrong.append(f"somebody else gets no page any more: {run.text[:200]}")
    return fuzz


def _look_around(browser: Browser, fuzz: Fuzz) -> list[str]:
    """Record what a person's pages offer, and return the pages' names."""
    pages: list[str] = []
    addresses = [(page, "") for page in PAGES]
    addresses += [(page, f"d={board}") for page in ("board", "compose") for board in fuzz.boards]
    for page, query in addresses:
        with open_tab(browser) as tab:
            run = tab.send(tab.rerun(page, query), patience=60)
            pages = run.pages or pages
            _learn(run, fuzz)
    return pages


def _learn(told: Told, fuzz: Fuzz) -> None:
    fuzz.widgets |= told.widgets
    fuzz.fragments |= told.fragments
    fuzz.hashes.add(told.page_hash)
    fuzz.sessions.add(told.session)


def _attack(browser: Browser, fuzz: Fuzz, chance: random.Random, strings: tuple[str, ...], allowed: set[str]) -> None:
    session = chance.choice(sorted(fuzz.sessions)) if chance.random() < 0.2 else ""
    try:
        with open_tab(browser, session=session) as tab:
            for _ in range(STEPS):
                kind, content = _message(tab, fuzz, chance, strings)
                fuzz.sent[kind] += 1
                run = tab.send_bytes(content, patience=PATIENCE[kind])
                _judge(run, kind, content, fuzz, allowed)
                _learn(run, fuzz)
                if run.is_closed:
                    break
    except (InvalidHandshake, OSError, TimeoutError) as error:
        fuzz.wrong.append(f"no connection: {error!r}")


def _judge(told: Told, kind: str, content: bytes, fuzz: Fuzz, allowed: set[str]) -> None:
    again = f"seed {fuzz.seed}, {kind}, message {content[:300].hex()}"
    if sign := told.wrong():
        fuzz.wrong.append(f"{sign!r} was shown. {again}")
    fuzz.fell_over += FAILED in told.text
    if hidden := told.cells & HIDDEN.get(fuzz.number, frozenset()):
        fuzz.wrong.append(f"cells with {sorted(hidden)} were shown. {again}")
    if extra := set(told.pages) - allowed:
        fuzz.wrong.append(f"pages {sorted(extra)} were listed. {again}")


def _message(tab: Tab, fuzz: Fuzz, chance: random.Random, strings: tuple[str, ...]) -> tuple[str, bytes]:
    """Return a kind of message, and the bytes of one."""
    drawn = chance.random()
    if drawn < 0.1:
        return "noise", chance.randbytes(chance.choice((0, 1, 7, 200, 5_000)))
    message = BackMsg()
    if drawn < 0.2:
        _say_something_else(message, fuzz, chance, strings)
        return "other", message.SerializeToString()
    message = _run(tab, fuzz, chance, strings)
    content = message.SerializeToString()
    if drawn < 0.3 and content:
        spoilt = bytearray(content)
        for _ in range(chance.randrange(1, 6)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        return "run spoilt", bytes(spoilt)
    return "run of a part" if message.rerun_script.fragment_id else "run", content


def _say_something_else(message: BackMsg, fuzz: Fuzz, chance: random.Random, strings: tuple[str, ...]) -> None:
    """Fill in a message of any kind except a run, with any value that fits its fields."""
    kinds = [
        each_field
        for each_field in BackMsg.DESCRIPTOR.oneofs_by_name["type"].fields
        if each_field.name != "rerun_script"
    ]
    chosen = chance.choice(kinds)
    if chosen.message_type is None:
        setattr(message, chosen.name, True if chosen.cpp_type == chosen.CPPTYPE_BOOL else chance.choice(strings)[:200])
        return
    part = getattr(message, chosen.name)
    part.SetInParent()
    for place in chosen.message_type.fields:
        if place.cpp_type == place.CPPTYPE_STRING and not place.is_repeated and chance.random() < 0.8:
            setattr(part, place.name, _text(fuzz, chance, strings))


def _run(tab: Tab, fuzz: Fuzz, chance: random.Random, strings: tuple[str, ...]) -> BackMsg:
    page = chance.choice(PAGES) if chance.random() < 0.8 else chance.choice(strings)[:200]
    query = "&".join(
        f"{chance.choice(KEYS)}={chance.choice((_text(fuzz, chance, strings), 'net_revenue', 'market'))}"
        for _ in range(chance.randrange(4))
    )
    if fuzz.boards and page in ("board", "compose"):
        query = f"d={chance.choice(fuzz.boards)}&{query}"
    elif chance.random() < 0.4:
        query = f"m=net_revenue&by=market&{query}"
    fragment = chance.choice([*sorted(fuzz.fragments), "x", "\0"]) if chance.random() < 0.4 else ""
    page_hash = chance.choice([*sorted(fuzz.hashes), "x"]) if chance.random() < 0.5 else ""
    message = tab.rerun(_sayable(page), _sayable(query), page_hash=page_hash, fragment=fragment)
    message.rerun_script.is_auto_rerun = chance.random() < 0.1
    if chance.random() < 0.3:
        message.rerun_script.context_info.url = _sayable(chance.choice(strings))
        message.rerun_script.context_info.timezone = _sayable(chance.choice(strings)[:100])
        message.rerun_script.context_info.locale = _sayable(chance.choice(strings)[:100])
    known = sorted(fuzz.widgets)
    for _ in range(chance.randrange(8)):
        state = message.rerun_script.widget_states.widgets.add()
        state.id = chance.choice(known) if known and chance.random() < 0.85 else _text(fuzz, chance, strings)
        _set_value(state, fuzz, chance, strings)
    return message


def _set_value(state: WidgetState, fuzz: Fuzz, chance: random.Random, strings: tuple[str, ...]) -> None:
    """Set a value of a random type, even one that the widget doesn't take."""
    text = _text(fuzz, chance, strings)
    number = chance.choice((0, 1, -1, 2, 10**6, 2**53, -(2**53)))
    match chance.randrange(13):
        case 0:
            state.trigger_value = True
        case 1:
            state.bool_value = chance.random() < 0.5
        case 2:
            state.double_value = chance.choice((float("nan"), float("inf"), -0.0, 1e308, float(number)))
        case 3:
            state.int_value = number
        case 4:
            state.string_value = text
        case 5:
            state.double_array_value.data.extend([float(number), float("nan")])
        case 6:
            state.int_array_value.data.extend([number, 0, 1, 2, 3])
        case 7:
            state.string_array_value.data.extend([text, "", "net_revenue"])
        case 8:
            state.json_value = chance.choice(
                (text, "{}", "[]", "null", '{"selection": {"rows": [999999999], "cells": [[0, "x"]]}}')
            )
        case 9:
            state.string_trigger_value.data = text
        case 10:
            state.bytes_value = text.encode()
        case 11:
            state.json_trigger_value = chance.choice((text, '{"events": [1]}', '[{"event": "x", "value": {}}]'))
        case _:
            uploaded = state.file_uploader_state_value.uploaded_file_info.add()
            uploaded.file_id, uploaded.name, uploaded.size = text, text, abs(number)


def _text(fuzz: Fuzz, chance: random.Random, strings: tuple[str, ...]) -> str:
    known = sorted(fuzz.sessions | fuzz.fragments)
    return _sayable(chance.choice(known) if known and chance.random() < 0.1 else chance.choice(strings))


def _sayable(text: str) -> str:
    """Return the text without halves of surrogate pairs, which a message can't contain."""
    return text.encode("utf-8", "replace").decode()


def main() -> int:
    given = [*sys.argv[1:], *("", "1000", "1", "0")[len(sys.argv) - 1 :]]
    report = fuzz(int(given[0]), int(given[1]), int(given[2]), number=int(given[3]))
    print("sent", dict(report.sent), "fell over", report.fell_over)
    print("\n".join(report.wrong) or "nothing went wrong")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
