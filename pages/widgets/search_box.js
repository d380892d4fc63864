export default function ({ parentElement: root, data: sent, setStateValue, setTriggerValue }) {
  const data = JSON.parse(new TextDecoder().decode(sent))
  const field = searchField({ root, data, setStateValue, pick: row => setTriggerValue("picked", row.name) })
  return field.close
}
