"""The previous answer while the next one is computed. The style sheet dims it, and this widget makes it
inaccessible.
"""

from __future__ import annotations

from streamlit.components.v2 import component

_hold = component(
    "samepage_held_answer",
    isolate_styles=False,
    js="""
const COLUMN = '.stColumn > [data-testid="stVerticalBlock"]'
const TABLE = '[data-testid="stDataFrame"]'
const DRAWN = 10_000 // milliseconds after which nothing takes the old answer's place any more
const holds = new WeakMap() // by root
let last // what had the focus last, where it was, and what takes its place when it's redrawn

document.addEventListener("focusin", ({ target }) => note(target))
note(document.activeElement)

function note(target) {
  const place = target?.closest(TABLE) ? `${TABLE} canvas[tabindex]` : ".samepage-chart"
  last = { target, column: target?.closest(COLUMN), place }
}

export default function ({ parentElement: root }) {
  if (!holds.has(root)) holds.set(root, hold(root))
  return () => root.isConnected || holds.get(root)?.() // Streamlit also calls this for data that was replaced
}

/* Everything next to the waiting line is inert, also what is added later. Gives back what ends that. */
function hold(root) {
  const column = root.closest(COLUMN)
  if (!column) return () => {}
  const held = new Set()
  const focused = focusIn(column)
  const take = () => {
    for (const part of column.children) {
      if (part.inert || part.contains(root) || part.querySelector(".st-key-running")) continue
      part.inert = true
      held.add(part)
    }
  }
  const observer = new MutationObserver(take)
  observer.observe(column, { childList: true })
  take()
  return () => {
    observer.disconnect()
    for (const part of held) part.inert = false
    if (focused) giveBack(focused)
  }
}

/* What has the focus in the column, or had it until Streamlit redrew it a moment ago. */
function focusIn(column) {
  const active = document.activeElement
  const isRedrawn = !last.target?.isConnected && !active?.matches("body *")
  return last.column === column && (last.target === active || isRedrawn) ? last : null
}

/* The focus goes back to where it was, then to what takes its place; not if something else has it. */
function giveBack({ target: before, column, place }) {
  const until = performance.now() + DRAWN
  let target = null
  const look = () => {
    const isLost = !document.activeElement?.matches("body *")
    if (!isLost && document.activeElement !== target) return
    if (isLost) {
      target = before.isConnected ? before : column.querySelector(place)
      target?.focus({ preventScroll: true })
    }
    if (performance.now() < until) requestAnimationFrame(look)
  }
  look()
}
""",
)


def hold_answer() -> None:
    """Keep people from focusing or clicking the other elements of the column, and screen readers from reading them.

    Once this isn't drawn any more, the focus returns to where it was, unless another element has it.
    """
    _hold(key="held-answer", height=1)
