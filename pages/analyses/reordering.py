"""The keys Alt+↑ and Alt+↓ for a list of rows that have buttons to move up and down."""

from __future__ import annotations

from streamlit.components.v2 import component

# The key presses the button in the focused row. The moved row is redrawn, so the focus moves there, too.
_keys = component(
    "samepage_reordering",
    isolate_styles=False,
    html="<span></span>",
    js="""
const BUTTON = /Move \\S+ \\d+ (up|down)/
const WAITING = 5_000 // milliseconds in which the moved row may be drawn

export default function ({ parentElement, data }) {
  const list = parentElement.closest(`.st-key-${data.list}`)
  if (!list) return
  const rows = () => [...list.querySelectorAll("[class*='-step-']")].filter(row =>
    [...row.querySelectorAll("button")].some(button => BUTTON.test(button.textContent)))
    .filter((row, at, all) => !all.some(other => other !== row && other.contains(row)))
  const hear = event => {
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key]
    if (!way || !event.altKey || event.ctrlKey || event.metaKey) return
    const all = rows()
    const place = all.findIndex(row => row.contains(event.target))
    const button = place < 0 ? null : [...all[place].querySelectorAll("button")]
      .find(one => BUTTON.exec(one.textContent)?.[1] === way)
    if (!button || button.disabled) return
    event.preventDefault()
    event.stopPropagation()
    const old = all[place], before = old.className
    button.click()
    const until = performance.now() + WAITING
    const look = () => {
      const row = rows()[place + (way === "up" ? -1 : 1)]
      if (row && (!old.isConnected || old.className !== before)) return row.querySelector("input, button")?.focus()
      if (performance.now() < until) requestAnimationFrame(look)
    }
    look()
  }
  list.addEventListener("keydown", hear, true)
  return () => list.removeEventListener("keydown", hear, true)
}
""",
)


def reordering_keys(container: str) -> None:
    """Let Alt+↑ and Alt+↓ move the rows of the container with this key. Call this while drawing that container."""
    _keys(key=f"{container}-keys", data={"list": container}, height=1)
