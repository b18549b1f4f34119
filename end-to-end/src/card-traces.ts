import { createHash } from 'node:crypto'
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { World } from './world.ts'

/** All these numbers begin with these twelve digits, so that one search finds every one of them. No bank issues them. */
const stem = '412345807316'

/** The n-th of a thousand card numbers with a right check digit that the sandbox PSP approves. */
export function makeCanary(n: number): string {
  const start = `${stem}${String(n).padStart(3, '0')}`
  const sum = [...start].reverse().reduce((total, digit, index) => {
    const doubled = index % 2 === 0 ? Number(digit) * 2 : Number(digit)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return start + ((10 - (sum % 10)) % 10)
}

/** `4123 4580 …`: as it is printed on the card. */
export function groupNumber(number: string, separator = ' '): string {
  return number.replace(/(\d{4})(?=\d)/g, `$1${separator}`)
}

/** `\u0034\u0031…`: JSON that means the same. */
export function escapeDigits(number: string): string {
  return number.replace(/\d/g, (digit) => `\\u003${digit}`)
}

type Needle = { name: string; bytes: Buffer }

/** Every form in which the numbers could have been kept. The first digit is left out, since it may stand escaped. */
const needles: Needle[] = [
  { name: 'digits', bytes: Buffer.from(stem.slice(1)) },
  ...[' ', '-', '.', '+', '%20'].map((separator) => ({
    name: `digits with "${separator}"`,
    bytes: Buffer.from(groupNumber(stem, separator).slice(1)),
  })),
  { name: 'escapes', bytes: Buffer.from(escapeDigits(stem)) },
  { name: 'escapes, escaped', bytes: Buffer.from(escapeDigits(stem).replaceAll('\\', '\\\\')) },
  { name: 'hexadecimal', bytes: Buffer.from(Buffer.from(stem.slice(1)).toString('hex')) },
  { name: 'UTF-16', bytes: Buffer.from(stem.slice(1), 'utf16le') },
  { name: 'binary-coded decimal', bytes: Buffer.from(stem, 'hex') },
  ...base64FormsOf(stem),
]

/** The forms in which a text of letters and digits could have been kept, as it is or encoded. */
export function formsOf(text: string): Needle[] {
  return [
    { name: 'as it is', bytes: Buffer.from(text) },
    { name: 'hexadecimal', bytes: Buffer.from(Buffer.from(text).toString('hex')) },
    { name: 'UTF-16', bytes: Buffer.from(text, 'utf16le') },
    ...base64FormsOf(text),
  ]
}

/** Three alignments; the characters at both ends also depend on what stands beside the text. */
function base64FormsOf(text: string): Needle[] {
  return [0, 1, 2].map((offset) => ({
    name: `base64, alignment ${offset}`,
    bytes: Buffer.from(
      Buffer.from('\0'.repeat(offset) + text)
        .toString('base64')
        .slice(offset === 0 ? 0 : 4, -4),
    ),
  }))
}

/** The forms in which a text or a file holds one of the numbers; empty when it holds none. */
export function findTraces(content: string | Buffer, more: Needle[] = []): string[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return [...needles, ...more].filter((needle) => bytes.includes(needle.bytes)).map((needle) => needle.name)
}

/** A hash of a card number is searched in a second, so it counts as the number (PCI DSS 3.5.1.1). */
export function hashesOf(numbers: string[]): Needle[] {
  return numbers.flatMap((number) =>
    ['md5', 'sha1', 'sha256', 'sha512'].map((algorithm) => ({
      name: `${algorithm} of a number`,
      bytes: Buffer.from(createHash(algorithm).update(number).digest('hex')),
    })),
  )
}

/** Every row of every table as text, a line each: `table (values)`. As the owner of the tables. */
export async function dumpDatabase(world: World): Promise<string> {
  const { rows: tables } = await world.database.query<{ name: string }>(
    `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
  )
  const lines: string[] = []
  for (const { name } of tables) {
    const { rows } = await world.database.query<{ row: string }>(`select t::text as row from ${name} t`)
    lines.push(...rows.map(({ row }) => `${name} ${row}`))
  }
  return lines.join('\n')
}

/** Every file of a world: the logs of all processes, PostgreSQL's data and write-ahead log, what sandbox and shop keep. */
export function readWorldFiles(world: World): { path: string; bytes: Buffer }[] {
  // The certificates lie in a folder of the data directory.
  const dataDir = dirname(dirname(world.fincore.dev.ca))
  return readdirSync(dataDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      try {
        return [{ path: relative(dataDir, path), bytes: readFileSync(path) }]
      } catch (error) {
        // PostgreSQL removes files of its own while it runs.
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
        throw error
      }
    })
}

/**
 * Which of these numbers stand in the writable memory of a process that this one has started. Linux only, as the
 * containers are that FinCore runs in.
 */
export function findInMemory(pid: number, numbers: readonly string[]): Set<string> {
  const wanted = new Set(numbers)
  const found = new Set<string>()
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  for (const { from, to } of listRegions(pid)) {
    const region = readRegion(memory, from, to)
    for (let at = region.indexOf(stem); at >= 0; at = region.indexOf(stem, at + 1)) {
      const text = region.toString('latin1', at, at + 16)
      if (wanted.has(text)) found.add(text)
    }
  }
  closeSync(memory)
  return found
}

/** V8 reserves half a gigabyte for machine code, where no text lies. */
const largestRegionBytes = 256 * 1024 * 1024

/** The writable regions that were ever touched: most of what Node reserves never was, and reading it takes seconds. */
function listRegions(pid: number): { from: number; to: number }[] {
  const mappings = readFileSync(`/proc/${pid}/smaps`, 'utf8').matchAll(
    /^([0-9a-f]+)-([0-9a-f]+) rw[\s\S]*?^Rss: +(\d+) kB/gm,
  )
  return [...mappings].flatMap(([, from = '', to = '', residentKb]) => {
    const region = { from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }
    return residentKb === '0' || region.to - region.from > largestRegionBytes ? [] : [region]
  })
}

function readRegion(memory: number, from: number, to: number): Buffer {
  const region = Buffer.alloc(to - from)
  try {
    readSync(memory, region, 0, region.length, from)
  } catch {
    // A region that was just given back; nothing stands in it any more.
  }
  return region
}
