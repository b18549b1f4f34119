/** Makes the types and the table of errors of `@fincore/node` from the contract. */
import { globSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { Event } from '@fincore/api-contract/answers'
import { errorTable } from '@fincore/api-contract/errors'
import { eventTypes } from '@fincore/api-contract/events'
import { Failure } from '@fincore/api-contract/resources'
import { CreateWebhookEndpoint } from '@fincore/api-contract/webhook-endpoints'
import { pathInRepository } from '../managed-process.ts'
import { narrow } from './narrowings.ts'
import { describe, describeFields, lineWidth, type NameOf, partsOf, type Schema, union } from './typescript-text.ts'

/** What of the contract’s schemas has no type of its own: written otherwise below, without fields, or not for servers. */
const leftOut = /List$|^(Event|ClientConfig|ProblemBody|NoParameters|CancelCharge)$/
/** A type that another one begins with. */
const extended: Readonly<Record<string, string>> = { WebhookEndpointWithSecret: 'WebhookEndpoint' }

type NamedSchema = [name: string, schema: Schema]
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && value !== null && '~kind' in value
const isObject = ({ type, properties }: Schema) => type === 'object' && properties !== undefined
const fieldOf = (schema: Schema, field: string): Schema => schema.properties?.[field] ?? {}

/** What has a name: an object, one of several objects, or what an object or null is when it is not null. */
function findObject(schema: Schema): Schema | undefined {
  if (isObject(schema)) return schema
  const objects = schema.anyOf?.filter(isObject) ?? []
  return objects.length > 1 ? schema : objects[0]
}

async function importContract(): Promise<object[]> {
  const files = globSync('api-contract/src/*.ts', { cwd: pathInRepository(''), exclude: ['**/*.test.ts'] }).sort()
  return Promise.all(files.map((file) => import(pathToFileURL(pathInRepository(file)).href)))
}

/** Every object of the contract by its name, file by file. */
const named: ReadonlyMap<string, Schema> = new Map(
  (await importContract()).flatMap((module) =>
    Object.entries(module).flatMap(([name, value]): NamedSchema[] => {
      const schema = isSchema(value) && !leftOut.test(name) ? findObject(value) : undefined
      return schema === undefined ? [] : [[name, schema]]
    }),
  ),
)
/** Words that have a name because they are many. */
const words: Readonly<Record<string, Schema>> = {
  DeclineCode: fieldOf(Failure, 'code'),
  SubscribableEvent: fieldOf(CreateWebhookEndpoint, 'events').items ?? {},
}
// By their text, because an optional field has a copy of the schema.
const names = new Map([...named, ...Object.entries(words)].map(([name, schema]) => [JSON.stringify(schema), name]))
const nameOf: NameOf = (schema) => names.get(JSON.stringify(schema))

/** The types of an object’s states, by the name of the type of the whole. */
const states: ReadonlyMap<string, NamedSchema[]> = new Map(
  [...named].flatMap(([name, schema]) => {
    const parts = schema.anyOf?.map((part): NamedSchema => [nameOf(part) ?? '', part]) ?? narrow(name, schema)
    return parts === null ? [] : [[name, parts] as const]
  }),
)
const namesOfStates = new Set([...states.values()].flatMap((each) => each.map(([name]) => name)))

/** `node-sdk/src/contract.ts`. */
export function describeContract(): string {
  const objects = [...named].flatMap(([name, schema]) => {
    const each = states.get(name)
    if (each !== undefined) return [describeStates(name, schema, each)]
    return namesOfStates.has(name) ? [] : [describeObject(name, schema)]
  })
  const declines = union(
    'DeclineCode',
    partsOf(fieldOf(Failure, 'code'), () => undefined, 0),
  )
  const origin = '// Made from api-contract/src by `npm run docs`. Change the schemas there.\n'
  return [origin, ...objects, declines, describeEvents()].join('\n')
}

function describeObject(name: string, schema: Schema): string {
  const base = extended[name]
  if (base === undefined)
    return `${describe(schema, 0)}export type ${name} = {\n${describeFields(schema, nameOf, 1)}}\n`
  const inherited = new Set(Object.keys(named.get(base)?.properties ?? {}))
  const added = describeFields(schema, nameOf, 1, (field) => !inherited.has(field))
  return `${describe(schema, 0)}export type ${name} = ${base} & {\n${added}}\n`
}

/** What all states have in common, a type for each state with what is its own, and their union. */
function describeStates(name: string, schema: Schema, each: readonly NamedSchema[]): string {
  const first = each[0]?.[1] ?? {}
  const isShared = (field: string) =>
    each.every(([, one]) => JSON.stringify(fieldOf(one, field)) === JSON.stringify(fieldOf(first, field)))
  const shared = `type ${name}Fields = {\n${describeFields(first, nameOf, 1, isShared)}}\n`
  const types = each.map(([state, one]) => {
    const own = describeFields(one, nameOf, 1, (field) => !isShared(field))
    const meaning = one.description === schema.description ? '' : describe(one, 0)
    return `${meaning}export type ${state} = ${name}Fields & {\n${own}}\n`
  })
  const all = each.map(([state]) => state)
  return [shared, ...types, describe(schema, 0) + union(name, all)].join('\n')
}

/** `payment_session` is a `PaymentSession`. */
function nameOfObject(object: string): string {
  const name = object.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())
  if (!named.has(name)) throw new Error(`The contract has no schema ${name} for the events about a ${object}`)
  return name
}

function describeEvents(): string {
  const rows = Object.entries(eventTypes).map(([type, { object, meaning, action }]) => {
    // `charge.captured` is about a charge that is captured: the object is as it was at that moment.
    const status = type.slice(type.indexOf('.') + 1)
    const whole = nameOfObject(object)
    const state = states.get(whole)?.find(([, schema]) => fieldOf(schema, 'status').const === status)
    return `  /** ${meaning} ${action} */\n  ${/^\w+$/.test(type) ? type : `'${type}'`}: ${state?.[0] ?? whole}\n`
  })
  const said = (field: string) => describe(fieldOf(Event, field), 2)
  return [
    '/** What each type of event is about: the type of its `data.object`. */',
    `export type EventObjects = {\n${rows.join('')}}\n`,
    'export type EventType = keyof EventObjects\n',
    '/** What a webhook endpoint can ask for: `*` is all, those of the future included. */',
    "export type SubscribableEvent = '*' | Exclude<EventType, 'ping'>\n",
    '/** Compare `type`, and TypeScript knows `data.object`. Ignore types that you do not know: more may come. */',
    'export type FincoreEvent<Type extends EventType = EventType> = {',
    '  [Each in Type]: {',
    `${said('object')}    object: 'event'`,
    `${said('id')}    id: string`,
    `${said('type')}    type: Each`,
    `${said('created_at')}    created_at: string`,
    `${said('sequence')}    sequence: number`,
    `${said('data')}    data: { object: EventObjects[Each] }`,
    '  }',
    '}[Type]\n',
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
