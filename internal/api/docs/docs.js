// Shows /openapi.json. Text goes in as text nodes only, never as HTML.
const el = (name, attributes, ...children) => {
  const e = document.createElement(name)
  for (const [k, v] of Object.entries(attributes ?? {})) e.setAttribute(k, v)
  e.append(...children.filter(c => c !== undefined && c !== ''))
  return e
}
const code = text => el('code', null, text)
const paragraphs = text => (text ?? '').split('\n\n').filter(Boolean).map(p => el('p', null, ...p.split('`').map((t, i) => i % 2 ? code(t) : t)))

const typeOf = s => {
  if (!s) return ''
  if (s.$ref) return s.$ref.split('/').pop()
  // What may be null may be absent too, and that is said beside it.
  if (s.anyOf) return typeOf(s.anyOf[0])
  if (s.enum) return s.enum.map(v => JSON.stringify(v)).join(' | ')
  const type = [].concat(s.type ?? 'any')[0]
  if (type === 'array') return `list of ${typeOf(s.items)}`
  if (type === 'object' && typeof s.additionalProperties === 'object') return `map of ${typeOf(s.additionalProperties) || 'values'}`
  return type + (s.format ? ` (${s.format})` : '')
}
const limits = s => ['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'pattern', 'default']
  .filter(k => s?.[k] !== undefined).map(k => `${k} ${JSON.stringify(s[k])}`).join(', ')

const table = (head, rows) => el('div', { class: 'table' }, el('table', null,
  el('thead', null, el('tr', null, ...head.map(h => el('th', { scope: 'col' }, h)))),
  el('tbody', null, ...rows.map(r => el('tr', null, ...r.map(c => el('td', null, c)))))))

const fields = s => table(['Field', 'Type', 'Notes'], Object.entries(s.properties ?? {}).map(([name, p]) => [
  code(name), typeOf(p) + ((s.required ?? []).includes(name) ? '' : ' (optional)'), [p.description, limits(p)].filter(Boolean).join(' ')]))

const example = (spec, s, depth = 0) => {
  if (!s || depth > 6) return null
  if (s.$ref) return example(spec, spec.components.schemas[s.$ref.split('/').pop()], depth + 1)
  if (s.examples?.length) return s.examples[0]
  if (s.default !== undefined) return s.default
  if (s.anyOf) return example(spec, s.anyOf[0], depth)
  if (s.enum) return s.enum[0]
  switch ([].concat(s.type)[0]) {
    case 'object': return Object.fromEntries(Object.entries(s.properties ?? {}).map(([k, p]) => [k, example(spec, p, depth + 1)]))
    case 'array': return s.items ? [example(spec, s.items, depth + 1)] : []
    case 'integer': case 'number': return 0
    case 'boolean': return true
    case 'string': return s.format === 'date-time' ? '2026-03-01T09:00:00Z' : ''
  }
  return null
}

const body = (spec, content) => {
  const first = Object.values(content ?? {})[0], s = first?.schema
  if (!s) return []
  const named = s.$ref ? spec.components.schemas[s.$ref.split('/').pop()] : s
  return [fields(named), el('pre', { tabindex: '0' }, JSON.stringify(first.example ?? example(spec, s), null, 2))]
}

const operation = (spec, method, path, op) => {
  const parts = [...paragraphs(op.description)]
  if (op.parameters?.length) parts.push(el('h3', null, 'Parameters'), table(['Name', 'In', 'Type', 'Notes'],
    op.parameters.map(p => [code(p.name), p.in, typeOf(p.schema), [p.description, limits(p.schema)].filter(Boolean).join(' ')])))
  if (op.requestBody) parts.push(el('h3', null, 'Body'), ...body(spec, op.requestBody.content))
  for (const [status, r] of Object.entries(op.responses)) {
    if (status < '400') parts.push(el('h3', null, `${status} ${r.description}`), ...body(spec, r.content))
  }
  const errors = Object.entries(op.responses).filter(([s]) => s >= '400').map(([s, r]) => `${s} ${r.description}`)
  parts.push(el('h3', null, 'Problems'), el('p', null, errors.join(', ')))
  return el('details', { id: op.operationId }, el('summary', null, el('span', { class: 'method' }, method.toUpperCase()), code(path), ` – ${op.summary}`), el('div', null, ...parts))
}

const show = spec => {
  const out = [...paragraphs(spec.info.description)]
  for (const tag of spec.tags) {
    out.push(el('h2', null, tag.name), el('p', { class: 'note' }, tag.description))
    for (const [path, item] of Object.entries(spec.paths)) for (const [method, op] of Object.entries(item)) {
      if (op.tags?.includes(tag.name)) out.push(operation(spec, method, path, op))
    }
  }
  out.push(el('h2', null, 'Problem'), fields(spec.components.schemas.Problem))
  document.getElementById('main').replaceChildren(...out)
  const chosen = document.getElementById(location.hash.slice(1))
  chosen?.setAttribute('open', '')
  chosen?.scrollIntoView() // it was not there yet when the browser looked for it
}

try {
  show(await (await fetch('/openapi.json')).json())
} catch {
  document.getElementById('main').replaceChildren(el('p', { role: 'alert' }, 'The description could not be loaded.'))
}
