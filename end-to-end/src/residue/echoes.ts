import type { Canary } from './canaries.ts'
import { group } from './written-forms.ts'

/** One way to write a card: its name, which may be part of a header's, and the text as JSON has it, quotes included. */
export type Spelling = { name: string; json: string }

/** Every way in which a careless PSP may give back a card, or the request that it stood in. */
export function spellings({ number }: Canary, requestBody: string): Spelling[] {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le')
  const percent = number.replace(/\d/g, '%3$&')
  const even = number.length % 2 === 0
  const texts: Record<string, string> = {
    plain: number,
    spaced: group(number).join(' '),
    dashed: group(number).join('-'),
    'within-words': `card no. ${number} was refused`,
    'utf16-little': utf16(number).toString('latin1'),
    'utf16-big': utf16(number).swap16().toString('latin1'),
    ...inBase64('base64', number),
    ...inBase64('request-base64', requestBody),
    hex: Buffer.from(number).toString('hex'),
    'request-hex': Buffer.from(requestBody).toString('hex').toUpperCase(),
    bcd: Buffer.from(even ? number : `0${number}`, 'hex').toString('latin1'),
    'bcd-filled': Buffer.from(even ? number : `${number}f`, 'hex').toString('latin1'),
    percent,
    'percent-spaced': group(number).join('%20'),
    request: requestBody,
    'request-percent': encodeURIComponent(requestBody),
  }
  const escaped = number.replace(/\d/g, '\\u003$&')
  return [
    ...Object.entries(texts).map(([name, text]) => ({ name, json: JSON.stringify(text) })),
    { name: 'json-escapes', json: `"${escaped}"` },
    { name: 'json-escapes-twice', json: `"${escaped.replaceAll('\\', '\\\\')}"` },
    { name: 'percent-json-escapes', json: `"${percent.replaceAll('%', '\\u0025')}"` },
  ]
}

/** Beside one, two and no other characters: wherever it begins, its base64 is another. */
function inBase64(name: string, text: string): Record<string, string> {
  return Object.fromEntries(
    ['', 'x', 'xy'].map((before, phase) => [`${name}-${phase}`, Buffer.from(`${before}${text}.`).toString('base64')]),
  )
}

/** The sandbox's reply to a payment, as far as it is rewritten. */
type Reply = { card?: object | null; decline?: unknown }

/**
 * The reply with the card in all spellings: as values, as keys, and, in a few of them, where the payment service asked
 * for other things. Those leave the outcome as it is: of an approved payment nobody reads why it was declined, and a
 * card's brand that is none is an unknown one. The headers hold whatever a header can.
 */
export function echoReply(
  canary: Canary,
  requestBody: string,
  reply: Reply,
): { body: string; headers: Record<string, string | string[]> } {
  const all = spellings(canary, requestBody)
  // Marks, because JSON.stringify would escape the escapes.
  const mark = (index: number) => `<${index % all.length}>`
  const rewritten = {
    ...reply,
    ...(reply.card && { card: { ...reply.card, brand: mark(canary.index) } }),
    decline: { code: mark(canary.index + 7) },
    error: { code: mark(canary.index + 14), param: mark(canary.index + 21) },
    echo: all.map((_, index) => ({ [mark(index)]: mark(index) })),
  }
  const body = JSON.stringify(rewritten).replace(/"<(\d+)>"/g, (_, index) => all[Number(index)]?.json ?? '""')
  const printable = all.flatMap(({ name, json }): [string, string][] => {
    const text: string = JSON.parse(json)
    return /^[\x20-\x7e]*$/.test(text) && text.length <= longestHeader ? [[`x-echo-${name}`, text]] : []
  })
  return {
    body,
    headers: {
      ...Object.fromEntries(printable),
      'x-echo-source': JSON.stringify((JSON.parse(requestBody) as { source?: unknown }).source ?? null),
      'set-cookie': [`card=${canary.number}`, `last=${group(canary.number).join('-')}`],
    },
  }
}

/** All headers together must be less than what Node reads, 16 KiB. */
const longestHeader = 1_200
