import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDeliveryPlaces, type DeliveryPlaces, placeBounds, type Receiver } from './delivery-places.ts'

const receiver: Receiver = { merchantId: 'mer_1', endpointId: 'whe_1' }
const quick = { failed: false, tookMs: 5 }

/** A claim that takes so many. */
function claim(places: DeliveryPlaces, count: number, by = receiver): void {
  places.offer()
  for (let taken = 0; taken < count; taken++) places.take(by)
  places.endOffer()
}

/** What the next claim may take of an endpoint. */
function freeOf(places: DeliveryPlaces, { endpointId } = receiver): number {
  const { places: all, taken } = places.offer().ofEndpoints.get(endpointId) ?? { places: 1, taken: 0 }
  return all - taken
}

/** An endpoint that has so many places, all of them taken. */
function grown(howMany: number): DeliveryPlaces {
  const places = createDeliveryPlaces()
  for (let free = freeOf(places); free < howMany; free = freeOf(places)) {
    claim(places, free)
    for (let given = 0; given < free; given++) places.giveBack(receiver, quick)
  }
  claim(places, howMany)
  return places
}

describe('the places for deliveries', () => {
  it('double with each claim that leaves an endpoint none free, and stay where one leaves some', () => {
    const places = createDeliveryPlaces()
    const seen: number[] = []
    for (let round = 0; round < 8; round++) {
      const free = freeOf(places)
      seen.push(free)
      claim(places, free)
      for (let given = 0; given < free; given++) places.giveBack(receiver, quick)
    }
    assert.deepEqual(seen, [1, 2, 4, 8, 16, 32, 48, 48])
    claim(places, 3)
    for (let given = 0; given < 3; given++) assert.equal(places.giveBack(receiver, quick), false, 'nothing more waits')
    assert.equal(freeOf(places), 48)
  })

  it('ask for the next claim when a quarter of what was under way is done, so that it takes many', () => {
    const places = grown(48)
    const asked = Array.from({ length: 13 }, () => places.giveBack(receiver, quick))
    assert.equal(asked.indexOf(true), 11, 'twelve of forty-eight')
    claim(places, freeOf(places))
    const again = Array.from({ length: 13 }, () => places.giveBack(receiver, quick))
    assert.equal(again.indexOf(true), 11, 'those that the last claim filled again do not count')
  })

  it('count what comes back during a claim for the next one', () => {
    const places = grown(8)
    places.offer()
    assert.deepEqual([places.giveBack(receiver, quick), places.giveBack(receiver, quick)], [false, true])
  })

  it('ask for no claim after a failure, and halve', () => {
    const places = grown(8)
    for (let failures = 0; failures < 8; failures++)
      assert.equal(places.giveBack(receiver, { failed: true, tookMs: 5 }), false)
    assert.equal(freeOf(places), 1)
  })

  it('tell a merchant’s bound, whose endpoints may all have more waiting', () => {
    const places = createDeliveryPlaces()
    places.offer()
    for (let count = 0; count < placeBounds.perMerchant; count++)
      places.take({ merchantId: 'mer_1', endpointId: `whe_${count}` })
    places.endOffer()
    assert.equal(places.offer().takenOfMerchants.get('mer_1'), placeBounds.perMerchant)
    assert.equal(places.free(), placeBounds.total - placeBounds.perMerchant)
    assert.equal(places.giveBack({ merchantId: 'mer_1', endpointId: 'whe_3' }, quick), true)
  })

  it('are forgotten when nobody uses them: nothing is left of merchants that had one', () => {
    const places = createDeliveryPlaces()
    for (let count = 0; count < 1_000; count++) {
      const one = { merchantId: `mer_${count}`, endpointId: `whe_${count}` }
      claim(places, 1, one)
      places.giveBack(one, quick)
    }
    const { ofEndpoints, takenOfMerchants } = places.offer()
    assert.deepEqual([ofEndpoints.size, takenOfMerchants.size], [500, 0])
  })
})
