import { readFileSync } from 'node:fs'
import { invalid } from '../errors.ts'
import type { OperationName } from '../operations.ts'
import type { FormHash, FormNode } from './form.ts'
import type { Parameter } from './parameter.ts'

const table = JSON.parse(readFileSync(new URL('../parameters.generated.json', import.meta.url), 'utf8')) as Record<
  OperationName,
  Parameter
>

/**
 * `payment_method_data` of a PaymentIntent takes `type: card` and the card, as Stripe's own refusal says ("use
 * payment_method_data with type=card and card[token]="), but Stripe leaves that out of the SDK's types on purpose, so that
 * nobody is led to raw cards (stripe-node issues 1161, 1264, 1310). The hash is that of `POST /v1/payment_methods`.
 */
function addCard(): void {
  const intent = table['payment_intents.create']
  const method = table['payment_methods.create']
  const data = intent.kind === 'hash' ? intent.fields.payment_method_data : undefined
  const card = method.kind === 'hash' ? method.fields.card : undefined
  const type = data?.kind === 'hash' ? data.fields.type : undefined
  if (data?.kind !== 'hash' || type?.kind !== 'enum' || !card) throw new Error('The SDK has other types than before')
  data.fields.card = card
  type.values.push('card')
}
addCard()

/** Stripe's limits of metadata ("Metadata", API reference). */
const metadataLimits = { keys: 50, keyLength: 40, valueLength: 500 }

type Value = string | number | boolean | Value[] | { [name: string]: Value }

/**
 * Reads the parameters of an operation, each by its type in the official SDK, and throws the `Refusal` that Stripe answers:
 * first for names that do not exist, then for what is missing, then for values. A text that unsets a parameter is ''.
 * No refusal repeats a value.
 */
export function readParameters<T>(operation: OperationName, form: FormHash): T {
  const parameter = table[operation]
  const unknown = listUnknown(parameter, form, '')
  if (unknown.length > 0) {
    const names = unknown.map((name) => name.slice(0, 100)).slice(0, 20)
    const [first = ''] = names
    throw invalid(`Received unknown parameter${names.length > 1 ? 's' : ''}: ${names.join(', ')}`, {
      code: 'parameter_unknown',
      param: first,
    })
  }
  const missing = findMissing(parameter, form, '')
  if (missing !== null)
    throw invalid(`Missing required param: ${missing}.`, { code: 'parameter_missing', param: missing })
  return readValue(parameter, form, '') as T
}

function listUnknown(parameter: Parameter, node: FormNode, path: string): string[] {
  if (typeof node === 'string') return []
  switch (parameter.kind) {
    case 'emptyable':
      return listUnknown(parameter.of, node, path)
    case 'any': {
      const hash = parameter.of.find(({ kind }) => kind === 'hash' || kind === 'array' || kind === 'map')
      return hash ? listUnknown(hash, node, path) : []
    }
    case 'hash':
      return [...node].flatMap(([name, value]) => {
        const field = Object.hasOwn(parameter.fields, name) ? parameter.fields[name] : undefined
        return field ? listUnknown(field, value, nest(path, name)) : [nest(path, name)]
      })
    case 'array':
      return [...node].flatMap(([name, value]) => listUnknown(parameter.of, value, nest(path, name)))
    default:
      return []
  }
}

function findMissing(parameter: Parameter, node: FormNode, path: string): string | null {
  if (typeof node === 'string') return null
  switch (parameter.kind) {
    case 'emptyable':
      return findMissing(parameter.of, node, path)
    case 'any': {
      const hash = parameter.of.find(({ kind }) => kind === 'hash')
      return hash ? findMissing(hash, node, path) : null
    }
    case 'hash': {
      const absent = parameter.required.find((name) => !node.has(name))
      if (absent !== undefined) return nest(path, absent)
      for (const [name, value] of node) {
        const field = parameter.fields[name]
        const found = field ? findMissing(field, value, nest(path, name)) : null
        if (found !== null) return found
      }
      return null
    }
    case 'array':
      for (const [name, value] of node) {
        const found = findMissing(parameter.of, value, nest(path, name))
        if (found !== null) return found
      }
      return null
    default:
      return null
  }
}

function readValue(parameter: Parameter, node: FormNode, path: string): Value {
  const wrong = (message: string, code?: string) => invalid(message, { param: path, ...(code ? { code } : {}) })
  if (parameter.kind === 'emptyable') return node === '' ? '' : readValue(parameter.of, node, path)
  if (parameter.kind === 'any') return readAny(parameter.of, node, path)
  if (parameter.kind === 'hash') {
    if (typeof node === 'string') throw wrong('Invalid object')
    return Object.fromEntries(
      [...node].map(([name, value]) => [name, readField(parameter.fields[name], value, nest(path, name))]),
    )
  }
  if (parameter.kind === 'map') return readMap(node, path)
  if (parameter.kind === 'array') {
    if (typeof node === 'string') throw wrong('Invalid array')
    return [...node.keys()].map((name, index) => {
      if (name !== String(index)) throw wrong('Invalid array')
      return readField(parameter.of, node.get(name) ?? '', nest(path, name))
    })
  }
  if (typeof node !== 'string') throw wrong('Invalid string')
  if (node === '')
    throw wrong(
      `You passed an empty string for '${path}'. We assume empty values are an attempt to unset a parameter; however '${path}' cannot be unset. You should remove '${path}' from your request or supply a non-empty value.`,
      'parameter_invalid_empty',
    )
  switch (parameter.kind) {
    case 'integer':
      if (!/^-?\d{1,15}$/.test(node)) throw wrong('Invalid integer', 'parameter_invalid_integer')
      return Number(node)
    case 'float':
    case 'decimal':
      if (!/^-?\d{1,15}(\.\d{1,12})?$/.test(node)) throw wrong('Invalid decimal')
      return parameter.kind === 'float' ? Number(node) : node
    case 'boolean':
      if (node !== 'true' && node !== 'false') throw wrong('Invalid boolean')
      return node === 'true'
    case 'enum':
      if (!parameter.values.includes(node))
        throw wrong(`Invalid ${path}: must be one of ${parameter.values.join(', ')}`)
      return node
    case 'string':
      if (node.trim() === '') throw wrong(`Invalid ${path}: it is blank`, 'parameter_invalid_string_blank')
      if (node.length > 5_000) throw wrong(`Invalid string: must be at most 5000 characters`)
      return node
  }
}

function readField(parameter: Parameter | undefined, node: FormNode, path: string): Value {
  if (!parameter) throw new Error('A name that was found before')
  return readValue(parameter, node, path)
}

/** The first form that fits; when none does, what is wrong with the last of its shape. */
function readAny(choices: readonly Parameter[], node: FormNode, path: string): Value {
  const shaped = choices.filter(({ kind }) => (kind === 'hash' || kind === 'array') === (typeof node !== 'string'))
  for (const choice of shaped.slice(0, -1)) {
    try {
      return readValue(choice, node, path)
    } catch {
      // The next form may fit.
    }
  }
  const last = shaped.at(-1)
  if (!last) throw invalid(typeof node === 'string' ? 'Invalid string' : 'Invalid object', { param: path })
  return readValue(last, node, path)
}

/** Metadata: texts by names, an empty one unsets its name. */
function readMap(node: FormNode, path: string): Value {
  if (typeof node === 'string') throw invalid('Invalid object', { param: path })
  if (node.size > metadataLimits.keys)
    throw invalid(`Metadata can have up to ${metadataLimits.keys} keys`, { param: path })
  return Object.fromEntries(
    [...node].map(([name, value]) => {
      if (name.length > metadataLimits.keyLength)
        throw invalid(`Metadata keys must be at most ${metadataLimits.keyLength} characters`, { param: path })
      if (typeof value !== 'string' || value.length > metadataLimits.valueLength)
        throw invalid(`Metadata values must be a string under ${metadataLimits.valueLength} characters`, {
          param: nest(path, name),
        })
      return [name, value]
    }),
  )
}

function nest(path: string, name: string): string {
  return path === '' ? name : `${path}[${name}]`
}
