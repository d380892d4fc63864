/* Draws a part of the page, but not while it's pressed: an element that is replaced between pressing and releasing gets no
   click. It is prepended to the components that draw themselves again at any moment. */

const steadyParts = new WeakMap()

function drawSteadily(part, draw) {
  const state = steadyParts.get(part) ?? watchPresses(part)
  if (state.isPressed) state.late = draw
  else draw()
}

function watchPresses(part) {
  const state = { isPressed: false, late: null }
  steadyParts.set(part, state)
  part.addEventListener("pointerdown", () => {
    const over = new AbortController()
    const release = () => {
      over.abort()
      setTimeout(() => { // after the click
        const { late } = state
        Object.assign(state, { isPressed: false, late: null })
        late?.()
      })
    }
    state.isPressed = true
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, release, { capture: true, signal: over.signal })
  })
  return state
}
