import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** A request of Adyen's Checkout API as the official SDK publishes it. */
export type SdkModel = {
  /** By the name that is sent. */
  attributes: ReadonlyMap<string, { type: string; format: string; required: boolean }>
  /** By their names in this model's namespace: the values that are sent. */
  enums: Readonly<Record<string, readonly unknown[]>>
  /** Of a union: the attribute that tells which model it is, and the model of each of its values. */
  union: { discriminator: string; models: Readonly<Record<string, string>> } | null
}

type SdkClass = {
  attributeTypeMap?: { name: string; baseName: string; type: string; format: string }[]
  discriminator?: string
  mapping?: Record<string, string>
} & Record<string, unknown>

const requireFromHere = createRequire(import.meta.url)
const sdkFolder = dirname(requireFromHere.resolve('@adyen/api-library'))
const modelFolder = join(sdkFolder, 'typings/checkout')
const models = new Map<string, SdkModel>()

/** Such as `v72`: the version that the SDK's service classes call. Read as text, since loading them loads all of the SDK. */
export const checkoutVersion = readVersion()

function readVersion(): string {
  const text = readFileSync(join(sdkFolder, 'services/checkout/paymentsApi.js'), 'utf8')
  const version = /https:\/\/checkout-test\.adyen\.com\/(v\d+)/.exec(text)?.[1]
  if (version === undefined) throw new Error('The SDK no longer tells the version of the Checkout API')
  return version
}

/**
 * The SDK's model of this name. Its class tells names and types at run time; which attributes are required stands only in
 * its declaration, which lies beside it.
 */
export function loadModel(name: string): SdkModel {
  const known = models.get(name)
  if (known) return known
  const file = join(modelFolder, `${name.charAt(0).toLowerCase()}${name.slice(1)}`)
  const exported = requireFromHere(`${file}.js`) as Record<string, SdkClass | undefined>
  const model = readModel(exported[name] ?? exported[`${name}Class`], readFileSync(`${file}.d.ts`, 'utf8'))
  models.set(name, model)
  return model
}

function readModel(sdkClass: SdkClass | undefined, declaration: string): SdkModel {
  if (sdkClass === undefined) throw new Error('The SDK has no such model')
  const optional = new Map([...declaration.matchAll(/^ {4}"([^"]+)"(\??):/gm)].map(([, name, mark]) => [name, mark]))
  const attributes = (sdkClass.attributeTypeMap ?? []).map(({ name, baseName, type, format }) => {
    return [baseName, { type, format, required: optional.get(name) === '' }] as const
  })
  const enums = Object.entries(sdkClass).flatMap(([name, value]) =>
    name.endsWith('Enum') ? [[name, Object.values(value as object)] as const] : [],
  )
  const { discriminator, mapping } = sdkClass
  return {
    attributes: new Map(attributes),
    enums: Object.fromEntries(enums),
    union: discriminator && mapping ? { discriminator, models: mapping } : null,
  }
}

/**
 * Whether a key of `additionalData` is one that the SDK knows. Its models for it are many, and some names have a part that
 * the caller chooses, such as `riskdata.basket.item[itemNr].quantity`.
 */
export function isAdditionalDataName(name: string): boolean {
  additionalDataNames ??= readAdditionalDataNames()
  return additionalDataNames.exact.has(name) || additionalDataNames.patterns.some((pattern) => pattern.test(name))
}

let additionalDataNames: { exact: Set<string>; patterns: RegExp[] } | undefined

function readAdditionalDataNames() {
  const names = readdirSync(modelFolder)
    .filter((file) => /^additionalData\w+\.js$/.test(file))
    .flatMap((file) => [...loadModel(`A${file.slice(1, -3)}`).attributes.keys()])
  const patterns = names
    .filter((name) => name.includes('['))
    .map((name) => new RegExp(`^${name.replaceAll('.', '\\.').replaceAll(/\[\w+\]/g, '\\[?[\\w-]+\\]?')}$`))
  return { exact: new Set(names), patterns }
}
