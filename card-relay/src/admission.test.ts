import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { AdmissionAnswer, Caller } from '@fincore/api-contract/card-door'
import { makeAdmissionDesk } from './admission.ts'
import { type Limits, limits } from './limits.ts'

const caller: Caller = { keyDigest: 'a', certificateFingerprint: 'b', sourceAddress: '192.0.2.1' }

function makeDesk(answers: () => AdmissionAnswer | null) {
  const state = { nowMs: 0, asked: 0 }
  const askAdmission = async () => {
    state.asked += 1
    return answers()
  }
  return { state, desk: makeAdmissionDesk({ askAdmission }, () => state.nowMs) }
}

/** A payment service that answers nobody until it is told to. */
function makeSlowDesk(bounds: Partial<Limits>) {
  const waiting: ((answer: AdmissionAnswer) => void)[] = []
  const askAdmission = () => new Promise<AdmissionAnswer>((resolve) => waiting.push(resolve))
  return { waiting, desk: makeAdmissionDesk({ askAdmission }, () => 0, { ...limits, ...bounds }) }
}

const refuse: AdmissionAnswer = { decision: 'refuse', reply: { status: 403, headers: {}, body: '' } }

describe('admission', () => {
  it('is remembered for less than 5 s and then asked again, so that a revocation closes the route in time', async () => {
    let answer: AdmissionAnswer = { decision: 'admit', exemptKeys: [] }
    const { state, desk } = makeDesk(() => answer)
    await desk.admit('req_1', caller)
    answer = refuse
    state.nowMs = limits.admitRememberedMs - 1
    assert.equal((await desk.admit('req_2', caller))?.decision, 'admit')
    state.nowMs = limits.admitRememberedMs
    assert.equal((await desk.admit('req_3', caller))?.decision, 'refuse')
    assert.ok(limits.admitRememberedMs < 5_000)
  })

  it('is remembered for the same key, certificate and address only', async () => {
    const { state, desk } = makeDesk(() => ({ decision: 'admit', exemptKeys: [] }))
    await desk.admit('req_1', caller)
    const others = [{ keyDigest: 'x' }, { certificateFingerprint: null }, { sourceAddress: '192.0.2.2' }]
    for (const change of others) await desk.admit('req_2', { ...caller, ...change })
    assert.equal(state.asked, 4)
  })

  it('never remembers a refusal or silence', async () => {
    for (const answer of [refuse, null]) {
      const { state, desk } = makeDesk(() => answer)
      await desk.admit('req_1', caller)
      await desk.admit('req_2', caller)
      assert.equal(state.asked, 2)
    }
  })

  it('is asked once for a burst of one caller, however large', async () => {
    const { waiting, desk } = makeSlowDesk({ admissions: 2, admissionsPerPeer: 2 })
    const burst = Array.from({ length: 50 }, () => desk.admit('req_1', caller))
    assert.equal(waiting.length, 1)
    waiting[0]?.({ decision: 'admit', exemptKeys: [] })
    for (const answer of await Promise.all(burst)) assert.equal(answer?.decision, 'admit')
  })

  it('is refused to all of a burst one by one, and never through another’s refusal', async () => {
    const { state, desk } = makeDesk(() => refuse)
    await Promise.all(Array.from({ length: 5 }, () => desk.admit('req_1', caller)))
    assert.equal(state.asked, 5)
  })

  it('has a bound of questions under way for each peer, and one in all', async () => {
    const { waiting, desk } = makeSlowDesk({ admissions: 5, admissionsPerPeer: 2 })
    let keys = 0
    const admit = (sourceAddress: string) => {
      keys += 1
      return desk.admit('req_1', { ...caller, keyDigest: `key ${keys}`, sourceAddress })
    }
    const addresses = ['2001:db8::1', '2001:db8::2', '192.0.2.1', '192.0.2.1', '192.0.2.2']
    const asked = addresses.map(admit)
    await setImmediate()
    assert.equal(waiting.length, 5)
    assert.equal(await admit('192.0.2.3'), null, 'too many in all')
    waiting[4]?.(refuse)
    await asked[4]
    assert.equal(await admit('192.0.2.1'), null, 'too many of this address')
    assert.equal(await admit('2001:db8:0:0:ffff::3'), null, 'too many of this network')
    for (const answer of waiting) answer({ decision: 'admit', exemptKeys: [] })
    await Promise.all(asked)
    const again = admit('192.0.2.1')
    await setImmediate()
    waiting.at(-1)?.({ decision: 'admit', exemptKeys: [] })
    assert.equal((await again)?.decision, 'admit', 'a place is given back')
  })

  it('remembers a bounded number of callers, the newest', async () => {
    const { state, desk } = makeDesk(() => ({ decision: 'admit', exemptKeys: [] }))
    for (let index = 0; index <= limits.admitsRemembered; index++) {
      await desk.admit('req_1', { ...caller, sourceAddress: String(index) })
    }
    await desk.admit('req_1', { ...caller, sourceAddress: String(limits.admitsRemembered) })
    assert.equal(state.asked, limits.admitsRemembered + 1)
    await desk.admit('req_1', { ...caller, sourceAddress: '0' })
    assert.equal(state.asked, limits.admitsRemembered + 2)
  })
})
