/* A field that searches as you type, with the list of matches below it: the server searches, this draws the matches and
   moves between them. It is prepended to the components that have such a field. */

const boxes = new WeakMap()

/* `pick` gets the chosen row. `keys` sees each key first and returns whether it has handled it; `nothing` is called when
   Enter is pressed and nothing was found. */
function searchField({ root, data, setStateValue, pick: choose, keys = () => false, nothing = () => {} }) {
  const input = root.querySelector("input")
  const list = root.querySelector("[role=listbox]")
  const box = boxes.get(root) ?? { open: false, at: 0, rows: [], timer: 0, chosen: false }
  boxes.set(root, box)
  input.setAttribute("aria-label", data.label)
  input.placeholder = data.placeholder
  input.disabled = data.disabled

  const typed = () => input.value.trim()
  const isAnswered = () => !typed() || data.text === typed()

  const say = (tag, kind, text, into) => {
    if (!text) return
    const part = document.createElement(tag)
    part.className = kind
    part.textContent = text
    into.append(part)
  }

  const draw = () => drawSteadily(list, drawRows)

  const drawRows = () => {
    if (isAnswered()) box.rows = typed() ? data.found : data.start
    list.replaceChildren()
    let group = ""
    if (typed() && isAnswered() && data.note) say("div", "note", data.note, list)
    box.rows.forEach((row, place) => {
      if (row.group && row.group !== group) say("div", "group", (group = row.group), list)
      const option = document.createElement("div")
      option.setAttribute("role", "option")
      option.id = `option-${place}`
      option.setAttribute("aria-selected", String(place === box.at))
      if (row.off) option.classList.add("off")
      const top = document.createElement("div")
      top.className = "top"
      say("span", "label", row.label, top)
      if (row.mark) say("span", "mark", row.mark, top)
      say("span", "unit", row.unit, top)
      say("span", "unit keys", row.keys, top)
      option.append(top)
      say("div", "line", row.line, option)
      say("div", "why", row.why, option)
      option.onmousedown = event => event.preventDefault()
      option.onclick = () => pick(row)
      option.onmousemove = () => { if (box.at !== place) { box.at = place; mark() } }
      list.append(option)
    })
    if (!typed() && data.more) say("div", "note", data.more, list)
    mark()
    if (box.chosen && isAnswered()) { box.chosen = false; enter() }
  }

  const mark = () => {
    const options = list.querySelectorAll("[role=option]")
    options.forEach((option, place) => option.setAttribute("aria-selected", String(place === box.at)))
    const current = options[box.at]
    if (current && box.open) input.setAttribute("aria-activedescendant", current.id)
    else input.removeAttribute("aria-activedescendant")
  }

  const place = () => {
    const field = input.parentElement.getBoundingClientRect()
    const width = Math.max(Math.min(field.width, 720), Math.min(440, innerWidth - 16))
    const below = innerHeight - field.bottom - 12
    const above = below < 220 && field.top > below
    list.style.width = `${width}px`
    list.style.left = `${Math.max(8, Math.min(field.left, innerWidth - width - 8))}px`
    list.style.maxHeight = `${Math.min(440, above ? field.top - 12 : below)}px`
    list.style.top = above ? "auto" : `${field.bottom + 4}px`
    list.style.bottom = above ? `${innerHeight - field.top + 4}px` : "auto"
  }

  const show = () => {
    if (!box.open) {
      box.open = true
      list.showPopover()
      input.setAttribute("aria-expanded", "true")
      addEventListener("resize", place)
      addEventListener("scroll", box.place, true)
    }
    draw()
    place()
  }
  box.place = event => { if (event.target !== list) place() }

  const hide = () => {
    if (!box.open) return
    box.open = false
    list.hidePopover()
    input.setAttribute("aria-expanded", "false")
    removeEventListener("resize", place)
    removeEventListener("scroll", box.place, true)
    mark()
  }

  const clear = () => {
    clearTimeout(box.timer)
    input.value = ""
    box.at = 0
    box.chosen = false
    hide()
  }

  const pick = row => {
    const text = typed()
    clear()
    choose(row, text)
  }

  const enter = () => { if (box.rows.length) pick(box.rows[box.at]); else nothing() }

  input.oninput = () => {
    box.at = 0
    box.chosen = false
    clearTimeout(box.timer)
    const text = typed()
    if (text) box.timer = setTimeout(() => setStateValue("text", text), 70)
    show()
  }
  input.onclick = show
  input.onblur = hide
  input.onkeydown = event => {
    const last = box.rows.length - 1
    if (keys(event)) {
      // handled
    } else if (event.key === "Escape" && (box.open || input.value)) {
      clear()
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!box.open) { show() } else {
        box.at = event.key === "ArrowDown" ? Math.min(box.at + 1, last) : Math.max(box.at - 1, 0)
        mark()
        list.querySelectorAll("[role=option]")[box.at]?.scrollIntoView({ block: "nearest" })
      }
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && box.open) {
      if (isAnswered()) enter(); else box.chosen = true
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  if (box.open) { draw(); place() }
  if (box.open && data.again && isAnswered()) box.timer = setTimeout(() => setStateValue("again", data.again), 1_500)
  return { input, typed, clear, hide, close: () => { clearTimeout(box.timer); hide() } }
}
