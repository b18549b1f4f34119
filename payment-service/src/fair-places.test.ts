import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createFairPlaces, type Place } from './fair-places.ts'

/** Takes as many as it gets. */
function fill(places: ReturnType<typeof createFairPlaces>, owner: string, most = 1_000): Place[] {
  const taken: Place[] = []
  for (let place = places.open(); taken.length < most && place.take(owner); place = places.open()) taken.push(place)
  return taken
}

describe('places that are shared', () => {
  it('give one owner alone two thirds, and one who comes then what it needs', () => {
    const places = createFairPlaces(() => 99)
    assert.equal(fill(places, 'greedy').length, 66)
    assert.equal(fill(places, 'modest', 20).length, 20)
  })

  it('give a newcomer its part although all are taken', () => {
    const places = createFairPlaces(() => 90)
    const early = ['a', 'b', 'c', 'd'].flatMap((owner) => fill(places, owner))
    for (const place of early) place.pause()
    fill(places, 'e')
    for (const place of early) place.resume()
    assert.ok(places.taken() >= 120, `${places.taken()} taken`)
    assert.ok(places.hasRoomFor('newcomer'))
    assert.ok(!places.hasRoomFor('e'))
  })

  it('give greedy owners equal parts, however much faster one of them asks', () => {
    const places = createFairPlaces(() => 60)
    const counts = new Map<string, number>()
    const held: [string, Place][] = []
    for (let turn = 0; turn < 5_000; turn++) {
      for (const owner of [...Array(10).fill('greedy'), 'b', 'c', 'd']) {
        const place = places.open()
        if (place.take(owner)) held.push([owner, place])
      }
      // The oldest is done.
      const [owner, place] = held.shift() ?? []
      if (owner === undefined || place === undefined) continue
      place.end()
      counts.set(owner, (counts.get(owner) ?? 0) + 1)
    }
    const all = [...counts.values()]
    assert.equal(all.length, 4)
    assert.ok(Math.max(...all) <= 1.3 * Math.min(...all), JSON.stringify([...counts]))
  })

  it('are bounded, however many owners want one each', () => {
    const places = createFairPlaces(() => 50)
    for (let owner = 0; owner < 1_000; owner++) fill(places, `owner ${owner}`, 1)
    assert.equal(places.taken(), 100)
  })

  it('shed what is asked with a smaller portion first', () => {
    const places = createFairPlaces(() => 90)
    fill(places, 'a', 50)
    assert.ok(!places.hasRoomFor('a', 0.5))
    assert.ok(places.hasRoomFor('a'))
  })

  it('are counted once, whatever order a place is left, taken up and given back in', () => {
    const places = createFairPlaces(() => 2)
    const place = places.open()
    assert.ok(place.take('a'))
    assert.ok(!place.take('a'), 'a place is taken once')
    place.pause()
    place.pause()
    assert.equal(places.taken(), 0)
    place.resume()
    place.resume()
    assert.equal(places.taken(), 1)
    place.end()
    place.end()
    place.resume()
    assert.equal(places.taken(), 0)
    const paused = places.open()
    paused.take('a')
    paused.pause()
    paused.end()
    assert.equal(places.taken(), 0)
  })

  it('may be shared by nobody in particular, first come, first served', () => {
    const places = createFairPlaces(() => 10, Number.POSITIVE_INFINITY)
    assert.equal(fill(places, '').length, 10)
  })
})
