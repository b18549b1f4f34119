import assert from 'node:assert/strict'
import { everyRequest } from '../every-request.ts'
import type { Psp, PspReply, PspRequest } from '../port.ts'
import { type Steps, toText } from './steps.ts'

const sideBySide = 4
/** On a busy machine an answer may come later than the bench waits; a repeat under the same key gets the first one. */
const mostTries = 10

/** Every request that the adapter can send, whatever a merchant chooses. */
export function addRequestCases(psp: Psp, { bench, it }: Steps): void {
  it('sends nothing that the PSP refuses for its form', async (t) => {
    const { account, cards, isMalformed, unknown } = bench()
    if (isMalformed === undefined) return
    const card = cards.approves
    const names = { ...unknown, token: await bench().makeToken(card) }
    const requests = [...everyRequest(psp, account, names, new Date())]
    assert.equal(new Set(requests.map(({ name }) => name)).size, requests.length, 'two requests have one name')
    const spliced = ({ body, ...rest }: PspRequest): PspRequest => ({
      ...rest,
      body: body?.replace('{{card.number}}', card.number).replace('{{card.cvc}}', card.cvc) ?? null,
    })
    const refused: string[] = []
    const pages = new Set<string>()
    let accepted = 0
    const sendOne = async (name: string, request: PspRequest): Promise<PspReply> => {
      let reply = await bench().send(spliced(request))
      for (let tries = 1; !isAnswer(reply) && tries < mostTries; tries++) reply = await bench().send(spliced(request))
      if (!('status' in reply) || isMalformed(reply)) refused.push(`${name}: ${toText(reply).slice(0, 400)}`)
      else if (reply.status < 300) accepted += 1
      return reply
    }
    const rest = requests.values()
    const sendSome = async () => {
      for (const { name, request, next } of rest) {
        const reply = await sendOne(name, request)
        const page = next?.(reply) ?? null
        if (page === null || pages.has(toText(page))) continue
        pages.add(toText(page))
        await sendOne(`${name}, the next page`, page)
      }
    }
    await Promise.all(Array.from({ length: sideBySide }, sendSome))
    const count = requests.length + pages.size
    t.diagnostic(`${count} distinct requests of ${psp.name} checked, ${accepted} of them done`)
    assert.deepEqual(refused.slice(0, 5), [], `${refused.length} of ${count} were refused`)
    assert(accepted > count / 4, 'so few were done that their form may not have been looked at')
  })
}

/** 409 may say that the same request is still running. */
function isAnswer(reply: PspReply): boolean {
  return 'status' in reply && reply.status !== 409
}
