import { type Html, html } from '../link/html.ts'
import { joinHtml, renderText } from './page.ts'
import type { SchemaNode, Schemas } from './schemas.ts'

/** Whose object it is: of one that is sent, the fields that must be there are marked; an answer has them all. */
type Side = 'request' | 'answer'

/** The fields of an object, as a list that explains each: its type, its bounds, an example, and what is inside it. */
export function renderFields(schemas: Schemas, schema: SchemaNode, side: Side): Html {
  const { properties = {}, required = [] } = schemas.merge(schema)
  const entries = Object.entries(properties)
  if (entries.length === 0) return html`<p class="quiet">No fields.</p>`
  return html`<ul class="fields">${joinHtml(
    entries.map(([name, field]) => renderField(schemas, name, field, side, required.includes(name))),
  )}</ul>`
}

export function renderField(schemas: Schemas, name: string, field: SchemaNode, side: Side, isRequired: boolean): Html {
  const { value, mayBeNull, ofStatuses } = schemas.read(field)
  const inside = schemas.insideOf(value)
  const example = value.enum === undefined && value.const === undefined ? value.examples?.[0] : undefined
  const said = field.description ?? value.description ?? ''
  const bounds = describeBounds(value, said)
  return html`<li><p class="field"><code class="name">${name}</code> <span class="type">${typeOf(value, inside)}${
    mayBeNull ? ' or null' : ''
  }</span>${isRequired && side === 'request' ? html` <span class="required">required</span>` : null}</p>
<p>${renderText(said)}${ofStatuses.length === 0 ? null : renderText(` Only when \`status\` is ${ofStatuses.map((one) => `\`${one}\``).join(' or ')}; null otherwise.`)}</p>${
    bounds === '' && example === undefined
      ? null
      : html`<p class="quiet small">${renderText(bounds)}${example === undefined || isEmpty(example) ? null : html` Example: <code>${JSON.stringify(example)}</code>`}</p>`
  }${inside.map((one) => renderInside(schemas, name, one, side, said)).reduce((all, one) => joinHtml([all, one]), html``)}</li>`
}

function renderInside(schemas: Schemas, name: string, schema: SchemaNode, side: Side, said: string): Html {
  const named = schemas.nameOf(schema)
  const link = named === null ? null : schemas.addressOf(named)
  if (named !== null && link !== null) return html`<p class="small"><a href="${link}">${named}</a></p>`
  const { description = said } = schema
  const title = description === said ? `Fields of ${name}` : `Fields of ${name}: ${description}`
  return html`<details><summary>${renderText(title)}</summary>${renderFields(schemas, schema, side)}</details>`
}

function typeOf(value: SchemaNode, inside: readonly SchemaNode[]): string {
  if (value.enum !== undefined) return 'one of these words'
  if (value.type === 'array') return inside.length > 0 ? 'list of objects' : 'list of texts'
  if (value.type === 'string') return value.format === 'date-time' ? 'time' : 'text'
  if (value.type === 'integer') return 'whole number'
  if (value.type === 'boolean') return 'true or false'
  return value.type ?? (inside.length > 0 ? 'object' : 'text')
}

const isEmpty = (example: unknown) => Array.isArray(example) && example.length === 0

/** What a value must be, in words; a pattern that only an id has is said by its example. */
function describeBounds(value: SchemaNode, said: string): string {
  const { minLength, maxLength, minimum, maximum, maxItems, maxProperties, pattern } = value
  if (value.enum?.every((word) => said.includes(`\`${word}\``))) return describeDefault(value)
  if (value.enum !== undefined) return `${value.enum.map((word) => `\`${word}\``).join(', ')}.${describeDefault(value)}`
  const bounds = [
    maxLength === undefined
      ? null
      : `${minLength === undefined ? 'At most' : `${minLength} to`} ${maxLength} characters.`,
    minimum === undefined ? null : `${minimum} to ${maximum}.`,
    maxItems === undefined ? null : `At most ${maxItems} entries.`,
    maxProperties === undefined ? null : `At most ${maxProperties} keys.`,
    pattern === undefined || pattern.includes('{26}') ? null : `Must match \`${pattern}\`.`,
  ]
  return `${bounds.filter((one) => one !== null).join(' ')}${describeDefault(value)}`
}

function describeDefault({ default: value }: SchemaNode): string {
  return value === undefined ? '' : ` Without it: \`${value}\`.`
}
