/**
 * A merchant's text as a PSP takes it: no control characters, no space at its ends, at most `maxLength` characters.
 * Undefined for an empty one. A payment never fails for what its description holds.
 */
export function fitText(text: string | null, maxLength: number): string | undefined {
  const printable = (text ?? '')
    .toWellFormed()
    .replace(/\p{Cc}/gu, ' ')
    .trim()
  return Array.from(printable).slice(0, maxLength).join('').trimEnd() || undefined
}
