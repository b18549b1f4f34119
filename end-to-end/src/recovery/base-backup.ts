import { chown, copyFile, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withClient } from '@fincore/dev/database'
import { unprivilegedUser } from '@fincore/dev/postgres-cluster'

/** Folders whose contents belong to the running server, as PostgreSQL’s chapter on low-level backups lists them. */
const emptied = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_subtrans',
])
const leftOut = /^(postmaster\.(pid|opts)|pg_internal\.init.*|pgsql_tmp.*|.*\.new|standby\.signal|recovery\.signal)$/

/**
 * Copies a running server’s files, as pg_basebackup does, which does not come with the embedded PostgreSQL.
 *
 * @param superuserUrl the running server.
 * @param cluster its data directory.
 * @param target a data directory that does not exist yet; its server needs the log of changes (WAL) since the copy began.
 */
export async function copyRunningCluster(superuserUrl: string, cluster: string, target: string): Promise<void> {
  await withClient(superuserUrl, async (client) => {
    await client.query("select pg_backup_start('fincore drill', fast => true)")
    await copyFolder(cluster, target)
    const { rows } = await client.query<{ labelfile: string }>(
      'select labelfile from pg_backup_stop(wait_for_archive => false)',
    )
    await writeOwned(join(target, 'backup_label'), rows[0]?.labelfile ?? '')
    for (const folder of ['archive_status', 'summaries']) await makeOwned(join(target, 'pg_wal', folder))
  })
}

/** Writes a file of the server’s, which belongs to the user that it runs as. */
export async function writeOwned(path: string, text: string): Promise<void> {
  await rm(path, { force: true })
  await writeFile(path, text, { mode: 0o600 })
  await own(path)
}

export async function makeOwned(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await own(path)
}

async function own(path: string): Promise<void> {
  const user = unprivilegedUser()
  if (user !== null) await chown(path, user, user)
}

/** Copies a data directory, or a base backup of one. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await makeOwned(to)
  for (const name of await readdir(from)) {
    if (leftOut.test(name)) continue
    const [source, target] = [join(from, name), join(to, name)]
    try {
      if ((await lstat(source)).isDirectory()) {
        if (emptied.has(name)) await makeOwned(target)
        else await copyFolder(source, target)
      } else {
        await copyFile(source, target)
        await own(target)
      }
    } catch (error) {
      // A table that was dropped meanwhile: the log of changes says so too.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}
