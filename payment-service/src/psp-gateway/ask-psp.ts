import type { PspReply, PspRequest } from './port.ts'

/** A list of more pages than this is no answer: the account has more payments in a minute than can be asked through. */
const mostPages = 50

type NotYet = { found: 'next'; request: PspRequest }
type Unclear = { found: 'unknown'; why: string }

/**
 * Asks a PSP a question whose answer may take several requests, as a list of pages does.
 *
 * @param timeoutMs bounds all of them together.
 * @returns the answer, with the last reply.
 */
export async function askPsp<Answer>(
  { send }: { send(request: PspRequest, timeoutMs: number): Promise<PspReply> },
  first: PspRequest,
  read: (reply: PspReply) => Answer | NotYet,
  timeoutMs: number,
): Promise<{ reply: PspReply; answer: Exclude<Answer, NotYet> | Unclear }> {
  const endsAt = performance.now() + timeoutMs
  let request = first
  for (let page = 1; ; page++) {
    const leftMs = Math.max(1, Math.ceil(endsAt - performance.now()))
    const reply = await send(request, leftMs)
    const answer = read(reply)
    if (!isNotYet(answer)) return { reply, answer: answer as Exclude<Answer, NotYet> }
    if (page === mostPages) return { reply, answer: { found: 'unknown', why: 'the PSP’s list has too many pages' } }
    request = answer.request
  }
}

function isNotYet(answer: unknown): answer is NotYet {
  return typeof answer === 'object' && answer !== null && 'found' in answer && answer.found === 'next'
}
