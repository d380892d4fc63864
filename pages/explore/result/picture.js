/* The chart on screen as a picture: its own drawing, with the question above it and where it comes from below. The browser
   makes it, from what it shows; nothing is sent anywhere. It is light whatever the screen is: on a dark one the page draws
   the chart in light colours too, unseen. */

const SCALE = 2
const PAD = 24
const CHART = ".samepage-chart .js-plotly-plot"
const UNSEEN = ".st-key-export-light"

const faces = new Map()

export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button")
  const line = parentElement.querySelector("p")
  parentElement.querySelector(".label").textContent = data.label
  const look = () => {
    const reason = data.refused || (chart() ? "" : data.none)
    button.disabled = reason !== "" || (data.redrawn && !redrawn())
    if (line.textContent === "" || line.textContent === data.none) line.textContent = reason
  }
  button.onclick = async () => {
    line.textContent = ""
    try {
      const plot = data.redrawn ? redrawn() : chart()
      save(await picture(plot, data, getComputedStyle(button)), data.file, parentElement)
    } catch (error) {
      line.textContent = data.failed
    }
  }
  setTimeout(enter, 150, parentElement) // once the menu has its place and can take the focus
  look()
  const watch = setInterval(look, 700) // the chart may come after the menu, and go
  return () => clearInterval(watch)
}

/* The menu stands at the end of the page: who opens it by keyboard is brought into it. */
function enter(parentElement) {
  const opener = document.activeElement
  const menu = (parentElement.getRootNode().host ?? parentElement).closest("[data-testid=stPopoverBody]")
  if (menu && opener?.matches("[data-testid=stPopoverButton]:focus-visible, .st-key-export button:focus-visible")) {
    const seen = (one) => one.getBoundingClientRect().width > 0 // a phone has another copy of each button
    ;[...menu.querySelectorAll("button:enabled")].find(seen)?.focus()
  }
}

const chart = () =>
  [...document.querySelectorAll(CHART)].find((one) => one.getBoundingClientRect().width > 0 && !one.closest(UNSEEN))

/* The chart in light colours, once it is as wide as the one on screen. */
function redrawn() {
  const seen = chart()
  const plot = document.querySelector(`${UNSEEN} ${CHART}`)
  if (!seen || !plot) return null
  const width = seen.getBoundingClientRect().width
  plot.closest(UNSEEN).style.setProperty("width", `${width}px`, "important")
  return Math.abs(plot.querySelector(".main-svg").getBoundingClientRect().width - width) < 2 ? plot : null
}

async function picture(plot, data, style) {
  const box = plot.getBoundingClientRect()
  const width = Math.round(box.width) + 2 * PAD
  const font = getComputedStyle(document.body).fontFamily || style.fontFamily
  const canvas = document.createElement("canvas")
  const context = canvas.getContext("2d")
  const texts = { above: [], below: [] }
  for (const size of ["600 20px", "400 13px", "600 13px"]) await document.fonts.load(`${size} ${font}`)
  let y = PAD
  const set = (where, text, size, weight, alpha, after) => {
    context.font = `${weight} ${size}px ${font}`
    for (const part of lines(context, text, width - 2 * PAD)) {
      y += Math.round(size * 1.35)
      where.push({ part, font: context.font, alpha, y: y - Math.round(size * 0.35) })
    }
    y += after
  }
  set(texts.above, data.title, 20, 600, 1, 4)
  for (const one of data.lines) set(texts.above, one, 13, 400, 0.7, 2)
  y += 12
  const top = y
  y += Math.round(box.height) + 8
  for (const one of [...notes(chart()), ...data.notes]) set(texts.below, one, 13, 400, 0.7, 2)
  const rule = (y += 12)
  y += 8
  set(texts.below, data.footer, 13, 400, 0.7, 0)
  canvas.width = width * SCALE
  canvas.height = (y + 16) * SCALE
  context.scale(SCALE, SCALE)
  context.fillStyle = data.page
  context.fillRect(0, 0, width, canvas.height)
  context.drawImage(await drawn(plot, box), PAD, top, box.width, box.height)
  context.fillStyle = data.ink
  for (const { part, font, alpha, y } of [...texts.above, ...texts.below]) {
    context.font = font
    context.globalAlpha = alpha
    context.fillText(part, PAD, y)
  }
  context.globalAlpha = 0.16
  context.fillRect(PAD, rule, width - 2 * PAD, 1)
  return await new Promise((made, failed) => canvas.toBlob((blob) => (blob ? made(blob) : failed()), "image/png"))
}

/* Text in lines that fit. */
function lines(context, text, room) {
  const found = [""]
  for (const word of text.split(" ")) {
    const longer = found.at(-1) ? `${found.at(-1)} ${word}` : word
    if (context.measureText(longer).width <= room || !found.at(-1)) found[found.length - 1] = longer
    else found.push(word)
  }
  return found
}

/* What stands below the chart on screen, line by line: which lines are dashed, what is left out, what happened. */
function notes(plot) {
  const block = plot.closest("[data-testid=stVerticalBlock]")
  const said = block ? [...block.querySelectorAll("[data-testid=stCaptionContainer]")] : []
  return said.filter((one) => plot.compareDocumentPosition(one) & 4).flatMap(linesOf)
}

/* Where a line is broken on screen, no letter says so. */
function linesOf(caption) {
  const copy = caption.cloneNode(true)
  for (const end of copy.querySelectorAll("br")) end.replaceWith("\n")
  return copy.textContent.split("\n").map((one) => one.trim()).filter(Boolean)
}

/* Plotly draws in layers of SVG: copied, put into one, and made an image. It may load nothing, so it carries its fonts. */
async function drawn(plot, box) {
  const root = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  root.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  root.setAttribute("width", box.width * SCALE)
  root.setAttribute("height", box.height * SCALE)
  root.setAttribute("viewBox", `0 0 ${box.width} ${box.height}`)
  const rules = document.createElementNS(root.namespaceURI, "style")
  rules.textContent = `text { white-space: pre } ${await embedded()}`
  root.append(rules)
  for (const layer of plot.querySelectorAll(".main-svg")) {
    const copy = layer.cloneNode(true)
    for (const extra of copy.querySelectorAll(".hoverlayer, .zoomlayer, .draglayer, .select-outline")) extra.remove()
    copy.style.background = "none"
    root.append(copy)
  }
  const text = new XMLSerializer().serializeToString(root)
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }))
  const image = new Image()
  image.src = url
  try {
    await image.decode()
  } finally {
    URL.revokeObjectURL(url)
  }
  return image
}

/* The page's own faces of its first font, each with its file inside. */
async function embedded() {
  const family = name(getComputedStyle(document.body).fontFamily)
  const rules = [...document.styleSheets].flatMap(rulesOf).filter((rule) => rule instanceof CSSFontFaceRule)
  const ours = rules.filter((rule) => name(rule.style.getPropertyValue("font-family")) === family)
  return (await Promise.all(ours.map(face))).join(" ")
}

const name = (fonts) => fonts.split(",")[0].replace(/["']/g, "").trim()

function rulesOf(sheet) {
  try {
    return [...sheet.cssRules]
  } catch {
    return [] // a sheet from elsewhere keeps its rules to itself
  }
}

async function face(rule) {
  const found = /url\(["']?([^"')]+)["']?\)/.exec(rule.style.getPropertyValue("src"))
  if (!found) return ""
  const url = new URL(found[1], document.baseURI).href
  if (!faces.has(url)) faces.set(url, fetch(url).then((answer) => answer.blob()).then(inside))
  return rule.cssText.replace(found[1], await faces.get(url))
}

const inside = (blob) =>
  new Promise((read, failed) => {
    const reader = new FileReader()
    reader.onload = () => read(reader.result)
    reader.onerror = failed
    reader.readAsDataURL(blob)
  })

/* The link stands in the menu: a click outside would close it. */
function save(blob, file, menu) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = file
  menu.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
