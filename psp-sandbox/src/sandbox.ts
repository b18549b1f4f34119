import type { AddressInfo } from 'node:net'
import { createApi } from './api/server.ts'
import { insertJob, nextJobAt, runDueJobs } from './jobs.ts'
import { findAccount } from './ledger/accounts.ts'
import { openLedger } from './ledger/database.ts'
import { enqueueWebhook } from './ledger/webhook-queue.ts'
import type { Log } from './log.ts'
import { createPages } from './pages/server.ts'
import type { Psp } from './psp.ts'
import { defaultTimings, type Timings } from './timings.ts'
import { createTokenVault } from './token-vault.ts'
import { createWebhookSender } from './webhooks/sender.ts'

export type SandboxConfig = {
  host: string
  /** 0 takes a free port, for both listeners. */
  pagesPort: number
  apiPort: number
  /** PEM texts. */
  tls: { cert: string; key: string }
  dataDir: string
  adminToken: string
  /** The origin that shoppers reach the pages at; default: host and port of the listener. */
  publicPagesUrl?: string
  lookupDelayMs?: number
  challengeTimeoutMs?: number
  /** Tests shorten the waits. */
  timings?: Partial<Timings>
  log?: Log
}

export type Sandbox = {
  /** Origins, without a slash at the end. */
  pagesUrl: string
  apiUrl: string
  adminToken: string
  /** Finishes what is under way, at most 10 s, cuts held connections, and closes the ledger. */
  close(): Promise<void>
}

const closeWithinMs = 10_000
/** The longest sleep of the queue's loop; `setTimeout` takes no more than 2^31 - 1 ms. */
const longestSleepMs = 60_000

/** Starts a whole PSP in this process: API on TLS, pages on HTTP, ledger in `dataDir`. */
export async function startSandbox(config: SandboxConfig): Promise<Sandbox> {
  const log: Log = config.log ?? (() => {})
  const timings: Timings = { ...defaultTimings, ...config.timings }
  const ledger = openLedger(config.dataDir)
  const now = () => Date.now()

  let timer: NodeJS.Timeout | undefined
  let closed = false
  const wake = () => {
    if (closed) return
    clearTimeout(timer)
    const next = Math.min(nextJobAt(ledger) ?? Infinity, sender.nextAt() ?? Infinity, now() + longestSleepMs)
    timer = setTimeout(tick, Math.max(0, next - now()))
  }
  const tick = () => {
    runDueJobs(psp)
    sender.sendDue()
    wake()
  }
  const sender = createWebhookSender(ledger, timings, now, wake)

  const psp: Psp = {
    ledger,
    tokens: createTokenVault(timings.tokenLifeMs, now),
    timings,
    pagesUrl: config.publicPagesUrl ?? '',
    challengeTimeoutMs: config.challengeTimeoutMs ?? 900_000,
    lookupDelayMs: config.lookupDelayMs ?? 0,
    now,
    announce(account, type, data, how = {}) {
      if (!findAccount(ledger, account)?.webhook_url) return null
      const nowMs = now()
      const dueAt = nowMs + (how.delayMs ?? timings.webhookDelayMs)
      const deliveries = how.twice ? 2 : 1
      return enqueueWebhook(ledger, {
        account,
        type,
        data,
        nowMs,
        dueAt,
        giveUpMs: timings.webhookGiveUpMs,
        deliveries,
      })
    },
    schedule: (kind, subject, dueAt) => insertJob(ledger, kind, subject, dueAt),
    wake,
    waitForDelivery: (event) => sender.waitForDelivery(event),
  }

  const held = new Set<import('node:net').Socket>()
  const api = createApi({ psp, adminToken: config.adminToken, running: new Set(), held }, config.tls, log)
  const pages = createPages(psp, log)
  try {
    await pages.listen({ host: config.host, port: config.pagesPort })
    if (!config.publicPagesUrl) psp.pagesUrl = originOf('http', config.host, pages.server.address())
    await api.listen({ host: config.host, port: config.apiPort })
  } catch (error) {
    await Promise.allSettled([pages.close(), api.close()])
    ledger.close()
    throw error
  }
  wake()

  return {
    pagesUrl: psp.pagesUrl,
    apiUrl: originOf('https', config.host, api.server.address()),
    adminToken: config.adminToken,
    async close() {
      if (closed) return
      closed = true
      clearTimeout(timer)
      for (const socket of held) socket.destroy()
      const cutAll = setTimeout(() => {
        api.server.closeAllConnections()
        pages.server.closeAllConnections()
      }, closeWithinMs)
      await Promise.allSettled([sender.close(), api.close(), pages.close()])
      clearTimeout(cutAll)
      ledger.close()
    },
  }
}

function originOf(scheme: 'http' | 'https', host: string, address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('the listener has no port')
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}
