import { once } from 'node:events'
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process behind the balancer, and where it says whether it wants requests. */
export type Target = { url: string; healthUrl: string }

/**
 * A load balancer of HTTP as an Application Load Balancer is one, as far as a rollout notices it: it asks each target
 * whether it is healthy, shares requests out among those that are, and sends none twice. Without a healthy target it
 * sends to all, as that one does.
 */
export type Balancer = {
  url: string
  /** Resolves when the target is healthy and gets requests. */
  add(target: Target): Promise<void>
  /** Resolves when the balancer has noticed that the target wants no requests, and none is under way there. */
  untilDrained(target: Target): Promise<void>
  /** Sends it no more, and resolves when none is under way there. */
  remove(target: Target): Promise<void>
  close(): Promise<void>
}

type State = Target & { isHealthy: boolean; underWay: number }

/** A real one asks every 5 s and more; what it is told to drain must last longer than this. */
const healthEveryMs = 200
const healthTimeoutMs = 2_000
const pollMs = 20
const healthyWithinMs = 30_000
/** Of the connection to the process that sent or took a message, and not of the message. */
const ofConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

export async function startBalancer(port = 0): Promise<Balancer> {
  const targets: State[] = []
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 })
  const stopping = new AbortController()
  let turn = 0

  const choose = (): State | undefined => {
    const healthy = targets.filter(({ isHealthy }) => isHealthy)
    const open = healthy.length > 0 ? healthy : targets
    return open[turn++ % Math.max(1, open.length)]
  }
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    const target = choose()
    if (target === undefined) return void response.writeHead(503).end()
    target.underWay++
    response.once('close', () => target.underWay--)
    const near = httpRequest(new URL(request.url ?? '/', target.url), {
      method: request.method,
      headers: withoutConnection(request.headers),
      agent,
    })
    near.once('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.headers))
      answer.pipe(response)
      answer.once('error', () => response.destroy())
    })
    near.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()))
    request.once('error', () => near.destroy())
    request.pipe(near)
  }
  const isWell = async ({ healthUrl }: Target): Promise<boolean> => {
    const signal = AbortSignal.timeout(healthTimeoutMs)
    const answer = await fetch(healthUrl, { signal, headers: { connection: 'close' } }).catch(() => null)
    await answer?.body?.cancel()
    return answer?.ok === true
  }
  const watch = async (state: State): Promise<void> => {
    while (targets.includes(state) && !stopping.signal.aborted) {
      state.isHealthy = await isWell(state)
      await sleep(healthEveryMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const stateOf = ({ url }: Target): State => {
    const state = targets.find((one) => one.url === url)
    if (state === undefined) throw new Error('The balancer does not have this target')
    return state
  }
  const until = async (isSo: () => boolean): Promise<void> => {
    for (const deadline = performance.now() + healthyWithinMs; !isSo(); await sleep(pollMs))
      if (performance.now() > deadline) throw new Error('What the balancer waited for did not come')
  }

  // A client must not find closed what it wanted to use again.
  const server = createServer({ keepAliveTimeout: 65_000 }, pass).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async add(target) {
      const state = { ...target, isHealthy: false, underWay: 0 }
      targets.push(state)
      void watch(state)
      await until(() => state.isHealthy)
    },
    async untilDrained(target) {
      const state = stateOf(target)
      await until(() => !state.isHealthy && state.underWay === 0)
    },
    async remove(target) {
      const state = stateOf(target)
      targets.splice(targets.indexOf(state), 1)
      await until(() => state.underWay === 0)
    },
    async close() {
      stopping.abort()
      server.closeAllConnections()
      server.close()
      agent.destroy()
    },
  }
}

function withoutConnection(headers: IncomingMessage['headers']): IncomingMessage['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)))
}
