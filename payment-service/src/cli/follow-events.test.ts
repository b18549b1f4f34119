import assert from 'node:assert/strict'
import { test } from 'node:test'
import { followEvents } from './follow-events.ts'
import { openStubDoor, problemAnswer } from './testing/stub-door.ts'

const door = (url: string) => ({ name: 'the API', url, token: 'sk_test_1', ca: null }) as const
const range = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `evt_${from + index}` }))

test('every event is followed once and in its order, however many come at once; what there was is not new', async (t) => {
  let events: { id: string }[] = []
  /** Where the API fails once: at the page behind this event. */
  let failsBehind: string | null = null
  // As the API lists: the newest first, and behind a cursor the nearest.
  const stub = await openStubDoor(t, (path) => {
    const query = new URL(path, 'http://stub').searchParams
    const limit = Number(query.get('limit'))
    if (failsBehind !== null && query.get('ending_before') === failsBehind) {
      failsBehind = null
      return problemAnswer(503, 'overloaded')
    }
    const placeOf = (name: string) => events.findIndex(({ id }) => id === query.get(name))
    const newer = query.has('ending_before') ? events.slice(placeOf('ending_before') + 1) : null
    const older = query.has('starting_after') ? events.slice(0, placeOf('starting_after')) : events
    const data = newer === null ? older.slice(-limit) : newer.slice(0, limit)
    return { body: { object: 'list', data: data.toReversed(), has_more: (newer ?? older).length > limit } }
  })
  const fromNothing = await followEvents(door(stub.url))
  const nextOf = async ({ next }: typeof fromNothing) => (await next()).map(({ id }) => id)
  assert.deepEqual(await nextOf(fromNothing), [])
  const first = range(0, 150)
  events = [...first]
  const fromSome = await followEvents(door(stub.url))
  assert.deepEqual([await nextOf(fromNothing), await nextOf(fromSome)], [first.map(({ id }) => id), []])
  const then = range(150, 201)
  events = [...events, ...then]
  for (const follower of [fromNothing, fromSome]) {
    assert.deepEqual(
      await nextOf(follower),
      then.map(({ id }) => id),
    )
    assert.deepEqual(await nextOf(follower), [])
  }
  const last = range(351, 150)
  events = [...events, ...last]
  failsBehind = 'evt_450'
  await assert.rejects(fromSome.next())
  assert.deepEqual(
    await nextOf(fromSome),
    last.map(({ id }) => id),
    'a page that failed loses none of those before it',
  )
})
