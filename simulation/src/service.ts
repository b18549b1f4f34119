import { neverSuspects } from '@fincore/payment-service/abuse/never-suspects'
import type { Config } from '@fincore/payment-service/config'
import type { Deps } from '@fincore/payment-service/deps'
import { alertUnresolved } from '@fincore/payment-service/flows/alert-unresolved'
import { applyPspEvent } from '@fincore/payment-service/flows/apply-psp-event'
import { expireDueSessions } from '@fincore/payment-service/flows/expire-payment-session'
import { startResolver } from '@fincore/payment-service/jobs/resolver'
import { runEvery } from '@fincore/payment-service/jobs/run-every'
import type { Log } from '@fincore/payment-service/log'
import { recordsNothing } from '@fincore/payment-service/observability/metrics'
import { alwaysReady } from '@fincore/payment-service/observability/readiness'
import { noTracing } from '@fincore/payment-service/observability/tracing'
import type { PspAccount } from '@fincore/payment-service/psp-gateway/port'
import { createPspHealth } from '@fincore/payment-service/psp-gateway/psp-health'
import { createPspPlaces } from '@fincore/payment-service/psp-gateway/psp-places'
import { psps } from '@fincore/payment-service/psp-gateway/registry'
import { createVault, type Vault } from '@fincore/payment-service/secrets'
import { createBatcher } from '@fincore/payment-service/store/batcher'
import { createHotPath } from '@fincore/payment-service/store/hot-path'
import { storePspEvent } from '@fincore/payment-service/store/psp-event-json'
import { insertPspEvents, type NewPspEvent } from '@fincore/payment-service/store/psp-events'
import { startInbox } from '@fincore/payment-service/webhooks/inbox/inbox'
import { startOutbox } from '@fincore/payment-service/webhooks/outbox/outbox'
import type { Clock } from './clock.ts'
import type { SimPool } from './database/database.ts'
import { withoutLookUps } from './without-look-ups.ts'

/** One process of the payment service, with all roles. */
export type Service = {
  name: string
  isAlive(): boolean
  log: Log
  /** A request to its API. @throws ConnectionLost when the process dies before it has answered. */
  call<Answer>(handle: (deps: Deps) => Promise<Answer>): Promise<Answer>
  /** A PSP's webhook, as `http/routes/psp-webhooks.ts` takes it; false when it is refused or not answered. */
  takeWebhook(account: string, body: string, signature: string): Promise<boolean>
  /** `kill -9`: nothing of it goes on. */
  kill(): void
  whenKilled(listener: () => void): void
}

export class ConnectionLost extends Error {}

const config = {
  environment: 'sandbox',
  publicUrl: 'https://pay.example',
  pspTimeoutMs: 10_000,
  allowLoopbackWebhooks: false,
} as Config

/** Which account takes a card, the charge's id decides; the other is the next. */
const sameForAll = {
  isActive: true,
  priority: 1,
  share: 1,
  currencies: null,
  cardBrands: null,
  takesRawCards: false,
}

const pspsWithoutLookUps = { ...psps, sandbox: withoutLookUps(psps.sandbox) }

const encryptionKey = Buffer.alloc(32, 7)
const realVault = createVault(encryptionKey)
const opened = new Map<string, string>()

/** The real vault, which opens what it has opened before from memory: each delivery of a webhook opens the same secret. */
export const vault: Vault = {
  ...realVault,
  open(sealed, context) {
    const key = sealed.toString('latin1')
    const known = opened.get(key)
    if (known !== undefined) return known
    const text = realVault.open(sealed, context)
    opened.set(key, text)
    return text
  },
}

export function startService(world: {
  name: string
  clock: Clock
  pool: SimPool
  /** Whether the PSP can be asked by our reference. */
  hasLookUps: boolean
  accounts: readonly PspAccount[]
  send: Deps['send']
  trace(line: string): void
  /** A line that the service logs as an error. */
  complain(line: string): void
}): Service {
  const { name, clock, pool, accounts } = world
  let alive = true
  const deaths = new Set<() => void>()
  const log: Log = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error(message, fields) {
      if (!alive) return
      world.trace(`${name.padEnd(20)} logs: ${message} ${JSON.stringify(fields ?? {})}`)
      world.complain(message)
    },
  }
  const wake = { outbox: () => {}, inbox: () => {} }
  const deps: Deps = {
    config,
    pool,
    hotPath: createHotPath(pool),
    directory: {
      listPspAccounts: async (merchantId) => accounts.filter((account) => account.merchantId === merchantId),
      listRoutableAccounts: async (merchantId) =>
        accounts
          .filter((account) => account.merchantId === merchantId)
          .map(({ id, psp }) => ({ id, psp, ...sameForAll })),
      findPspAccount: async (id) => accounts.find((account) => account.id === id) ?? null,
      findApiKey: async () => null,
      readApiKey: async () => null,
      findOperator: async () => null,
      onChange: () => {},
      onCardTestingChange: () => {},
      isListening: () => true,
      close: async () => {},
    },
    vault,
    psps: world.hasLookUps ? psps : pspsWithoutLookUps,
    send: world.send,
    pspPlaces: createPspPlaces(),
    pspHealth: createPspHealth({ now: () => clock.now() }),
    cardTesting: neverSuspects,
    now: () => new Date(clock.now()),
    tracing: noTracing,
    steadyMs: () => Number.POSITIVE_INFINITY,
    log,
    metrics: recordsNothing,
    readiness: alwaysReady,
    wakeOutbox: () => wake.outbox(),
    wakeInbox: () => wake.inbox(),
  }
  const storeEvents = createBatcher<NewPspEvent[], undefined>(async (webhooks) => {
    await insertPspEvents(pool, webhooks.flat())
    return webhooks.map(() => undefined)
  })

  /** What a caller sees of it: its answer, or the end of the connection. */
  function answered<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const die = () => reject(new ConnectionLost(`${name} died`))
      // Before the work begins, which may be the death of the process.
      deaths.add(die)
      work()
        .then(resolve, reject)
        .finally(() => deaths.delete(die))
    })
  }

  startJobs(deps, wake)
  return {
    name,
    log,
    isAlive: () => alive,
    call: async (handle) => {
      if (!alive) throw new ConnectionLost(`${name} does not run`)
      return answered(() => handle(deps))
    },
    async takeWebhook(accountId, body, signature) {
      const account = accounts.find(({ id }) => id === accountId)
      if (!alive || account === undefined) return false
      const { webhooks } = psps[account.psp]
      const read = webhooks.verify(account, {
        body: Buffer.from(body),
        headers: { 'sandbox-signature': signature },
        now: deps.now(),
      })
      if (!read.ok) return false
      const events = read.events.map((event) => ({
        merchantId: account.merchantId,
        pspAccountId: account.id,
        event,
        json: storePspEvent(event),
      }))
      try {
        await answered(() => storeEvents.submit(events))
      } catch {
        return false
      }
      deps.wakeInbox()
      return true
    },
    kill() {
      if (!alive) return
      alive = false
      pool.kill()
      world.trace(`${name.padEnd(20)} is killed`)
      for (const die of deaths) die()
    },
    whenKilled: (listener) => void deaths.add(listener),
  }
}

/** The background work on payments, as `payment-service.ts` starts it; without what operators and auditors set going. */
function startJobs(deps: Deps, wake: { outbox: () => void; inbox: () => void }): void {
  const outbox = startOutbox(deps)
  const inbox = startInbox(deps, applyPspEvent)
  startResolver(deps)
  runEvery(1_000, 'alert about unresolved attempts', () => alertUnresolved(deps), deps)
  runEvery(1_000, 'session expiry', () => expireDueSessions(deps), deps)
  wake.outbox = outbox.wake
  wake.inbox = inbox.wake
}
