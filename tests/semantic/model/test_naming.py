"""Naming rules: names are parsed in the same way in SQL and in Python, and mapped names appear in no one's SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from time import monotonic

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from semantic.compile import compile_visible, readable_sql
from semantic.errors import ModelError, UnknownName
from semantic.interop.cube.exporting import export_cube
from semantic.interop.cube.importing import import_cube
from semantic.interop.dbt.exporting import export_dbt
from semantic.interop.dbt.importing import import_dbt
from semantic.interop.osi.exporting import export_osi
from semantic.interop.osi.importing import import_osi
from semantic.model.loading.load import parse_model
from semantic.model.loading.stored import model_from_plain, model_to_plain
from semantic.model.model import Model
from semantic.model.naming import MappedName, NamingRule, read_name, with_naming
from semantic.policy.actor import Actor
from semantic.policy.narrow import narrow
from semantic.query.query import Breakdown, Query
from semantic.sql.dialects.table import find_dialect

TODAY = date(2026, 11, 30)
STEWARD = Actor(id="ana", name="Ana Ribeiro", roles=frozenset({"steward"}))
VIEWER = Actor(id="lena", name="Lena", roles=frozenset({"viewer"}))

ADS = """\
datasets:
  - name: ads
    table: ads
    grain: [ad_id]
    columns: {ad_id: integer, name: string, owner: string, cost: integer}
    dimensions:
      - {name: campaign, sql: name}
      - {name: campaign_owner, sql: owner}
    measures:
      - {name: cost, agg: sum, sql: cost}
      - {name: campaigns, agg: count_distinct, sql: name}
metrics:
  - {name: spend, measure: ads.cost}
  - {name: campaigns, measure: ads.campaigns}
  - {name: well_named, measure: ads.campaigns, where: campaign_names_follows}
  - {name: names_that_match, kind: ratio, numerator: well_named, denominator: campaigns}
  - {name: well_named_spend, measure: ads.cost, where: campaign_names_follows}
"""
RULE = """\
naming:
  - name: campaign_names
    dimension: campaign
    separator: "_"
    owned_by: campaign_owner
    weighed_by: spend
    parts:
      - {name: name_market, label: Market, values: [DE, FR]}
      - {name: name_source, label: Source, values: {google: [adwords], meta: [fb]}}
      - {name: name_theme, label: Theme}
      - {name: name_month, label: Month, kind: month, optional: true}
"""
POLICY = """\
policies:
  - {name: all, who: {roles: [viewer, steward]}, grant: {metrics: all, dimensions: all}, whole: all}
"""
MAPPED = """\
mapped_names:
  - name: campaign_names
    names:
      - {found: Brand autumn, meant: DE_google_brand, by: Ana, on: 2026-11-30}
      - {found: gogle, meant: google, part: name_source}
      - {found: keep me, until: 2027-03-31}
"""


def model(*more: str) -> Model:
    return parse_model({"ads.yml": ADS, "rule.yml": RULE, "access.yml": POLICY} | dict(zip("abc", more, strict=False)))


def files(mapped: str = MAPPED) -> dict[str, str]:
    return {"ads.yml": ADS, "rule.yml": RULE, "access.yml": POLICY, "mapped.yml": mapped}


def rule_of(mapped: str = MAPPED) -> NamingRule:
    return parse_model(files(mapped)).naming["campaign_names"]


# The values of the four parts, and what is wrong, worked out by hand.
READ = {
    "DE_google_brand_202611": (("DE", "google", "brand", "202611"), ""),
    "de_AdWords_brand": (("DE", "google", "brand", None), ""),
    "FR_fb_": (("FR", "meta", None, None), "The theme is missing"),
    "XX_google_a": ((None, "google", "a", None), "The market isn't in the list"),
    "DE": (("DE", None, None, None), "The source is missing"),
    "DE__x": (("DE", None, "x", None), "The source is missing"),
    "DE_meta_x_20261": (("DE", "meta", "x", None), "The month isn't a month as YYYYMM"),
    "DE_meta_x_202613": (("DE", "meta", "x", None), "The month isn't a month as YYYYMM"),
    "DE_meta_x_202612_y": (("DE", "meta", "x", "202612"), "Too many parts"),
    "DE_meta_x_": (("DE", "meta", "x", None), ""),
    "": ((None, None, None, None), "The market is missing"),
    "DE_gogle_x": (("DE", "google", "x", None), ""),
    "Brand autumn": (("DE", "google", "brand", None), ""),
    "keep me": ((None, None, None, None), ""),
    "keep me ": ((None, None, None, None), "The market isn't in the list"),
    "DE_google_'; DROP TABLE ads; --": (("DE", "google", "'; DROP TABLE ads; --", None), ""),
    "FR_meta_<b>*x*</b>😀": (("FR", "meta", "<b>*x*</b>😀", None), ""),
    "a\x1eDE_google_brand\x1fb": ((None, "google", "brand\x1fb", None), "The market isn't in the list"),
}


@pytest.mark.parametrize("name", READ)
def test_a_name_is_parsed_as_expected(name: str) -> None:
    read = read_name(rule_of(), name)
    assert (read.values, read.problem) == READ[name]


def test_a_missing_name_is_a_problem() -> None:
    assert read_name(rule_of(), None).problem == "No name"


def asked_of_duckdb(rule: NamingRule, names: Sequence[str | None]) -> list[tuple[object, ...]]:
    dataset = with_naming([parse_model(files("")).datasets["ads"]], [replace(rule, name="again", parts=again(rule))])[0]
    dimensions = [*(part.name for part in again(rule)), "again_follows", "again_problem"]
    trees = ", ".join(dataset.dimensions[name].sql.tree.sql("duckdb") for name in dimensions)
    if not names:
        return []
    numbered = "SELECT range AS place, (?::VARCHAR[])[range + 1] AS name FROM range(?)"
    rows = duckdb.execute(f"SELECT {trees} FROM ({numbered}) ORDER BY place", [list(names), len(names)]).fetchall()
    return [*rows]


def again(rule: NamingRule):  # type: ignore[no-untyped-def]
    """Return the parts under other names, because the model already has their own names."""
    return tuple(replace(part, name=f"again_{part.name}", label=part.label) for part in rule.parts)


def same_in_sql(rule: NamingRule, names: Sequence[str | None]) -> None:
    renamed = replace(
        rule,
        parts=again(rule),
        mapped=tuple(replace(one, part=one.part and f"again_{one.part}") for one in rule.mapped),
    )
    for name, row in zip(names, asked_of_duckdb(replace(rule, mapped=renamed.mapped), names), strict=True):
        read = read_name(renamed, name)
        assert row == (*read.values, not read.problem, read.problem or None), name


def test_sql_reads_names_as_python_does() -> None:
    same_in_sql(rule_of(), [*READ, None])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(st.sampled_from("DEFR_google mta2061\x1e\x1f'\"%\\é"), max_size=24), max_size=6))
def test_sql_reads_any_name_as_python_does(names: list[str]) -> None:
    mapped = [MappedName(name, "DE_google_brand") for name in set(names) if name and not {"\x1e", "\x1f"} & set(name)]
    same_in_sql(replace(rule_of(""), mapped=tuple(mapped[:2])), names)


def test_compliance_equals_hand_written_sql() -> None:
    rows = duckdb.connect()
    rows.execute("CREATE TABLE ads (ad_id INTEGER, name VARCHAR, owner VARCHAR, cost INTEGER)")
    rows.execute("""
        INSERT INTO ads VALUES (1, 'DE_google_brand', 'Mia', 100), (2, 'DE_google_brand', 'Mia', 20),
        (3, 'FR_gogle_x', 'Mia', 30), (4, 'Brand autumn', 'Tom', 7), (5, 'nothing', 'Tom', 3), (6, NULL, 'Tom', 5)
    """)
    compiled = compile_visible(
        narrow(parse_model(files()), STEWARD),
        Query(metrics=("well_named", "campaigns", "well_named_spend", "spend"), by=(Breakdown("campaign_owner"),)),
        find_dialect("duckdb"),
        today=TODAY,
    )
    statement = compiled.legs[0]
    table = rows.sql(statement.sql, params=list(statement.params)).to_arrow_table().to_pylist()
    found = {
        row["campaign_owner"]: [row[name] for name in ("well_named", "campaigns", "well_named_spend")] for row in table
    }
    by_hand = rows.execute("""
        SELECT owner, count(DISTINCT CASE WHEN good THEN name END), count(DISTINCT name),
            sum(CASE WHEN good THEN cost END)
        FROM (SELECT *, name IN ('DE_google_brand', 'FR_gogle_x', 'Brand autumn') AS good FROM ads) GROUP BY 1
    """).fetchall()
    assert found == {owner: list(rest) for owner, *rest in by_hand} == {"Mia": [2, 2, 150], "Tom": [1, 2, 7]}


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "spark"])
@pytest.mark.parametrize("count", [1, 300])
def test_mapped_names_are_left_out_of_the_sql_that_people_see(dialect: str, count: int) -> None:
    """Row rules can hide the rows with those names, and the SQL is shown to everyone who sees the number."""
    mapped = tuple(MappedName(f"Secret plan {number}", "DE_google_brand") for number in range(count))
    mapped += (MappedName("hush", "google", "name_source"),)
    whole = parse_model(files(""))
    rule = replace(whole.naming["campaign_names"], mapped=mapped)
    plain = replace(whole.datasets["ads"], dimensions={
        name: one for name, one in whole.datasets["ads"].dimensions.items() if not one.read_from
    })  # fmt: skip
    made = replace(whole, datasets={"ads": with_naming([plain], [rule])[0]})
    made = replace(made, dimensions={name: (one,) for name, one in made.datasets["ads"].dimensions.items()})
    by = tuple(Breakdown(name) for name in ("name_source", "name_theme", "campaign_names_problem"))
    compiled = compile_visible(
        narrow(made, VIEWER), Query(metrics=("names_that_match",), by=by), find_dialect(dialect), today=TODAY
    )
    assert "Secret" in compiled.legs[0].sql
    assert "hush" in compiled.legs[0].sql
    shown = readable_sql(compiled)
    assert "Secret" not in shown
    assert "lan 1" not in shown
    assert "hush" not in shown


@pytest.mark.parametrize(
    "policy",
    [
        "policies: [{name: a, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all,"
        " deny: {dimensions: [campaign]}}]",
        "policies: [{name: a, who: {roles: [viewer]}, grant: {metrics: all, dimensions: all}, whole: all,"
        " masks: [{dimension: campaign, kind: hash}]}]",
        "policies: [{name: a, who: {roles: [viewer]}, grant: {metrics: all, dimensions: [name_market]}, whole: all}]",
    ],
)
def test_parts_are_hidden_where_the_names_are_hidden_or_masked(policy: str) -> None:
    seen = narrow(parse_model(files() | {"access.yml": policy}), VIEWER)
    for name in ("name_market", "campaign_names_follows", "campaign_names_problem"):
        with pytest.raises(UnknownName):
            seen.dimension(name)


def test_a_tag_of_the_names_denies_their_parts_too() -> None:
    tagged = ADS.replace("{name: campaign, sql: name}", "{name: campaign, sql: name, tags: [personal]}")
    assert "personal" in parse_model(files() | {"ads.yml": tagged}).datasets["ads"].dimensions["name_theme"].tags


def test_a_stored_model_has_the_same_rule_and_dimensions() -> None:
    written = parse_model(files())
    stored = model_from_plain(model_to_plain(written))
    assert stored.naming == written.naming
    assert stored.datasets == written.datasets


@pytest.mark.parametrize(("leave", "enter"), [(export_cube, import_cube), (export_osi, import_osi)])
def test_a_rule_round_trips_through_another_tool(leave, enter) -> None:  # type: ignore[no-untyped-def]
    """The other tool gets the parts as plain dimensions. After an import, the rule creates them again."""
    back = enter(leave(files()).files).model
    assert back is not None
    there = parse_model(files()).naming["campaign_names"]
    assert [part.name for part in back.naming["campaign_names"].parts] == [part.name for part in there.parts]
    assert back.naming["campaign_names"].mapped == there.mapped
    assert back.datasets["ads"].dimensions["name_market"].read_from == "campaign"


def test_dbt_keeps_the_parts_as_plain_dimensions_and_lists_the_rule_as_lost() -> None:
    exported = export_dbt(files())
    lost = {loss.name for loss in exported.losses}
    assert {"naming rule campaign_names", "mapped names campaign_names"} <= lost
    back = import_dbt(exported.files).model
    assert back is not None
    tree = back.datasets["ads"].dimensions["name_market"].sql.tree.sql("duckdb")
    names = "(SELECT unnest(['Brand autumn', 'XX_google_a']) AS name)"
    assert duckdb.connect().execute(f"SELECT {tree} FROM {names}").fetchall() == [("DE",), (None,)]


WRONG = {
    "dimension: campagin": ("dimension: campaign", "Did you mean campaign?"),
    "weighed_by: spent": ("weighed_by: spend", "isn't a metric"),
    "owned_by: someone": ("owned_by: campaign_owner", "isn't a dimension"),
    "{name: campaign_owner, label: Theme}": ("{name: name_theme, label: Theme}", "already exists"),
    "{name: name_theme, label: Theme, kind: rest}": ("{name: name_theme, label: Theme}", "isn't the last one"),
    "values: [DE, F_R]": ("values: [DE, FR]", "contains the separator"),
    "values: {google: [adwords], meta: [AdWords]}": (
        "values: {google: [adwords], meta: [fb]}",
        "means both 'google' and 'meta'",
    ),
    "label: Theme, optional: true}": ("label: Theme}", ""),
}


@pytest.mark.parametrize("wrong", [name for name, (_, message) in WRONG.items() if message])
def test_a_rule_that_cannot_be_read_in_one_way_is_refused(wrong: str) -> None:
    right, message = WRONG[wrong]
    assert right in RULE
    with pytest.raises(ModelError, match=message.replace("?", r"\?")):
        parse_model(files("") | {"rule.yml": RULE.replace(right, wrong, 1)})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{found: x, meant: XX_google_a}", "doesn't follow the rule: The market isn't in the list"),
        ("{found: x, meant: gogle, part: name_source}", "isn't in its list"),
        ("{found: x, meant: y, part: name_nothing}", "doesn't exist"),
        ("{found: adwords, meant: meta, part: name_source}", "already has another meaning"),
        ('{found: "a\\x1fb", meant: DE_google_a}', "control character"),
        ("{found: x}\n      - {found: x}", "mapped twice"),
    ],
)
def test_a_mapped_name_with_an_invalid_meaning_is_refused(line: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        parse_model(files(f"mapped_names:\n  - name: campaign_names\n    names:\n      - {line}\n"))


def test_names_mapped_without_a_rule_are_refused() -> None:
    with pytest.raises(ModelError, match="'other_names', which doesn't exist"):
        parse_model(files(MAPPED.replace("campaign_names", "other_names")))


def test_values_can_be_members_of_a_dimension() -> None:
    labelled = ADS.replace(
        "{name: campaign_owner, sql: owner}",
        "{name: campaign_owner, sql: owner, labels: {mm: {label: Mia, synonyms: [Muster]}, tr: Tom}}",
    )
    rule = RULE.replace("values: [DE, FR]", "values_of: campaign_owner")
    read = parse_model(files("") | {"ads.yml": labelled, "rule.yml": rule}).naming["campaign_names"]
    assert [read_name(read, f"{name}_google_x").values[0] for name in ("mm", "Mia", "muster", "TR", "x")] == [
        "mm", "mm", "mm", "tr", None,
    ]  # fmt: skip


def test_five_thousand_mapped_names_load_and_compile_within_seconds() -> None:
    lines = "\n".join(f'      - {{found: "Old {number} é", meant: DE_google_t{number}}}' for number in range(5_000))
    begun = monotonic()
    whole = parse_model(files(f"mapped_names:\n  - name: campaign_names\n    names:\n{lines}\n"))
    query = Query(metrics=("names_that_match",), by=(Breakdown("name_theme"),))
    compiled = compile_visible(narrow(whole, VIEWER), query, find_dialect("duckdb"), today=TODAY)
    assert monotonic() - begun < 20
    rows = duckdb.connect()
    rows.execute("CREATE TABLE ads AS SELECT range AS ad_id, 'Old ' || range || ' é' AS name, 'x' AS owner, 1 AS cost "
                 "FROM range(0, 5000, 50)")  # fmt: skip
    statement = compiled.legs[0]
    found = rows.sql(statement.sql, params=list(statement.params)).to_arrow_table().column("name_theme").to_pylist()
    assert sorted(found) == sorted(f"t{number}" for number in range(0, 5_000, 50))


# Groups of parts

VISITS = """\
datasets:
  - name: visits
    table: visits
    grain: [visit_id]
    columns: {visit_id: integer, source: string, medium: string}
    dimensions:
      - {name: source_medium, sql: "source || ' / ' || medium"}
    measures:
      - {name: visits, agg: count, sql: visit_id}
metrics:
  - {name: visits, measure: visits.visits}
"""
CHANNELS = """\
naming:
  - name: utm
    dimension: source_medium
    separator: " / "
    parts:
      - {name: utm_source, values: {google: [Google Ads, adwords], bing: [], newsletter: [], direct: [(direct)]}}
      - {name: utm_medium, values: {cpc: [ppc, paid], email: [e-mail], organic: [], none: [(none)]}}
    groups:
      - name: utm_channel
        label: Channel
        otherwise: Unassigned
        rules:
          - {group: Email, when: {utm_medium: [email]}}
          - {group: Paid search, when: {utm_medium: [cpc], utm_source: [google, bing]}}
          - {group: Search, when: {utm_source: [google, bing]}}
          - {group: Direct, when: {utm_source: [direct], utm_medium: [none]}}
"""
# By hand: each source and medium as tables have them, and its channel by the rules above.
CHANNEL_OF = {
    ("google", "cpc"): "Paid search",
    ("Google Ads", "PPC"): "Paid search",
    ("google", "email"): "Email",
    ("mailchimp", "e-mail"): "Email",
    ("bing", "organic"): "Search",
    ("bing", "unheard of"): "Search",
    ("(direct)", "(none)"): "Direct",
    ("direct", "email"): "Email",
    ("newsletter", "cpc"): "Unassigned",
    ("tiktok", "cpc"): "Unassigned",
    ("", ""): "Unassigned",
    (None, "cpc"): None,
}


def utm(text: str = CHANNELS) -> Model:
    return parse_model({"visits.yml": VISITS, "utm.yml": text, "access.yml": POLICY})


def test_sources_and_mediums_are_grouped_into_channels() -> None:
    dataset = utm().datasets["visits"]
    tree = dataset.dimensions["utm_channel"].sql.tree.sql("duckdb")
    rows = list(CHANNEL_OF)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE visits (visit_id INTEGER, source VARCHAR, medium VARCHAR)")
    connection.executemany("INSERT INTO visits VALUES (?, ?, ?)", [(place, *row) for place, row in enumerate(rows)])
    found = connection.execute(f"SELECT {tree} FROM visits ORDER BY visit_id").fetchall()
    assert [row[0] for row in found] == list(CHANNEL_OF.values())
    rule = utm().naming["utm"]
    names = [None if None in row else " / ".join(str(text) for text in row) for row in rows]
    assert [rule.groups_of(read_name(rule, name))["utm_channel"] for name in names] == list(CHANNEL_OF.values())


def test_a_mapped_medium_changes_the_channel() -> None:
    mapped = "mapped_names:\n  - {name: utm, names: [{found: adwrods, meant: google, part: utm_source}]}\n"
    files = {"visits.yml": VISITS, "utm.yml": CHANNELS, "access.yml": POLICY, "mapped.yml": mapped}
    model = parse_model(files)
    sql = model.datasets["visits"].dimensions["utm_channel"].sql.tree.sql("duckdb")
    query = f"SELECT {sql} FROM (SELECT 'adwrods' AS source, 'cpc' AS medium)"
    assert duckdb.execute(query).fetchall() == [("Paid search",)]


def test_a_model_with_groups_is_stored_and_read_again() -> None:
    assert model_from_plain(model_to_plain(utm())).naming == utm().naming


@pytest.mark.parametrize(
    ("written", "instead", "message"),
    [
        ("{utm_medium: [email]}", "{utm_media: [email]}", "depends on 'utm_media', which isn't a part"),
        ("{utm_medium: [email]}", "{utm_medium: [emial]}", "lists 'emial', which 'utm_medium' doesn't allow"),
        ("name: utm_channel", "name: utm_source", "which already exists"),
        (", values: {cpc: [ppc, paid], email: [e-mail], organic: [], none: [(none)]}", "", "which allows any value"),
        (
            "values: {google: [Google Ads, adwords],",
            "values: {" + ", ".join(f"s{place}: []" for place in range(500)) + ", google: [],",
            "depends on 2,525 combinations of values",
        ),
    ],
)
def test_a_group_that_cannot_be_decided_is_a_problem(written: str, instead: str, message: str) -> None:
    assert written in CHANNELS
    with pytest.raises(ModelError) as failed:
        utm(CHANNELS.replace(written, instead))
    assert any(message in problem.message for problem in failed.value.problems), failed.value.problems
