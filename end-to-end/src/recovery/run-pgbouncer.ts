/**
 * `npm run drill:pgbouncer`: two APIs and two workers share few connections of PostgreSQL through PgBouncer in transaction
 * mode, with `operations/pgbouncer/pgbouncer.ini`, while the modelled merchant pays; in the middle PgBouncer loses
 * PostgreSQL (`kill -9`), and finds it again. Judged by the PSP’s truth ledger.
 * `-- --seed 7 --seconds 60`. Exit code 0: I1 to I7 hold, and the connections were shared. 1: not. 2: it could not be run.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Phase, runDrill, type Stage } from '../faults/drill.ts'
import { findReasons, writeStories } from '../faults/report.ts'
import { tellProgress } from '../tell-progress.ts'
import { findPgBouncer, type PgBouncer, startPgBouncer } from './pgbouncer.ts'

const { values } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, seconds: { type: 'string', default: '40' } },
})
const seconds = Number(values.seconds)
if (!(seconds >= 5 && seconds <= 600) || !Number.isSafeInteger(Number(values.seed))) {
  console.error('--seconds must be from 5 to 600, --seed a whole number')
  process.exit(2)
}
if (findPgBouncer() === null) {
  console.error('There is no pgbouncer here. On Debian: apt-get install pgbouncer (and systemctl stop pgbouncer).')
  process.exit(2)
}

const progress = tellProgress()
const kept: { pooler: PgBouncer | null } = { pooler: null }
const seen = { clients: 0, servers: 0, transactions: 0 }

/** Looks at the pool while payments go on. */
async function watch(forMs: number): Promise<void> {
  for (const until = performance.now() + forMs; performance.now() < until; await sleep(500)) {
    const counted = await kept.pooler?.count()
    seen.clients = Math.max(seen.clients, counted?.clients ?? 0)
    seen.servers = Math.max(seen.servers, counted?.servers ?? 0)
    seen.transactions = counted?.transactions ?? 0
  }
}

const phases: Phase[] = [
  { name: 'payments through PgBouncer', perSecond: 12, run: () => watch((seconds * 1_000) / 2) },
  {
    name: 'PostgreSQL is killed and started again behind it',
    perSecond: 12,
    async run({ world }: Stage) {
      await world.postgres.kill()
      await sleep(2_000)
      await world.postgres.revive()
      await watch((seconds * 1_000) / 2)
    },
  },
]
const drill = await runDrill({
  seed: Number(values.seed),
  shape: 'whole',
  payments: 20_000,
  restWithinMs: 120_000,
  smallFileSystem: null,
  startPooler: async (folder, appUrl) => {
    kept.pooler = await startPgBouncer(folder, appUrl)
    return kept.pooler
  },
  phases,
  progress,
}).catch((error: unknown) => {
  console.error(`The drill could not be run: ${error instanceof Error ? error.stack : error}`)
  process.exit(2)
})
const reasons = findReasons(drill)
if (seen.clients <= seen.servers)
  reasons.push(`the connections were not shared: ${seen.clients} of FinCore, ${seen.servers} of PostgreSQL`)
const harmed = (harm: string) => drill.violations.filter((one) => one.harm === harm).length
console.log(`
PgBouncer ${kept.pooler?.version} in transaction mode
connections of FinCore ${seen.clients}, of PostgreSQL ${seen.servers}, transactions ${seen.transactions}
payments ${drill.payments}, charges ${drill.evidence.charges.length}, lost ${harmed('lost')}, doubled ${harmed('doubled')}`)
if (reasons.length > 0) {
  console.log(`\n${writeStories(drill)}`)
  for (const reason of reasons) console.log(`- ${reason}`)
  console.log(`The processes’ logs are kept in ${drill.logs}`)
}
process.stdout.write('', () => process.exit(reasons.length === 0 ? 0 : 1))
