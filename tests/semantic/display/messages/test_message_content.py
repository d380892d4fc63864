"""A message in HTML and as text: what an inbox shows, and what fits. Text from outside can't add any other element."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from semantic.display.messages.blocks import (
    Bar,
    Block,
    Button,
    Column,
    Finding,
    Footer,
    Headline,
    Link,
    Note,
    Number,
    Numbers,
    Quote,
    Rows,
    Scope,
)
from semantic.display.messages.message_content import LONGEST_SUBJECT, MOST_BYTES, MessageContent, write_letter
from semantic.display.messages.text import one_line
from semantic.display.tokens import DARK, LIGHT, READABLE, contrast
from tests.hostile.strings import sample

VOID = {"meta"}
SAFE = "https://samepage.example/board?d=b1&t=own"
TEN = tuple((f"Campaign {number}", f"€{number}") for number in range(20))


def blocks(text: str = "Plain", link: str = SAFE) -> tuple[Block, ...]:
    """Return a block of every kind, with this text in every place."""
    return (
        Scope(text),
        Headline(text),
        Numbers(
            tuple(
                Number(label=text, value=text, change=text, verdict="worse", detail=text, target=text, bars=(1, -2, 3))
                for _ in range(5)
            )
        ),
        Finding(title=text, text=text, bars=(Bar(label=text, value=text, size=2), Bar(label=text, value=text))),
        Finding(title=text, line=(1, 2, 3, 4), ends=(text, text), note=text),
        Rows(title=text, head=(Column(text), Column(text, True)), rows=((text, text),) * 3, note=text, left_out=2),
        Note(text, "caution"),
        Quote(author=text, text=text, at=text),
        Button(text, link),
        Footer((text, (text, Link(text, link)))),
    )


def letter(*blocks: Block, title: str = "Executive summary") -> MessageContent:
    return MessageContent(title=title, blocks=blocks)


class _Page(HTMLParser):
    """A parser that reads a page strictly: every element is closed, in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.hidden: list[int] = []  # how deep it was when something hidden from screen readers opened
        self.aloud: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag in VOID or tag == "br":
            return
        self.open.append(tag)
        if ("aria-hidden", "true") in attrs:
            self.hidden.append(len(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if self.hidden and len(self.open) < self.hidden[-1]:
            self.hidden.pop()

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if not self.hidden and "style" not in self.open and "title" not in self.open:
            self.aloud.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())


# Subject and preheader in an inbox


@pytest.mark.parametrize(
    ("headline", "subject", "preheader"),
    [
        ("Orders rose 12% to 1,240.", "Orders rose 12% to 1,240", "Search grew most"),
        (
            "Orders rose 12% to 1,240. ROAS fell 4% to 5.47.",
            "Orders rose 12% to 1,240. ROAS fell 4% to 5.47.",
            "Search grew most",
        ),
        (
            "Behind target: Net revenue €69.1K, 92% of target to date. Projected above target: Ad spend €13.1K, 108%.",
            "Behind target: Net revenue €69.1K, 92% of target to date",
            "Projected above target: Ad spend €13.1K, 108%.",
        ),
        (
            "Behind target: Orders 914, 92% of target to date; Net revenue €69.1K, 92% of target to date, at the end.",
            "Behind target: Orders 914, 92% of target to date",
            "Net revenue €69.1K, 92% of target to date, at the end.",
        ),
        ("x" * 91, "Executive summary", "Search grew most"),
        ("", "Executive summary", "Search grew most"),
    ],
)
def test_the_subject_is_as_much_of_the_headline_as_fits(headline: str, subject: str, preheader: str) -> None:
    message = write_letter(letter(Headline(headline), Finding(title="Search grew most")))
    assert (message.subject, message.preheader) == (subject, preheader)
    assert message.headline == (headline or "Executive summary")
    assert message.preheader in _Page(message.html).words


def test_a_subject_is_one_line_without_invisible_characters() -> None:
    message = write_letter(letter(title="Net\r\nBcc: x@example.com \u202egnp\u200b" + "y" * 200))
    assert message.subject.startswith("Net Bcc: x@example.com gnpy")
    assert len(message.subject) == LONGEST_SUBJECT
    assert (
        one_line("1\N{NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}€")
        == "1\N{NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}€"
    )


def test_chats_get_the_headline_three_bullets_and_the_link() -> None:
    number = Number(label="Orders", value="1,240", change="+12% better", detail="vs 1,107, October")
    findings = [Finding(title=f"Finding {place}") for place in range(2)]
    message = write_letter(letter(Headline("All is well."), Numbers((number, number)), *findings, Button("Open", SAFE)))
    assert message.bullets == ("Finding 0", "Finding 1", "Orders: 1,240, +12% better vs 1,107, October")
    assert (message.headline, message.link, message.link_label) == ("All is well.", SAFE, "Open")
    own = write_letter(replace(letter(Headline("All is well."), *findings), bullets=("Mine",), subject="My subject"))
    assert (own.bullets, own.subject) == (("Mine",), "My subject")


# HTML


def test_every_text_is_in_the_html_and_in_the_plain_text() -> None:
    message = write_letter(letter(*blocks("Zwölf €12.4K")))
    page = _Page(message.html)
    # Scope and headline; 5 numbers with 5 texts each; the findings; the table; note; quote; button; footer.
    said = 2 + 5 * 5 + (6 + 4) + 10 + 1 + 3 + 1 + 3
    assert message.text.count("Zwölf €12.4K") == said
    assert page.words.count("Zwölf €12.4K") == said + 4  # a number in one line in the preheader
    assert "And 2 more rows." in page.words
    assert "And 2 more rows." in message.text
    assert f"Zwölf €12.4K: {SAFE}" in message.text


def test_nothing_is_loaded_or_run_and_no_information_is_only_in_a_picture() -> None:
    message = write_letter(letter(*blocks()))
    page = _Page(message.html)
    assert {"script", "img", "link", "iframe", "form", "svg"}.isdisjoint(page.tags)
    assert {"src", "srcset", "background", "onclick", "onload"}.isdisjoint(name for name, _ in page.attributes)
    assert "url(" not in message.html
    assert "@import" not in message.html
    assert {value for name, value in page.attributes if name == "href"} == {SAFE}


def test_bars_and_layout_tables_are_hidden_from_screen_readers() -> None:
    message = write_letter(letter(*blocks("Said")))
    page = _Page(message.html)
    bars = [text for text in page.texts if text == "\N{NO-BREAK SPACE}"]
    aloud = [text for text in page.aloud if text == "\N{NO-BREAK SPACE}"]
    assert len(bars) > 20
    assert len(aloud) == 1  # only the space below everything
    assert page.aloud.count("Said") > 50
    assert ("role", "presentation") in page.attributes
    assert page.tags.count("th") == 2  # only the real table has headings
    assert [name for name, _ in page.attributes].count("scope") == 2
    assert ("lang", "en") in page.attributes
    assert page.tags.count("title") == 1


def test_only_web_addresses_become_links() -> None:
    for bad in ("javascript:alert(1)", "data:text/html,x", "//evil.example", ""):
        page = _Page(write_letter(letter(*blocks(link=bad))).html)
        assert not [value for name, value in page.attributes if name == "href"], bad


def test_text_from_outside_adds_nothing() -> None:
    plain = _Page(write_letter(letter(*blocks("Plain"), title="Plain")).html)
    for text in sample(400, longest=2_000):
        message = write_letter(letter(*blocks(f"a{text}z"), title=f"a{text}z"))
        page = _Page(message.html)
        assert [tag for tag in page.tags if tag != "br"] == [tag for tag in plain.tags if tag != "br"], text
        assert {name for name, _ in page.attributes} == {name for name, _ in plain.attributes}, text
        assert not re.search(r"[\r\n]", message.subject + message.preheader + "".join(message.bullets))
        message.html.encode()
        message.text.encode()


def test_a_message_stays_below_the_size_that_mail_programs_cut() -> None:
    table = Rows(title="Campaigns", head=(Column("Campaign"), Column("Cost", True)), rows=TEN, left_out=5)
    message = write_letter(letter(Headline("Down"), table))
    assert "And 10 more rows." in message.html  # of 20 there are 15, and 5 weren't given
    assert "Campaign 14" in message.html
    assert "Campaign 15" not in message.html
    large = Rows(title="&" * 900, head=(Column("&" * 90),) * 40, rows=(("&" * 90,) * 40,) * 500)
    for many in (10, 60):
        message = write_letter(letter(Headline("Down"), *(large,) * many, Quote(author="A", text="&\n" * 9_000)))
        assert len(message.html.encode()) <= MOST_BYTES
        _Page(message.html)
        assert "Down" in message.html
        assert message.html.count("more than fits in an email") == 1


def test_colours_are_readable_in_both_modes() -> None:
    for tokens, card in ((LIGHT, LIGHT.page), (DARK, DARK.panel)):
        for colour in (tokens.ink, tokens.muted, tokens.favourable, tokens.unfavourable, tokens.caution):
            assert contrast(colour, card) >= READABLE, (tokens.mode, colour)
        assert contrast("#FFFFFF", tokens.accent) >= READABLE
    html = write_letter(letter(*blocks())).html
    assert "prefers-color-scheme:dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html


# Plain text


def test_plain_text_reads_on_its_own() -> None:
    number = Number(label="Orders", value="914", change="+32.3% better", detail="vs 691, October", target="92%")
    bars = (Bar(label="Search", value="€12.4K", size=12.4), Bar(label="Mail", value="−€1.0K", size=-1))
    head = (Column("Market"), Column("Orders", True))
    receipt = ("Receipt ", Link("R-1", SAFE, is_spelt_out=False))
    message = write_letter(
        letter(
            Scope("November 2026."),
            Headline("Behind target: Orders 914."),
            Numbers((number,)),
            Finding(title="Search grew most", bars=bars),
            Rows(title="Markets", head=head, rows=(("DE", "123"), ("France", "9"))),
            Quote(author="Ana Ruiz", text="Why?\nLook", at="28 Nov, 10:00"),
            Button("Open board", SAFE),
            Footer(("Data to 28 Nov", receipt, ("Added by Ana. ", Link("Unsubscribe", SAFE)))),
        )
    )
    assert message.text == (
        "Executive summary\n\nNovember 2026.\n\nBehind target: Orders 914.\n\n"
        "Orders: 914\n  +32.3% better vs 691, October\n  92%\n\n"
        "Search grew most\n  Search  €12.4K\n  Mail    −€1.0K\n\n"
        "Markets\nMarket  Orders\n------  ------\nDE         123\nFrance       9\n\n"
        "Ana Ruiz, 28 Nov, 10:00:\n> Why?\n> Look\n\n"
        f"Open board: {SAFE}\n\n"
        "--------------------\nData to 28 Nov\nReceipt R-1\n"
        f"Added by Ana. Unsubscribe: {SAFE}\n"
    )
