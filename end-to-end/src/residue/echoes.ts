import type { Canary } from './canaries.ts'
import { group } from './written-forms.ts'

/** What a careless PSP gives back of a request: the card in its reply's fields and headers, in many ways of writing. */
export function echoForms(
  canary: Canary,
  requestBody: string,
): { fields: Record<string, unknown>; headers: Record<string, string | string[]> } {
  const { number } = canary
  const { source } = JSON.parse(requestBody) as { source?: unknown }
  const texts = {
    number,
    spaced: group(number).join(' '),
    dashed: group(number).join('-'),
    escaped: number.replace(/\d/g, (digit) => `%${digit.charCodeAt(0).toString(16)}`),
  }
  return {
    fields: { source, request: requestBody, ...texts },
    headers: {
      'x-echo-source': JSON.stringify(source ?? null),
      'x-echo-number': texts.number,
      'x-echo-spaced': texts.spaced,
      'x-echo-escaped': texts.escaped,
      'set-cookie': [`card=${number}`, `last=${texts.dashed}`],
    },
  }
}
