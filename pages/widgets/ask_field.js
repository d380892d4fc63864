/* One field for everything a question has. Below it, the question as chips, and a line about the last sentence. */

const slashes = new WeakMap()
const restored = new WeakMap() // when the sentence was said that was last put back

export default function ({ parentElement: root, data: sent, setStateValue, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(sent))
  const ask = () => {
    const text = field.typed()
    if (!text) return
    field.clear()
    setTriggerValue("asked", text)
  }
  const drop = chip => setTriggerValue("dropped", chip.name)
  const keys = event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.typed()) {
      ask()
      return true
    }
    const last = data.chips[data.chips.length - 1]
    if (event.key === "Backspace" && !field.input.value && last && !event.repeat) {
      drop(last)
      return true
    }
    return false
  }
  const field = searchField({
    root, data, setStateValue, keys, nothing: ask,
    pick: (row, text) => setTriggerValue("picked", { name: row.name, text }),
  })
  field.input.maxLength = data.longest

  // On a phone the field of a question is a button beside the chips, so that the answer is higher up.
  const whole = root.querySelector(".ask")
  const look = root.querySelector(".look")
  const around = (root.getRootNode().host ?? root).closest(".st-key-ask")
  // The page keeps a row's height free for it, unless there is more to show (pages/server/style.css).
  const setWide = isWide => {
    whole.classList.toggle("wide", isWide)
    around?.toggleAttribute("data-tall", isWide || Boolean(data.line))
  }
  const widen = () => {
    setWide(true)
    field.input.focus()
  }
  setWide(whole.classList.contains("wide") || field.input.matches(":focus")) // someone goes on typing
  whole.classList.toggle("short", data.chips.length > 0)
  look.setAttribute("aria-label", data.label)
  look.title = data.label
  look.onclick = widen
  // The field keeps the focus, so that nothing moves between pressing and releasing.
  for (const name of [".row", ".said"]) root.querySelector(name).onmousedown = event => event.preventDefault()
  field.input.onblur = () => {
    field.hide()
    if (!field.typed()) setWide(false)
  }

  const make = (tag, kind, text, into) => {
    const made = document.createElement(tag)
    made.className = kind
    if (tag === "button") made.type = "button"
    made.textContent = text
    into.append(made)
    return made
  }

  const chips = root.querySelector(".chips")
  drawSteadily(chips, () => {
    chips.replaceChildren()
    chips.parentElement.hidden = !data.chips.length
    data.chips.forEach(chip => {
      const box = make("span", "chip", "", chips)
      box.setAttribute("role", "listitem")
      make("button", "open", chip.label, box).onclick = () => openInBuilder(chip.opens)
      if (chip.fixed) return
      const cross = make("button", "cross", "\u00d7", box)
      cross.setAttribute("aria-label", `Remove ${chip.label}`)
      cross.title = `Remove ${chip.label}`
      cross.onclick = () => drop(chip)
    })
  })

  const line = root.querySelector(".said")
  drawSteadily(line, () => {
    line.replaceChildren()
    line.className = `said ${data.line ? data.line.state : ""}`
    if (!data.line) return
    make("span", "words", data.line.words, line)
    data.line.acts.forEach(act => {
      make("button", "act", act.label, line).onclick = () => {
        if (!act.search) {
          field.clear() // the sentence that this goes on from
          return setTriggerValue("acted", act.name)
        }
        field.input.value = act.search
        widen()
        field.input.dispatchEvent(new Event("input"))
      }
    })
  })

  // A sentence that couldn't be asked stays, so that it can be corrected.
  if (data.line?.text && restored.get(root) !== data.line.at) {
    restored.set(root, data.line.at)
    if (!field.input.value) {
      field.input.value = data.line.text
      setWide(true)
    }
  }

  const slash = event => {
    const at = event.composedPath()[0]
    const isTyping = at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName)
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    if (document.querySelector('[role="dialog"]')) return
    event.preventDefault()
    widen()
  }
  if (slashes.has(root)) removeEventListener("keydown", slashes.get(root))
  slashes.set(root, slash)
  addEventListener("keydown", slash)
  return () => {
    removeEventListener("keydown", slash)
    field.close()
  }
}

/* Opens or focuses what a chip is about. On a phone the builder may be folded, so it's unfolded first. */
function openInBuilder(name) {
  const folded = document.querySelector(".st-key-unfold-shut .st-key-unfold-builder button")
  if (folded?.checkVisibility()) folded.click()
  let left = 60
  const look = () => {
    const place = document.querySelector(`[class*="st-key-${CSS.escape(name)}"]`)
    if (!place?.checkVisibility()) { if (left-- > 0) setTimeout(look, 50); return }
    place.scrollIntoView({ block: "center" })
    const inner = [...place.querySelectorAll("*")].find(one => one.shadowRoot)?.shadowRoot.querySelector("input")
    const target = inner ?? place.querySelector("button[aria-pressed=true], input, button")
    target?.focus()
    if (target?.getAttribute("aria-expanded") === "false") target.click()
  }
  setTimeout(look, 50) // after this click, which would close what it opens
}
