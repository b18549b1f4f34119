import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { signWebhook } from '../webhooks/outbox/sign-webhook.ts'
import type { ShownEvent } from './commands/events.ts'

/** What the local server answered. `error` says in a word why there was no answer. */
export type Forwarded = { status: number | null; error: string | null; ms: number; isTaken: boolean }
export type Forwarder = { forward(event: ShownEvent): Promise<Forwarded>; close(): void }

/** As long as FinCore itself waits. */
const timeoutMs = 15_000
const errorWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'no such name',
}

/** Sends events to a server as FinCore's outbox does: the same headers and signature, no redirect followed. */
export function createForwarder(target: URL, secret: string): Forwarder {
  const closing = new AbortController()
  const send = target.protocol === 'https:' ? requestHttps : requestHttp
  const post = (headers: Record<string, string>, body: string) =>
    new Promise<{ status: number | null; error: string | null }>((resolve) => {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)])
      const length = String(Buffer.byteLength(body))
      const options = { method: 'POST', headers: { ...headers, 'content-length': length }, signal }
      const request = send(target, options, (response) => {
        // What the answer says beside its status changes nothing.
        response.once('error', () => {}).resume()
        resolve({ status: response.statusCode ?? null, error: null })
      })
      request.once('error', (error: NodeJS.ErrnoException) =>
        resolve({ status: null, error: signal.aborted ? 'timeout' : (errorWords[error.code ?? ''] ?? 'no answer') }),
      )
      request.end(body)
    })
  return {
    async forward(event) {
      const startedAt = performance.now()
      const body = JSON.stringify(event)
      const { status, error } = await post(signWebhook(event.id, new Date(), body, [secret]), body)
      const isTaken = status !== null && status >= 200 && status < 300
      return { status, error, ms: Math.round(performance.now() - startedAt), isTaken }
    },
    close: () => closing.abort(),
  }
}
