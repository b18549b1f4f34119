import type { CardTesting } from './abuse/card-testing.ts'
import type { Config } from './config.ts'
import type { Log } from './log.ts'
import type { Metrics } from './observability/metrics.ts'
import type { Readiness } from './observability/readiness.ts'
import type { Tracing } from './observability/tracing.ts'
import type { Psp, PspName, PspReply, PspRequest } from './psp-gateway/port.ts'
import type { PspHealth } from './psp-gateway/psp-health.ts'
import type { PspPlaces } from './psp-gateway/psp-places.ts'
import type { Vault } from './secrets.ts'
import type { Directory } from './store/directory.ts'
import type { HotPath } from './store/hot-path.ts'
import type { Pool } from './store/pool.ts'

/** What the flows work with. Made once by payment-service.ts; a flow takes what it needs of it as its first argument. */
export type Deps = {
  config: Config
  pool: Pool
  hotPath: HotPath
  directory: Directory
  vault: Vault
  psps: Readonly<Record<PspName, Psp>>
  /** Sends a request to a PSP; never throws, and tells exactly whether anything may have been sent. */
  send: (request: PspRequest, timeoutMs: number) => Promise<PspReply>
  /** Taken before the intent of what a merchant's request will ask of a PSP. */
  pspPlaces: PspPlaces
  /** Told of every call that makes or moves something, by flows/send-to-account.ts and by the relay's reports. */
  pspHealth: PspHealth
  /** Asked before a payment is begun, and told how it ended. */
  cardTesting: CardTesting
  now: () => Date
  /** For how long `now` has gone on without a jump, in ms of the monotonic clock. */
  steadyMs: () => number
  log: Log
  /** Makes spans of what is done; where tracing is off, nothing. */
  tracing: Tracing
  metrics: Metrics
  /** Told when the process is about to end; asked by whoever sends it requests. */
  readiness: Readiness
  /** Says that events were written, so that the outbox looks at once instead of at its next round. */
  wakeOutbox: () => void
  /** Says that PSP events were stored, likewise. */
  wakeInbox: () => void
}
