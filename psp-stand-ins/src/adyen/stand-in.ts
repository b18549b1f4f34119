import type { Log } from '../log.ts'
import { loopback as host, originOf } from '../loopback.ts'
import { createApi } from './api/server.ts'
import { createFieldKey } from './field-encryption.ts'
import { createPages } from './pages/server.ts'
import { defaultTimings, type Timings } from './timings.ts'
import { createWebhooks } from './webhooks/queue.ts'
import type { World } from './world.ts'

export type AdyenStandInOptions = {
  /** 0, or none, takes a free port. */
  pagesPort?: number
  apiPort?: number
  /** PEM texts. */
  tls: { cert: string; key: string }
  /** Opens accounts and reads the truth. */
  adminToken: string
  /** Tests shorten the waits. */
  timings?: Partial<Timings>
  log?: Log
}

export type AdyenStandIn = {
  /** Origins, without a slash at the end: the Checkout API over TLS, and the shopper's pages over HTTP. */
  apiUrl: string
  pagesUrl: string
  /** Cuts what is under way. All state is gone. */
  close(): Promise<void>
}

/** Starts a local Adyen in this process, on loopback only. */
export async function startAdyenStandIn(options: AdyenStandInOptions): Promise<AdyenStandIn> {
  const log: Log = options.log ?? (() => {})
  const timings: Timings = { ...defaultTimings, ...options.timings }
  const now = () => Date.now()
  const timers = new Set<NodeJS.Timeout>()
  const webhooks = createWebhooks(timings, now)
  const world: World = {
    accounts: [],
    payments: new Map(),
    links: new Map(),
    challenges: new Map(),
    movements: [],
    calls: new Map(),
    fieldKey: createFieldKey(now),
    webhooks,
    timings,
    pagesUrl: '',
    now,
    later(delayMs, act) {
      const timer = setTimeout(() => {
        timers.delete(timer)
        act()
      }, delayMs)
      timers.add(timer)
    },
    held: new Set(),
  }
  const api = createApi(world, options, log)
  const pages = createPages(world, log)
  try {
    await pages.listen({ host, port: options.pagesPort ?? 0 })
    world.pagesUrl = originOf('http', pages.server.address())
    await api.listen({ host, port: options.apiPort ?? 0 })
  } catch (error) {
    await Promise.allSettled([pages.close(), api.close()])
    throw error
  }
  return {
    apiUrl: originOf('https', api.server.address()),
    pagesUrl: world.pagesUrl,
    async close() {
      for (const timer of timers) clearTimeout(timer)
      for (const socket of world.held) socket.destroy()
      api.server.closeAllConnections()
      pages.server.closeAllConnections()
      await Promise.allSettled([webhooks.close(), api.close(), pages.close()])
    },
  }
}
