/* Tooltips: what a trace's template says of the point under the pointer, beside its mark and never on it.

   The template and its data are the figure's own, as Plotly would write them. Drawn here, a tooltip leaves out what a
   point has no text for, adds the other lines at the same place, and finds room that Plotly doesn't look for. */

const NEXT_TO = 12 // pixels between a mark and its tooltip
const MARGIN = 8 // pixels between a tooltip and the edge of the window
const [NARROWEST_TIP, WIDEST_TIP] = [200, 300] // pixels of a tooltip
const MOST_LINES = 8 // lines of one chart that a tooltip lists
const NARROW_CHART = 480 // pixels of a chart whose tooltips list no other lines
const DELAY = 90 // milliseconds before the first tooltip; the next ones come at once
const LINGER = 60 // milliseconds that a tooltip stays: Plotly leaves one point before it finds the next

/* Takes the templates out of a figure, so that Plotly finds points but writes no label of its own. */
function takeTemplates(traces) {
  return traces.map((trace) => {
    const template = trace.hovertemplate
    if (!template) return ""
    delete trace.hovertemplate
    trace.hoverinfo = "none"
    return template.replace("<extra></extra>", "")
  })
}

function showTooltip(chart, event) {
  const point = event.points?.[0]
  if (!point || !chart.templates?.[point.curveNumber]) return hideTooltip(chart)
  clearTimeout(chart.tipTimer)
  const draw = () => {
    if (!chart.frame.isConnected || chart.frame.dataset.menu) return
    const tip = (chart.tip ??= newTooltip(chart))
    const look = chart.plot.layout.hoverlabel ?? {}
    Object.assign(tip.style, { background: look.bgcolor, borderColor: look.bordercolor, color: look.font?.color })
    tip.replaceChildren(...blocks(chart, point))
    if (!isOpen(tip)) open(chart, tip)
    settle(tip, obstacles(chart, point, event.event))
  }
  if (chart.tip && isOpen(chart.tip)) draw()
  else chart.tipTimer = setTimeout(draw, DELAY)
}

function leaveTooltip(chart) {
  clearTimeout(chart.tipTimer)
  chart.tipTimer = setTimeout(() => hideTooltip(chart), LINGER)
}

function hideTooltip(chart) {
  clearTimeout(chart.tipTimer)
  if (!chart.tip || !isOpen(chart.tip)) return
  chart.tip.hidePopover?.()
  chart.tip.style.visibility = "hidden"
  chart.tipEnd.abort()
}

const isOpen = (tip) => tip.style.visibility === "visible"

/* Until the page scrolls, a pointer is pressed or Escape is: a click has something else to show. */
function open(chart, tip) {
  tip.showPopover?.()
  tip.style.visibility = "visible"
  chart.tipEnd = new AbortController()
  const how = { capture: true, passive: true, signal: chart.tipEnd.signal }
  addEventListener("scroll", () => hideTooltip(chart), how)
  addEventListener("keydown", (event) => event.key === "Escape" && hideTooltip(chart), how)
  addEventListener("pointerdown", () => hideTooltip(chart), how)
}

function newTooltip(chart) {
  const tip = document.createElement("div")
  tip.dataset.testid = "chart-tooltip"
  tip.setAttribute("aria-hidden", "true") // the table has the same numbers for those who can't point
  tip.popover = "manual" // above everything, whatever the page cuts off
  Object.assign(tip.style, {
    position: "fixed", inset: "auto", margin: 0, padding: "7px 10px", border: "1px solid", borderRadius: "6px",
    boxShadow: "0 2px 10px rgba(0,0,0,.14)", fontSize: "12px", lineHeight: 1.45, boxSizing: "border-box",
    width: "max-content", pointerEvents: "none", zIndex: 1000100, visibility: "hidden", overflow: "hidden",
    fontVariantNumeric: "tabular-nums",
  }) // prettier-ignore
  chart.frame.append(tip)
  return tip
}

/* What a tooltip says: the point's own lines, then each other line at the same place, the largest first. */
function blocks(chart, point) {
  const own = linesOf(chart, point.curveNumber, point.pointNumber)
  const shown = own.map((line, place) => written(line, place, place ? null : swatchOf(point.data, point.pointNumber)))
  const others = neighbours(chart, point)
  if (!others.length) return shown
  const list = document.createElement("div")
  Object.assign(list.style, { borderTop: "1px solid", borderColor: "inherit", marginTop: "5px", paddingTop: "4px" })
  for (const { trace, place, curve } of others) {
    const [line, when] = linesOf(chart, curve, place)
    const days = when && when !== own[1] ? (when.match(/\([^()]*\)$/)?.[0] ?? "") : ""
    list.append(written(`${line.replace(/<\/?b>/g, "")} ${days}`.trim(), 1, swatchOf(trace, place)))
  }
  return [...shown, list]
}

/* The other lines, columns or parts that have a number where this point is; none in a narrow chart or among many. */
function neighbours(chart, point) {
  if (chart.frame.clientWidth < NARROW_CHART || point.data.type === "pie" || !/lines|^$/.test(modeOf(chart, point))) return []
  const along = point.data.orientation === "h" ? "y" : "x"
  const up = along === "x" ? "y" : "x"
  const at = point.data[along][point.pointNumber]
  const found = []
  chart.plot.data.forEach((trace, curve) => {
    const isHere = (trace.xaxis ?? "x") === (point.data.xaxis ?? "x") && (trace.yaxis ?? "y") === (point.data.yaxis ?? "y")
    const isCompared = trace.line?.dash || (trace.type === "bar" && trace.opacity < 1) // the point's own lines say that
    if (curve === point.curveNumber || !isHere || !chart.templates[curve] || isCompared || trace.visible === "legendonly") return
    const place = trace[along][point.pointNumber] === at ? point.pointNumber : trace[along].indexOf(at)
    if (place >= 0 && trace[up][place] != null) found.push({ trace, place, curve, value: trace[up][place] })
  })
  return found.length < MOST_LINES ? found.sort((one, other) => other.value - one.value) : []
}

/* "" for bars; a cell of a grid and a point of a scatter are alone where they are. */
function modeOf(chart, point) {
  if (point.data.type !== "scatter") return ""
  return point.data.line ? "lines" : point.data.mode
}

/* A template's lines with a point's data, without the phrases that the point has no text for. */
function linesOf(chart, curve, place) {
  const trace = chart.plot.data[curve]
  const data = trace.customdata?.[place] ?? []
  const fill = (phrase) => {
    const texts = [...phrase.matchAll(/%\{customdata\[(\d+)\]\}/g)].map(([, at]) => String(data[at] ?? ""))
    if (texts.length && !texts.some(Boolean)) return ""
    return phrase
      .replace(/%\{customdata\[(\d+)\]\}|%\{fullData\.name\}/g, (_, at) => (at ? String(data[at] ?? "") : (trace.name ?? "")))
  }
  const lines = chart.templates[curve].split("<br>")
  return lines.map((line) => line.split(" \u00b7 ").map(fill).filter(Boolean).join(" \u00b7 ")).filter(Boolean)
}

/* A line of text, its number in bold; texts from data stay text. */
function written(line, place, swatch) {
  const row = document.createElement("div")
  if (swatch) row.append(swatch)
  for (const part of line.split(/(<b>.*?<\/b>)/)) {
    const text = document.createElement(part.startsWith("<b>") ? "strong" : "span")
    text.textContent = plainText(part.replace(/^<b>|<\/b>$/g, ""))
    if (part.startsWith("<b>")) text.style.fontSize = "13px"
    row.append(text)
  }
  if (place) row.style.opacity = 0.78
  return row
}

const plainText = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")

/* A line's own stroke, or a square in a bar's colour. */
function swatchOf(trace, place) {
  const each = (value) => (Array.isArray(value) ? value[place] : value)
  const isLine = trace.type === "scatter" && trace.line
  const ink = isLine ? trace.line.color : trace.type === "bar" ? each(trace.marker?.color) : trace.type === "pie" ? trace.marker?.colors?.[place] : ""
  if (!ink) return null
  const swatch = document.createElement("span")
  const dash = isLine && trace.line.dash ? "dashed" : "solid"
  const look = isLine ? { width: "14px", borderTop: `2px ${dash} ${ink}` } : { width: "9px", height: "9px", background: ink }
  Object.assign(swatch.style, look, {
    display: "inline-block", verticalAlign: "middle", margin: "-2px 7px 0 0", opacity: trace.opacity ?? 1,
    borderRadius: isLine ? 0 : "2px",
  }) // prettier-ignore
  return swatch
}

/* The mark, which a tooltip must not cover, and what it should avoid: the chart's texts, including its axes, and the
   line that the mark is on. In pixels of the window. */
function obstacles(chart, point, pointer) {
  const pane = chart.plot.getBoundingClientRect()
  const written = ".annotation-text-g, .textpoint, .xtick text, .ytick text"
  const texts = [...chart.plot.querySelectorAll(written)].map((text) => text.getBoundingClientRect())
  return { mark: markOf(point, pane, pointer), texts: [...texts, ...lineOf(point, pane)], isAcross: point.data.orientation === "h" }
}

/* The line that a point is on, as a row of small boxes. */
function lineOf(point, pane) {
  const { data, xaxis, yaxis, pointNumber } = point
  if (data.type !== "scatter" || !data.line || !xaxis) return []
  const at = (place) => [pane.left + xaxis._offset + xaxis.d2p(data.x[place]), pane.top + yaxis._offset + yaxis.c2p(data.y[place])]
  const boxes = []
  for (let place = Math.max(0, pointNumber - 6); place < Math.min(data.x.length - 1, pointNumber + 6); place += 1) {
    if (data.y[place] == null || data.y[place + 1] == null) continue
    const [[x, y], [toX, toY]] = [at(place), at(place + 1)]
    const steps = Math.max(1, Math.ceil(Math.hypot(toX - x, toY - y) / 8))
    for (let step = 0; step < steps; step += 1) {
      const [left, top] = [x + ((toX - x) * step) / steps - 3, y + ((toY - y) * step) / steps - 3]
      boxes.push({ left, right: left + 6, top, bottom: top + 6 })
    }
  }
  return boxes
}

function markOf(point, pane, pointer) {
  const { bbox, xaxis, yaxis, data } = point
  if (!bbox || !xaxis) {
    const slice = pointer?.target?.closest?.(".slice")?.querySelector("path")?.getBoundingClientRect()
    const { clientX: x = pane.left, clientY: y = pane.top } = pointer ?? {}
    if (slice) return { left: slice.left, right: slice.right, top: slice.top, bottom: slice.bottom, x: (slice.left + slice.right) / 2 }
    return { left: x - 14, right: x + 14, top: y - 14, bottom: y + 14, x }
  }
  const step = (axis) => Math.abs(axis.c2p(1) - axis.c2p(0))
  let { x0: left, x1: right, y0: top, y1: bottom } = bbox
  if (data.orientation === "h") { // the whole row: the bar, and the number at its end
    const [middle, half] = [(top + bottom) / 2, Math.max((bottom - top) / 2, step(yaxis) * 0.48)]
    ;[left, right, top, bottom] = [xaxis._offset, xaxis._offset + xaxis._length, middle - half, middle + half]
  } else if (data.type === "bar") {
    const foot = yaxis._offset + yaxis.c2p(0)
    ;[top, bottom] = [Math.min(top, foot), Math.max(bottom, foot)]
  } else if (data.marker?.symbol === "square") { // a cell of a grid
    const [x, y, wide, tall] = [(left + right) / 2, (top + bottom) / 2, step(xaxis) / 2, step(yaxis) / 2]
    ;[left, right, top, bottom] = [x - wide, x + wide, y - tall, y + tall]
  } else {
    const [x, y] = [(left + right) / 2, (top + bottom) / 2]
    ;[left, right, top, bottom] = [x - 5, x + 5, y - 5, y + 5]
  }
  const x = data.orientation === "h" && pointer?.clientX != null ? pointer.clientX : pane.left + (left + right) / 2
  return { left: pane.left + left, right: pane.left + right, top: pane.top + top, bottom: pane.top + bottom, x }
}

/* Puts a tooltip where it covers the least: its mark never, if the window has room beside it. */
function settle(tip, { mark, texts, isAcross }) {
  const room = isAcross ? innerWidth - MARGIN - mark.left : WIDEST_TIP // beside the names of the rows
  tip.style.maxWidth = `${Math.min(WIDEST_TIP, Math.max(room, NARROWEST_TIP))}px`
  const { offsetWidth: width, offsetHeight: height } = tip
  const [above, below] = [mark.top - NEXT_TO / 2 - height, mark.bottom + NEXT_TO / 2]
  const [before, after] = [mark.left - NEXT_TO - width, mark.right + NEXT_TO]
  const centred = mark.x - width / 2
  const middle = isAcross ? Math.max(centred, mark.left) : centred // not on the names of the rows
  const side = (mark.top + mark.bottom) / 2 - height / 2
  const beside = [[after, Math.min(side, mark.top)], [before, Math.min(side, mark.top)], [before, above], [before, below]] // prettier-ignore
  const places = [[middle, above], [middle, below], [after, above], [after, below], ...(isAcross ? [] : beside)] // prettier-ignore
  const scored = places.map(([left, top], order) => {
    const x = Math.min(Math.max(left, MARGIN), Math.max(MARGIN, innerWidth - width - MARGIN))
    const y = Math.min(Math.max(top, MARGIN), Math.max(MARGIN, innerHeight - height - MARGIN))
    const box = { left: x, right: x + width, top: y, bottom: y + height }
    const covered = texts.reduce((sum, text) => sum + shared(box, text), 0)
    return { x, y, cost: 100 * shared(box, mark) + covered + order }
  })
  const best = scored.reduce((one, other) => (other.cost < one.cost ? other : one))
  Object.assign(tip.style, { left: `${best.x}px`, top: `${best.y}px` })
}

/* The area that two boxes share. */
const shared = (one, other) =>
  Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left)) *
  Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top))
