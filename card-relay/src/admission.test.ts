import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { AdmissionAnswer, Caller } from '@fincore/api-contract/card-door'
import { makeAdmissionDesk } from './admission.ts'
import { limits } from './limits.ts'

const caller: Caller = { keyDigest: 'a', certificateFingerprint: 'b', sourceAddress: '192.0.2.1' }

function makeDesk(answers: () => AdmissionAnswer | null) {
  const state = { nowMs: 0, asked: 0 }
  const askAdmission = async () => {
    state.asked += 1
    return answers()
  }
  return { state, desk: makeAdmissionDesk({ askAdmission }, () => state.nowMs) }
}

const refuse: AdmissionAnswer = { decision: 'refuse', reply: { status: 403, headers: {}, body: '' } }

describe('admission', () => {
  it('is remembered for less than 5 s and then asked again, so that a revocation closes the route in time', async () => {
    let answer: AdmissionAnswer = { decision: 'admit' }
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
    const { state, desk } = makeDesk(() => ({ decision: 'admit' }))
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

  it('remembers a bounded number of callers, the newest', async () => {
    const { state, desk } = makeDesk(() => ({ decision: 'admit' }))
    for (let index = 0; index <= limits.admitsRemembered; index++) {
      await desk.admit('req_1', { ...caller, sourceAddress: String(index) })
    }
    await desk.admit('req_1', { ...caller, sourceAddress: String(limits.admitsRemembered) })
    assert.equal(state.asked, limits.admitsRemembered + 1)
    await desk.admit('req_1', { ...caller, sourceAddress: '0' })
    assert.equal(state.asked, limits.admitsRemembered + 2)
  })
})
