/* Runs on every page, before Streamlit. */

// Leaves a click for a new tab or window to the browser: Streamlit's links take every click for themselves.
addEventListener("click", event => {
  const isForNewTab = event.ctrlKey || event.metaKey || event.shiftKey
  if (isForNewTab && event.target.closest?.("a[href]")) event.stopPropagation()
}, true)

// Keeps Ctrl+K, and what is typed after it, until the search is loaded (pages/widgets/palette.js), for ten seconds at most.
const early = { text: null, since: 0, isLoaded: false }
window.samepageEarly = early
early.take = () => {
  const { text } = early
  early.text = null
  return text
}
addEventListener("keydown", event => {
  if (early.isLoaded || event.altKey) return
  const isIt = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k"
  if (isIt) Object.assign(early, { text: "", since: performance.now() })
  else if (early.text === null || event.ctrlKey || event.metaKey) return
  else if (event.key === "Escape" || performance.now() - early.since > 10_000) return early.take()
  else if (event.key === "Backspace") early.text = early.text.slice(0, -1)
  else if (event.key.length === 1) early.text += event.key
  else return
  event.preventDefault()
  event.stopPropagation()
}, true)

// Scrolls to a tile of a board from the list of its trust: Streamlit's elements have classes instead of IDs.
addEventListener("click", event => {
  const href = event.target.closest?.('a[href^="#tile-"]')?.getAttribute("href")
  const tile = href && document.getElementsByClassName(`st-key-${href.slice(1).replace(/[^a-zA-Z0-9_-]/g, "-")}`)[0]
  if (!tile) return
  event.preventDefault()
  document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))
  tile.scrollIntoView({ block: "center" })
})

// Says on the root element what the page shows, for style.css. With `.stApp:has(…) …` instead, every change to the page
// makes the browser look at the style of every element again: a chart that measures its labels paid for that twelve times.
const PARTS = ["running", "trust", "viewing", "unfold-first", "unfold-shut", "unfold-open", "board-presenting", "board-about"]
const SOUGHT = PARTS.map(part => `.st-key-${part}`).join()
const AWAY = '.stApp:is([data-test-connection-state="PINGING_SERVER"], [data-test-connection-state="CONNECTING"])'
const root = document.documentElement
const say = () => {
  const found = [...document.querySelectorAll(SOUGHT)].map(element => PARTS.find(part => element.matches(`.st-key-${part}`)))
  if (document.querySelector(AWAY) && document.querySelector('[data-testid="stDialog"]')) found.push("away")
  const shows = [...new Set(found)].sort().join(" ")
  if (root.dataset.shows !== shows) root.dataset.shows = shows
}

// Says on a table on which sides it continues, for the shadows in lists.css.
const shade = box => {
  const end = box.scrollWidth - box.clientWidth
  const sides = [box.scrollLeft >= 1 && "left", end - box.scrollLeft >= 1 && "right"].filter(Boolean).join(" ")
  if (!sides) delete box.parentElement.dataset.continues
  else if (box.parentElement.dataset.continues !== sides) box.parentElement.dataset.continues = sides
}
addEventListener("scroll", ({ target }) => {
  if (target.matches?.(".stTable > div")) shade(target)
}, { capture: true, passive: true })

// Lets the keyboard scroll a table that is wider than the screen.
const scrolled = new ResizeObserver(entries => {
  for (const { target } of entries) {
    const box = target.closest(".stTable > div")
    if (!box) continue
    shade(box)
    const name = box.querySelector("table")?.getAttribute("aria-label")
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0
      box.setAttribute("role", "group")
      if (name) box.setAttribute("aria-label", name)
    } else for (const attribute of ["tabindex", "role", "aria-label"]) box.removeAttribute(attribute)
  }
})
const sized = new WeakSet()
const size = () => {
  for (const part of document.querySelectorAll(".stTable > div, .stTable table")) {
    if (sized.has(part)) continue
    sized.add(part)
    scrolled.observe(part)
  }
}
const watched = { subtree: true, childList: true, attributeFilter: ["class", "data-test-connection-state"] }
const look = () => {
  say()
  size()
}
look()
new MutationObserver(look).observe(document.body, watched)
