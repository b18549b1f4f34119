/** What a PSP could answer one day, made of what it answers today. */

/** JSON with another text wherever one of these fields has a text. */
export function replaceTexts(body: string, fields: readonly string[], text: string): string {
  return JSON.stringify(
    JSON.parse(body, (key, value) => (fields.includes(key) && typeof value === 'string' ? text : value)),
  )
}

/** A body in which every text that is a web address is another one. */
export function replaceAddresses(body: string, address: string): string {
  return body.replaceAll(/"https?:\\?\/\\?\/[^"]*"/g, JSON.stringify(address))
}
