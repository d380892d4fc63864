// Says what changed to screen readers. The element stays, because only a change of its text is read aloud.
export default ({ data, parentElement }) => {
  const said = parentElement.querySelector(".said")
  if (said.textContent !== data) said.textContent = data
}
