import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startReceiver, until } from '../testing/webhook-world.ts'
import { createWebhookSender } from './send-webhook.ts'

describe('the connections of the sender', () => {
  it('are few when nothing is under way, however many receivers ask to keep theirs', async () => {
    const receivers = await Promise.all(
      Array.from({ length: 12 }, () =>
        // Kept by the sender for a minute, if it were up to the receiver.
        startReceiver((response) => response.writeHead(200, { 'keep-alive': 'timeout=600' }).end('ok'), 0, 600_000),
      ),
    )
    const sender = createWebhookSender({ allowLoopback: true }, { connectionsPerOrigin: 8, keptConnections: 8 })
    try {
      for (const { url } of receivers) {
        const sent = await Promise.all(
          Array.from({ length: 8 }, () => sender.send(url, {}, '{}', new AbortController().signal)),
        )
        for (const one of sent) assert.equal('status' in one && one.status, 200)
      }
      const openNow = async () => (await Promise.all(receivers.map((one) => one.connections()))).reduce((a, b) => a + b)
      await until('those beyond eight are closed', async () => (await openNow()) <= 8)
      assert.ok((await openNow()) > 0, 'some are kept')
    } finally {
      await sender.close()
      await Promise.all(receivers.map((one) => one.close()))
    }
  })
})
