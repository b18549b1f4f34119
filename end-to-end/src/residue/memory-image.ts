import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'

/** A process that this one has started, itself or through others. `command` is its whole command line. */
export type RunningProcess = { pid: number; command: string }

/** Linux only, as the containers are that FinCore runs in. */
export function listDescendants(root: number): RunningProcess[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // The parent's id is the second field after the command's name, which stands in parentheses and may hold any.
    const parent = Number(/^.*\) \S (\d+)/s.exec(readProcFile(`/proc/${name}/stat`))?.[1] ?? -1)
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const found: RunningProcess[] = []
  const visit = (parent: number) => {
    for (const pid of children.get(parent) ?? []) {
      found.push({ pid, command: readProcFile(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() })
      visit(pid)
    }
  }
  visit(root)
  return found
}

const pieceBytes = 4 * 1024 * 1024
const pageBytes = 4096

/**
 * Reads a process's memory piece by piece: every page that was ever written to, of every region that can be read, which
 * is what a core dump of it would hold. Pages of mapped files that nobody has changed are the files' own bytes, and are
 * left out. Shared memory is read once for all processes that are given the same `seen`. To be called while the process
 * is stopped, or what moves meanwhile is missed. `overlap`: how many bytes of a piece are given again with the next.
 * @returns how many bytes were read.
 */
export function readMemoryImage(
  pid: number,
  options: { overlap: number; seen: Set<string>; take(bytes: Buffer): void },
): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const pageMap = openSync(`/proc/${pid}/pagemap`, 'r')
  const piece = Buffer.allocUnsafe(pieceBytes)
  let total = 0
  try {
    for (const region of listRegions(pid)) {
      if (region.sharedAs !== null && options.seen.has(region.sharedAs)) continue
      if (region.sharedAs !== null) options.seen.add(region.sharedAs)
      for (const { from, to } of region.sharedAs !== null ? [region] : listWritten(pageMap, region)) {
        for (let at = from; at < to; at += pieceBytes - options.overlap) {
          const bytes = piece.subarray(0, Math.min(pieceBytes, to - at))
          if (!readFully(memory, bytes, at)) break
          options.take(bytes)
          total += bytes.length
          if (at + bytes.length >= to) break
        }
      }
    }
  } finally {
    closeSync(memory)
    closeSync(pageMap)
  }
  return total
}

type Range = { from: number; to: number }
/** `sharedAs`: for shared memory what is the same in every process that has it; null for what is the process's own. */
type Region = Range & { sharedAs: string | null }

function listRegions(pid: number): Region[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')
  return lines.flatMap((line) => {
    const [, from = '', to = '', rights = '', offset, device, inode] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S+) (\S+) (\S+) (\d+)/.exec(line) ?? []
    if (!rights.startsWith('r')) return []
    const range = { from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }
    const sharedAs = rights.endsWith('s') ? `${device} ${inode} ${offset} ${range.to - range.from}` : null
    return [{ ...range, sharedAs }]
  })
}

/** The pages of a private region that hold what the process wrote: in memory and not a file's, or swapped out. */
function listWritten(pageMap: number, { from, to }: Range): Range[] {
  const entries = Buffer.alloc(((to - from) / pageBytes) * 8)
  if (!readFully(pageMap, entries, (from / pageBytes) * 8)) return []
  const runs: Range[] = []
  for (let page = 0; page * 8 < entries.length; page++) {
    // The highest byte of an entry is its last. Bit 63: in memory; 62: swapped out; 61: a file's.
    const flags = (entries[page * 8 + 7] ?? 0) >>> 5
    if (flags !== 0b100 && (flags & 0b010) === 0) continue
    const at = from + page * pageBytes
    const last = runs.at(-1)
    if (last?.to === at) last.to += pageBytes
    else runs.push({ from: at, to: at + pageBytes })
  }
  return runs
}

/** False for what the kernel lets nobody read, such as its own variables, and for the end of a file that was mapped beyond it. */
function readFully(memory: number, bytes: Buffer, at: number): boolean {
  try {
    for (let done = 0; done < bytes.length; ) {
      const count = readSync(memory, bytes, done, bytes.length - done, at + done)
      if (count === 0) return false
      done += count
    }
    return true
  } catch {
    return false
  }
}

function readProcFile(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended since its folder was listed.
    return ''
  }
}
