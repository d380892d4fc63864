/* The search over every page: a dialog with one field and one list. Pages and actions are matched here; everything else is
   found by the server, which says so in an event, and appears below them. The server checks what is chosen. */

const PATIENCE = 4_000 // milliseconds until a search without an answer is sent again
const EARLY = 300 // milliseconds that the list waits for recent things before it shows pages alone
const AGAIN = 1_500 // milliseconds until a search is repeated while values are still being read
const PHONE = matchMedia("(max-width: 640px)")
const MAC = /Mac|iPhone|iPad/.test(navigator.platform)

const palettes = new Map() // by root
const decoder = new TextDecoder()

export default function ({ parentElement: root, data: sent, setTriggerValue }) {
  const palette = palettes.get(root) ?? begin(root)
  palette.tell = setTriggerValue
  palette.data = JSON.parse(decoder.decode(sent))
  write(palette)
  const text = palette.opener.checkVisibility() ? window.samepageEarly?.take() ?? null : null
  if (text !== null) open(palette, text) // pressed and typed before this was loaded: pages/server/page.js
  return () => root.isConnected || end(root, palette) // Streamlit also calls this for data that was replaced
}

function begin(root) {
  const part = (name) => root.querySelector(`.${name}`)
  const palette = {
    at: 0, rows: [], options: [], found: null, chosen: "", waiting: null, sentAt: 0, openedAt: 0, isLate: false, from: null,
    timer: 0, again: 0, opener: part("opener"), copied: part("copied"), dialog: part("palette"), input: part("words"),
    close: part("close"), list: part("list"), note: part("note"), foot: part("foot"), tab: part("tab"), people: part("people"),
  }
  palettes.set(root, palette)
  if (window.samepageEarly) window.samepageEarly.isLoaded = true
  palette.opener.onclick = () => open(palette)
  palette.close.onclick = () => shut(palette)
  palette.input.oninput = () => typed(palette)
  palette.dialog.addEventListener("keydown", (event) => key(palette, event))
  palette.dialog.addEventListener("keyup", (event) => event.stopPropagation())
  palette.dialog.addEventListener("cancel", (event) => (event.preventDefault(), shut(palette)))
  palette.dialog.addEventListener("pointerdown", (event) => event.target === palette.dialog && shut(palette))
  palette.hear = (event) => shortcut(palette, event)
  palette.take = (event) => take(palette, event.detail)
  palette.press = (event) => pressed(palette, event)
  addEventListener("keydown", palette.hear, true)
  addEventListener("click", palette.press, true)
  addEventListener("samepage-found", palette.take)
  return palette
}

function end(root, palette) {
  shut(palette)
  palettes.delete(root)
  if (window.samepageEarly) window.samepageEarly.isLoaded = palettes.size > 0
  removeEventListener("keydown", palette.hear, true)
  removeEventListener("click", palette.press, true)
  removeEventListener("samepage-found", palette.take)
}

function write(palette) {
  const { data, input, list, foot, close, opener } = palette
  opener.querySelector(".word").textContent = data.words.open
  opener.querySelector("kbd").textContent = MAC ? "\u2318K" : "Ctrl+K"
  palette.dialog.setAttribute("aria-label", data.words.title)
  input.setAttribute("aria-label", data.words.title)
  input.placeholder = PHONE.matches ? data.words.short : data.words.placeholder
  list.setAttribute("aria-label", data.words.results)
  close.setAttribute("aria-label", data.words.close)
  close.title = data.words.close
  palette.people.hidden = !data.people
  for (const part of foot.querySelectorAll("[data-word]")) part.textContent = data.words[part.dataset.word]
  if (palette.dialog.open) draw(palette)
}

/* Opening and closing */

function shortcut(palette, event) {
  const isIt = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k"
  if (!isIt || !palette.opener.checkVisibility()) return // a board on a wall display has no search
  event.preventDefault()
  event.stopPropagation()
  if (palette.dialog.open) shut(palette)
  else if (!document.querySelector('[role="dialog"]')) open(palette) // one overlay at a time
}

/* Fields on pages that look like the palette's own open it. */
function pressed(palette, event) {
  if (!event.target.closest?.('[class*="st-key-open-palette"] button') || !palette.opener.checkVisibility()) return
  event.preventDefault()
  event.stopPropagation()
  open(palette)
}

function open(palette, text = "") {
  if (palette.dialog.open) return
  let from = document.activeElement
  while (from?.shadowRoot?.activeElement) from = from.shadowRoot.activeElement
  const offers = [...document.querySelectorAll(".st-key-page-actions :is(button, a[href])")]
  Object.assign(palette, {
    from, at: 0, found: null, chosen: "", waiting: null, isLate: false, openedAt: performance.now(),
    offered: offers.filter((part) => !part.disabled && part.checkVisibility()).map(offer).filter(({ label }) => label),
  })
  palette.input.value = text
  palette.copied.textContent = ""
  palette.dialog.showModal()
  palette.input.focus()
  ask(palette)
  setTimeout(() => palette.dialog.open && !palette.found && ((palette.isLate = true), draw(palette)), EARLY)
  draw(palette)
}

/* What a page offers at its top right: each button by its words, without its icon. */
function offer(element) {
  const words = element.querySelector('[data-testid="stMarkdownContainer"]') ?? element
  return { name: "offer", label: words.textContent.trim(), icon: "bolt", element }
}

function shut(palette, returns = true) {
  if (!palette.dialog.open) return
  clearTimeout(palette.timer)
  clearTimeout(palette.again)
  palette.dialog.close()
  palette.list.replaceChildren()
  if (!returns) return
  if (palette.from?.isConnected && palette.from !== document.body) palette.from.focus({ preventScroll: true })
}

/* Asking the server */

const words = (palette) => palette.input.value.trim()
const isAction = (text) => text.startsWith(">")
const isAnswered = (palette) => isAction(words(palette)) || palette.found?.text === words(palette)

function typed(palette) {
  palette.at = 0
  palette.chosen = ""
  palette.list.scrollTop = 0
  clearTimeout(palette.timer)
  palette.timer = setTimeout(() => ask(palette), 60)
  draw(palette)
}

/* One search at a time: the next is sent once this one is answered, or has waited too long. */
function ask(palette, isAgain = false) {
  const text = words(palette)
  if (!palette.dialog.open || isAction(text) || (isAnswered(palette) && !isAgain)) return
  if (palette.waiting !== null && performance.now() - palette.sentAt < PATIENCE) return
  palette.waiting = text
  palette.sentAt = performance.now()
  clearTimeout(palette.again)
  palette.again = setTimeout(() => ask(palette), PATIENCE + 10)
  palette.tell("asked", text)
}

function take(palette, found) {
  if (!palette.dialog.open) return
  if (found.text === palette.waiting) palette.waiting = null
  if (found.text !== words(palette)) return ask(palette)
  clearTimeout(palette.again)
  const marked = palette.found?.text === found.text && palette.at ? palette.rows[palette.at]?.name : undefined
  palette.found = found
  draw(palette)
  if (marked !== undefined) follow(palette, marked)
  if (found.again) palette.again = setTimeout(() => ask(palette, true), AGAIN)
  const row = palette.rows[palette.at]
  const { chosen } = palette
  if (chosen && row) choose(palette, row, chosen)
  else if (!found.again) palette.chosen = "" // there may be something in a moment
}

/* The row that was marked stays marked, wherever it is now. */
function follow(palette, name) {
  const place = palette.rows.findIndex((row) => row.name === name)
  if (place >= 0) move(palette, place)
}

/* The list */

const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").match(/[\p{L}\p{N}]+/gu) ?? []

function matching(rows, text) {
  const wanted = fold(text)
  if (!wanted.length) return text ? [] : rows
  return rows.filter((row) => {
    const known = fold(`${row.label} ${row.also ?? ""}`)
    return wanted.every((word) => known.some((other) => other.startsWith(word)))
  })
}

/* The groups from top to bottom, each with the number of its rows that are sure to stay where they are. */
function groups(palette) {
  const { data, found, offered = [] } = palette
  const text = words(palette)
  const labels = new Set(offered.map(({ label }) => label))
  const actions = [...offered, ...data.actions.filter(({ label }) => !labels.has(label))]
  if (isAction(text)) return [{ title: data.words.actions, rows: matching(actions, text.slice(1).trim()) }]
  if (data.people && text.startsWith("@")) return found?.groups ?? []
  const pages = { title: data.words.pages, rows: matching(data.pages, text), isOwn: true }
  const matched = { title: data.words.actions, rows: matching(actions, text) }
  palette.hasOwn = pages.rows.length + matched.rows.length > 0
  const answered = found?.none && palette.hasOwn ? [] : found?.groups ?? []
  if (text) return [pages, ...answered, ...(isAnswered(palette) ? [matched] : [])]
  if (!isAnswered(palette) && !palette.isLate) return []
  const rest = [pages, { title: data.words.actions, rows: actions }]
  const recent = isAnswered(palette) ? answered : []
  return palette.isLate ? [...rest, ...recent] : [...recent, ...rest]
}

function draw(palette) {
  drawSteadily(palette.list, () => drawRows(palette))
}

function drawRows(palette) {
  const { data, list, note, found } = palette
  const shown = groups(palette).filter(({ rows }) => rows.length)
  palette.rows = shown.flatMap(({ rows }) => rows)
  palette.sure = isAnswered(palette) || !words(palette) ? palette.rows.length : shown[0]?.isOwn ? shown[0].rows.length : 0
  if (isAnswered(palette)) palette.at = Math.max(0, Math.min(palette.at, palette.rows.length - 1))
  palette.options = []
  list.replaceChildren(...shown.map((group) => section(palette, group)))
  list.classList.toggle("waiting", !isAnswered(palette))
  list.hidden = !palette.rows.length
  palette.input.setAttribute("aria-expanded", String(palette.rows.length > 0))
  const text = words(palette)
  const none = isAction(text) && !palette.rows.length ? data.words.no_actions : ""
  const isNoted = text && !isAction(text) && isAnswered(palette) && !(found.none && palette.hasOwn)
  const says = none || (isNoted ? found.note : "")
  if (note.textContent !== says) note.textContent = says
  note.hidden = !says
  note.classList.toggle("late", !none && !found?.none)
  mark(palette)
}

function section(palette, { title, rows }) {
  const group = document.createElement("div")
  group.setAttribute("role", "group")
  group.setAttribute("aria-label", title)
  const heading = document.createElement("div")
  heading.className = "group"
  heading.setAttribute("aria-hidden", "true")
  heading.textContent = title
  group.append(heading, ...rows.map((row) => option(palette, row)))
  return group
}

function option(palette, row) {
  const place = palette.options.length
  const element = document.createElement("div")
  element.setAttribute("role", "option")
  element.id = `palette-${place}`
  const say = (kind, text, into = element) => {
    if (!text) return
    const part = document.createElement("span")
    part.className = kind
    part.textContent = text
    if (kind === "icon") part.setAttribute("aria-hidden", "true")
    into.append(part)
  }
  say("icon", row.icon)
  const text = document.createElement("span")
  text.className = "text"
  say("label", row.label, text)
  say("mark", row.mark, text)
  say("line", row.line, text)
  element.append(text)
  say("unit", row.unit)
  element.onpointerdown = (event) => event.preventDefault() // the field keeps the focus
  element.onclick = () => choose(palette, row, "enter")
  element.onpointermove = () => { if (palette.at !== place) { palette.at = place; mark(palette) } }
  palette.options.push(element)
  return element
}

function mark(palette) {
  const isSure = palette.at < palette.sure
  palette.options.forEach((element, place) => element.setAttribute("aria-selected", String(isSure && place === palette.at)))
  const current = isSure ? palette.options[palette.at] : null
  if (current) palette.input.setAttribute("aria-activedescendant", current.id)
  else palette.input.removeAttribute("aria-activedescendant")
  palette.tab.classList.toggle("off", !(isSure && palette.rows[palette.at]?.tab))
}

/* Keys: none of them reaches the page, where letters have other meanings. */

function key(palette, event) {
  event.stopPropagation()
  if (event.isComposing || event.altKey) return
  const { key: name } = event
  const last = isAnswered(palette) ? palette.rows.length - 1 : Infinity // an answer that is still to come may be longer
  if (name === "Escape") shut(palette)
  else if (event.composedPath()[0] === palette.close) return
  else if (name === "ArrowDown") move(palette, palette.at < last ? palette.at + 1 : 0)
  else if (name === "ArrowUp") move(palette, palette.at ? palette.at - 1 : Math.max(0, Math.min(last, palette.rows.length - 1)))
  else if (name === "PageDown") move(palette, Math.min(palette.at + 8, palette.rows.length - 1))
  else if (name === "PageUp") move(palette, Math.max(palette.at - 8, 0))
  else if (name === "Enter") press(palette, "enter")
  else if (name === "Tab" && !event.shiftKey && (!isAnswered(palette) || palette.rows[palette.at]?.tab)) press(palette, "tab")
  else return
  event.preventDefault()
}

function move(palette, place) {
  palette.at = Math.max(0, place)
  mark(palette)
  const current = palette.options[palette.at]
  if (palette.at === 0) palette.list.scrollTop = 0
  else current?.scrollIntoView({ block: "nearest" })
}

/* Enter before the answer waits for it, unless the marked row stays where it is. */
function press(palette, how) {
  const row = palette.rows[palette.at]
  if (row && palette.at < palette.sure) choose(palette, row, how)
  else if (!isAnswered(palette)) {
    palette.chosen = how
    clearTimeout(palette.timer)
    ask(palette)
  }
}

function choose(palette, row, how) {
  if (how === "tab" && !row.tab) return
  if (row.name === "offer") {
    shut(palette, false)
    row.element.focus({ preventScroll: true })
    row.element.click()
  } else if (row.name === "action:copy-link") {
    shut(palette)
    copy(palette)
  } else {
    shut(palette)
    palette.tell("picked", { name: row.name, how })
  }
}

async function copy(palette) {
  let isDone = true
  try {
    await navigator.clipboard.writeText(location.href)
  } catch {
    const field = document.createElement("textarea") // a page without HTTPS has no clipboard
    field.value = location.href
    field.className = "copying"
    palette.opener.after(field)
    field.select()
    isDone = document.execCommand("copy")
    field.remove()
    palette.from?.focus?.({ preventScroll: true })
  }
  palette.copied.textContent = isDone ? palette.data.words.copied : palette.data.words.not_copied
  setTimeout(() => (palette.copied.textContent = ""), 4_000)
}
