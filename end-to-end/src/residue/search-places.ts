import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { withClient } from '@fincore/dev/database'
import type { Findings, Sink } from './findings.ts'
import { listDescendants, type RunningProcess, readMemoryImage } from './memory-image.ts'
import type { Search } from './search.ts'

/** What is searched with, and where it is written down what was found. */
export type Searcher = { search: Search; findings: Findings }

/**
 * Which sink a process of the drill belongs to; null for the sandbox PSP, which is a PSP and is sent cards. The process
 * that drives the load is not among them: it is the merchant, and holds every card by its nature.
 */
const sinkOfProcess: readonly { command: RegExp; sink: Sink | null }[] = [
  { command: /\/card-relay\/src\/main\.ts/, sink: 'memory of the card relay' },
  { command: /\/naive-relay\.ts/, sink: 'memory of the card relay' },
  // From its source, or bundled as in its image.
  { command: /\/payment-service\/(src\/main\.ts|dist\/main\.js)/, sink: 'memory of the payment service' },
  { command: /\/demo-shop\/src\/main\.ts/, sink: 'memory of the shop' },
  { command: /\/run-postgres\.ts|^postgres: |\/postgres /, sink: 'memory of PostgreSQL' },
  { command: /\/psp-sandbox\/src\/main\.ts/, sink: null },
]

/**
 * Stops every process that this one has started, as a core dump would, and searches the memory of those that belong to
 * the wanted sinks.
 * @throws Error when there is a process that belongs to no sink: then not everything would have been searched.
 */
export function searchMemory({ search, findings }: Searcher, wanted: readonly Sink[]): void {
  const processes = listDescendants(process.pid).map((one) => ({ ...one, sink: sinkOf(one) }))
  const seen = new Set<string>()
  try {
    for (const { pid } of processes) process.kill(pid, 'SIGSTOP')
    for (const { pid, sink } of processes) {
      if (sink === null || !wanted.includes(sink)) continue
      const take = (bytes: Buffer) => search.scan(bytes, findings.in(sink))
      const { read, unread } = readMemoryImage(pid, { overlap: search.longest - 1, seen, take })
      findings.searched(sink, read)
      findings.missed(sink, unread)
    }
  } finally {
    for (const { pid } of processes) process.kill(pid, 'SIGCONT')
  }
}

function sinkOf({ command }: RunningProcess): Sink | null {
  const row = sinkOfProcess.find((one) => one.command.test(command))
  if (row === undefined) throw new Error(`A process of the drill is not known: ${command}`)
  return row.sink
}

/**
 * Searches every file below a folder, the sandbox PSP's own excepted.
 * @param writtenSince milliseconds since 1970: a file whose last write was before then is left out.
 */
export async function searchFiles(
  { search, findings }: Searcher,
  folder: string,
  writtenSince = Number.NEGATIVE_INFINITY,
): Promise<void> {
  const piece = Buffer.allocUnsafe(pieceBytes)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path)
    if (!entry.isFile() || /(^|\/)psp-sandbox/.test(name)) continue
    const sink = sinkOfFile(name)
    const file = openIfThere(path)
    if (file === null) continue
    try {
      if (fstatSync(file).mtimeMs < writtenSince) continue
      for (let at = 0; ; at += pieceBytes - search.longest + 1) {
        const count = readSync(file, piece, 0, pieceBytes, at)
        search.scan(piece.subarray(0, count), findings.in(sink))
        findings.searched(sink, count)
        if (count < pieceBytes) break
        // Other work goes on meanwhile: this process also carries what FinCore's processes say to one another.
        await nextTurn()
      }
    } finally {
      closeSync(file)
    }
  }
}

const pieceBytes = 1024 * 1024

function sinkOfFile(name: string): Sink {
  if (name.startsWith('cluster/pg_wal/')) return 'write-ahead log'
  if (name.startsWith('cluster/')) return 'database files'
  return name.endsWith('.log') ? 'logs, stdout and stderr' : 'other files'
}

/** Null for a file that was removed since its folder was listed, as PostgreSQL does with its own. */
function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

const rowsAtOnce = 2_000

/**
 * Reads every row of every table as text and searches it: attempts, deliveries, idempotency keys, the inbox and all
 * else. The files alone would not do, because PostgreSQL compresses long values in them.
 */
export async function searchTables({ search, findings }: Searcher, ownerUrl: string): Promise<void> {
  const sink = 'rows of every table'
  await withClient(ownerUrl, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    )
    await client.query('begin')
    for (const { name } of tables) {
      await client.query(`declare every_row cursor for select t::text as row from ${name} t`)
      for (;;) {
        const { rows } = await client.query<{ row: string }>(`fetch ${rowsAtOnce} from every_row`)
        if (rows.length === 0) break
        const bytes = Buffer.from(rows.map(({ row }) => row).join('\n'))
        search.scan(bytes, findings.in(sink))
        findings.searched(sink, bytes.length)
      }
      await client.query('close every_row')
    }
    await client.query('commit')
  })
}

/** Has PostgreSQL write all that it holds in memory to its files. As its superuser. */
export async function checkpoint(ownerUrl: string): Promise<void> {
  const url = new URL(ownerUrl)
  url.username = 'postgres'
  await withClient(url.href, (client) => client.query('checkpoint'))
}
