/** Parameters of Stripe's as they are written down here: one that may be left out may be undefined instead. */
export type FormOf<T> = { [K in keyof T]: object extends Pick<T, K> ? T[K] | undefined : T[K] }

/**
 * Writes parameters as Stripe's API takes them: a form in which brackets say where a value belongs, `card[exp_year]=2034`
 * or `expand[0]=latest_charge` (as Stripe's own SDK writes them). What is undefined is left out. Everything that is not
 * a letter, a digit or one of `-_.!~*'()` is percent-encoded, so no text can end its value, and no brace stays a brace.
 *
 * Takes texts, whole numbers, booleans, and lists and objects of them; anything else is a mistake of ours and throws.
 */
export function encodeForm(parameters: object): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) => encodePairs(encodeText(name), value))
    .join('&')
}

function encodePairs(name: string, value: unknown): string[] {
  if (value === undefined) return []
  if (typeof value === 'string') return [`${name}=${encodeText(value)}`]
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return [`${name}=${value}`]
  if (typeof value !== 'object' || value === null) throw new Error(`A form cannot hold the value of ${name}`)
  return Object.entries(value).flatMap(([key, inner]) => encodePairs(`${name}[${encodeText(key)}]`, inner))
}

/** Half a surrogate is no character, and cannot be encoded. */
function encodeText(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
