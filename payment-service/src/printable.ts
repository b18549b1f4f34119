/** What would move a terminal's cursor, change its colours, or turn its text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
/** The same without what JSON.stringify escapes by itself, and without the line feeds that it makes. */
const unescaped = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Text that was written elsewhere, as it may be shown on a terminal. */
export function printable(text: string): string {
  return text.replace(unprintable, '�')
}

/** JSON that a terminal can be shown too: the same value, with more of it escaped. */
export function toJson(value: unknown, indent?: number): string {
  const escapeOne = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value, null, indent).replace(unescaped, escapeOne)
}
