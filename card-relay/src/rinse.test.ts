import assert from 'node:assert/strict'
import type { ClientRequest } from 'node:http'
import https from 'node:https'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeRinse } from './rinse.ts'
import { makeAuthority } from './testing/certificates.ts'

it('goes on when the connection of a rinse breaks after its answer has begun', async (context) => {
  const own = await (await makeAuthority('Rinse')).issue({ name: 'relay', use: 'server' })
  const requests: ClientRequest[] = []
  const send = https.request.bind(https)
  context.mock.method(https, 'request', (options: https.RequestOptions) => {
    const request = send(options)
    requests.push(request)
    // The error comes in the next tick, when `once` has taken its own listener away. Unheard, it would fail this test.
    request.once('response', () => request.socket?.destroy(new Error('broken off')))
    return request
  })
  const rinseSoon = makeRinse(own)
  rinseSoon()
  // A rinse has no handle that keeps a process alive until it begins.
  for (let waits = 0; waits < 500 && requests[0]?.closed !== true; waits++) await sleep(10)
  assert.equal(requests[0]?.closed, true)
  assert.equal(requests[0].socket?.errored?.message, 'broken off')
})
