"""Events of a whole page: keys for undo and redo, and the switch between light and dark mode."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.components.v2 import component

# A button's own shortcut would also fire in a field, and undo a question instead of a character. So keys belong to the
# field while someone is typing.
# When the mode is switched, Streamlit repaints in the browser without rerunning the page, so charts would keep the
# old mode's colours until the next click. A span in the page's colour has a transition, whose end is the signal.
_ears = component(
    "samepage_ears",
    html="<span></span>",
    css="span { color: var(--st-background-color); transition: color 1ms; }",
    js="""
export default function ({ parentElement, data, setTriggerValue }) {
  const span = parentElement.querySelector("span")
  const tell = () => setTriggerValue("switched", true)
  const isTyping = path => {
    const field = path[0]
    if (field.isContentEditable) return true
    return (field.tagName === "INPUT" || field.tagName === "TEXTAREA") && field.value !== ""
  }
  const hear = event => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return
    const key = event.key.toLowerCase()
    if ((key !== "z" && key !== "y") || isTyping(event.composedPath())) return
    event.preventDefault()
    setTriggerValue(key === "y" || event.shiftKey ? "redo" : "undo", true)
  }
  span.addEventListener("transitionend", tell)
  if (!data) addEventListener("keydown", hear)
  return () => {
    span.removeEventListener("transitionend", tell)
    removeEventListener("keydown", hear)
  }
}
""",
)


def watch_mode() -> None:
    """Rerun the page when the reader switches between light and dark mode."""
    _ears(key="mode", data=b"mode", on_switched_change=lambda: None, height=1)


def undo_keys(undo: Callable[[], None], redo: Callable[[], None]) -> None:
    """Draw the listener for Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y, which on a Mac use the Command key. Includes
    `watch_mode`.
    """
    _ears(
        key="keys", height=1,
        on_switched_change=lambda: None, on_undo_change=undo, on_redo_change=redo,
    )  # fmt: skip
