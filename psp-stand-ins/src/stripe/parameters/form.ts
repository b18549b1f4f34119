import { invalid } from '../errors.ts'

/** Parameters as they came: texts, and hashes of them. An array is a hash whose keys are numbers. */
export type FormNode = string | FormHash
export type FormHash = Map<string, FormNode>

/** As deep as the SDK's types are, and some more. */
const deepest = 10

/**
 * Reads `application/x-www-form-urlencoded` in Stripe's bracket notation: `a[b]=1`, `a[0][b]=1`, and `a[]=1` for the next
 * place of an array. Throws a `Refusal` for a key that is malformed, comes twice, or is a value and a hash at once.
 */
export function decodeForm(text: string): FormHash {
  const root: FormHash = new Map()
  for (const pair of text.split('&')) {
    if (pair === '') continue
    const at = pair.indexOf('=')
    const key = decode(at < 0 ? pair : pair.slice(0, at))
    put(root, splitKey(key), key, decode(at < 0 ? '' : pair.slice(at + 1)))
  }
  return root
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw invalid('The request is not valid form data: it is not UTF-8, percent-encoded.')
  }
}

function splitKey(key: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(key)
  const inner = match?.[2]?.slice(1, -1)
  const path = match ? [match[1] ?? '', ...(inner === undefined || match[2] === '' ? [] : inner.split(']['))] : []
  if (path.length === 0 || path.length > deepest) throw invalid('The request has a parameter whose name is malformed.')
  return path
}

function put(root: FormHash, path: readonly string[], key: string, value: string): void {
  let hash = root
  for (const [index, step] of path.entries()) {
    const name = step === '' ? String(hash.size) : step
    const known = hash.get(name)
    if (index === path.length - 1) {
      if (known !== undefined) throw invalid('The request has a parameter twice.', { param: key.slice(0, 200) })
      hash.set(name, value)
      return
    }
    if (typeof known === 'string') throw invalid('Invalid object', { param: key.slice(0, 200) })
    const next: FormHash = known ?? new Map()
    hash.set(name, next)
    hash = next
  }
}
