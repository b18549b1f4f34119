import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.ts'
import type { Door } from './server/door.ts'
import type { App } from './server/server.ts'

/**
 * How a process ends (docs/lifecycle.md): it says that it is not ready and still does what comes, so that a load balancer
 * sends elsewhere what it would have sent here; then it takes nothing new, and finishes what it has begun.
 */

/** Beyond the PSP's own limit: how long a request may take that was begun last, its call and both its writes. */
const requestMarginMs = 4_000
/** And what is written when the last request has ended: the audit log's last records, connections that say goodbye. */
const closingMarginMs = 1_000
/** Between two looks at whether the relay has reported everything, which the database knows. */
const reportsPollMs = 100

/** From the end of the drain until every request that was begun has its answer, in ms. */
export function requestsEndWithinMs({ pspTimeoutMs }: Pick<Config, 'pspTimeoutMs'>): number {
  return pspTimeoutMs + requestMarginMs
}

/** How long a whole stop may take, in ms; then it is ended by force. */
export function stopsWithinMs(config: Pick<Config, 'pspTimeoutMs' | 'drainMs'>): number {
  return config.drainMs + requestsEndWithinMs(config) + closingMarginMs
}

/** The doors of a process, which know that it ends. */
export type Doorway = {
  /** Before it listens. */
  add(name: 'api' | 'admin' | 'internal', app: App): void
  /** The same door for cards, which takes no new one when the process no longer drains: it waits for reports alone. */
  forCards(door: Door): Pick<Door, 'enter' | 'hasRoomFor'>
  /** From now on every answer ends its connection, so that the client's next request goes to another process. */
  drain(): void
  /** Stops listening, and waits until every request has its answer and every card is reported: `withinMs` at most. */
  close(withinMs: number): Promise<void>
}

/** @param countCards how many cards the relay was told to send by this process, and has reported to nobody. */
export function createDoorway(countCards: () => Promise<number>): Doorway {
  const doors: { name: 'api' | 'admin' | 'internal'; app: App }[] = []
  let isDraining = false
  let isClosing = false
  return {
    add(name, app) {
      doors.push({ name, app })
      // Before Fastify's own listener, so that also what is answered without a route is told.
      app.server.prependListener('request', (_request: IncomingMessage, response: ServerResponse) => {
        if (isDraining) response.setHeader('connection', 'close')
      })
    },
    forCards: (door) => ({
      enter: (merchantId) => (isClosing ? null : door.enter(merchantId)),
      hasRoomFor: (merchantId) => !isClosing && door.hasRoomFor(merchantId),
    }),
    drain() {
      isDraining = true
    },
    async close(withinMs) {
      isDraining = true
      isClosing = true
      const until = performance.now() + withinMs
      const leftMs = () => Math.max(0, until - performance.now())
      const isInternal = ({ name }: { name: string }) => name === 'internal'
      await Promise.all(doors.filter((door) => !isInternal(door)).map(({ app }) => closeWithin(app, leftMs())))
      // A relay without a load balancer between reports to this process and to no other.
      while (leftMs() > 0 && (await countCards().catch(() => 0)) > 0) await sleep(reportsPollMs)
      await Promise.all(doors.filter(isInternal).map(({ app }) => closeWithin(app, leftMs())))
    },
  }
}

/** Whoever has not sent the rest of a request by then, or does not read its answer, keeps nobody waiting. */
async function closeWithin(app: App, ms: number): Promise<void> {
  const limit = setTimeout(() => app.server.closeAllConnections(), ms)
  await app.close()
  clearTimeout(limit)
}

/** What a stop consists of, in its order. */
export type StopSteps = {
  /** Load balancers send nothing more; and jobs, which no load balancer sends to, take nothing new. */
  drain(): void
  /** Resolves when what was begun is finished or handed over. */
  finish(): Promise<void>
  /** What all of them used. */
  close(): Promise<void>
}

/**
 * A stop that may be asked for again: the first time begins it, the second ends the wait for load balancers. Nothing that
 * was begun is cut short by asking; only SIGKILL ends a process at once, and everything survives that as well.
 */
export function createStop(drainMs: number, steps: StopSteps): () => Promise<void> {
  const hurry = new AbortController()
  let stopping: Promise<void> | undefined
  const run = async (): Promise<void> => {
    steps.drain()
    await sleep(drainMs, undefined, { signal: hurry.signal }).catch(() => {})
    await steps.finish()
    await steps.close()
  }
  return () => {
    if (stopping === undefined) stopping = run()
    else hurry.abort()
    return stopping
  }
}
