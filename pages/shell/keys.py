"""What the whole page listens to: keys for undo and redo, and the switch between light and dark."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.components.v2 import component

# A button's own shortcut would act inside a field too, and take back a question where a letter was meant: the keys
# are the field's own while somebody types.
# Streamlit repaints in the browser when the mode is switched but does not run the page, so charts would keep the other
# mode's ink until the next click. A span in the colour of the page has a transition on it, and its end is the signal.
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
    """Runs the page again when the reader switches between light and dark."""
    _ears(key="mode", data=b"mode", on_switched_change=lambda: None, height=1)


def undo_keys(undo: Callable[[], None], redo: Callable[[], None]) -> None:
    """Ctrl+Z and Ctrl+Shift+Z, on a Mac with the command key; also Ctrl+Y. And what `watch_mode` does."""
    _ears(
        key="keys", height=1,
        on_switched_change=lambda: None, on_undo_change=undo, on_redo_change=redo,
    )  # fmt: skip
