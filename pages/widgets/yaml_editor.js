/* A text area with line numbers, colours and completions. Problems and completions come from the server. */

const editors = new WeakMap()
const WORD = /[\p{L}\p{N}_.-]*$/u

export default function ({ parentElement: root, data: sent, setStateValue }) {
  const data = JSON.parse(new TextDecoder().decode(sent))
  const area = root.querySelector("textarea")
  const marks = root.querySelector(".marks")
  const gutter = root.querySelector(".gutter")
  const list = root.querySelector("[role=listbox]")
  const held = editors.get(root) ?? { given: null, at: 0, open: false, asks: 0, answered: 0, timer: 0, unsent: false, leaving: false }
  editors.set(root, held)

  area.setAttribute("aria-label", data.label)
  area.disabled = data.disabled
  root.querySelector(".editor").style.height = `${data.height}px`
  const isTyping = () => root.getRootNode().activeElement === area
  if (held.given !== data.text && (held.given === null || !isTyping())) area.value = data.text
  held.given = data.text

  const wrong = new Map(data.marks.map(one => [one.line, one.message]))

  const span = (kind, text) => {
    const part = document.createElement("span")
    if (kind) part.className = kind
    part.textContent = text
    return part
  }

  /* Enough YAML highlighting to read by: keys, quoted text, comments. */
  const coloured = (line, number) => {
    const row = span(wrong.has(number) && line.trim() ? "wrong" : "", "")
    const note = line.match(/(^|\s)#.*$/)
    const body = note ? line.slice(0, note.index) : line
    const key = body.match(/^(\s*(?:- )*)([\w.]+)(:)(?=\s|$)/)
    let rest = body
    if (key) {
      row.append(key[1], span("key", key[2] + key[3]))
      rest = body.slice(key[0].length)
    }
    let last = 0
    for (const found of rest.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[\w.]+:(?=\s)/g)) {
      row.append(rest.slice(last, found.index))
      row.append(span(found[0].endsWith(":") ? "key" : "said", found[0]))
      last = found.index + found[0].length
    }
    row.append(rest.slice(last))
    if (note) row.append(span("note", line.slice(note.index)))
    return row
  }

  const draw = () => {
    const lines = area.value.split("\n")
    marks.replaceChildren(...lines.flatMap((line, place) => [coloured(line, place + 1), "\n"]))
    gutter.replaceChildren(...lines.map((_, place) => {
      const number = document.createElement("div")
      number.textContent = String(place + 1)
      if (wrong.has(place + 1)) { number.className = "wrong"; number.title = wrong.get(place + 1) }
      return number
    }))
    scrolled()
  }

  const scrolled = () => {
    marks.scrollTop = gutter.scrollTop = area.scrollTop
    marks.scrollLeft = area.scrollLeft
  }

  const place = () => {
    const before = area.value.slice(0, area.selectionStart)
    const line = before.split("\n").length
    return { line, column: before.length - before.lastIndexOf("\n") - 1 }
  }

  const send = asks => {
    clearTimeout(held.timer)
    held.unsent = false
    setStateValue("edit", JSON.stringify({ text: area.value, ...place(), asks }))
  }
  const later = () => {
    clearTimeout(held.timer)
    held.timer = setTimeout(() => send(0), 500)
  }
  const ask = () => send(++held.asks)

  /* Completions */

  const word = () => {
    const line = area.value.slice(0, area.selectionStart).split("\n").pop()
    return held.asked === place().line ? line.slice(Math.min(data.begunAt, line.length)) : line.match(WORD)[0]
  }
  const fitting = () => data.choices.filter(one => one.text.toLowerCase().includes(word().toLowerCase()))

  const show = () => {
    const rows = fitting()
    if (!rows.length) return hide()
    held.at = Math.min(held.at, rows.length - 1)
    list.replaceChildren(...rows.map((one, number) => {
      const option = document.createElement("div")
      option.setAttribute("role", "option")
      option.setAttribute("aria-selected", String(number === held.at))
      const name = document.createElement("b")
      name.textContent = one.text
      option.append(name)
      if (one.about) {
        const about = document.createElement("div")
        about.textContent = one.about
        option.append(about)
      }
      option.onmousedown = event => event.preventDefault()
      option.onclick = () => take(one)
      return option
    }))
    if (!held.open) { held.open = true; list.showPopover() }
    const size = 0.8125 * parseFloat(getComputedStyle(document.documentElement).fontSize)
    const box = area.getBoundingClientRect()
    const { line, column } = place()
    const top = box.top + 10 + line * size * 1.5 - area.scrollTop
    const left = box.left + 11 + (column - word().length) * size * 0.6 - area.scrollLeft
    const below = innerHeight - top > 240 || top < 280
    list.style.left = `${Math.max(8, Math.min(left, innerWidth - list.offsetWidth - 8))}px`
    list.style.top = below ? `${top + 4}px` : `${Math.max(8, top - size * 1.5 - list.offsetHeight - 4)}px`
    list.querySelectorAll("[role=option]")[held.at]?.scrollIntoView({ block: "nearest" })
  }
  const hide = () => {
    held.at = 0
    if (held.open) { held.open = false; list.hidePopover() }
  }
  /* As if typed, so that the browser can undo it. */
  const write = (text, from, to) => {
    area.setSelectionRange(from, to)
    document.execCommand("insertText", false, text)
  }
  const take = one => {
    const end = area.selectionStart
    write(one.text, end - word().length, end)
    hide()
    send(0)
  }

  area.oninput = event => {
    draw()
    held.unsent = true
    held.leaving = false
    if (held.open) show()
    if (event.inputType === "insertText" && /^[\p{L}_]$/u.test(event.data ?? "") && word().length > 1) {
      clearTimeout(held.timer)
      held.timer = setTimeout(ask, 150)
    } else later()
  }
  area.onscroll = scrolled
  area.onblur = () => { hide(); if (held.unsent) send(0) }
  area.onclick = hide
  area.onkeydown = event => {
    const rows = held.open ? fitting() : []
    if ((event.ctrlKey || event.metaKey) && event.key === " ") ask()
    else if (held.open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      held.at = (held.at + (event.key === "ArrowDown" ? 1 : rows.length - 1)) % rows.length
      show()
    } else if (held.open && (event.key === "Enter" || event.key === "Tab") && rows.length) take(rows[held.at])
    else if (event.key === "Escape") { hide(); held.leaving = true }
    else if (event.key === "Tab" && !held.leaving && !event.shiftKey) write("  ", area.selectionStart, area.selectionEnd)
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      const line = area.value.slice(0, area.selectionStart).split("\n").pop()
      const indent = line.match(/^\s*/)[0] + (/:\s*$/.test(line) ? "  " : "")
      write("\n" + indent, area.selectionStart, area.selectionEnd)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }

  draw()
  if (data.answers && data.answers === held.asks && held.answered !== data.answers && isTyping()) {
    held.answered = data.answers
    held.asked = place().line
    show()
  }
  return () => { clearTimeout(held.timer); hide() }
}
