import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { createCardTesting } from './abuse/card-testing.ts'
import { openCardTestingStore } from './abuse/card-testing-store.ts'
import { createAdminServer } from './admin/server.ts'
import { createAuditWriter } from './audit/audit-writer.ts'
import { sealAuditRecords } from './audit/seal.ts'
import { createInternalServer } from './card-door/internal-server.ts'
import { lapseGrants } from './card-door/lapse-grants.ts'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { keyRoundMs, openKeyRing } from './encryption/key-ring.ts'
import { alertUnresolved } from './flows/alert-unresolved.ts'
import { applyPspEvent } from './flows/apply-psp-event.ts'
import { applyDueSettlements, endNeedlessSettlements } from './flows/apply-settlements.ts'
import { listUnreportedCards } from './flows/charge-card.ts'
import { expireDueSessions } from './flows/expire-payment-session.ts'
import { createApiServer, perMinute } from './http/api-server.ts'
import { startResolver } from './jobs/resolver.ts'
import { type Job, runEvery } from './jobs/run-every.ts'
import { createLog } from './log.ts'
import { countLines } from './observability/count-lines.ts'
import { tellFigures } from './observability/database-figures.ts'
import { createManagementServer } from './observability/management-server.ts'
import { createMetrics, recordsNothing } from './observability/metrics.ts'
import { openTracing } from './observability/open-tracing.ts'
import { measureProcess } from './observability/process-metrics.ts'
import { createReadiness } from './observability/readiness.ts'
import { tellPsps, tellState } from './observability/tell-state.ts'
import { createTracedHotPath } from './observability/trace-hot-path.ts'
import { watchBatch } from './observability/watch-batch.ts'
import { watchPsps } from './observability/watch-psps.ts'
import { createPspHealth } from './psp-gateway/psp-health.ts'
import { createPspPlaces } from './psp-gateway/psp-places.ts'
import { psps } from './psp-gateway/registry.ts'
import { createSender } from './psp-gateway/send.ts'
import { startReconciliation } from './reconciliation/job.ts'
import { watchSecretFiles } from './secret-files.ts'
import { createDoor } from './server/door.ts'
import type { App } from './server/server.ts'
import { explainListening } from './start-checks.ts'
import { createDoorway, createStop, requestsEndWithinMs } from './stop-sequence.ts'
import { countSent } from './store/attempts.ts'
import type { AuditRecord } from './store/audit.ts'
import { connectionOf } from './store/connection.ts'
import { clockSyncMs, openDatabaseClock } from './store/database-clock.ts'
import { checkDatabaseLog } from './store/database-log.ts'
import { openDirectory } from './store/directory.ts'
import { reportMisplaced } from './store/environment.ts'
import { readFigures } from './store/figures.ts'
import { followWriter } from './store/follow-writer.ts'
import { forgetOldBlocks, forgetOldKeys, forgetOldNotices, forgetOldTries } from './store/forget.ts'
import { upsertOperators } from './store/operators.ts'
import { openPool, serviceLimits } from './store/pool.ts'
import { watchEndpoints } from './webhooks/endpoint-health/watch-endpoints.ts'
import { startInbox } from './webhooks/inbox/inbox.ts'
import { startOutbox } from './webhooks/outbox/outbox.ts'

export type PaymentService = {
  addresses: Record<string, string>
  deps: Deps
  /** Drains, finishes what is under way and hands over the rest; asked again, it drains no longer (docs/lifecycle.md). */
  stop(): Promise<void>
}

/** Beyond the PSP's own limit: what a job still writes when the last reply has come. */
const jobMarginMs = 2_000

/** Starts the roles that the configuration names, in one process. What can be wrong with its database, main.ts has looked at. */
export async function startPaymentService(config: Config): Promise<PaymentService> {
  const metrics = createMetrics(config.roles)
  const log = countLines(createLog(config.logLevel), metrics)
  const measured = measureProcess(metrics)
  const pool = openPool(connectionOf(config), config.databaseConnections, serviceLimits, config)
  const follower = followWriter(pool, log)
  await checkDatabaseLog(pool, log)
  await reportMisplaced(pool, config.environment, log)
  const ring = await openKeyRing(pool, config, log)
  // A rotation waits for those that it knows of: before this process opens or seals anything.
  await ring.refresh()
  const { vault } = ring
  const clock = await openDatabaseClock(pool, log)
  const directory = await openDirectory(config, pool, vault, log)
  const sender = createSender({ extraCa: config.extraCa })
  const door = createDoor(
    `${config.publicUrl}/docs`,
    log,
    undefined,
    config.roles.has('api') ? metrics : recordsNothing,
  )
  const { tracing, stop: stopTracing } = await openTracing(config)
  const watched = watchPsps(psps, metrics)
  const pspPlaces = createPspPlaces(undefined, undefined, watched.tookRelayed)
  const wake = { outbox: () => {}, inbox: () => {} }
  const basis = {
    config,
    pool,
    directory,
    vault,
    log,
    tracing,
    metrics,
    readiness: createReadiness(() => pool.query('select 1')),
    now: clock.now,
    wakeOutbox: () => wake.outbox(),
  }
  const deps: Deps = {
    ...basis,
    psps: watched.psps,
    hotPath: createTracedHotPath(pool, tracing, (batch) =>
      watchBatch(metrics, batch === 'auditedIntents' ? 'audited_intents' : batch),
    ),
    send: watched.watchSend((request, timeoutMs) => door.away(() => sender.send(request, timeoutMs))),
    pspPlaces,
    pspHealth: watched.watchHealth(
      createPspHealth({
        onChange({ accountId, way, state }) {
          const fields = {
            psp_account: accountId,
            reason: way === 'ours' ? 'called by this process' : 'called by the card relay',
          }
          if (state === 'open') log.error('a PSP does not answer; new payments go round the account', fields)
          else log.warn('a PSP answers again; the account takes new payments', fields)
        },
      }),
    ),
    steadyMs: clock.steadyMs,
    cardTesting: createCardTesting({ ...basis, store: openCardTestingStore(basis) }),
    wakeInbox: () => wake.inbox(),
  }
  const audit = createAuditWriter(deps)
  await upsertOperators(pool, config.bootstrapOperators)
  const keyJob = runEvery(keyRoundMs, 'encryption keys', ring.refresh, deps)
  directory.onChange(keyJob.wake)
  const fileJob = watchSecretFiles(config, deps, async (changed) => {
    if (changed.has('bootstrapOperators')) await upsertOperators(pool, config.bootstrapOperators)
    keyJob.wake()
  })
  await audit.write(describeRun('audit_log.start', config.roles))

  const addresses: Record<string, string> = {}
  const doorway = createDoorway(() => countSent(pool, listUnreportedCards()))
  const listen = async (name: 'api' | 'admin' | 'internal' | 'management', app: App, port: number): Promise<App> => {
    // Whoever watches the process is answered to its end.
    if (name !== 'management') doorway.add(name, app)
    await app.listen({ host: config.host, port, backlog: 1024 }).catch((error: unknown) => {
      throw explainListening(name, config.host, port, error)
    })
    addresses[name] = `http://${config.host}:${(app.server.address() as AddressInfo).port}`
    return app
  }
  tellState(deps)
  if (config.roles.has('api')) tellPsps(deps)
  if (config.roles.has('worker')) tellFigures(deps, () => readFigures(pool))
  const clockJob = runEvery(clockSyncMs, 'database clock', clock.sync, deps)
  if (config.roles.has('api')) {
    await listen('api', await createApiServer(deps, perMinute, door), config.apiPort)
    await listen('internal', createInternalServer(deps, doorway.forCards(door)), config.internalPort)
  }
  if (config.roles.has('admin')) await listen('admin', createAdminServer(deps), config.adminPort)
  const management = await listen('management', createManagementServer(deps), config.managementPort)
  // When nothing can fail any more.
  const jobs = config.roles.has('worker') ? startWorkers(deps, wake) : []
  let jobsStopped: Promise<unknown> = Promise.resolve()
  return {
    addresses,
    deps,
    stop: createStop(config.drainMs, {
      drain() {
        deps.readiness.drain()
        doorway.drain()
        log.info('stopping: no longer ready', { duration_ms: config.drainMs })
        // Nobody sends work to a job, so it has nothing to wait for: others take its work from now on.
        jobsStopped = Promise.all(jobs.map((job) => job.stop(config.pspTimeoutMs + jobMarginMs)))
      },
      // Doors and jobs side by side: both may be waiting for a PSP, and nothing new begins at either.
      finish: () => Promise.all([doorway.close(requestsEndWithinMs(config)), jobsStopped]).then(() => {}),
      async close() {
        management.server.closeAllConnections()
        await management.close()
        await Promise.all([clockJob.stop(), keyJob.stop(), fileJob.stop()])
        await deps.cardTesting.settle()
        await audit.write(describeRun('audit_log.stop', config.roles))
        await audit.flush()
        await stopTracing()
        measured.stop()
        await sender.close()
        await directory.close()
        follower.stop()
        await ring.close()
        await pool.end()
      },
    }),
  }
}

/** Auditing starts and stops with the process (PCI DSS 10.2.1.6). */
function describeRun(type: 'audit_log.start' | 'audit_log.stop', roles: Config['roles']): AuditRecord<typeof type> {
  return {
    actorType: 'system',
    actor: 'payment-service',
    type,
    outcome: 'success',
    origin: hostname(),
    resource: 'audit_log',
    details: { roles: [...roles].sort().join(' ') },
  }
}

/** The last seal goes to the process's log, and with it out of reach of the database's owner. */
async function sealAndTell(deps: Deps): Promise<void> {
  const { records, lastSeal } = await sealAuditRecords(deps.pool)
  if (lastSeal !== null) deps.log.info('audit records were sealed', { count: records, object: lastSeal })
}

/** The background work. Each job may run in any number of processes: they take rows, and never the same one. */
function startWorkers(deps: Deps, wake: { outbox: () => void; inbox: () => void }): Job[] {
  const outbox = startOutbox(deps)
  const inbox = startInbox(deps, applyPspEvent)
  wake.outbox = outbox.wake
  wake.inbox = inbox.wake
  return [
    outbox,
    inbox,
    startResolver(deps),
    runEvery(1_000, 'settlements by hand', () => applyDueSettlements(deps), deps),
    runEvery(5_000, 'needless settlements', () => endNeedlessSettlements(deps), deps),
    runEvery(1_000, 'alert about unresolved attempts', () => alertUnresolved(deps), deps),
    runEvery(1_000, 'session expiry', () => expireDueSessions(deps), deps),
    runEvery(2_000, 'audit sealing', () => sealAndTell(deps), deps),
    startReconciliation(deps),
    runEvery(60_000, 'grant lapse', () => lapseGrants(deps), deps),
    runEvery(60_000, 'endpoint health', () => watchEndpoints(deps), deps),
    runEvery(3_600_000, 'forgetting keys', () => forgetOldKeys(deps.pool), deps),
    runEvery(3_600_000, 'forgetting tries', () => forgetOldTries(deps.pool), deps),
    runEvery(3_600_000, 'forgetting notices', () => forgetOldNotices(deps.pool), deps),
    runEvery(3_600_000, 'forgetting blocks', () => forgetOldBlocks(deps.pool), deps),
  ]
}
