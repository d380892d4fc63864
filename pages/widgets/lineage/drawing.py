"""Lineage as a diagram of columns of boxes and lines, in the colours of the current mode. On a phone, the boxes are
stacked.

Streamlit's own graphs need WebAssembly, which the content security policy blocks, and support the colours of only one
mode. This diagram consists of plain boxes and lines, which the browser makes from text only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import streamlit as st
from streamlit.components.v2 import component

from pages.shell import links
from pages.shell.parts import plain
from semantic.display.words.lineage import Flow

_PAGES = {
    "question": (links.EXPLORE, links.SAVED),
    "analysis": (links.ANALYSES, links.SAVED),
    "named": (links.CATALOGUE, links.ANALYSIS_PAGE),
    "board": (links.BOARD, links.BOARD_ID),
    "alert": (links.ALERT, links.ALERT_ID),
}

_draw = component(
    "samepage_lineage",
    html='<div class="flow" role="group"><svg aria-hidden="true"></svg><div class="columns"></div></div>',
    css="""
.flow { position: relative; container-type: inline-size; font: 400 0.875rem var(--st-font); }
.columns { display: flex; gap: 2.75rem; align-items: stretch; color: var(--st-text-color); }
.column { flex: 1 1 0; min-width: 0; display: flex; flex-direction: column; gap: 0.5rem; justify-content: center; }
.title { color: var(--st-gray-text-color); font-size: 0.8125rem; margin-bottom: auto; padding-bottom: 0.25rem; }
.column::after { content: ""; margin-top: auto; }
.card {
  position: relative; font: inherit; color: inherit; text-align: left; padding: 0.5rem 0.65rem; overflow-wrap: anywhere;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  border-radius: var(--st-base-radius);
}
.card.subject { border-color: var(--st-primary-color); border-width: 2px; font-weight: 600; }
.card.mono { font-family: var(--st-code-font); font-size: 0.8125rem; }
.note { display: block; color: var(--st-gray-text-color); font-size: 0.75rem; margin-top: 0.15rem; font-weight: 400; }
button.card { cursor: pointer; }
button.card:hover { border-color: var(--st-primary-color); }
button.card:focus-visible { outline: 2px solid #6270c6; outline-offset: 2px; }
svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; pointer-events: none; }
path { fill: none; stroke: var(--st-gray-color); stroke-width: 1.25; opacity: 0.75; }
.flow.lit path { opacity: 0.2; }
.flow.lit path.on { opacity: 1; stroke: var(--st-primary-color); stroke-width: 2; }
.dense .columns { gap: 1.75rem; }
.dense .card { font-size: 0.8125rem; padding: 0.35rem 0.5rem; }
.dense .column { gap: 0.35rem; }
@container (max-width: 900px) {
  .dense .columns { flex-direction: column; gap: 0.4rem; }
  .dense .column { border-left: 2px solid var(--st-border-color); padding-left: 0.8rem; }
  .dense .title { margin-bottom: 0; }
  .dense .column::after { display: none; }
}
@container (max-width: 640px) {
  .columns { flex-direction: column; gap: 0.4rem; }
  .column { border-left: 2px solid var(--st-border-color); padding-left: 0.8rem; }
  .title { margin-bottom: 0; }
  .column::after { display: none; }
}
""",
    js="""
const SVG = "http://www.w3.org/2000/svg"

function build(root, data, open) {
  const columns = root.querySelector(".columns")
  root.setAttribute("aria-label", data.alt)
  root.classList.toggle("dense", data.columns.length > 5)
  columns.replaceChildren(...data.columns.map((one) => {
    const column = document.createElement("div")
    column.className = "column"
    const title = document.createElement("div")
    title.className = "title"
    title.textContent = one.title
    column.append(title, ...one.cards.map((card) => {
      const box = document.createElement(card.opens ? "button" : "div")
      const isMono = /^(Tables?|Column)$/.test(one.title)
      box.className = "card" + (card.is_subject ? " subject" : "") + (isMono ? " mono" : "")
      box.dataset.id = card.id
      box.textContent = card.label
      if (card.note) {
        const note = document.createElement("span")
        note.className = "note"
        note.textContent = card.note
        box.append(note)
      }
      if (card.opens) box.onclick = () => open(card.opens)
      box.onmouseenter = () => light(root, data, card.id)
      box.onmouseleave = () => light(root, data, "")
      return box
    }))
    return column
  }))
}

function light(root, data, id) {
  const on = new Set()
  const walk = (from, side) => data.edges.forEach((edge, place) => {
    if (edge[side] === from && !on.has(place)) { on.add(place); walk(edge[1 - side], side) }
  })
  if (id) { walk(id, 0); walk(id, 1) }
  root.classList.toggle("lit", on.size > 0)
  root.querySelectorAll("path").forEach((path) => path.classList.toggle("on", on.has(Number(path.dataset.edge))))
}

function lines(root, data) {
  const svg = root.querySelector("svg"), frame = root.getBoundingClientRect()
  svg.replaceChildren()
  if (getComputedStyle(root.querySelector(".columns")).flexDirection === "column") return
  const boxes = new Map([...root.querySelectorAll(".card")].map((box) => [box.dataset.id, box.getBoundingClientRect()]))
  data.edges.forEach(([from, to], place) => {
    const a = boxes.get(from), b = boxes.get(to)
    if (!a || !b) return
    const x1 = a.right - frame.left, y1 = a.top + a.height / 2 - frame.top
    const x2 = b.left - frame.left, y2 = b.top + b.height / 2 - frame.top, bend = Math.max(20, (x2 - x1) / 2)
    const path = document.createElementNS(SVG, "path")
    path.setAttribute("d", `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`)
    path.dataset.edge = place
    svg.append(path)
  })
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".flow")
  build(root, data, (name) => setTriggerValue("opened", name))
  const watch = new ResizeObserver(() => lines(root, data))
  watch.observe(root)
  lines(root, data)
  return () => watch.disconnect()
}
""",
)


def draw(drawn: Flow, *, key: str, on_open: Callable[[str], None]) -> None:
    """Draw the diagram and, below it, its contents as a list in words.

    A click on the box of another metric calls `on_open` with the metric's name. A click on a saved item opens the item.
    """
    shown = {"columns": [asdict(column) for column in drawn.columns], "edges": drawn.edges, "alt": drawn.alt}
    opened = _draw(key=key, data=shown, on_opened_change=lambda: None)
    name = getattr(opened, "opened", None)
    known = {card.opens for column in drawn.columns for card in column.cards if card.opens}
    if isinstance(name, str) and name in known:
        kind, is_saved, thing = name.partition(":")
        if not is_saved:
            on_open(name)
        elif kind in _PAGES:
            page, parameter = _PAGES[kind]
            st.switch_page(page, query_params={parameter: thing})
    with st.expander("As a list", key=f"{key}-list", on_change="rerun") as listing:
        if listing.open:
            for title, cards in drawn.words:
                st.markdown(f"**{plain(title)}**\n" + "\n".join(f"- {plain(card)}" for card in cards))
