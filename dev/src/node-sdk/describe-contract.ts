/** Makes the types and the table of errors of `@fincore/node` from the contract. */
import * as answers from '@fincore/api-contract/answers'
import { errorTable } from '@fincore/api-contract/errors'
import { eventTypes } from '@fincore/api-contract/events'
import * as requests from '@fincore/api-contract/requests'
import * as resources from '@fincore/api-contract/resources'
import * as webhookEndpoints from '@fincore/api-contract/webhook-endpoints'
import { type Narrowing, narrowings } from './narrowings.ts'
import {
  describe,
  describeField,
  describeFields,
  lineWidth,
  type NameOf,
  partsOf,
  type Schema,
  union,
} from './typescript-text.ts'

/** What of the contract’s schemas has no type of its own: written otherwise below, without fields, or not for servers. */
const leftOut = /List$|^(Event|ClientConfig|ProblemBody|NoParameters|CancelCharge)$/
/** A type that another one begins with. */
const extended: Readonly<Record<string, string>> = { WebhookEndpointWithSecret: 'WebhookEndpoint' }

const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && '~kind' in value
const isObject = ({ type, properties }: Schema) => type === 'object' && properties !== undefined
/** A union of objects, one for each `status`. */
const isUnion = ({ anyOf }: Schema) => anyOf?.every(isObject) === true
/** An object that may be null is named without its null. */
const objectIn = (schema: Schema) => (isObject(schema) || isUnion(schema) ? schema : schema.anyOf?.find(isObject))

/** Every object of the contract by its name, in the order of the code. */
const named: ReadonlyMap<string, Schema> = new Map(
  [resources, answers, requests, webhookEndpoints].flatMap((module) =>
    Object.entries(module).flatMap(([name, value]) => {
      const schema = isSchema(value) && !leftOut.test(name) ? objectIn(value) : undefined
      return schema === undefined ? [] : [[name, schema] as const]
    }),
  ),
)
const fieldOf = (schema: Schema, field: string): Schema => schema.properties?.[field] ?? {}
/** Words that have a name because they are many. */
const words: Readonly<Record<string, Schema>> = {
  DeclineCode: fieldOf(resources.Failure, 'code'),
  SubscribableEvent: fieldOf(webhookEndpoints.CreateWebhookEndpoint, 'events').items ?? {},
}
/** The objects of a union have no type before it: they are described together. */
const inUnions = new Set([...named.values()].filter(isUnion).flatMap(({ anyOf = [] }) => anyOf))
// By their text, because an optional field has a copy of the schema.
const names = new Map([...named, ...Object.entries(words)].map(([name, schema]) => [JSON.stringify(schema), name]))
const nameOf: NameOf = (schema) => names.get(JSON.stringify(schema))

/** `node-sdk/src/contract.ts`. */
export function describeContract(): string {
  return [
    '// Made from api-contract/src by `npm run docs`. Change the schemas there.\n',
    ...[...named].map(([name, schema]) => {
      if (inUnions.has(schema)) return ''
      if (isUnion(schema)) return describeUnion(name, schema)
      const narrowing = narrowings[name]
      return narrowing === undefined ? describeInterface(name, schema) : describeNarrowed(name, schema, narrowing)
    }),
    `${union(
      'DeclineCode',
      partsOf(fieldOf(resources.Failure, 'code'), () => undefined, 0),
    )}`,
    describeEvents(),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

function describeInterface(name: string, schema: Schema): string {
  const base = extended[name]
  if (base === undefined)
    return `${describe(schema, 0)}export type ${name} = {\n${describeFields(schema, nameOf, 1)}}\n`
  const inherited = new Set(Object.keys(named.get(base)?.properties ?? {}))
  const added = describeFields(schema, nameOf, 1, (field) => !inherited.has(field))
  return `${describe(schema, 0)}export type ${name} = ${base} & {\n${added}}\n`
}

/** A type for each status, which says what is certain then, and their union. */
function describeNarrowed(name: string, schema: Schema, { names: variants, fields }: Narrowing): string {
  const isShared = (field: string) => field !== 'status' && !(field in fields)
  const shared = `type ${name}Fields = {\n${describeFields(schema, nameOf, 1, isShared)}}\n`
  const each = Object.entries(variants).map(([status, variant]) => {
    const narrowed = Object.entries(fields).map(([field, certainties]) => {
      const value = fieldOf(schema, field)
      const parts = partsOf(value, nameOf, 1)
      const certainty = certainties[status]
      const left =
        certainty === 'null' ? ['null'] : certainty === 'set' ? parts.filter((part) => part !== 'null') : parts
      return (certainty === 'null' ? '' : describe(value, 1)) + describeField(field, left, 1)
    })
    return `export type ${variant} = ${name}Fields & {\n  status: '${status}'\n${narrowed.join('')}}\n`
  })
  const meaning = `Compare \`status\`, and TypeScript knows what else is there. ${fieldOf(schema, 'status').description}`
  return [shared, ...each, describe({ description: meaning }, 0) + union(name, Object.values(variants))].join('\n')
}

/** What the objects of a union share, a type for each with the rest, and the union. */
function describeUnion(name: string, schema: Schema): string {
  const [first = {}, ...others] = schema.anyOf ?? []
  const isShared = (field: string) =>
    others.every((other) => JSON.stringify(fieldOf(other, field)) === JSON.stringify(fieldOf(first, field)))
  const shared = `type ${name}Fields = {\n${describeFields(first, nameOf, 1, isShared)}}\n`
  const each = [first, ...others].map(
    (variant) =>
      `${describe(variant, 0)}export type ${nameOf(variant)} = ${name}Fields & {\n${describeFields(variant, nameOf, 1, (field) => !isShared(field))}}\n`,
  )
  const names = [first, ...others].map((variant) => nameOf(variant) ?? '')
  return [shared, ...each, describe(schema, 0) + union(name, names)].join('\n')
}

/** The type of an object while it has a status, where it has one. */
function nameWithStatus(name: string, status: string): string | undefined {
  const variant = named.get(name)?.anyOf?.find((each) => fieldOf(each, 'status').const === status)
  return variant === undefined ? narrowings[name]?.names[status] : nameOf(variant)
}

const objectNames = {
  charge: 'Charge',
  refund: 'Refund',
  dispute: 'Dispute',
  payment_session: 'PaymentSession',
  webhook_endpoint: 'WebhookEndpoint',
} as const

function describeEvents(): string {
  const rows = Object.entries(eventTypes).map(([type, { object, meaning, action }]) => {
    // `charge.captured` is about a charge that is captured: the object is as it was at that moment.
    const status = type.slice(type.indexOf('.') + 1)
    const about = nameWithStatus(objectNames[object], status) ?? objectNames[object]
    const name = /^\w+$/.test(type) ? type : `'${type}'`
    return `  /** ${meaning} ${action} */\n  ${name}: ${about}\n`
  })
  const said = (field: string) => describe(fieldOf(answers.Event, field), 2)
  return [
    `/** What each type of event is about: the type of its \`data.object\`. */\nexport type EventObjects = {\n${rows.join('')}}\n`,
    'export type EventType = keyof EventObjects\n',
    "/** What a webhook endpoint can ask for: `*` is all, those of the future included. */\nexport type SubscribableEvent = '*' | Exclude<EventType, 'ping'>\n",
    [
      '/** Compare `type`, and TypeScript knows `data.object`. Ignore types that you do not know: more may come. */',
      'export type FincoreEvent<Type extends EventType = EventType> = {',
      '  [Each in Type]: {',
      "    object: 'event'",
      `${said('id')}    id: string`,
      '    type: Each',
      `${said('created_at')}    created_at: string`,
      `${said('sequence')}    sequence: number`,
      `${said('data')}    data: { object: EventObjects[Each] }`,
      '  }',
      '}[Type]\n',
    ].join('\n'),
  ].join('\n')
}

/** `node-sdk/src/error-codes.ts`. */
export function describeErrorCodes(): string {
  const rows = Object.entries(errorTable).map(([code, { status, retry, title }]) => {
    const fields = [`status: ${status}`, `retry: '${retry}'`, `title: '${title.replaceAll("'", "\\'")}'`]
    const line = `  ${code}: { ${fields.join(', ')} },\n`
    return line.length <= lineWidth + 1
      ? line
      : `  ${code}: {\n${fields.map((field) => `    ${field},\n`).join('')}  },\n`
  })
  return [
    '// Made from api-contract/src/errors.ts by `npm run docs`. Change the table there.\n',
    '/** Every problem that FinCore answers: its status, and whether sending the request again can help. */',
    `export const errorCodes = {\n${rows.join('')}} as const\n`,
    'export type ErrorCode = keyof typeof errorCodes\n',
  ].join('\n')
}
