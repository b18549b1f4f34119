import { copyFileSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withClient } from '@fincore/dev/database'
import { findFreePort } from '@fincore/dev/free-ports'
import { type PostgresServer, startPostgresServer } from '../faults/postgres-server.ts'
import { startTcpWay, type TcpWay, throughPort } from '../tcp-way.ts'
import { copyRunningCluster, writeOwned } from './base-backup.ts'

/** `synchronous`: a commit is answered when the standby has it on its disk too. `asynchronous`: it is answered before. */
export type Replication = 'synchronous' | 'asynchronous'

/** When each step of a failover was done, in milliseconds of performance.now(). */
export type Failover = { killedAt: number; noticedAt: number; promotedAt: number; repointedAt: number }

/** A primary and its standby, reached by one address. */
export type PostgresPair = PostgresServer & {
  /**
   * Kills the primary, waits until a watcher has noticed, has the standby promoted and the address lead there. The old
   * primary never runs again.
   * @param how `kill -9`, whose connections the machine ends; or `vanish`: its machine is gone, and connections to it stay
   *   open and silent.
   */
  failOver(how: 'kill -9' | 'vanish'): Promise<Failover>
  /** The network between the two falls silent: from now on the standby hears nothing of what the primary writes. */
  cutStandbyOff(): void
  /** Makes a new standby of the present primary, and waits until it has caught up. */
  addStandby(): Promise<void>
}

const standbyName = 'fincore_standby'
/** As a cluster manager asks: this often, with this patience, and so many times in vain before it acts. */
const watch = { everyMs: 250, patienceMs: 500, timesInVain: 3 }
const caughtUpWithinMs = 30_000

/** Starts a pair in `folder`, reached at `port` of 127.0.0.1. */
export async function startPostgresPair(folder: string, port: number, replication: Replication): Promise<PostgresPair> {
  let generation = 0
  const firstPort = await findFreePort()
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  let primary: Member = await startMember(join(folder, 'server-0'), firstPort)
  let standby: Member | null = null
  let replicationWay: TcpWay | null = null
  const endpoint = await startTcpWay(primary.port, { port })

  const addStandby = async (): Promise<void> => {
    const dataDir = join(folder, `server-${++generation}`)
    mkdirSync(dataDir, { mode: 0o711 })
    copyFileSync(join(primary.dataDir, 'password'), join(dataDir, 'password'))
    await primary.asSuperuser(async (client) => {
      await client.query("alter system set wal_keep_size = '512MB'")
      await client.query('select pg_reload_conf()')
    })
    await copyRunningCluster(primary.superuserUrl, join(primary.dataDir, 'cluster'), join(dataDir, 'cluster'))
    await replicationWay?.close()
    replicationWay = await startTcpWay(primary.port)
    const url = new URL(primary.superuserUrl)
    const from = `host=127.0.0.1 port=${replicationWay.port} user=postgres password=${decodeURIComponent(url.password)} application_name=${standbyName}`
    // Over the copy of the primary’s own: once promoted it must not wait for a standby that is not there.
    await writeOwned(join(dataDir, 'cluster', 'postgresql.auto.conf'), `primary_conninfo = '${from}'\n`)
    await writeOwned(join(dataDir, 'cluster', 'standby.signal'), '')
    standby = await startMember(dataDir, await findFreePort())
    await hasCaughtUp(primary)
    if (replication === 'synchronous') {
      await primary.asSuperuser(async (client) => {
        await client.query(`alter system set synchronous_standby_names = 'FIRST 1 (${standbyName})'`)
        await client.query('select pg_reload_conf()')
      })
      await isSynchronous(primary)
    }
  }

  const failOver: PostgresPair['failOver'] = async (how) => {
    const next = standby
    if (next === null) throw new Error('There is no standby to fail over to')
    if (how === 'vanish') endpoint.fallSilent()
    const killedAt = performance.now()
    await Promise.all([primary.kill(), replicationWay?.close()])
    replicationWay = null
    endpoint.lead(null)
    await isNoticed(primary.superuserUrl)
    const noticedAt = performance.now()
    await next.asSuperuser(async (client) => {
      await client.query('select pg_promote(wait => true, wait_seconds => 30)')
      const { rows } = await client.query<{ is: boolean }>('select pg_is_in_recovery() as is')
      if (rows[0]?.is !== false) throw new Error('The standby was not promoted')
    })
    const promotedAt = performance.now()
    const { dataDir } = primary
    primary = next
    standby = null
    endpoint.lead(primary.port)
    const repointedAt = performance.now()
    // Whoever would start it again finds nothing: there are never two that take writes.
    await rm(dataDir, { recursive: true, force: true })
    return { killedAt, noticedAt, promotedAt, repointedAt }
  }

  const pair: PostgresPair = {
    ownerUrl: throughPort(primary.ownerUrl, port),
    superuserUrl: throughPort(primary.superuserUrl, port),
    asSuperuser: (work) => primary.asSuperuser(work),
    kill: () => primary.kill(),
    revive: () => primary.revive(),
    isUp: () => primary.isUp(),
    failOver,
    cutStandbyOff() {
      replicationWay?.fallSilent()
      // A standby that has waited too long makes a new connection, and would hear of everything there.
      replicationWay?.lead(null)
    },
    addStandby,
    async stop() {
      await endpoint.close()
      // The standby first: a primary that stops waits for nobody then.
      await standby?.stop()
      await replicationWay?.close()
      await primary.stop()
    },
  }
  await addStandby()
  return pair
}

type Member = PostgresServer & { dataDir: string; port: number }

async function startMember(dataDir: string, port: number): Promise<Member> {
  return { ...(await startPostgresServer(dataDir, port)), dataDir, port }
}

async function hasCaughtUp(primary: Member): Promise<void> {
  await waitFor(primary, `state = 'streaming' and replay_lsn is not null`)
}

async function isSynchronous(primary: Member): Promise<void> {
  await waitFor(primary, `sync_state = 'sync'`)
}

async function waitFor(primary: Member, condition: string): Promise<void> {
  for (const until = performance.now() + caughtUpWithinMs; ; await sleep(100)) {
    const { rows } = await primary.asSuperuser((client) =>
      client.query<{ count: string }>(
        `select count(*) from pg_stat_replication where application_name = $1 and ${condition}`,
        [standbyName],
      ),
    )
    if (Number(rows[0]?.count) === 1) return
    if (performance.now() > until) throw new Error(`The standby did not come so far within 30 s: ${condition}`)
  }
}

/** Asks the primary again and again until it was silent often enough. */
async function isNoticed(superuserUrl: string): Promise<void> {
  for (let inVain = 0; inVain < watch.timesInVain; await sleep(watch.everyMs)) {
    const answered = await Promise.race([
      withClient(superuserUrl, (client) => client.query('select 1')).then(
        () => true,
        () => false,
      ),
      sleep(watch.patienceMs, false),
    ])
    inVain = answered ? 0 : inVain + 1
  }
}
