import { neverSuspects } from './abuse/never-suspects.ts'
import type { Config } from './config.ts'
import type { Deps } from './deps.ts'
import { openKeyRing } from './encryption/key-ring.ts'
import { createLog } from './log.ts'
import { recordsNothing } from './observability/metrics.ts'
import { alwaysReady } from './observability/readiness.ts'
import { noTracing } from './observability/tracing.ts'
import { createPspHealth } from './psp-gateway/psp-health.ts'
import { createPspPlaces } from './psp-gateway/psp-places.ts'
import { psps } from './psp-gateway/registry.ts'
import { createSender } from './psp-gateway/send.ts'
import { connectionOf } from './store/connection.ts'
import { openDatabaseClock } from './store/database-clock.ts'
import { openDirectory } from './store/directory.ts'
import { createHotPath } from './store/hot-path.ts'
import { openPool, serviceLimits } from './store/pool.ts'

/** Few, because it does one thing after the other beside a service that needs its own. */
const connections = 4

/** What the flows work with, for a command: no doors, no jobs. The workers send the events that it writes. */
export async function openDeps(config: Config): Promise<{ deps: Deps; close(): Promise<void> }> {
  // Standard output belongs to the command, and what it finds it says itself.
  const log = createLog('silent')
  const pool = openPool(connectionOf(config), connections, serviceLimits, config)
  const sender = createSender({ extraCa: config.extraCa })
  const closePool = async () => {
    await sender.close()
    await pool.end()
  }
  try {
    const { vault } = await openKeyRing(pool, config, log)
    const clock = await openDatabaseClock(pool, log)
    const directory = await openDirectory(config, pool, vault, log)
    const deps: Deps = {
      config,
      pool,
      directory,
      vault,
      psps,
      log,
      tracing: noTracing,
      metrics: recordsNothing,
      readiness: alwaysReady,
      hotPath: createHotPath(pool),
      send: sender.send,
      pspPlaces: createPspPlaces(),
      pspHealth: createPspHealth(),
      cardTesting: neverSuspects,
      now: clock.now,
      steadyMs: clock.steadyMs,
      wakeOutbox: () => {},
      wakeInbox: () => {},
    }
    return {
      deps,
      async close() {
        await directory.close()
        await closePool()
      },
    }
  } catch (error) {
    await closePool()
    throw error
  }
}
