// Shows a message in a frame without scripts. The frame is as high as the message, which only this page can measure.
export default function ({ parentElement, data }) {
  const frame = parentElement.querySelector("iframe")
  if (frame.dataset.of === data.of) return
  frame.dataset.of = data.of
  frame.title = data.title
  const fit = () => {
    const page = frame.contentDocument
    if (page?.documentElement) frame.style.height = `${Math.min(6000, page.documentElement.scrollHeight + 2)}px`
  }
  frame.onload = fit
  frame.srcdoc = data.html
  const watch = new ResizeObserver(fit)
  watch.observe(frame.parentElement)
  return () => watch.disconnect()
}
