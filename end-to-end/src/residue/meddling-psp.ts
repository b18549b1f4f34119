import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpClient, type HttpClient } from '@fincore/dev/http-client'
import { magicCardNumber } from '@fincore/psp-sandbox/magic-cards'
import type { Canary } from './canaries.ts'
import { echoReply } from './echoes.ts'
import { listenOnLoopback } from './listen.ts'

/** Long enough for whoever was told that the PSP is asked to do something before its answer. */
const lateMs = 100
/** A charge comes to the PSP in milliseconds; on a busy machine it takes longer. */
const askedWithinMs = 10_000

/** What the PSP does with a card: hands it to the sandbox, or goes wrong in one of the ways in which PSPs do. */
export type PspPlan = 'pass' | 'late' | 'decline' | 'echo' | 'silence' | 'reset'

export type MeddlingPsp = {
  origin: string
  /** What it needs before the first request: its certificate as file paths, and the sandbox that it hands on to. */
  open(files: { cert: string; key: string; ca: string }, sandbox: string): void
  /** Resolves when it has been sent this card, before it does anything; false when it was not within seconds. */
  isAsked(canary: Canary): Promise<boolean>
  /** From now on it hands on nothing, approves of everything and echoes every card: the PSP of the control. */
  approveAndEcho(): void
  close(): Promise<void>
}

/**
 * A PSP before the sandbox, under the development authority's server certificate. The sandbox's faults hang on its
 * magic cards, which are the same few numbers for everybody; here any card can meet any fault.
 */
export async function startMeddlingPsp(
  canaries: readonly Canary[],
  planOf: (canary: Canary) => PspPlan,
): Promise<MeddlingPsp> {
  const byNumber = new Map(canaries.map((canary) => [canary.number, canary]))
  let sandbox: { origin: string; client: HttpClient } | null = null
  const waiting = new Map<Canary, () => void>()
  let alwaysEchoes = false

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readText(request)
    const canary = byNumber.get(/"number":"(\d+)"/.exec(body)?.[1] ?? '')
    const plan = canary === undefined ? 'pass' : alwaysEchoes ? 'echo' : planOf(canary)
    if (canary !== undefined) waiting.get(canary)?.()
    if (plan === 'silence') return
    if (plan === 'late') await sleep(lateMs)
    if (plan === 'reset') {
      request.socket.destroy()
      return
    }
    const passedOn = plan === 'decline' && canary !== undefined ? body.replace(canary.number, declined) : body
    const reply = alwaysEchoes ? { status: 201, text: '{}' } : await handOn(request, passedOn)
    const echo = plan === 'echo' && canary !== undefined ? echoReply(canary, body, JSON.parse(reply.text)) : null
    response.writeHead(reply.status, { 'content-type': 'application/json', ...echo?.headers })
    response.end(echo?.body ?? reply.text)
  }

  async function handOn(request: IncomingMessage, body: string): Promise<{ status: number; text: string }> {
    if (sandbox === null) throw new Error('The PSP was not opened')
    const { authorization = '', 'idempotency-key': key } = request.headers
    return sandbox.client.send(request.method ?? 'GET', `${sandbox.origin}${request.url}`, {
      headers: { authorization, ...(typeof key === 'string' && { 'idempotency-key': key }) },
      ...(body !== '' && { json: JSON.parse(body) }),
    })
  }

  const server = https.createServer((request, response) => {
    // A sandbox that is gone at the end of a drill, or a caller that did not wait.
    answer(request, response).catch(() => response.destroy())
  })
  const port = await listenOnLoopback(server)
  return {
    origin: `https://127.0.0.1:${port}`,
    open({ cert, key, ca }, origin) {
      server.setSecureContext({ cert: readFileSync(cert), key: readFileSync(key) })
      sandbox = { origin, client: createHttpClient({ ca }) }
    },
    isAsked: (canary) =>
      new Promise((done) => {
        const settle = (isAsked: boolean) => {
          clearTimeout(timer)
          waiting.delete(canary)
          done(isAsked)
        }
        const timer = setTimeout(settle, askedWithinMs, false)
        waiting.set(canary, () => settle(true))
      }),
    approveAndEcho: () => {
      alwaysEchoes = true
    },
    async close() {
      const closed = new Promise((done) => server.close(done))
      server.closeAllConnections()
      await Promise.all([closed, sandbox?.client.close()])
    },
  }
}

const declined = magicCardNumber('declined')

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
