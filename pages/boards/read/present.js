/* A board on a wall display: asks for the next tab and for newer data when it's time, pauses while someone uses it, and comes back
   after the server was away. */

const PAUSE = 30_000 // milliseconds without rotation after someone used a key or the pointer
const IDLE = 4_000 // after which the controls and the pointer are hidden
const LOST = 180_000 // without an answer, after which the page is loaded again
const KEYS = { ArrowRight: "next", PageDown: "next", ArrowLeft: "previous", PageUp: "previous" }

const walls = new Map() // by root

export default function ({ parentElement: root, data, setTriggerValue }) {
  const wall = walls.get(root) ?? begin(root)
  wall.data = data
  wall.tell = (go) => setTriggerValue("due", { go })
  wall.heard = Date.now() // the server has just answered
  return () => root.isConnected || end(root, wall)
}

function begin(root) {
  const now = Date.now()
  const wall = { root, said: root.querySelector(".said"), touched: 0, turned: now, asked: now, heard: now, looked: now, isFull: false }
  walls.set(root, wall)
  wall.timer = setInterval(() => tick(wall), 500)
  wall.touch = (event) => touch(wall, event)
  for (const name of ["pointermove", "pointerdown", "keydown", "wheel"]) addEventListener(name, wall.touch, true)
  wall.left = () => wall.isFull && !document.fullscreenElement && wall.tell("leave")
  document.addEventListener("fullscreenchange", wall.left)
  if (navigator.userActivation?.isActive) {
    document.documentElement.requestFullscreen?.().then(() => (wall.isFull = true), () => {}) // browsers can refuse
  }
  wall.seen = () => keepAwake(wall) // the browser lets the screen turn off while the page is hidden
  document.addEventListener("visibilitychange", wall.seen)
  keepAwake(wall)
  return wall
}

function end(root, wall) {
  walls.delete(root)
  clearInterval(wall.timer)
  for (const name of ["pointermove", "pointerdown", "keydown", "wheel"]) removeEventListener(name, wall.touch, true)
  document.removeEventListener("fullscreenchange", wall.left)
  document.removeEventListener("visibilitychange", wall.seen)
  wall.awake?.release()
  delete document.documentElement.dataset.wall
  if (wall.isFull && document.fullscreenElement) document.exitFullscreen()
}

/* Keeps the screen on while the board is presented. If the browser refuses, the screen turns off as usual. */
async function keepAwake(wall) {
  if (document.visibilityState !== "visible") return
  const awake = await navigator.wakeLock?.request("screen").catch(() => null)
  if (!walls.has(wall.root)) awake?.release()
  else if (awake) wall.awake = awake
}

function touch(wall, event) {
  if (event.type === "pointermove" && !event.movementX && !event.movementY) return // the page moved, not the pointer
  wall.touched = Date.now()
  tick(wall)
  const go = event.type === "keydown" && KEYS[event.key]
  if (go) ask(wall, go)
}

function tick(wall) {
  const now = Date.now()
  const { turns, refresh, paused } = wall.data
  const isPaused = now - wall.touched < PAUSE
  document.documentElement.dataset.wall = now - wall.touched < IDLE ? "used" : "idle"
  const said = isPaused && turns ? paused : ""
  if (wall.said.textContent !== said) wall.said.textContent = said
  if (turns && !isPaused && now - wall.turned >= 1_000 * turns) ask(wall, "next")
  else if (now - wall.asked >= 1_000 * refresh) ask(wall, "refresh")
  if (now - Math.max(wall.heard, wall.looked) >= LOST) comeBack(wall, now)
}

function ask(wall, go) {
  wall.asked = Date.now()
  if (go !== "refresh") wall.turned = wall.asked
  wall.tell(go)
}

/* Streamlit connects again by itself. Where it doesn't, the page is loaded again once the server answers. */
async function comeBack(wall, now) {
  wall.looked = now
  try {
    if ((await fetch(location.href, { cache: "no-store" })).ok) location.reload()
  } catch {
    wall.looked = now - LOST + 15_000 // not there yet
  }
}
