/* A menu at the pointer for what is selected in a chart or a table. What is in it is the server's; this places it, moves the
   focus, and says what is chosen. */

const GAP = 8 // pixels from the pointer, and from the window's edges
const DRIFT = 40 // pixels that the page may scroll below an open menu
const NUMBER = '[class*="st-key-number-menu-"] button'
const PLACES = `.samepage-chart, [data-testid="stDataFrame"], ${NUMBER}`
const GRID = '[data-testid="stDataFrame"]'
const PHONE = matchMedia("(max-width: 640px)")
const NO_HOVER = matchMedia("(hover: none)")

const menus = new Map() // by root
const decoder = new TextDecoder()
let gesture = null // where a chart or a table was pressed last; nothing once something else was

export default function ({ parentElement: root, data: sent, setTriggerValue }) {
  const menu = menus.get(root) ?? begin(root)
  menu.tell = (item) => setTriggerValue("chosen", { menu: menu.data.id, item })
  const before = menu.data
  menu.data = JSON.parse(decoder.decode(sent))
  write(menu)
  mark(menu, before)
  follow(menu, before)
  return () => root.isConnected || end(root, menu) // Streamlit also calls this for data that was replaced
}

function begin(root) {
  const part = (name) => root.querySelector(`.${name}`)
  const menu = {
    line: part("line"), data: null, isOpen: false, page: "", anchor: null, back: null, from: null, scrolled: 0,
    words: part("words"), actions: part("actions"), clear: part("clear"), said: part("said"),
    layer: part("layer"), sheet: part("sheet"), returns: part("back"), title: part("what"), value: part("value"),
    close: part("close"), items: part("items"), note: part("note"),
  }
  menus.set(root, menu)
  menu.actions.onclick = () => press(menu)
  menu.clear.onclick = () => menu.tell("clear")
  menu.returns.onclick = () => goBack(menu)
  menu.close.onclick = () => shut(menu)
  menu.layer.addEventListener("keydown", (event) => key(menu, event))
  menu.layer.addEventListener("pointerdown", (event) => event.target === menu.layer && shut(menu))
  listen(true)
  return menu
}

function end(root, menu) {
  shut(menu)
  menus.delete(root)
  if (!menus.size) listen(false)
}

/* Where people press */

function listen(isOn) {
  const change = isOn ? addEventListener : removeEventListener
  change("pointerdown", down, true)
  change("pointerup", up, true)
  change("keydown", keys, true)
  change("scroll", drift, true)
  change("resize", replace)
}

function down(event) {
  const place = event.target.closest?.(PLACES)
  gesture = place && event.isPrimary ? { place, x: event.clientX, y: event.clientY } : null
  for (const menu of menus.values()) {
    if (menu.isOpen && !event.composedPath().includes(menu.layer)) shut(menu, false)
  }
}

function up(event) {
  if (gesture && event.isPrimary) Object.assign(gesture, { x: event.clientX, y: event.clientY })
}

/* A table's own keys: Enter opens the menu of the selected cell, which arrows alone don't. */
function keys(event) {
  const number = event.target.closest?.(NUMBER)
  if (number && (event.key === "Enter" || event.key === " ")) gesture = { place: number, ...corner(number) }
  const grid = event.target.closest?.(GRID)
  if (!grid || grid.closest('[role="dialog"]')) return // a dialog has tables of its own
  const menu = [...menus.values()].find(({ data }) => data.line && isWithin(grid, data))
  if (event.key === "Enter" && menu && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault()
    event.stopPropagation()
    open(menu, corner(menu.data.within ? grid : menu.actions), grid)
  } else gesture = null
}

/* Whether a menu is for what was pressed: some are for one part of the page. */
const isWithin = (element, { within }) => !within || element.closest(`.st-key-${CSS.escape(within)}`) !== null

function drift(event) {
  if (event.target !== document && !event.target.matches?.('[data-testid="stMain"]')) return
  for (const menu of menus.values()) if (menu.isOpen && Math.abs(scrolled() - menu.scrolled) > DRIFT) shut(menu)
}

const scrolled = () => document.querySelector('[data-testid="stMain"]')?.scrollTop ?? scrollY

function replace() {
  for (const menu of menus.values()) if (menu.isOpen) place(menu)
}

/* The line */

function write(menu) {
  const { data, words, actions, clear } = menu
  menu.line.hidden = data.within !== ""
  const isSelected = data.line !== ""
  words.className = isSelected ? "words selected" : "words hint"
  const text = isSelected ? data.line : NO_HOVER.matches ? data.touch_hint : data.hint
  if (words.textContent !== text) words.textContent = text // the same again would be read out again
  words.title = isSelected ? text : ""
  actions.textContent = isSelected ? data.words.actions : data.listing
  actions.classList.toggle("listing", !isSelected)
  actions.hidden = !isSelected && !data.listing
  clear.hidden = !isSelected
  clear.textContent = "\u00d7"
  for (const [button, name] of [[clear, "clear"], [menu.returns, "back"], [menu.close, "close"]]) {
    button.setAttribute("aria-label", data.words[name])
    button.title = data.words[name]
  }
  menu.returns.textContent = "\u2039"
  menu.close.textContent = "\u00d7"
}

function press(menu) {
  if (menu.isOpen) return shut(menu)
  menu.said.textContent = ""
  if (menu.data.line) return open(menu, corner(menu.actions), menu.actions)
  menu.anchor = { ...corner(menu.actions), from: menu.actions }
  menu.tell("list")
}

/* The bottom left corner of an element, from which a menu hangs; or stands on its top. */
function corner(element) {
  const { left, top, bottom } = element.getBoundingClientRect()
  return { x: left - GAP, y: bottom - GAP / 2, top: top + GAP / 2 }
}

/* The chart marks what is selected, however it came to be. */
function mark(menu, before) {
  const { chart, rows, within } = menu.data
  if (within || !chart || (before?.chart === chart && String(before.rows) === String(rows))) return
  dispatchEvent(new CustomEvent("samepage-marks", { detail: { chart, rows } }))
}

/* Opening, and what is in it */

/* What the server has sent: a new selection, more items, or none any longer. */
function follow(menu, before) {
  const { data } = menu
  if ((before || data.within) && data.id && data.id !== before?.id) {
    if (gesture && !isWithin(gesture.place, data)) return
    const at = menu.anchor ?? (gesture && { ...gesture, from: gesture.place })
    menu.anchor = gesture = null
    menu.said.textContent = ""
    if (at) return open(menu, at, at.from)
  }
  if (!menu.isOpen) return
  if (before && data.id !== before.id) return shut(menu, true, before)
  if (menu.page && data.further?.name === menu.page && before?.further?.name !== menu.page) fill(menu)
}

function open(menu, at, from) {
  if (!menu.data.items.length) return
  menu.at = { x: at.x, y: at.y, top: at.top ?? at.y }
  delete menu.from?.dataset?.menu
  menu.from = from
  menu.page = ""
  menu.scrolled = scrolled()
  menu.isOpen = true
  hideTooltip(from)
  if (!menu.layer.matches(":popover-open")) menu.layer.showPopover()
  menu.actions.setAttribute("aria-expanded", "true")
  fill(menu)
}

/* Closes it. The focus goes back to where it came from, unless somebody has just pressed elsewhere. */
function shut(menu, returns = true, { chart, within } = menu.data, stays = false) {
  if (!menu.isOpen) return
  if (within && chart && !stays) dispatchEvent(new CustomEvent("samepage-marks", { detail: { chart, rows: null } }))
  menu.isOpen = false
  delete menu.from?.dataset?.menu
  menu.page = ""
  menu.layer.hidePopover()
  menu.actions.setAttribute("aria-expanded", "false")
  if (!returns) return
  const canvas = menu.from?.matches(GRID) ? menu.from.querySelector("canvas[tabindex]") : menu.from
  const target = canvas?.isConnected ? canvas : menu.actions
  target.focus({ preventScroll: true })
}

/* The numbers under the pointer are in the menu's title: beside it they would be in the way. */
function hideTooltip(from) {
  const plot = from?.matches?.(".samepage-chart") && from.querySelector(".js-plotly-plot")
  if (!plot) return
  from.dataset.menu = "open" // no tooltip until it is shut, also for what Plotly finds under the pointer only now
  window.Plotly?.Fx.unhover(plot)
  plot.emit?.("plotly_unhover") // Plotly sends no event if redrawing the marks lost the hovered point
}

function fill(menu) {
  const { data, page, items } = menu
  const isWaiting = page && data.further?.name !== page
  const shown = page ? (isWaiting ? [] : data.further.items) : data.items
  menu.returns.hidden = !page
  menu.title.textContent = page ? data.items.find(({ name }) => name === page)?.label : data.title
  menu.value.textContent = page ? data.title : data.value
  menu.note.textContent = isWaiting ? data.words.loading : page ? data.further.note : data.note
  items.setAttribute("aria-busy", String(Boolean(isWaiting)))
  items.replaceChildren(...shown.map((item) => entry(menu, item)))
  items.scrollTop = 0
  place(menu)
  ;(items.firstElementChild ?? items).focus({ preventScroll: true })
}

function entry(menu, item) {
  const button = document.createElement("button")
  button.type = "button"
  button.tabIndex = -1
  button.setAttribute("role", "menuitem")
  const say = (tag, kind, text) => {
    const part = document.createElement(tag)
    part.className = kind
    part.textContent = text
    if (kind === "letter" || kind === "more") part.setAttribute("aria-hidden", "true")
    button.append(part)
  }
  say("span", "label", item.label)
  if (item.value) say("span", "amount", item.value)
  if (item.opens) {
    say("span", "more", "\u203a")
    button.setAttribute("aria-haspopup", "menu")
  }
  if (item.letter) {
    say("kbd", "letter", item.letter)
    button.setAttribute("aria-keyshortcuts", item.letter)
  }
  button.onclick = () => choose(menu, item)
  button.onpointermove = (event) => event.pointerType === "mouse" && button.focus({ preventScroll: true })
  return button
}

/* Eight pixels below and beside the pointer, or before it where there's no room; the sheet of a phone places itself. */
function place(menu) {
  const { layer, at } = menu
  layer.style.left = layer.style.top = ""
  if (PHONE.matches) return
  const { offsetWidth: width, offsetHeight: height } = menu.sheet
  const fit = (from, before, size, room) => {
    const after = from + GAP
    const start = after + size + GAP <= room || before - GAP - size < GAP ? after : before - GAP - size
    return Math.max(GAP, Math.min(start, room - size - GAP))
  }
  layer.style.left = `${fit(at.x, at.x, width, innerWidth)}px`
  layer.style.top = `${fit(at.y, at.top, height, innerHeight)}px`
}

/* Choosing */

function choose(menu, item) {
  if (item.opens) {
    menu.page = item.name
    fill(menu)
    if (menu.data.further?.name !== item.name) menu.tell(item.name)
    return
  }
  const { at, from } = menu
  shut(menu, true, menu.data, item.stays)
  if (item.copies) copy(menu, item.copies)
  else {
    if (!menu.data.line) menu.anchor = { ...at, from } // an item of the list is selected, and its own menu opens here
    menu.tell(item.name)
  }
}

function goBack(menu) {
  const { page } = menu
  menu.page = ""
  fill(menu)
  const place = menu.data.items.findIndex(({ name }) => name === page)
  menu.items.children[place]?.focus({ preventScroll: true })
}

async function copy(menu, text) {
  let isDone = false
  try {
    await navigator.clipboard.writeText(text)
    isDone = true
  } catch {
    isDone = copyOldWay(menu, text) // a page without HTTPS has no clipboard
  }
  menu.said.textContent = isDone ? menu.data.words.copied : menu.data.words.not_copied
}

function copyOldWay(menu, text) {
  const field = document.createElement("textarea")
  field.value = text
  field.style.position = "fixed"
  field.style.opacity = "0"
  document.body.append(field)
  field.select()
  const isDone = document.execCommand("copy")
  field.remove()
  menu.from?.focus?.({ preventScroll: true })
  return isDone
}

/* Keys in the menu; none of them reaches the page, where letters have other meanings. */
function key(menu, event) {
  event.stopPropagation()
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const every = [...menu.items.children]
  const here = every.indexOf(menu.items.getRootNode().activeElement)
  const go = (place) => every.at(place)?.focus()
  const { key: name } = event
  if (name === "ArrowDown") go((here + 1) % every.length)
  else if (name === "ArrowUp") go(here < 0 ? -1 : here - 1)
  else if (name === "Home") go(0)
  else if (name === "End") go(-1)
  else if (name === "Escape") menu.page ? goBack(menu) : shut(menu)
  else if (name === "Tab") shut(menu)
  else if (name === "ArrowLeft" && menu.page) goBack(menu)
  else if (name === "ArrowRight" && every[here]?.hasAttribute("aria-haspopup")) every[here].click()
  else if (/^\p{L}$/u.test(name)) press_letter(menu, name.toLowerCase(), every, here)
  else return
  event.preventDefault()
}

/* An action's own letter chooses it; in a list of names a letter goes to the next that begins with it. */
function press_letter(menu, letter, every, here) {
  const own = every.find((button) => button.getAttribute("aria-keyshortcuts")?.toLowerCase() === letter)
  if (own) return own.click()
  const order = [...every.slice(here + 1), ...every.slice(0, here + 1)]
  order.find((button) => button.textContent.trim().toLowerCase().startsWith(letter))?.focus()
}
