import { AdyenError } from '../adyen-error.ts'
import { isAdditionalDataName, loadModel } from './sdk-models.ts'

/** What is wrong is told by names and types only: a value may be a card number. */
const shownName = /^[A-Za-z][\w.]{0,63}$/

/**
 * Holds a request's body against the SDK's model of this name: every parameter's name, place and type, and that none is
 * missing.
 *
 * @throws AdyenError 400 `702` for a structure or a type that Adyen does not know, 422 `14_002` for what is missing.
 */
export function checkParameters(modelName: string, body: unknown): void {
  checkModel(modelName, body, '')
}

function checkModel(modelName: string, value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(path, 'an object')
  const model = loadModel(modelName)
  if (model.union) {
    const kind = (value as Record<string, unknown>)[model.union.discriminator]
    const place = join(path, model.union.discriminator)
    if (kind === undefined) throw new AdyenError('field_missing', place)
    const chosen = typeof kind === 'string' ? model.union.models[kind] : undefined
    if (chosen === undefined) throw wrongType(place, 'a value that the API documents')
    checkModel(chosen, value, path)
    return
  }
  const given = Object.entries(value)
  const unknown = given.map(([name]) => name).filter((name) => !model.attributes.has(name))
  if (unknown.length > 0) throw new AdyenError('unknown_fields', `${modelName} ${describeNames(unknown)}`)
  for (const [name, { required }] of model.attributes)
    if (required && !Object.hasOwn(value, name)) throw new AdyenError('field_missing', join(path, name))
  for (const [name, inner] of given) {
    const { type, format } = model.attributes.get(name) ?? { type: '', format: '' }
    checkValue(type, format, inner, join(path, name))
    if (name === 'additionalData') checkAdditionalData(inner as object)
  }
}

function checkAdditionalData(value: object): void {
  const unknown = Object.keys(value).filter((name) => !isAdditionalDataName(name))
  if (unknown.length > 0) throw new AdyenError('unknown_fields', `additionalData ${describeNames(unknown)}`)
}

/** `type` is written as in the SDK's `attributeTypeMap`. */
function checkValue(type: string, format: string, value: unknown, path: string): void {
  if (type.endsWith(' | null')) {
    if (value !== null) checkValue(type.slice(0, -' | null'.length), format, value, path)
    return
  }
  const list = /^(?:Array|Set)<(.+)>$/.exec(type)?.[1]
  if (list !== undefined) {
    if (!Array.isArray(value)) throw wrongType(path, 'a list')
    for (const [index, item] of value.entries()) checkValue(list, format, item, `${path}[${index}]`)
    return
  }
  const map = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1]
  if (map !== undefined) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(path, 'an object')
    for (const [name, item] of Object.entries(value)) checkValue(map, format, item, join(path, name))
    return
  }
  const [modelName = '', enumName] = type.split('.')
  if (enumName !== undefined) {
    if (!loadModel(modelName).enums[enumName]?.includes(value)) throw wrongType(path, 'a value that the API documents')
    return
  }
  const plain = plainTypes[type]
  if (plain === undefined) checkModel(type, value, path)
  else if (!plain.is(value, format)) throw wrongType(path, plain.name)
}

const plainTypes: Record<string, { name: string; is(value: unknown, format: string): boolean } | undefined> = {
  any: { name: 'anything', is: () => true },
  string: { name: 'a text', is: (value) => typeof value === 'string' },
  boolean: { name: 'true or false', is: (value) => typeof value === 'boolean' },
  number: {
    name: 'a number, whole where the API says so',
    is: (value, format) => Number.isSafeInteger(value) || (/^(float|double)$/.test(format) && Number.isFinite(value)),
  },
  Date: {
    name: 'a date in ISO 8601',
    is: (value, format) =>
      typeof value === 'string' &&
      (format === 'date' ? /^\d{4}-\d\d-\d\d$/ : /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)$/).test(
        value,
      ) &&
      !Number.isNaN(Date.parse(value)),
  },
}

function wrongType(path: string, expected: string): AdyenError {
  return new AdyenError('unexpected_input', `${path || 'the body'} must be ${expected}`)
}

function join(path: string, name: string): string {
  return `${path === '' ? '' : `${path}.`}${describeName(name)}`
}

function describeName(name: string): string {
  return shownName.test(name) && !/\d{6}/.test(name) ? name : '…'
}

function describeNames(names: string[]): string {
  return `contains the following unknown fields: [${names.map(describeName).join(', ')}]`
}
