"""An email as mail programs show it, in a frame in which nothing runs, loads or is sent.

The frame's sandbox allows no scripts, forms or navigation of this page, and its policy allows no addresses, so it has
no pictures, styles or fonts from elsewhere. Links open a new tab.
"""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Final

from streamlit.components.v2 import component

SANDBOX: Final = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
"""The sandbox has this page's origin, so that the page can measure the frame's height. Without scripts, the frame can't
use it.
"""

POLICY: Final = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-src 'none'\">"
    '<meta name="referrer" content="no-referrer"><base target="_blank">'
)
_draw = component(
    "samepage_mail",
    html=f'<iframe sandbox="{SANDBOX}" referrerpolicy="no-referrer"></iframe>',
    css="""
iframe { width: 100%; height: 20rem; box-sizing: border-box; background: #fff; display: block;
  border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
iframe:focus-visible { outline: 2px solid #6270c6; outline-offset: 2px; }
""",
    js=(Path(__file__).parent / "frame.js").read_text(encoding="utf-8"),
)


def mail_frame(html: str, *, key: str, title: str) -> None:
    """Draw an email in a frame. `title` is the frame's name for screen readers."""
    of = blake2b(html.encode(errors="replace"), digest_size=12).hexdigest()
    _draw(key=key, data={"html": framed(html), "of": of, "title": title}, width="stretch")


def framed(html: str) -> str:
    """Return an email with the frame's policy before its content, so that the policy covers all of it."""
    before, doctype, after = html.partition(">") if html[:9].lower() == "<!doctype" else ("", "", html)
    return f"{before}{doctype}{POLICY}{after}"
