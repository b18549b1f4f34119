import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PostgresServer, startPostgresServer } from '../faults/postgres-server.ts'
import { copyFolder, copyRunningCluster, makeOwned, writeOwned } from './base-backup.ts'

/** A PostgreSQL whose log of changes (WAL) is kept elsewhere as it grows, and which can be restored from that. */
export type ArchivedPostgres = PostgresServer & {
  /** Takes a base backup while everything goes on. @returns how long it took, in ms. */
  backUp(): Promise<number>
  /** The server is killed and its disk is gone. What the archive does not have yet is gone too. */
  loseDisk(): Promise<void>
  /** Restores the state of this moment, by the database's clock, and takes writes from there on. @returns how long it took, in ms. */
  restoreTo(moment: Date): Promise<number>
  /** Segments of the log of changes that the archive has. */
  countArchived(): number
}

/** How long a change waits at most until it is archived: what is lost at most with the disk. */
export const archiveTimeoutS = 5
const restoredWithinMs = 60_000

export async function startArchivedPostgres(folder: string, port: number): Promise<ArchivedPostgres> {
  const archive = join(folder, 'archive')
  const base = join(folder, 'base')
  const dataDirOf = (name: string) => join(folder, name)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  await makeOwned(archive)
  const first = dataDirOf('server')
  let server = await startPostgresServer(first, port)
  // As PostgreSQL’s own chapter on archiving has it, and under another name until it is whole.
  const command = `test ! -f "${archive}/%f" && cp "%p" "${archive}/%f.part" && mv "${archive}/%f.part" "${archive}/%f"`
  await server.asSuperuser(async (client) => {
    await client.query('alter system set archive_mode = on')
    await client.query(`alter system set archive_command = ${client.escapeLiteral(command)}`)
    await client.query(`alter system set archive_timeout = '${archiveTimeoutS}s'`)
  })
  await server.stop()
  server = await startPostgresServer(first, port)
  return {
    ownerUrl: server.ownerUrl,
    superuserUrl: server.superuserUrl,
    asSuperuser: (work) => server.asSuperuser(work),
    kill: () => server.kill(),
    revive: () => server.revive(),
    isUp: () => server.isUp(),
    stop: () => server.stop(),
    countArchived: () => readdirSync(archive).filter((name) => /^[0-9A-F]{24}$/.test(name)).length,
    async backUp() {
      const begunAt = performance.now()
      await copyRunningCluster(server.superuserUrl, join(first, 'cluster'), base)
      copyFileSync(join(first, 'password'), join(folder, 'password'))
      return performance.now() - begunAt
    },
    async loseDisk() {
      await server.kill()
      await rm(first, { recursive: true })
    },
    async restoreTo(moment) {
      const begunAt = performance.now()
      const restored = dataDirOf('restored')
      const cluster = join(restored, 'cluster')
      mkdirSync(restored, { mode: 0o711 })
      copyFileSync(join(folder, 'password'), join(restored, 'password'))
      await copyFolder(base, cluster)
      const settings = [
        `restore_command = 'cp "${archive}/%f" "%p"'`,
        // Before the time zones are loaded, PostgreSQL knows none by letters.
        `recovery_target_time = '${moment.toISOString().replace('T', ' ').replace('Z', '+00')}'`,
        `recovery_target_action = 'promote'`,
      ]
      await writeOwned(join(cluster, 'postgresql.auto.conf'), `${settings.join('\n')}\n`)
      await writeOwned(join(cluster, 'recovery.signal'), '')
      server = await startPostgresServer(restored, port)
      for (const until = performance.now() + restoredWithinMs; await isRecovering(server); await sleep(50)) {
        if (performance.now() > until) throw new Error('PostgreSQL did not come to the end of its recovery within 60 s')
      }
      return performance.now() - begunAt
    },
  }
}

async function isRecovering(server: PostgresServer): Promise<boolean> {
  const { rows } = await server.asSuperuser((client) =>
    client.query<{ is: boolean }>('select pg_is_in_recovery() as is'),
  )
  return rows[0]?.is !== false
}
