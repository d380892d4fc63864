"""The Home page: what you follow, notable changes, your work and your teams' boards, and next steps."""

import streamlit as st

from pages.home import changes, finding, goals, proposals, queue, tiles, work
from pages.shell import keys, links, session
from pages.shell.parts import page_header
from pages.widgets import follow
from pages.widgets.palette import palette_field
from semantic.policy.domains import domains_stewarded

asks = {"m", links.SAVED, links.LINK}
if not asks.isdisjoint(st.query_params):  # A question in the address of the first page opens Explore.
    asked = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(links.EXPLORE, query_params=asked)
workspace, actor = session.require("viewer")
found = follow.followed(actor)
own = tiles.followed_metrics(found, workspace.visible(actor))
key = tiles.key_metrics(workspace.visible(actor))
metrics = own or key
page_header("Home", tiles.period_words(metrics, workspace, actor), scope=workspace.visible(actor).scope)
if metrics:
    session.finder().warm(actor)
    palette_field("home")
    is_leader = not actor.is_at_least("marketer")
    proposals.proposals()
    with st.container(key="home-first", gap="xsmall"):
        if is_leader:
            goals.goals()
        elif actor.is_at_least("steward"):
            queue.queue()
        else:
            finding.finding([metric.name for metric in metrics])
        if not actor.is_at_least("steward") and domains_stewarded(actor, workspace.model.domains.values()):
            queue.queue()
    tiles.followed_tiles(own, key)
    left, right = st.columns([1.6, 1], gap="medium")
    with left:
        changes.changes()
    with right:
        work.work()
else:
    tiles.no_metrics()
keys.watch_mode()
