import type { PspReply, PspRequest } from '@fincore/payment-service/psp-gateway/port'
import type { Ground } from './ground.ts'
import type { PspAnswer, SimulatedPsp } from './psp.ts'
import type { Weather } from './weather.ts'

/** The ways of a request to the PSP and back. `acts`: whether the PSP did what was asked. */
const ways = {
  well: { acts: true },
  refused: { acts: false },
  'lost on the way': { acts: false },
  'reset before the PSP had it': { acts: false },
  'reset after the PSP had it': { acts: true },
  'answer lost': { acts: true },
  'slow, but in time': { acts: true },
  'done after we gave up waiting': { acts: true },
  '500, and nothing done': { acts: false },
  '502, and all was done': { acts: true },
  'told to slow down': { acts: false },
  '409, in progress': { acts: true },
  'answer cut short': { acts: true },
  'a status nobody knows': { acts: true },
  'another amount in the answer': { acts: true },
} as const
type Way = keyof typeof ways

/** The payment service's `send`, through a network that does to requests what networks do. */
export function makeSend(
  { clock, choices, trace, fault }: Ground,
  { psp, weather }: { psp: SimulatedPsp; weather: Pick<Weather, 'psp' | 'outage'> },
) {
  const calm = 1 - weather.psp
  const weights = Object.fromEntries(
    Object.keys(ways).map((way) => [way, way === 'well' ? calm : weather.psp / (Object.keys(ways).length - 1)]),
  ) as Record<Way, number>

  return async (request: PspRequest, timeoutMs: number): Promise<PspReply> => {
    const { story, name } = describe(psp, request)
    const own = choices.within(story)
    const isOut = weather.outage !== null && clock.now() >= weather.outage.from && clock.now() < weather.outage.until
    const way = isOut ? '500, and nothing done' : own.pick(`${name} goes`, weights)
    if (way !== 'well') fault(`PSP call: ${way}`)
    trace(`FinCore → PSP        ${story}: ${name}, ${way}`)
    const startedAt = clock.now()
    const gaveUp: PspReply = { failure: 'timeout', requestWasSent: true }
    const act = (): PspAnswer => {
      const answer = psp.handle(request)
      trace(`PSP                  ${story}: ${name} answered ${answer.status}`)
      return answer
    }
    const actAt = (ms: number) => clock.at(startedAt + ms, () => void act())
    const there = Math.min(timeoutMs / 2, 5 + 100 * own.spread('way there'))
    switch (way) {
      case 'refused':
        return { failure: 'refused', requestWasSent: false }
      case 'lost on the way':
        await clock.wait(timeoutMs)
        return gaveUp
      case 'answer lost':
        actAt(there)
        await clock.wait(timeoutMs)
        return gaveUp
      case 'done after we gave up waiting':
        // Within the PSP's own limits: it gives up about when we do.
        actAt(timeoutMs + 1_000 * own.spread('late'))
        await clock.wait(timeoutMs)
        return gaveUp
      case 'reset before the PSP had it':
        await clock.wait(there)
        return { failure: 'reset', requestWasSent: true }
      default:
    }
    await clock.wait(there)
    if (way === 'slow, but in time') await clock.wait(0.9 * Math.max(0, timeoutMs - there))
    if (way === '500, and nothing done') return answerOf({ status: 500, body: 'no' })
    if (way === 'told to slow down')
      return answerOf({ status: 429, body: '{"error":{"code":"slow_down","param":null}}' })
    if (way === '409, in progress') {
      actAt(there + 500)
      return answerOf({ status: 409, body: '{"error":{"code":"idempotency_in_progress","param":null}}' })
    }
    const answer = act()
    if (way === 'reset after the PSP had it') return { failure: 'reset', requestWasSent: true }
    if (way === '502, and all was done') return answerOf({ status: 502, body: '<html>' })
    await clock.wait(Math.min(50, timeoutMs - there) + 200 * own.spread('way back') * Number(way === 'well'))
    if (way === 'answer cut short') return answerOf({ ...answer, body: answer.body.slice(0, answer.body.length / 2) })
    if (way === 'a status nobody knows') {
      return answerOf({ ...answer, body: answer.body.replaceAll(/"status":"\w+"/g, '"status":"on_hold"') })
    }
    if (way === 'another amount in the answer') {
      return answerOf({ ...answer, body: answer.body.replaceAll(/"value":(\d+)/g, '"value":1$1') })
    }
    return answerOf(answer)
  }
}

function answerOf({ status, body }: PspAnswer): PspReply {
  return { status, headers: {}, body }
}

/** Whose request it is and what it asks for, for the choices and the trace. */
function describe(psp: SimulatedPsp, request: PspRequest): { story: string; name: string } {
  const { payments, operations, sessions } = psp.ledger
  const [path = '', query = ''] = request.url.replace(/^https:\/\/[^/]+\/v2\//, '').split('?')
  if (path === 'lookup') {
    const reference = new URLSearchParams(query).get('reference')
    const found = [...payments.values(), ...operations.values(), ...sessions.values()].find(
      (thing) => thing.reference === reference,
    )
    return { story: found?.story ?? 'unknown to the PSP', name: 'look-up' }
  }
  const [, id = '', action] = path.split('/')
  const thing = payments.get(id) ?? sessions.get(id)
  if (thing !== undefined && action !== undefined) return { story: thing.story, name: action }
  const { description } = JSON.parse(request.body ?? '{}') as { description?: string }
  return { story: description ?? 'nobody', name: path }
}
