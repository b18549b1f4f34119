import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebhookIntake } from '../port.ts'

export type Delivery = { body: Buffer; headers: Record<string, string> }

/** A place where a PSP's webhooks arrive, and are taken in the words that the PSP wants to read. */
export async function startInbox(accepted?: WebhookIntake['accepted']) {
  const deliveries: Delivery[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    const headers = Object.entries(request.headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    )
    deliveries.push({ body, headers: Object.fromEntries(headers) })
    response.writeHead(200, accepted && { 'content-type': accepted.contentType }).end(accepted?.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    deliveries,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
