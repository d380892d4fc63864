"""Keys that act on the whole page, but not while somebody types: there they are the field's own."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.components.v2 import component

# A button's own shortcut would act inside a field too, and take back a question where a letter was meant.
_keys = component(
    "samepage_keys",
    html="<span></span>",
    css="span { display: none; }",
    js="""
export default function ({ setTriggerValue }) {
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
  addEventListener("keydown", hear)
  return () => removeEventListener("keydown", hear)
}
""",
)


def undo_keys(undo: Callable[[], None], redo: Callable[[], None]) -> None:
    """Ctrl+Z and Ctrl+Shift+Z, on a Mac with the command key; also Ctrl+Y."""
    _keys(key="keys", on_undo_change=undo, on_redo_change=redo, height=1)
