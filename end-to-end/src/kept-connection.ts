import { randomUUID } from 'node:crypto'
import https from 'node:https'
import type { ClientCertificate, RelayDoor } from './relay-door.ts'

export type KeptConnection = {
  /** Posts one charge; `connection` is a number of the connection that it went over. */
  charge(): Promise<{ code: string; connection: number }>
  close(): void
}

/** A client that keeps its connection to the relay for as long as the relay does, and then opens another. */
export function keepConnection(
  door: RelayDoor,
  caller: { bearer: string; certificate: ClientCertificate; body: string },
): KeptConnection {
  const agent = new https.Agent({
    keepAlive: true,
    maxSockets: 1,
    ca: door.ca,
    cert: caller.certificate.certificate,
    key: caller.certificate.key,
  })
  const charge = () =>
    new Promise<{ code: string; connection: number }>((done, fail) => {
      const headers = {
        authorization: `Bearer ${caller.bearer}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(caller.body),
        'idempotency-key': randomUUID(),
      }
      const request = https.request(`${door.relay}/v1/charges`, { method: 'POST', agent, headers })
      request.once('error', fail)
      request.once('response', async (response) => {
        const connection = response.socket.localPort ?? 0
        try {
          done({ code: String(JSON.parse(String(Buffer.concat(await response.toArray()))).code), connection })
        } catch (error) {
          fail(error)
        }
      })
      request.end(caller.body)
    })
  return { charge, close: () => agent.destroy() }
}
