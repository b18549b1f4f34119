import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPspPlaces, mostOwnCalls, type PspPlace } from './psp-places.ts'

describe('the places for calls to PSPs', () => {
  let nowMs = 0
  const create = () => createPspPlaces({ least: 32, first: 128, most: mostOwnCalls }, () => nowMs)
  const fill = (places: ReturnType<typeof create>, account: string): PspPlace[] => {
    const taken: PspPlace[] = []
    for (let place = places.ours.open(); place.take(account); place = places.ours.open()) {
      place.callBegins()
      taken.push(place)
    }
    return taken
  }
  /** Calls that come as fast as they may, each of which takes `ms`. */
  const run = (places: ReturnType<typeof create>, account: string, ms: number, rounds: number): number => {
    let most = 0
    for (let round = 0; round < rounds; round++) {
      const calls = fill(places, account)
      most = calls.length
      nowMs += ms
      for (const call of calls) call.end()
    }
    return most
  }

  it('are few for an account whose PSP hangs, and others have theirs', () => {
    const places = create()
    const hanging = run(places, 'hanging', 10_000, 10)
    const held = fill(places, 'hanging')
    assert.deepEqual([hanging, held.length], [32, 32])
    assert.equal(fill(places, 'healthy').length, 128)
  })

  it('grow with a PSP that answers promptly, up to two thirds of all', () => {
    assert.equal(run(create(), 'prompt', 200, 100), Math.ceil((mostOwnCalls * 2) / 3))
  })

  it('do not shrink for a PSP that always takes its time, and do for one that slows down', () => {
    const places = create()
    const usual = run(places, 'slow', 3_000, 40)
    assert.ok(usual >= 128, `${usual}`)
    assert.equal(run(places, 'slow', 15_000, 20), 32)
  })

  it('recover with their PSP', () => {
    const places = create()
    run(places, 'account', 400, 5)
    assert.equal(run(places, 'account', 10_000, 10), 32)
    assert.ok(run(places, 'account', 400, 40) > 128)
  })

  it('take a burst for an account that nobody knows yet, and leave others their part', () => {
    const places = createPspPlaces()
    assert.equal(fill(places, 'new').length, 256)
    assert.equal(fill(places, 'another').length, 256)
  })

  it('learn nothing from a place without a call, and give it back once', () => {
    const places = create()
    for (let times = 0; times < 1_000; times++) {
      using place = places.ours.open()
      assert.ok(place.take('account'))
      place.end()
    }
    assert.equal(fill(places, 'account').length, 128)
    assert.equal(fill(places, 'account').length, 0)
  })
})
