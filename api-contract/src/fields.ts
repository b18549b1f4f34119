import Type, { type TSchema } from 'typebox'

/** How the contract writes its fields: each with a description, an example and a bound, which openapi.test.ts holds it to. */

/** For the body of a request: unknown fields are refused, so that a misspelt one is never ignored. */
export const closed = { additionalProperties: false } as const

export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** The `object` of an answer, which names its type. */
export const kindOf = <const Name extends string>(name: Name) =>
  Type.Literal(name, { description: 'What kind of object this is.', examples: [name] })

/** A UUIDv7 in Crockford's base 32: ids sort by time. */
const idDigits = '[0-9a-hjkmnp-tv-z]{26}'
const exampleDigits = '01kx7p2z3r8v9w0a1b2c3d4e5f'

/** An id of one of these kinds, by the prefixes that payment-service/src/ids.ts gives them. */
export const idOf = (prefixes: string | readonly string[], description: string) => {
  const [first, ...others] = [prefixes].flat()
  return Type.String({
    pattern: `^${others.length === 0 ? first : `(${[first, ...others].join('|')})`}_${idDigits}$`,
    description,
    examples: [`${first}_${exampleDigits}`],
  })
}

/** The id of a delivery: that of the event and that of the endpoint. */
export const deliveryId = (description: string) =>
  Type.String({
    pattern: `^del_${idDigits}_${idDigits}$`,
    description,
    examples: [`del_${exampleDigits}_01kx7p2z3r8v9w0a1b2c3d4e5g`],
  })

export const time = (description: string) =>
  Type.String({
    format: 'date-time',
    description: `${description} RFC 3339, UTC.`,
    examples: ['2026-11-23T12:00:00.000Z'],
  })

export const text = (description: string, { atMost, like }: { atMost: number; like: string }) =>
  Type.String({ maxLength: atMost, description, examples: [like] })

export const address = (description: string, like: string) => text(description, { atMost: 2048, like })

export const oneOf = <const T extends readonly string[]>(values: T, description: string, like: T[number]) =>
  Type.Enum(values, { description, examples: [like] })

export const yesOrNo = (description: string, like = false) => Type.Boolean({ description, examples: [like] })

/** The largest number that PostgreSQL’s `integer` holds. */
const maxInteger = 2_147_483_647
export const count = (description: string, like: number, minimum = 0) =>
  Type.Integer({ minimum, maximum: maxInteger, description, examples: [like] })

export const listOf = <T extends TSchema>(item: T, what: string) =>
  Type.Object(
    {
      object: kindOf('list'),
      data: Type.Array(item, { maxItems: 100, description: 'The newest first.', examples: [[]] }),
      has_more: yesOrNo('Whether more follow in the direction that you asked for.'),
    },
    { description: `A page of ${what}.` },
  )

/** The meaning of each word of a table, for the description of a field that holds one of them. */
export const describeRows = (table: Readonly<Record<string, string>>) =>
  Object.entries(table)
    .map(([name, meaning]) => `\`${name}\`: ${meaning}`)
    .join(' ')
