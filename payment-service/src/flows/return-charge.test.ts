import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Charge } from '@fincore/api-contract/resources'
import { type LinkWorld, openLinkWorld } from '../http/link/testing/link-world.ts'
import type { Asked, Outcome, Psp, PspReply } from '../psp-gateway/port.ts'

/** What the PSP says when it is asked to go on. */
type Said = { reference?: string; payment?: string; outcome: 'captured' | 'declined' | 'rejected' | 'pending' }
type Answer = Said | PspReply

/** By what the bank added to the address as `result`. */
const answers: Record<string, Answer> = {
  yes: { outcome: 'captured' },
  no: { outcome: 'declined' },
  forged: { outcome: 'rejected' },
  another: { outcome: 'captured', reference: 'att_another' },
  undecided: { outcome: 'pending' },
  unreachable: { failure: 'refused', requestWasSent: false },
  lost: { failure: 'timeout', requestWasSent: true },
  broken: { status: 555, headers: {}, body: '' },
}

function readFinish(body: string, asked: Asked | undefined): Outcome {
  const { reference, payment = '', outcome } = JSON.parse(body) as Said
  if (outcome === 'rejected') return { outcome: 'rejected', code: 'rejected_by_psp', pspCode: 'query_invalid' }
  if (asked === undefined || reference !== asked.reference) return { outcome: 'unknown', why: 'another payment' }
  if (outcome === 'pending') return { outcome: 'unknown', why: 'not finished', tellsWithinMs: 60_000 }
  if (outcome === 'captured')
    return { outcome: 'approved', pspReference: payment, captured: asked.amount.amount, card: null }
  return { outcome: 'declined', pspReference: payment, code: 'authentication_failed', pspCode: null, card: null }
}

/**
 * A PSP that does not go on with a payment by itself when the shopper comes back, made of the sandbox: the payment is
 * done by a request with what the bank added to the address. Side by side, because a shopper may wait for 3 s.
 */
describe('a shopper who comes back from their bank', { concurrency: true }, () => {
  let world: LinkWorld
  /** By the attempt: what the adapter was given, and how often the PSP was asked to go on. */
  const given = new Map<string, Record<string, string>[]>()
  const finished = new Map<string, number>()
  before(async () => {
    world = await openLinkWorld()
    const { sandbox } = world.deps.psps
    const { payments } = sandbox
    const finishing: Psp = {
      ...sandbox,
      payments: {
        ...payments,
        finishAction(_account, { reference, query }) {
          given.set(reference, [...(given.get(reference) ?? []), { ...query }])
          if (query.result === undefined) return null
          const headers = { reference, result: query.result }
          return { method: 'POST', url: 'https://psp.example/finish', headers, body: null }
        },
        readReply: (kind, reply, asked) =>
          'body' in reply && reply.headers.finish !== undefined
            ? readFinish(reply.body, asked)
            : payments.readReply(kind, reply, asked),
      },
    }
    Object.assign(world.deps, { psps: { ...world.deps.psps, sandbox: finishing } })
    world.state.fault = ({ url, headers: { reference = '', result = '' } }) => {
      if (url !== 'https://psp.example/finish') return null
      finished.set(reference, (finished.get(reference) ?? 0) + 1)
      return replyTo(reference, answers[result] ?? { outcome: 'rejected' })
    }
  })
  after(() => world.close())

  const replyTo = async (reference: string, answer: Answer): Promise<PspReply> => {
    if (!('outcome' in answer)) return answer
    const { rows } = await world.deps.pool.query('select psp_reference from attempts where id = $1', [reference])
    const body = JSON.stringify({ reference, payment: rows[0]?.psp_reference, ...answer })
    return { status: 200, headers: { finish: 'yes' }, body }
  }
  const charge = async () => {
    const token = await world.makeToken('challenge')
    const request = { amount: 1000, currency: 'EUR', return_url: 'https://shop.example/back' }
    const made = await world.call('POST', '/v1/charges', { ...request, payment_method: { type: 'token', token } })
    const { id, status } = made.body as Charge
    assert.equal(status, 'requires_action')
    const attemptOf = async () =>
      (await world.deps.pool.query('select id, look_up_log from attempts where charge_id = $1', [id])).rows[0]
    const attempt: string = (await attemptOf()).id
    return {
      id,
      attemptOf,
      given: () => given.get(attempt) ?? [],
      finished: () => finished.get(attempt) ?? 0,
      /** The charge's status when the shopper is in the shop again. */
      async comeBack(query: string): Promise<string> {
        const path = `/c/${world.deps.vault.linkToken('return', id)}/return${query}`
        const visit = await world.visit(new Map(), 'GET', path)
        assert.deepEqual([visit.status, visit.location], [303, `https://shop.example/back?charge=${id}`])
        return (await world.call('GET', `/v1/charges/${id}`)).body.status
      },
    }
  }

  it('finds the payment done by what the bank said, once, however often they come', async () => {
    const made = await charge()
    assert.equal(await made.comeBack('?result=yes&more=1'), 'captured')
    assert.deepEqual(made.given(), [{ result: 'yes', more: '1' }])
    assert.equal(await made.comeBack('?result=yes&more=1'), 'captured')
    assert.equal(made.finished(), 1)
    assert.deepEqual(await world.eventsOf(made.id), ['charge.requires_action', 'charge.captured'])
  })

  it('finds it failed when the bank said no', async () => {
    const made = await charge()
    assert.equal(await made.comeBack('?result=no'), 'failed')
  })

  for (const [result, what] of [
    ['forged', 'the PSP rejects what was forged, or used before'],
    ['another', 'it is the answer of another payment'],
    ['undecided', 'the PSP has not decided yet'],
    ['unreachable', 'the PSP cannot be reached'],
    ['lost', 'the PSP’s answer is lost'],
  ] as const)
    it(`leaves the charge as it is when ${what}`, async () => {
      const made = await charge()
      assert.equal(await made.comeBack(`?result=${result}`), 'requires_action')
      assert.equal(made.finished(), 1)
      // It is asked as it would be without, and that is in the record.
      const { look_up_log } = await made.attemptOf()
      assert.deepEqual(
        look_up_log.map((one: { by: string; said: string }) => `${one.by}: ${one.said}`),
        ['return of the shopper: action_required'],
      )
    })

  it('cannot open the account’s breaker by what they write', async () => {
    const made = await charge()
    assert.equal(await made.comeBack('?result=broken'), 'requires_action')
    assert.equal(made.finished(), 1)
    const { ours } = world.deps.pspHealth
    const failures = ours.list().map((account) => ours.statusOf(account)?.lastFailure?.kind)
    assert.ok(failures.length > 0 && !failures.includes('http_555'), `${failures}`)
  })

  const many = Array.from({ length: 20 }, (_none, index) => `p${index}=1`).join('&')
  for (const [what, query, expected] of [
    ['more than 20 parameters', `?${many}&result=yes`, {}],
    ['more than 8 KB', `?result=${'x'.repeat(8_200)}`, {}],
    ['a parameter that comes twice', '?result=yes&result=no&more=1', { more: '1' }],
  ] as const)
    it(`does not tell the PSP ${what}`, async () => {
      const made = await charge()
      assert.equal(await made.comeBack(query), 'requires_action')
      assert.deepEqual([made.given(), made.finished()], [[expected], 0])
    })
})
