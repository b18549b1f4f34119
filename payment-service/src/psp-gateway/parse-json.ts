/** No reply or webhook of a PSP is larger: what lists much is asked for in pages that fit. */
export const maxTextLength = 262_144

/** The JSON value of a text, or undefined when there is none. The parser's own message would quote the text. */
export function parseJson(text: string): unknown {
  if (text.length > maxTextLength) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
