import { CreateCardCharge, CreateTokenCharge } from '@fincore/api-contract/requests'
import { type Refusal, refuse } from '../refusal.ts'
import { fieldForms } from './field-forms.ts'
import { namesAt, valueAt } from './schema-paths.ts'
import { suggestName } from './suggest-name.ts'
import { findWrongKind } from './wrong-kind.ts'

/** One finding of a JSON Schema validator, as Ajv and TypeBox both word it. */
export type Finding = {
  keyword: string
  instancePath: string
  schemaPath?: string
  params: Record<string, unknown>
  message?: string | undefined
}

/** What was read, and the schema that it was read by: for asking whether another name or word was meant. */
export type Read = { schema: unknown; value: unknown }

/**
 * Says which field is wrong and what it must look like; the text comes from the schema, never from the value. With
 * what was `read` it also asks whether another name of the schema was meant.
 */
export function explainFinding(finding: Finding | undefined, read: Read = { schema: {}, value: undefined }): Refusal {
  if (finding === undefined) return refuse('parameter_invalid')
  const path = finding.instancePath.split('/').slice(1)
  const { params } = finding
  if (isOfFields(finding)) {
    // How TypeBox names a field too many: by its own path.
    const wrong = findWrongKind(finding.keyword === 'boolean' ? path.slice(0, -1) : path, read)
    if (wrong !== null) return explainFinding(wrong, read)
  }
  switch (finding.keyword) {
    case 'required': {
      const missing = firstOf(params.missingProperty ?? params.requiredProperties)
      const param = nameField([...path, missing])
      const unknown = unknownBeside(missing, path, read)
      const detail = unknown === null ? '.' : `, and ${unknown} is not a field of this request.`
      return refuse('parameter_missing', { param, detail: `${param} is required${detail}` })
    }
    case 'additionalProperties':
      return refuseUnknown([...path, firstOf(params.additionalProperty ?? params.additionalProperties)], read.schema)
    case 'boolean':
      // How TypeBox says it of each field that `additionalProperties: false` shuts out.
      if (isOfFields(finding)) return refuseUnknown(path, read.schema)
  }
  const param = nameField(path)
  const must = `${sayForm(finding, path)}${askWord(finding, valueAt(read.value, path))}`
  return param === ''
    ? refuse('parameter_invalid', { detail: `The request ${must}` })
    : refuse('parameter_invalid', { param, detail: `${param} ${must}` })
}

/** Whether a field is missing or too many. */
function isOfFields({ keyword, schemaPath }: Finding): boolean {
  return (
    keyword === 'required' ||
    keyword === 'additionalProperties' ||
    (keyword === 'boolean' && schemaPath?.endsWith('/additionalProperties') === true)
  )
}

function refuseUnknown(path: readonly string[], schema: unknown): Refusal {
  // The names in metadata are the caller's own, so an unknown one is a name of the wrong form.
  if (path[0] === 'metadata' && path.length === 2) {
    const detail = 'A key of metadata has 1 to 40 letters, digits, dots, dashes and underscores.'
    return refuse('parameter_unknown', { param: nameField(path), detail })
  }
  const param = nameField(path)
  if (param.includes('…')) return refuse('parameter_unknown', { param })
  const said = `${param} is not a field of this request`
  const meant = suggestName(path.at(-1) ?? '', namesAt(schema, path.slice(0, -1)))
  const advice = ofCardsAlone.has(param)
    ? '; it belongs to charges of a card, at the card relay.'
    : meant === null
      ? '; check its spelling.'
      : `. Did you mean \`${meant}\`?`
  return refuse('parameter_unknown', { param, detail: `${said}${advice}` })
}

/** What was sent where a field is missing, and is none: most likely that field misspelt. The nearest name, or the first. */
function unknownBeside(missing: string, path: readonly string[], { schema, value }: Read): string | null {
  const known = namesAt(schema, path)
  const sent = Object.keys(valueAt(value, path) ?? {}).filter((name) => !known.includes(name))
  const name = sent.find((each) => suggestName(each, [missing]) !== null) ?? sent[0]
  const named = name === undefined ? '…' : nameField([...path, name])
  return named.includes('…') ? null : named
}

/** The end of a sentence, with a question after it when a word of the schema is near to what was sent. */
function askWord({ keyword, params }: Finding, sent: unknown): string {
  const words = keyword === 'enum' ? params.allowedValues : keyword === 'const' ? [params.allowedValue] : []
  if (typeof sent !== 'string' || !Array.isArray(words)) return '.'
  const meant = suggestName(
    sent,
    words.filter((word) => typeof word === 'string'),
  )
  return meant === null ? '.' : `. Did you mean \`${meant}\`?`
}

/** Fields that a charge of a card has and one of a token lacks: well spelt, and sent to the wrong door. */
const ofCardsAlone: ReadonlySet<string> = new Set(
  Object.keys(CreateCardCharge.properties).filter((name) => !Object.hasOwn(CreateTokenCharge.properties, name)),
)

/** What a field must look like, to follow its name. */
function sayForm({ keyword, params }: Finding, path: readonly string[]): string {
  const form = fieldForms[path.findLast((name) => !/^\d+$/.test(name)) ?? '']
  const isAboutForm = keyword === 'pattern' || keyword === 'format' || (keyword === 'minLength' && params.limit !== 1)
  if (isAboutForm && form !== undefined) return `must be ${form}`
  return wordsByKeyword[keyword]?.(params) ?? 'is not valid'
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
}
const listed = (values: unknown) => (Array.isArray(values) ? values.join(', ') : String(values))
const wordsByKeyword: Readonly<Record<string, (params: Finding['params']) => string>> = {
  type: ({ type }) =>
    `must be ${[type]
      .flat()
      .map((name) => typeNames[String(name)] ?? 'of another type')
      .join(' or ')}`,
  minLength: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} characters`),
  maxLength: ({ limit }) => `must have at most ${limit} characters`,
  minimum: ({ limit }) => `must be at least ${limit}`,
  maximum: ({ limit }) => `must be at most ${limit}`,
  minItems: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} entries`),
  maxItems: ({ limit }) => `must have at most ${limit} entries`,
  minProperties: ({ limit }) => (limit === 1 ? 'must not be empty' : `must have at least ${limit} fields`),
  maxProperties: ({ limit }) => `must have at most ${limit} fields`,
  uniqueItems: () => 'must not have the same entry twice',
  // The schema's own values, so they may be said.
  enum: ({ allowedValues }) => `must be one of ${listed(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${String(allowedValue)}`,
  format: ({ format }) => (format === 'date' ? 'must be a date such as 2026-11-23' : 'must be a time as in RFC 3339'),
}

function firstOf(value: unknown): string {
  const first: unknown = Array.isArray(value) ? value[0] : value
  return typeof first === 'string' ? first : '…'
}

/** A path in dots; what in it the caller made up and is not plain is given as `…`. */
export function nameField(path: readonly string[]): string {
  return path.map(plainName).join('.').slice(0, 200)
}

/** A name that the caller made up is their own text: it is given back only when it is a plain name without digits' runs. */
function plainName(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) && !/\d{6}/.test(name) ? name : '…'
}
