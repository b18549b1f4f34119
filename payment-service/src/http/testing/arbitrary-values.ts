import fc, { type Arbitrary } from 'fast-check'
import { toCrockford } from '../../ids.ts'
import type { Schema } from './read-document.ts'

/** Values that a test knows better than the schema: ids that exist, by the pattern of their field; texts by its name. */
export type Known = (schema: Schema, name: string) => Arbitrary<unknown> | null

/** fast-check takes 20 ms to prepare texts, so what is wanted often is made once. */
const made = new Map<string, Arbitrary<string>>()
function once(name: string, make: () => Arbitrary<string>): Arbitrary<string> {
  const found = made.get(name) ?? make()
  made.set(name, found)
  return found
}

/** Texts of this pattern; ids are made of bytes, which is quicker. */
export function matching(pattern: string): Arbitrary<string> {
  const prefix = /^\^([a-z]+_)\[0-9a-hjkmnp-tv-z\]\{26\}\$$/.exec(pattern)?.[1]
  if (prefix !== undefined)
    return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => prefix + toCrockford(bytes))
  return once(pattern, () => fc.stringMatching(new RegExp(pattern)))
}

/** A text that PostgreSQL can store, of these bounds: plain, of many languages, or as long as it may be. */
const textOf = (minLength: number, maxLength: number) =>
  once(`${minLength} ${maxLength}`, () => makeText(minLength, maxLength))
function makeText(minLength: number, maxLength: number): Arbitrary<string> {
  const most = Math.min(maxLength, Math.max(minLength, 24))
  return fc.oneof(
    { arbitrary: fc.string({ minLength, maxLength: most }), weight: 4 },
    fc
      .string({ unit: 'grapheme', minLength, maxLength: Math.max(1, Math.floor(most / 4)) })
      .filter((text) => !text.includes('\0') && text.length <= maxLength && text.length >= minLength),
    fc.constant('x'.repeat(maxLength)),
  )
}

function integerOf({ minimum: min = 0, maximum: max = 1_000_000 }: Schema): Arbitrary<number> {
  return fc.oneof(fc.integer({ min, max: Math.min(max, min + 5_000) }), fc.constantFrom(min, max))
}

/** Values that fit a schema. */
export function fitting(schema: Schema, known: Known, name = ''): Arbitrary<unknown> {
  const better = known(schema, name)
  if (better !== null) return better
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map((one) => fitting(one, known, name)))
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return integerOf(schema)
    case 'array':
      return listOf(schema, known, name)
    case 'object':
      return schema.patternProperties === undefined ? recordOf(schema, known) : dictionaryOf(schema, known)
  }
  if (schema.pattern !== undefined) return matching(schema.pattern)
  return textOf(schema.minLength ?? 0, schema.maxLength ?? 255)
}

function listOf({ items = {}, minItems = 0, maxItems = 3, uniqueItems }: Schema, known: Known, name: string) {
  const bounds = { minLength: minItems, maxLength: Math.min(maxItems, 3) }
  const item = fitting(items, known, name)
  return uniqueItems === true ? fc.uniqueArray(item, bounds) : fc.array(item, bounds)
}

function dictionaryOf({ patternProperties = {} }: Schema, known: Known): Arbitrary<unknown> {
  const [[key, value] = ['', {}]] = Object.entries(patternProperties)
  // An object has no keys that JavaScript takes for something else.
  const keys = once(`key ${key}`, () => fc.stringMatching(new RegExp(key)).filter((text) => text !== '__proto__'))
  return fc.dictionary(keys, fitting(value, known, 'metadata'), { maxKeys: 3 })
}

function recordOf({ properties = {}, required = [] }: Schema, known: Known): Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(properties).map(([name, field]) => [name, fitting(field, known, name)])
  return fc.record(Object.fromEntries(fields), { requiredKeys: required, noNullPrototype: true })
}

/** Values that fit hardly any schema. */
export const strange: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>(
    null,
    true,
    '',
    0,
    -1,
    1.5,
    2 ** 53,
    -(2 ** 63),
    1e308,
    [],
    {},
    [[]],
    'null',
    '\0',
    '\ud800',
    'toString',
    "'; drop table charges; --",
    '../../etc/passwd',
    '{{card.number}}',
    'https://%',
    'http://[::1',
    'x'.repeat(20_000),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.jsonValue({ maxDepth: 2 }),
)
