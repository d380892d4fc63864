/* Cards with a small drawing each. A card without an answer yet is a grey sketch. */

const SVG = "http://www.w3.org/2000/svg"
const WIDE = 120
const HIGH = 56
const decoder = new TextDecoder()

const SKETCHES = {
  number: "00.0",
  line: [0.2, 0.35, 0.3, 0.55, 0.5, 0.75, 0.7, 1],
  bar: [1, 0.8, 0.6, 0.45, 0.3],
  table: [1, 0.8, 0.6, 0.45, 0.3],
  heat: [[0.9, 0.6, 0.7, 1, 0.8], [0.5, 0.4, 0.6, 0.7, 0.5], [0.3, 0.2, 0.4, 0.3, 0.4], [0.1, 0.2, 0.1, 0.2, 0.3]],
  waterfall: [[0, 0.6], [0.6, 0.8], [0.8, 0.95], [0.95, 0.7], [0, 0.7]],
  scatter: [[0.1, 0.2], [0.25, 0.4], [0.4, 0.3], [0.5, 0.6], [0.7, 0.55], [0.85, 0.9]],
  distribution: [0.1, 0.3, 0.7, 1, 0.8, 0.5, 0.3, 0.15],
  text: [1, 0.9, 0.95, 0.6],
}

export default function ({ parentElement, data, setTriggerValue }) {
  const cards = parentElement.querySelector(".cards")
  const { cards: sent, colours } = JSON.parse(decoder.decode(data))
  cards.setAttribute("aria-label", "Tiles to add")
  for (const [name, colour] of Object.entries(colours)) cards.style.setProperty(`--${name}`, colour)
  cards.replaceChildren(...sent.map((card) => drawn(card, () => setTriggerValue("picked", card.sort))))
}

function drawn({ sort, label, reason, drawn: shape }, pick) {
  const card = document.createElement("button")
  card.type = "button"
  card.disabled = reason !== ""
  card.onclick = pick
  const picture = make("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" })
  if (!shape) picture.setAttribute("class", "sketch")
  picture.append(...DRAWN[sort](shape ?? SKETCHES[sort]))
  const words = document.createElement("span")
  words.textContent = label
  card.append(picture, words)
  if (reason) {
    const why = document.createElement("small")
    why.textContent = reason
    card.append(why)
  }
  return card
}

function make(tag, attributes, words = "") {
  const element = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.textContent = words
  return element
}

const rect = (x, y, width, height, kind = "mark", more = {}) =>
  make("rect", { x, y, width: Math.max(width, 1), height: Math.max(height, 1), rx: 1.5, class: kind, ...more })
const step = (count, most) => Math.min((HIGH - 8) / count, most)
const rise = (share) => HIGH - 6 - share * (HIGH - 14)

const DRAWN = {
  number: (words) => [make("text", { x: 4, y: 37, class: "figure", ...(words.length > 7 ? { textLength: 112, lengthAdjust: "spacingAndGlyphs" } : {}) }, words)],
  line: (values) => {
    const step = (WIDE - 8) / Math.max(values.length - 1, 1)
    return [make("polyline", { class: "line", points: values.map((value, at) => `${4 + at * step},${rise(value)}`).join(" ") })]
  },
  bar: (values) => {
    const high = step(values.length, 12)
    return values.map((value, at) => rect(4, 4 + at * high, value * (WIDE - 8), high - 3))
  },
  table: (values) =>
    values.flatMap((value, at) => {
      const y = 4 + at * step(values.length, 12)
      const high = step(values.length, 12) - 3
      return [rect(4, y + high / 4, 34, high / 2, "ink"), rect(46, y, value * (WIDE - 50), high, "pale"), rect(48, y + high / 4, 14, high / 2, "ink")]
    }),
  heat: (rows) => {
    const high = step(rows.length, 12)
    return rows.flatMap((row, at) =>
      row.map((value, place) => {
        const wide = (WIDE - 8) / row.length
        return rect(4 + place * wide, 4 + at * high, wide - 2, high - 2, "mark", { opacity: value === null ? 0.05 : 0.15 + 0.85 * value })
      }),
    )
  },
  waterfall: (steps) => {
    const wide = (WIDE - 8) / steps.length
    return steps.map(([from, to], at) => {
      const kind = at === 0 || at === steps.length - 1 ? "ink strong" : to < from ? "down" : "up"
      return rect(4 + at * wide, rise(Math.max(from, to)), wide - 4, Math.abs(rise(from) - rise(to)), kind)
    })
  },
  scatter: (points) => points.map(([x, y]) => make("circle", { cx: 6 + x * (WIDE - 12), cy: rise(y), r: 3, class: "mark", opacity: 0.75 })),
  distribution: (counts) => {
    const wide = (WIDE - 8) / counts.length
    return counts.map((count, at) => rect(4 + at * wide, rise(count), wide - 1, HIGH - 6 - rise(count)))
  },
  text: (lines) => lines.map((share, at) => rect(4, 7 + at * 12, share * (WIDE - 8), 5, "ink")),
}
