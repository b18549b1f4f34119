import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followEvents } from './follow-events.ts'
import { openStubDoor } from './testing/stub-door.ts'

/** An event at a second; ids sort by time. */
function eventAt(second: number) {
  const id = `evt_${String(second).padStart(6, '0')}`
  return { object: 'event', id, type: 'ping', created_at: new Date(second * 1_000).toISOString() }
}

test('every event is followed once and in order: many at once, and one that was committed late', async (t) => {
  let events = Array.from({ length: 70 }, (_, index) => eventAt(1_000 + index))
  const door = await openStubDoor(t, (path) => {
    const query = new URL(path, 'http://door').searchParams
    const newestFirst = events.toSorted((a, b) => (a.id < b.id ? 1 : -1))
    const from = newestFirst.findIndex(({ id }) => id === query.get('starting_after')) + 1
    const data = newestFirst.slice(from, from + Number(query.get('limit')))
    return { body: { object: 'list', data, has_more: from + data.length < events.length } }
  })
  const follower = await followEvents({ name: 'the API', url: door.url, token: 'sk_test_1', ca: null })
  const next = async () => (await follower.next()).map(({ id }) => id)
  assert.deepEqual(await next(), [])
  const many = Array.from({ length: 55 }, (_, index) => eventAt(1_100 + index))
  events = [...events, ...many]
  assert.deepEqual(
    await next(),
    many.map(({ id }) => id),
  )
  // Made 26 seconds before the newest one, and behind the first page.
  const late = { ...eventAt(1_128), id: 'evt_001128_late' }
  events.push(late)
  assert.deepEqual([await next(), await next()], [[late.id], []])
})

test('with no event yet, the first one is new', async (t) => {
  const events: ReturnType<typeof eventAt>[] = []
  const door = await openStubDoor(t, () => ({ body: { object: 'list', data: events, has_more: false } }))
  const follower = await followEvents({ name: 'the API', url: door.url, token: 'sk_test_1', ca: null })
  events.push(eventAt(1))
  assert.deepEqual((await follower.next()).length, 1)
})
