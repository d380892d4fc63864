/* Handles on a board's real tiles. Only outlines move; the server hears where a tile was dropped, and checks it. */

const MAIN = '[data-testid="stMain"]'
const OWN = 'button, a, input, textarea, select, summary, [role="button"], [role="dialog"], [contenteditable]'
const DRIFT = 5 // pixels that a click may move
const HOLD = 350 // milliseconds that a finger rests on a handle before it lifts the tile
const EDGE = 70 // pixels from the window's edge within which the page scrolls
const PHONE = matchMedia("(max-width: 640px)")
const STILL = matchMedia("(prefers-reduced-motion: reduce)")

const boards = new Map() // by root
const decoder = new TextDecoder()

export default function ({ parentElement: root, data, setTriggerValue }) {
  const board = boards.get(root) ?? begin(root)
  board.tell = (drop) => setTriggerValue("dropped", { drawn: board.data.drawn, ...drop })
  const before = board.data
  board.data = JSON.parse(decoder.decode(data))
  if (board.lifted && before?.drawn !== board.data.drawn) lower(board)
  draw(board)
  select(board, board.data.selected, before === null)
  return () => root.isConnected || end(root, board) // Streamlit also calls this for data that was replaced
}

function begin(root) {
  const part = (name) => root.querySelector(`.${name}`)
  const board = {
    data: null, tiles: [], lifted: null, pressed: null, selected: "", awaited: "", focus: "", pressedButton: "",
    leave: null, followed: null, frame: 0, controls: new Map(), watched: new WeakSet(),
    root, base: part("arranger"), layer: part("layer"),
    ring: part("ring"), ghost: part("ghost"), line: part("line"), tip: part("tip"), said: part("said"),
  }
  boards.set(root, board)
  const place = () => (board.frame ||= requestAnimationFrame(() => ((board.frame = 0), put(board))))
  board.place = place
  board.sizes = new ResizeObserver(place)
  board.changes = new MutationObserver(place)
  const scope = document.querySelector('[class*="st-key-compose-tiles-"]') ?? document.querySelector(MAIN)
  board.sizes.observe(scope)
  board.changes.observe(scope, { childList: true, subtree: true, characterData: true })
  board.events = [
    ["resize", place], ["samepage-tile-selected", ({ detail }) => select(board, detail)],
    ["pointerdown", (event) => press(board, event), true], ["pointerup", (event) => release(board, event), true],
  ]
  for (const [name, hear, early] of board.events) addEventListener(name, hear, early)
  return board
}

function end(root, board) {
  for (const [name, hear, early] of board.events) removeEventListener(name, hear, early)
  board.leave?.()
  lower(board)
  board.sizes.disconnect()
  board.changes.disconnect()
  cancelAnimationFrame(board.frame)
  boards.delete(root)
}

/* Handles and grips */

function draw(board) {
  const { rows } = board.data
  board.tiles = rows.flatMap((row, at) => row.tiles.map((tile, place) => ({ ...tile, row: at, place, of: row.tiles.length })))
  const names = new Set(board.tiles.map(({ name }) => name))
  for (const [name, control] of board.controls) {
    if (names.has(name)) continue
    if (control.contains(board.followed)) board.leave() // a removed element hears nothing of the pointer
    control.remove()
    board.controls.delete(name)
  }
  const focused = board.root.getRootNode().activeElement?.closest?.(".controls")?.dataset.name
  for (const tile of board.tiles) {
    const control = board.controls.get(tile.name) ?? made(board, tile.name)
    control.querySelector(".grip").hidden = tile.place === tile.of - 1
    control.querySelector(".up").disabled = !tile.row && !tile.place && tile.of === 1
    control.querySelector(".down").disabled = tile.row === rows.length - 1 && tile.of === 1
  }
  const order = board.tiles.map(({ name }) => board.controls.get(name)) // reading order, for Tab
  if (order.some((control, at) => board.layer.children[at] !== control)) board.layer.append(...order)
  board.focus ||= focused ?? ""
  if (!names.has(board.focus)) board.focus = ""
  put(board)
}

/* Gives the focus back to the tile that had it, once the tile is drawn, unless something else has it by then. */
function giveBack(board) {
  const control = board.controls.get(board.focus)
  const active = board.root.getRootNode().activeElement ?? document.activeElement
  const isElsewhere = active?.matches("body *") && !active.closest(".controls")
  const wanted = [...control.querySelectorAll("button")].find((button) => button.className === board.pressedButton)
  const button = wanted && !wanted.disabled && wanted.offsetParent ? wanted : first(control)
  if (!isElsewhere) button?.focus({ preventScroll: true })
  if (isElsewhere || button) board.focus = ""
}

const first = (control) => [...control.querySelectorAll("button")].find((button) => !button.disabled && button.offsetParent)

function made(board, name) {
  const control = document.createElement("div")
  control.className = "controls"
  control.dataset.name = name
  const add = (kind, text, tag = "button") => {
    const element = document.createElement(tag)
    element.className = kind
    element.textContent = text
    if (tag === "button") element.type = "button"
    control.append(element)
    return element
  }
  const handle = add("handle", "")
  handle.setAttribute("aria-describedby", "keys")
  handle.onpointerdown = (event) => grab(board, name, event)
  handle.onkeydown = (event) => key(board, name, event)
  handle.onblur = () => board.lifted?.by === "keys" && lower(board)
  handle.oncontextmenu = (event) => event.preventDefault() // a long press lifts
  for (const [kind, sign] of [["up", "\u2191"], ["down", "\u2193"]]) {
    add(kind, sign).onclick = () => {
      board.focus = name
      board.pressedButton = kind
      board.tell({ tile: name, step: kind })
    }
  }
  const grip = add("grip", "", "div")
  grip.onpointerdown = (event) => stretch(board, name, event)
  board.controls.set(name, control)
  return control
}

const known = (board, name) => board.tiles.find((tile) => tile.name === name)
const element = (name) => document.querySelector(`.${CSS.escape(`st-key-tile-${name}`.replace(/[^a-zA-Z0-9_-]/g, "-"))}`)
const box = (name) => element(name)?.getBoundingClientRect()

/* What a tile is called: its own title as this reader sees it. */
function label(board, tile) {
  const node = element(tile.name)
  const title = node?.querySelector('[class*="st-key-head-"] strong') ?? node?.querySelector(".stMarkdown p")
  const words = title?.innerText.replaceAll("\u2060", "").trim()
  return words ? words.slice(0, 80) : `Tile in row ${tile.row + 1}, position ${tile.place + 1}`
}

/* Puts everything where its tile is. Positions are relative to the layer, so nothing needs to follow a scroll. */
function put(board) {
  if (!board.root.isConnected) return
  const { left, top } = board.base.getBoundingClientRect()
  for (const tile of board.tiles) {
    const control = board.controls.get(tile.name)
    const node = element(tile.name)
    if (!node && control.contains(board.root.getRootNode().activeElement)) board.focus ||= tile.name
    control.hidden = !node
    if (!node) continue
    if (!board.watched.has(node)) (board.watched.add(node), board.sizes.observe(node)) // again would report it again
    const here = node.getBoundingClientRect()
    const isFramed = parseFloat(getComputedStyle(node).paddingLeft) > 4
    control.classList.toggle("bare", !isFramed)
    Object.assign(control.style, { left: `${here.left - left}px`, top: `${here.top - top}px` })
    Object.assign(control.style, { width: `${here.width}px`, height: `${here.height}px` })
    const name = label(board, tile)
    const say = (kind, words) => {
      const button = control.querySelector(`.${kind}`)
      if (button.getAttribute("aria-label") !== words) button.setAttribute("aria-label", words)
      button.title = kind === "handle" ? "Drag to move. Click to edit." : words
    }
    say("handle", `Move ${name}`)
    say("up", `Move ${name} up`)
    say("down", `Move ${name} down`)
  }
  ring(board)
  if (board.focus) giveBack(board)
  if (board.awaited && element(board.awaited)) reveal(board, board.awaited)
  if (board.lifted) show(board)
}

function ring(board) {
  frame(board, board.ring, board.selected && known(board, board.selected) ? box(board.selected) : null)
}

function frame(board, part, rect) {
  part.hidden = !rect
  if (!rect) return
  const { left, top } = board.base.getBoundingClientRect()
  const style = { left: rect.left - left, top: rect.top - top, width: rect.width, height: rect.height }
  for (const [name, pixels] of Object.entries(style)) part.style[name] = `${pixels}px`
}

/* Selecting */

function press(board, event) {
  const name = event.button === 0 && nameAt(board, event)
  board.pressed = name ? { name, x: event.clientX, y: event.clientY } : null
}

function release(board, event) {
  const { pressed } = board
  board.pressed = null
  if (!pressed || Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > DRIFT) return
  choose(board, pressed.name)
}

function nameAt(board, event) {
  const target = event.composedPath()[0]
  if (!target.closest || target.closest(OWN) || board.root.contains(target)) return ""
  return board.tiles.find(({ name }) => element(name)?.contains(target))?.name ?? ""
}

function choose(board, name) {
  board.selected = name
  ring(board)
  reveal(board, name)
  dispatchEvent(new CustomEvent("samepage-tile-select", { detail: name }))
}

function select(board, name, isFirst = false) {
  const isOther = name !== board.selected
  board.selected = name
  ring(board)
  if (isOther && !isFirst && name) reveal(board, name)
}

/* Brings a tile into view, once it's there; on a phone its fields, which are above the board. */
function reveal(board, name) {
  const node = PHONE.matches ? document.querySelector(".st-key-compose-panel") : element(name)
  board.awaited = node ? "" : name
  node?.scrollIntoView({ block: PHONE.matches ? "start" : "nearest", behavior: STILL.matches ? "auto" : "smooth" })
}

/* By pointer */

function grab(board, name, event) {
  if (event.button !== 0) return
  const handle = event.currentTarget
  const start = { x: event.clientX, y: event.clientY }
  let isHeld = event.pointerType === "mouse"
  const rest = isHeld ? 0 : setTimeout(() => ((isHeld = true), lift(board, name, "pointer", start)), HOLD)
  follow(board, event, handle, {
    move: (at) => {
      const isFar = Math.hypot(at.x - start.x, at.y - start.y) > DRIFT
      if (!isHeld) return isFar && clearTimeout(rest)
      if (!board.lifted && isFar) lift(board, name, "pointer", at)
      if (board.lifted) aim(board, at)
    },
    end: (isDropped, at) => {
      clearTimeout(rest)
      const { lifted } = board
      const isClick = isDropped && Math.hypot(at.x - start.x, at.y - start.y) <= DRIFT
      lower(board)
      if (lifted && isDropped && lifted.target) drop(board, lifted)
      else if (isClick) choose(board, name)
    },
  })
}

function stretch(board, name, event) {
  if (event.button !== 0) return
  const tile = known(board, name)
  follow(board, event, event.currentTarget, {
    move: (at) => {
      if (!board.lifted) board.lifted = { name, by: "grip", tile, width: tile.width }
      const row = rowBox(board, tile.row)
      if (!box(name)) return
      board.lifted.width = limited(board, tile, Math.round(((at.x - box(name).left) / row.width) * board.data.units))
      show(board)
    },
    end: (isDropped) => {
      const { lifted } = board
      lower(board)
      if (lifted && isDropped && lifted.width !== tile.width) board.tell({ tile: name, width: lifted.width })
    },
  })
}

/* Follows one pointer until it is up, cancelled, or Escape is pressed; the page scrolls when it nears an edge. */
function follow(board, event, target, { move, end: finish }) {
  event.preventDefault()
  event.stopPropagation()
  target.focus?.({ preventScroll: true })
  target.setPointerCapture(event.pointerId)
  let at = { x: event.clientX, y: event.clientY }
  let scrolls = 0
  const unselected = (each) => each.preventDefault() // or the page's text turns blue under the pointer
  const step = () => {
    const main = document.querySelector(MAIN)
    const by = board.lifted && board.lifted.by !== "grip" ? nearEdge(at.y) : 0
    if (by) (main.scrollBy(0, by), move(at))
    scrolls = requestAnimationFrame(step)
  }
  const moved = (each) => {
    at = { x: each.clientX, y: each.clientY }
    move(at)
  }
  const over = (isDropped) => {
    cancelAnimationFrame(scrolls)
    target.removeEventListener("pointermove", moved)
    target.removeEventListener("pointerup", up)
    target.removeEventListener("pointercancel", cancelled)
    removeEventListener("keydown", escape, true)
    removeEventListener("selectstart", unselected, true)
    board.leave = board.followed = null
    finish(isDropped, at)
  }
  const up = (each) => {
    at = { x: each.clientX, y: each.clientY }
    over(true)
  }
  const cancelled = () => over(false)
  board.leave?.() // another pointer is down
  Object.assign(board, { leave: cancelled, followed: target })
  const escape = (each) => {
    if (each.key !== "Escape") return
    each.preventDefault()
    each.stopPropagation()
    over(false)
  }
  target.addEventListener("pointermove", moved)
  target.addEventListener("pointerup", up)
  target.addEventListener("pointercancel", cancelled)
  addEventListener("keydown", escape, true)
  addEventListener("selectstart", unselected, true)
  scrolls = requestAnimationFrame(step)
}

function nearEdge(y) {
  const { top, bottom } = document.querySelector(MAIN).getBoundingClientRect()
  if (y < top + EDGE) return -Math.ceil((top + EDGE - y) / 6)
  return y > bottom - EDGE ? Math.ceil((y - bottom + EDGE) / 6) : 0
}

/* Where a tile would go */

function lift(board, name, by, at) {
  const tile = known(board, name)
  if (!tile) return // it was removed meanwhile
  board.lifted = { name, by, tile, at, target: null, width: tile.width }
  board.controls.get(name).classList.add("lifted")
  document.documentElement.classList.add("samepage-arranging")
}

function lower(board) {
  if (board.lifted) board.controls.get(board.lifted.name)?.classList.remove("lifted")
  board.lifted = null
  document.documentElement.classList.remove("samepage-arranging")
  board.ghost.hidden = board.line.hidden = board.tip.hidden = true
}

function drop(board, { name, target }) {
  board.focus = name
  board.pressedButton = "handle"
  board.tell({ tile: name, ...target })
}

function aim(board, at) {
  board.lifted.at = at
  board.lifted.target = targetAt(board, board.lifted.tile, at)
  show(board)
}

function rowBox(board, row) {
  const boxes = board.tiles.filter((tile) => tile.row === row).map(({ name }) => box(name)).filter(Boolean)
  const left = Math.min(...boxes.map((rect) => rect.left))
  const right = Math.max(...boxes.map((rect) => rect.right))
  const top = Math.min(...boxes.map((rect) => rect.top))
  const bottom = Math.max(...boxes.map((rect) => rect.bottom))
  return { left, right, top, bottom, width: right - left, height: bottom - top, boxes }
}

const hasRoom = (board, tile, row) => row === tile.row || board.data.rows[row].tiles.length < board.data.most

function targetAt(board, tile, { x, y }) {
  const rows = board.data.rows.map((_, at) => rowBox(board, at))
  const inside = rows.findIndex(({ bottom }) => y <= bottom)
  if (inside < 0) return newRow(board, tile, rows.length)
  const { top, bottom, height, boxes } = rows[inside]
  const band = Math.min(28, height / 4)
  if (y < top + band) return newRow(board, tile, inside)
  if (y > bottom - band) return newRow(board, tile, inside + 1)
  if (!hasRoom(board, tile, inside)) return newRow(board, tile, y < (top + bottom) / 2 ? inside : inside + 1)
  const isStacked = boxes.length > 1 && boxes[1].top >= boxes[0].bottom
  const before = boxes.findIndex((rect) => (isStacked ? y < (rect.top + rect.bottom) / 2 : x < (rect.left + rect.right) / 2))
  const place = before < 0 ? boxes.length : before
  const stays = inside === tile.row && (place === tile.place || place === tile.place + 1)
  return stays ? null : { row: inside, place, new_row: false }
}

function newRow(board, tile, row) {
  const stays = tile.of === 1 && (row === tile.row || row === tile.row + 1)
  return stays ? null : { row, place: 0, new_row: true }
}

/* The outline, the line where the tile would go, and what is being done in words. */
function show(board) {
  const { by, name, at, target, width, tile } = board.lifted
  const here = box(name)
  if (!here) return
  if (by === "grip" || width !== tile.width) {
    const row = rowBox(board, tile.row)
    const wide = here.width + ((width - tile.width) * row.width) / board.data.units
    const isLast = tile.place === tile.of - 1
    frame(board, board.ghost, { left: isLast ? here.right - wide : here.left, top: here.top, width: wide, height: here.height })
    board.line.hidden = true
    return tip(board, `${width} of ${board.data.units}`, here.left + wide / 2, here.top + 8)
  }
  if (by === "pointer") {
    const size = { width: Math.min(here.width, 260), height: Math.min(here.height, 64) }
    frame(board, board.ghost, { left: at.x - 14, top: at.y - 14, ...size })
    tip(board, label(board, tile), at.x + 4, at.y)
  } else frame(board, board.ghost, here)
  frame(board, board.line, target && lineOf(board, target))
}

function tip(board, words, x, y) {
  board.tip.textContent = words
  frame(board, board.tip, { left: x, top: y })
  board.tip.style.width = board.tip.style.height = ""
}

function lineOf(board, { row, place, new_row: isNew }) {
  const rows = board.data.rows.map((_, at) => rowBox(board, at))
  if (isNew) {
    const above = rows[row - 1]
    const below = rows[row]
    const y = above && below ? (above.bottom + below.top) / 2 : above ? above.bottom + 7 : below.top - 7
    const left = Math.min(...rows.map((each) => each.left))
    return { left, top: y - 2, width: Math.max(...rows.map((each) => each.right)) - left, height: 4 }
  }
  const { boxes, top, height, left, width } = rows[row]
  const before = boxes[place - 1]
  const after = boxes[place]
  if (boxes.length > 1 && boxes[1].top >= boxes[0].bottom) {
    const y = before && after ? (before.bottom + after.top) / 2 : before ? before.bottom + 6 : after.top - 6
    return { left, top: y - 2, width, height: 4 }
  }
  const x = before && after ? (before.right + after.left) / 2 : before ? before.right + 6 : after.left - 6
  return { left: x - 2, top, width: 4, height }
}

function limited(board, tile, width) {
  const other = board.tiles.find(({ row, place }) => row === tile.row && place === tile.place + (tile.place < tile.of - 1 ? 1 : -1))
  if (!other) return tile.width
  return Math.max(board.data.least, Math.min(width, tile.width + other.width - board.data.least))
}

/* By keyboard */

function key(board, name, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const { lifted } = board
  const { key: pressed } = event
  if (pressed === "Enter" && !lifted) choose(board, name)
  else if (pressed === " " && !lifted) raise(board, name)
  else if (!lifted || lifted.by !== "keys") return
  else if (pressed === "Enter" || pressed === " ") land(board)
  else if (pressed === "Escape") {
    lower(board)
    say(board, "Cancelled. The tile stays where it was.")
  } else if (pressed.startsWith("Arrow")) event.shiftKey ? widen(board, pressed) : walk(board, pressed)
  else return
  event.preventDefault()
  event.stopPropagation()
}

const say = (board, words) => (board.said.textContent = words)

function raise(board, name) {
  lift(board, name, "keys", null)
  const { lifted } = board
  if (!lifted) return
  const { tile } = lifted
  lifted.slots = board.data.rows.flatMap((_, row) => [{ row, isNew: true }, { row, isNew: false }])
  lifted.slots.push({ row: board.data.rows.length, isNew: true })
  lifted.slots = lifted.slots.filter(({ row, isNew }) => (isNew ? newRow(board, tile, row) : hasRoom(board, tile, row)))
  lifted.slot = lifted.slots.findIndex(({ row, isNew }) => row === tile.row && !isNew)
  lifted.pos = tile.place
  show(board)
  say(board, `Lifted. ${words(board)}`)
}

/* How many tiles the row would have. */
const crowd = ({ data, lifted: { slot, slots, tile } }) => {
  const { row } = slots[slot]
  return data.rows[row].tiles.length + (row !== tile.row)
}

function words(board) {
  const { slots, slot, pos } = board.lifted
  const { row, isNew } = slots[slot]
  if (!isNew) return `Row ${row + 1}, position ${pos + 1} of ${crowd(board)}.`
  if (row === 0) return "A new row at the top."
  return row === board.data.rows.length ? "A new row at the end." : `A new row between rows ${row} and ${row + 1}.`
}

function walk(board, pressed) {
  const { lifted } = board
  lifted.width = lifted.tile.width
  if (pressed === "ArrowUp" || pressed === "ArrowDown") {
    lifted.slot = Math.max(0, Math.min(lifted.slot + (pressed === "ArrowUp" ? -1 : 1), lifted.slots.length - 1))
  }
  const slot = lifted.slots[lifted.slot]
  if (!slot.isNew) {
    const by = pressed === "ArrowLeft" ? -1 : pressed === "ArrowRight" ? 1 : 0
    lifted.pos = Math.max(0, Math.min(lifted.pos + by, crowd(board) - 1))
  }
  lifted.target = targetOf(lifted)
  show(board)
  if (!board.line.hidden) board.line.scrollIntoView({ block: "nearest" })
  say(board, words(board))
}

function targetOf({ slots, slot, pos, tile }) {
  const { row, isNew } = slots[slot]
  if (isNew) return { row, place: 0, new_row: true }
  if (row === tile.row && pos === tile.place) return null
  return { row, place: row === tile.row && pos > tile.place ? pos + 1 : pos, new_row: false }
}

function widen(board, pressed) {
  const { lifted } = board
  if (pressed !== "ArrowLeft" && pressed !== "ArrowRight") return
  if (lifted.target) return say(board, "Drop the tile before you resize it.")
  if (lifted.tile.of === 1) return say(board, "A tile alone in its row has its full width.")
  lifted.width = limited(board, lifted.tile, lifted.width + (pressed === "ArrowRight" ? 1 : -1))
  show(board)
  say(board, `Width ${lifted.width} of ${board.data.units}.`)
}

function land(board) {
  const { lifted } = board
  const { tile, target, width, name } = lifted
  const where = target ? words(board) : ""
  lower(board)
  if (target) {
    say(board, `Dropped. ${where}`)
    drop(board, { name, target })
  } else if (width !== tile.width) {
    say(board, `Width ${width} of ${board.data.units}.`)
    board.focus = name
    board.pressedButton = "handle"
    board.tell({ tile: name, width })
  } else say(board, "Dropped where it was.")
}
