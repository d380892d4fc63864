/* Draws a Plotly figure, and says which of its points a person picks. */

const REACH = 5 // pixels that a click may move
const SETTLED = 60 // milliseconds after which Plotly knows what is under the pointer
const NARROWEST = 150
const PADDED = 6 // pixels that two rows of names share, which is their padding
const KEPT = 5_000 // milliseconds that a chart is kept after its place on the page is gone: another answer may need it

const charts = new WeakMap()
const leaving = new Map() // by key
const decoder = new TextDecoder()
let loading = null

export default function ({ data: sent, parentElement: root, setTriggerValue }) {
  const text = decoder.decode(sent)
  const data = JSON.parse(text)
  const chart = charts.get(root) ?? enter(root, data.key)
  chart.tell = (points) => setTriggerValue("picked", points)
  if (text !== chart.text) {
    chart.text = text
    show(chart, data)
  }
  return () => root.isConnected || leave(root, chart, data.key) // Streamlit also calls this for data that was replaced
}

/* A chart for this place on the page: the one with this key that has just lost its place, else a new one. */
function enter(root, key) {
  const chart = leaving.get(key) ?? begin()
  leaving.delete(key)
  clearTimeout(chart.end)
  root.append(chart.frame)
  charts.set(root, chart)
  return chart
}

function leave(root, chart, key) {
  charts.delete(root)
  hideTooltip(chart)
  leaving.set(key, chart)
  chart.end = setTimeout(() => {
    if (leaving.get(key) === chart) leaving.delete(key)
    end(chart)
  }, KEPT)
}

function begin() {
  const frame = document.createElement("div")
  const plot = document.createElement("div")
  frame.className = "samepage-chart"
  frame.dataset.testid = "chart"
  frame.setAttribute("role", "img")
  frame.append(plot)
  const chart = { frame, plot, data: null, drawn: null, text: "", picked: "", turn: Promise.resolve() }
  chart.observer = new ResizeObserver(() => resize(chart))
  chart.observer.observe(frame)
  plot.addEventListener("pointerdown", (event) => press(chart, event), true)
  return chart
}

function end(chart) {
  chart.data = null
  chart.observer.disconnect()
  if (chart.drawn) window.Plotly.purge(chart.plot)
  chart.frame.remove()
}

async function show(chart, data) {
  chart.data = data
  chart.frame.setAttribute("aria-label", data.alt)
  chart.frame.style.height = `${data.height}px`
  try {
    await (loading ??= import(new URL(data.plotly, document.baseURI).href))
    document.fonts.status === "loading" && (await document.fonts.ready)
  } catch {
    loading = null
    chart.text = "" // the next run tries again
    if (chart.data === data && !chart.drawn) chart.plot.textContent = data.unloaded
    return
  }
  draw(chart)
}

/* The newest figure, one drawing after another; without a width, the observer comes back to it. */
function draw(chart) {
  queue(chart, async () => {
    const { data, frame, plot } = chart
    if (!data || data === chart.drawn || !frame.isConnected || !frame.clientWidth) return
    if (!chart.drawn) plot.textContent = ""
    const isFirst = !chart.drawn
    chart.drawn = data
    chart.picked = ""
    hideTooltip(chart)
    chart.templates = takeTemplates(data.figure.data)
    const { data: traces, layout } = data.figure
    if (!data.hasOwnColours) dress(layout, getComputedStyle(frame))
    layout.width = Math.max(frame.clientWidth, NARROWEST)
    layout.height = data.height
    layout.dragmode = data.picking === "box" ? "select" : false
    layout.clickmode = data.picking === "box" ? "event" : "none"
    layout.selections = []
    try {
      await window.Plotly.react(plot, traces, layout, data.config)
    } catch (error) {
      window.Plotly.purge(plot) // the answer before must not stay under this one's title
      plot.textContent = data.unloaded
      chart.drawn = null
      chart.data = null
      chart.text = ""
      throw error
    }
    if (!isFirst) return
    plot.on("plotly_selected", (event) => event && chart.tell(event.points.map(said)))
    plot.on("plotly_deselect", () => chart.tell([]))
    plot.on("plotly_afterplot", () => thinNames(chart))
    thinNames(chart)
    plot.on("plotly_hover", (event) => showTooltip(chart, event))
    plot.on("plotly_unhover", () => leaveTooltip(chart))
  })
}

/* One thing after another; what fails holds up nothing that comes later. */
function queue(chart, work) {
  chart.turn = chart.turn.then(work).catch((error) => console.error(error))
}

/* The page's own font and background, below what the figure says itself. */
function dress(layout, style) {
  const page = style.getPropertyValue("--st-background-color")
  const font = { family: style.fontFamily, color: style.getPropertyValue("--st-text-color"), size: 12 }
  const under = ((layout.template ??= {}).layout ??= {})
  Object.assign(under, { font, paper_bgcolor: page, plot_bgcolor: page })
  under.hoverlabel = { ...under.hoverlabel, font }
  for (const axis of ["xaxis", "yaxis"]) under[axis] = { ...under[axis], automargin: true }
}

/* Hides names above a chart that would touch the one before, as they can in a narrow one; their marks stay. */
function thinNames(chart) {
  const shown = []
  chart.plot.layout.annotations?.forEach(({ hovertext }, place) => {
    const name = hovertext && chart.plot.querySelector(`.annotation[data-index="${place}"]`)
    if (!name) return
    const box = name.getBoundingClientRect()
    const isFree = shown.every((other) => other.bottom <= box.top + PADDED || box.bottom <= other.top + PADDED || other.right < box.left || box.right < other.left)
    name.style.visibility = isFree ? "" : "hidden"
    if (isFree) shown.push(box)
  })
}

function resize(chart) {
  const { data, drawn, frame, plot } = chart
  if (data !== drawn) return draw(chart)
  if (!drawn) return
  const width = Math.max(frame.clientWidth, NARROWEST)
  if (!frame.clientWidth || Math.abs(plot._fullLayout.width - width) < 1) return
  queue(chart, () => chart.drawn === drawn && window.Plotly.relayout(plot, { width }))
}

/* A click is ours: Plotly's own goes by what it found when the pointer last moved, which a new figure makes it forget. */
function press(chart, down) {
  if (chart.drawn?.picking !== "points" || down.button !== 0 || !down.isPrimary) return
  const at = { clientX: down.clientX, clientY: down.clientY }
  const began = performance.now()
  look(chart, at, down.target)
  const release = async (up) => {
    for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, release, true)
    if (up.type !== "pointerup" || Math.hypot(up.clientX - at.clientX, up.clientY - at.clientY) > REACH) return
    await new Promise((done) => setTimeout(done, Math.max(0, began + SETTLED - performance.now())))
    await chart.turn
    if (!chart.plot._hoverdata?.length) {
      look(chart, at, document.elementFromPoint(at.clientX, at.clientY))
      await new Promise((done) => setTimeout(done, SETTLED))
    }
    if (chart.plot._hoverdata?.length) pick(chart, chart.plot._hoverdata[0])
  }
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, release, true)
}

/* Has Plotly find what is at a place. */
function look(chart, at, target) {
  const pane = target?.closest?.(".nsewdrag")
  if (pane && chart.plot.contains(pane)) window.Plotly.Fx.hover(chart.plot, { ...at, target: pane }, pane.dataset.subplot)
}

/* Marks one point and tells of it; a second click takes that back. */
function pick(chart, point) {
  const name = `${point.curveNumber}/${point.pointNumber}`
  const isOff = name === chart.picked
  chart.picked = isOff ? "" : name
  chart.tell(isOff ? [] : [said(point)])
  const marks = chart.plot.data.map((_, place) => (isOff ? null : place === point.curveNumber ? [point.pointNumber] : []))
  queue(chart, () => window.Plotly.restyle(chart.plot, { selectedpoints: marks }))
}

/* Of a point's data, Python gets the first: its row. */
const said = ({ customdata, curveNumber }) => ({ customdata: [customdata].flat(2)[0] ?? null, curve_number: curveNumber })
