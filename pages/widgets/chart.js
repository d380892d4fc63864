/* Draws a Plotly figure, and says which of its points a person picks. */

const REACH = 5 // pixels that a click may move
const SETTLED = 60 // milliseconds after which Plotly knows what is under the pointer
const NARROWEST = 150
const PADDED = 6 // pixels that two rows of names share, which is their padding
const BESIDE = 4 // pixels that a grid's number leaves free in its cell
const FADED = 0.45 // of what isn't selected
const PHONE_PLOT = 225 // pixels of a bar chart on a phone without its names
const BESIDE_NAMES = 140 // pixels that the names of bars may take
const THICKEST = 28 // pixels of a bar: a taller chart has more space between bars
const MOUSE = matchMedia("(hover: hover) and (pointer: fine)")
const PHONE = matchMedia("(max-width: 640px)")
const KEPT = 5_000 // milliseconds that a chart is kept after its place on the page is gone: another answer may need it

const charts = new WeakMap()
const leaving = new Map() // by key
const present = new Set()
const marked = new Map() // rows by key, as a menu says
const decoder = new TextDecoder()
let loading = null
let isLeaving = false // another page is about to take this one's place

addEventListener("pagehide", () => (isLeaving = true))
addEventListener("pageshow", () => (isLeaving = false))

export default function ({ data: sent, parentElement: root, setTriggerValue }) {
  const text = decoder.decode(sent)
  const data = JSON.parse(text)
  const chart = charts.get(root) ?? enter(root, data.key)
  chart.tell = (how, points) => setTriggerValue(how, { of: chart.seen, points })
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
  frame.tabIndex = -1 // the focus comes back here when a menu closes
  frame.append(plot)
  const chart = { frame, plot, data: null, drawn: null, text: "", picked: "", rows: [], shapes: [], isPressed: false, wasPressed: false, turn: Promise.resolve() }
  present.add(chart)
  chart.observer = new ResizeObserver(() => resize(chart))
  chart.observer.observe(frame)
  plot.addEventListener("pointerdown", (event) => press(chart, event), true)
  return chart
}

function end(chart) {
  present.delete(chart)
  chart.data = null
  chart.observer.disconnect()
  if (chart.drawn) window.Plotly.purge(chart.plot)
  chart.frame.remove()
}

async function show(chart, data) {
  chart.data = data
  chart.frame.setAttribute("aria-label", data.alt)
  chart.frame.style.height = `${data.height}px`
  chart.frame.toggleAttribute("data-fills", data.fills)
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
    const drags = data.picking === "box" || (data.picking === "both" && MOUSE.matches)
    const isNew = !chart.drawn || chart.wasPressed
    if (chart.drawn && isNew) window.Plotly.purge(plot) // it looks for the dates dragged over last in the figure that is gone
    chart.drawn = data
    chart.picked = ""
    hideTooltip(chart)
    chart.templates = takeTemplates(data.figure.data)
    chart.rows = []
    const { data: traces, layout } = data.figure
    if (!data.hasOwnColours) dress(layout, getComputedStyle(frame))
    traces.forEach(keepVisible)
    chart.own = traces.map(({ selectedpoints }) => selectedpoints && [...selectedpoints])
    chart.shapes = layout.shapes ?? []
    layout.width = Math.max(frame.clientWidth, NARROWEST)
    layout.height = heightOf(chart)
    if (data.listed && PHONE.matches) dropNames(layout)
    layout.dragmode = drags ? "select" : false
    layout.clickmode = drags ? "event" : "none"
    layout.selections = []
    if (data.fills) fill(traces, layout)
    layout.newselection = { line: { color: getComputedStyle(frame).getPropertyValue("--st-primary-color"), dash: "solid", width: 1 } }
    try {
      await window.Plotly.react(plot, traces, layout, { ...data.config, editSelection: false })
    } catch (error) {
      window.Plotly?.purge(plot) // the answer before must not stay under this one's title
      plot.textContent = data.unloaded
      chart.drawn = null
      chart.data = null
      chart.text = ""
      throw error
    }
    if (marked.get(data.key)?.length) markRows(chart, marked.get(data.key))
    if (!isNew) return
    plot.on("plotly_selected", (event) => event?.points && dragged(chart, event.points))
    plot.on("plotly_deselect", () => deselected(chart))
    plot.on("plotly_afterplot", () => thin(chart))
    thin(chart)
    plot.on("plotly_hover", (event) => showTooltip(chart, event))
    plot.on("plotly_unhover", () => leaveTooltip(chart))
  })
}

/* One thing after another; what fails holds up nothing that comes later. On a page that is left, Plotly is gone; before
   it is loaded, a change of size has nothing to draw yet. */
function queue(chart, work) {
  const cannot = () => isLeaving || !window.Plotly
  chart.turn = chart.turn.then(() => cannot() || work()).catch((error) => cannot() || console.error(error))
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

/* Leaves out the names above a chart, which the page lists below it: on a phone they would push the numbers down. */
function dropNames(layout) {
  const { legend, margin, meta } = layout
  if (!meta?.names) return
  const inner = layout.height - margin.t - margin.b
  layout.annotations = layout.annotations.filter(({ hovertext }) => !hovertext)
  margin.t -= meta.names
  if (legend) legend.y = 1 + ((legend.y - 1) * inner - meta.names) / (inner + meta.names)
}

function thin(chart) {
  thinNames(chart)
  thinNumbers(chart)
}

/* Hides the numbers of a grid whose cells are too narrow for them; tooltips and the table still have them. */
function thinNumbers({ plot }) {
  if (!plot.data.some(({ type }) => type === "heatmap")) return
  const { _length: length, range } = plot._fullLayout.xaxis
  const cell = length / Math.abs(range[1] - range[0])
  const numbers = [...plot.querySelectorAll(".scatterlayer text")]
  const isWide = numbers.every((number) => number.getBoundingClientRect().width < cell - BESIDE)
  for (const number of numbers) number.style.visibility = isWide ? "" : "hidden"
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

/* The height that the page gives the chart: more than its own if it fills a card. */
const heightOf = ({ data, frame }) => (data.fills ? Math.max(data.height, frame.clientHeight) : data.height)

/* Bars use the full width of a wide card, but don't get too thick in a tall one. */
function fill(traces, layout) {
  traces.forEach((trace) => slim(trace, layout))
  const { width, xaxis } = layout
  if (!traces.some(({ orientation }) => orientation === "h") || layout.xaxis2 || xaxis?.visible !== false) return
  const [start, end] = (xaxis.own ??= xaxis.range)
  const longest = Math.max(...traces.filter(({ mode }) => mode === "text").flatMap(({ x }) => [...x]))
  const beside = ((end - longest) / (end - start)) * PHONE_PLOT // pixels that the numbers have on a phone
  const plot = Math.max(width - BESIDE_NAMES, PHONE_PLOT)
  if (longest > start && end > longest) xaxis.range = [start, start + ((longest - start) * plot) / (plot - beside)]
}

/* Keeps horizontal bars from getting too thick in a tall chart. */
function slim(trace, { bargap = 0.2, height, margin, yaxis }) {
  if (trace.type !== "bar" || trace.orientation !== "h" || !yaxis?.range) return
  const row = (height - margin.t - margin.b) / Math.abs(yaxis.range[1] - yaxis.range[0])
  const wide = (trace.own ??= { width: trace.width ?? 1 - bargap, y: trace.y })
  const thinner = Math.min(1, THICKEST / (wide.width * row))
  trace.width = wide.width * thinner
  trace.y = wide.y.map((place) => Math.round(place) + (place - Math.round(place)) * thinner)
}

/* What isn't selected stays visible: Plotly fades it to a fifth, which on a dark page is almost nothing. */
function keepVisible(trace) {
  if ((trace.type !== "bar" && trace.type !== "scatter") || trace.marker?.opacity === 0) return // a grid's points are unseen
  const { marker, ...other } = trace.unselected ?? {}
  trace.unselected = { ...other, marker: { opacity: FADED, ...marker } }
}

function resize(chart) {
  const { data, drawn, frame, plot } = chart
  if (data !== drawn) return draw(chart)
  if (!drawn) return
  const width = Math.max(frame.clientWidth, NARROWEST)
  const height = heightOf(chart)
  const isSame = (name, value) => Math.abs(plot._fullLayout[name] - value) < 1
  if (!frame.clientWidth || (isSame("width", width) && isSame("height", height))) return
  queue(chart, () => {
    if (chart.drawn !== drawn) return
    if (!data.fills) return window.Plotly.relayout(plot, { width, height })
    const layout = { ...plot.layout, width, height }
    fill(plot.data, layout)
    return window.Plotly.react(plot, plot.data, layout, { ...data.config, editSelection: false })
  })
}

/* A click is ours: Plotly's own goes by what it found when the pointer last moved, which a new figure makes it forget. */
function press(chart, down) {
  chart.isPressed = true
  chart.wasPressed ||= chart.plot._fullLayout?.dragmode === "select" // from here on Plotly remembers a drag
  chart.seen = chart.drawn?.of // a click is about the figure that was there
  if (!["points", "both"].includes(chart.drawn?.picking) || down.button !== 0 || !down.isPrimary) return
  const at = { clientX: down.clientX, clientY: down.clientY }
  const began = performance.now()
  look(chart, at, down.target)
  const release = async (up) => {
    for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, release, true)
    if (up.type !== "pointerup" || Math.hypot(up.clientX - at.clientX, up.clientY - at.clientY) > REACH) return
    await new Promise((done) => setTimeout(done, Math.max(0, began + SETTLED - performance.now())))
    await chart.turn
    if (!isSeen(chart)) return
    if (!chart.plot._hoverdata?.length) {
      look(chart, at, document.elementFromPoint(at.clientX, at.clientY))
      await new Promise((done) => setTimeout(done, SETTLED))
    }
    if (isSeen(chart) && chart.plot._hoverdata?.length) pick(chart, chart.plot._hoverdata[0])
  }
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, release, true)
}

/* Whether the figure that was pressed is still there. */
const isSeen = (chart) => chart.drawn?.of === chart.seen

/* Has Plotly find what is at a place. */
function look(chart, at, target) {
  const pane = target?.closest?.(".nsewdrag") ?? paneAt(chart, at)
  if (pane && chart.plot.contains(pane)) window.Plotly.Fx.hover(chart.plot, { ...at, target: pane }, pane.dataset.subplot)
}

/* The part of the chart at a place, also below the dates that are selected. */
function paneAt(chart, { clientX, clientY }) {
  return document.elementsFromPoint(clientX, clientY).find((it) => it.matches(".nsewdrag") && chart.plot.contains(it))
}

/* Marks one point and tells of it; a second click takes that back, or says it again. */
function pick(chart, point) {
  if (chart.drawn.again && !(rowOf(point.customdata) >= 0)) return // no row is behind it
  const name = `${point.curveNumber}/${point.pointNumber}`
  const isOff = name === chart.picked && !chart.drawn.again
  chart.picked = isOff ? "" : name
  chart.rows = isOff ? [] : [rowOf(point.customdata)]
  chart.tell("picked", isOff ? [] : [said(point)])
  mark(chart, (place) => (place === point.curveNumber ? [point.pointNumber] : []))
}

/* Days dragged over; Plotly says the same again after it has drawn anew. */
function dragged(chart, points) {
  if (!chart.isPressed || !isSeen(chart)) return
  chart.isPressed = false
  chart.picked = ""
  chart.rows = [...new Set(points.map(({ customdata }) => rowOf(customdata)))]
  chart.tell("dragged", points.map(said))
}

/* A double click, which Plotly takes for the end of a selection; two clicks on a point still select it. */
function deselected(chart) {
  if (!chart.isPressed || !isSeen(chart)) return
  const { key, picking } = chart.drawn
  chart.rows = []
  if (picking === "box") chart.tell("dragged", [])
  else markRows(chart, marked.get(key) ?? [])
}

/* The selected rows aren't those marked by a click here: they come from a table or a list, or there are none. Without rows,
   the figure's own marks are back. */
addEventListener("samepage-marks", ({ detail: { chart: key, rows } }) => {
  if (rows === null) {
    for (const chart of present) if (chart.drawn?.key === key) restore(chart)
    return
  }
  marked.set(key, rows)
  for (const chart of present) if (chart.drawn?.key === key) markRows(chart, rows)
})

function restore(chart) {
  chart.picked = ""
  chart.rows = []
  change(chart, chart.own.some((places) => places) ? chart.own.map((places) => places ?? null) : null)
}

function markRows(chart, rows) {
  if (String(rows) === String(chart.rows)) return
  chart.picked = ""
  chart.rows = rows
  if (!rows.length) return unmark(chart)
  const places = (_, trace) => [...(trace.customdata ?? [])].flatMap((it, place) => (rows.includes(rowOf(it)) ? [place] : []))
  if (chart.plot.data.some((trace, place) => places(place, trace).length)) mark(chart, places)
  else unmark(chart)
}

/* Marks those points of each trace that `places` says, in place of those dragged over; no rows, no marks. */
function mark(chart, places) {
  if (!chart.rows.length) return unmark(chart)
  change(chart, chart.plot.data.map((trace, place) => places(place, trace)))
}

function unmark(chart) {
  chart.rows = []
  change(chart, null)
}

function change(chart, selectedpoints) {
  const { drawn, plot } = chart
  chart.isPressed = false
  queue(chart, () => {
    if (chart.drawn !== drawn) return
    const isGrid = plot.data.some(({ type }) => type === "heatmap")
    const framed = isGrid ? { shapes: [...chart.shapes, ...frames(chart, selectedpoints)] } : {}
    return window.Plotly.update(plot, { selectedpoints }, { selections: [], ...framed })
  })
}

/* A frame around each selected cell of a grid, whose colours can't fade: they are its numbers. One line is seen on any. */
function frames({ plot, frame }, selectedpoints) {
  const colour = (name) => getComputedStyle(frame).getPropertyValue(`--st-${name}-color`)
  const lines = [{ color: colour("background"), width: 5 }, { color: colour("text"), width: 2 }]
  return (selectedpoints ?? []).flatMap((places, at) => {
    const { x, y } = plot.data[at]
    const box = (place) => ({ x0: x[place] - 0.5, x1: x[place] + 0.5, y0: y[place] - 0.5, y1: y[place] + 0.5 })
    return places.flatMap((place) => lines.map((line) => ({ type: "rect", ...box(place), line })))
  })
}

/* The row behind a point: the first of its data. The rest is what its tooltip says, which Python doesn't need. */
const rowOf = (customdata) => [customdata].flat(2)[0]
const said = ({ customdata, curveNumber }) => ({ customdata: rowOf(customdata) ?? null, curve_number: curveNumber })
