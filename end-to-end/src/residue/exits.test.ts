import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { it } from 'node:test'
import { makeCanaries } from './canaries.ts'
import { exits } from './exits.ts'
import { makeLine } from './line.ts'
import { listenOnLoopback } from './listen.ts'

it('no exit of the drill counts as taken when nobody listens', async () => {
  const server = createServer()
  const port = await listenOnLoopback(server)
  await new Promise((done) => server.close(done))
  const line = makeLine({ port, tls: null, received: () => {} })
  const client = { relay: line, relayAsStranger: line, api: line, key: 'sk_test_1', pspIsAsked: async () => true }
  const [canary] = makeCanaries(1, 1)
  for (const { what, ends, send } of exits) assert.notEqual(await send(client, canary ?? assert.fail()), ends, what)
})
