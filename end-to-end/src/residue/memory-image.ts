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
/** The kernel's own pages, which nobody can read through `/proc` and no process can write to. */
const kernelsOwn = /^\[(vvar(_\w+)?|vsyscall)\]$/

/** `unread`: of these bytes it is not known what they hold. They may not count as searched. */
export type ImageCount = { read: number; unread: number }

/**
 * Reads a process's memory piece by piece: every page that was ever written to, of every region, which is what a core
 * dump of it would hold. Pages of mapped files that nobody has changed are the files' own bytes, and are left out. Shared
 * memory is read once for all processes that are given the same `seen`. To be called while the process is stopped, or
 * what moves meanwhile is missed. `overlap`: how many bytes of a piece are given again with the next.
 */
export function readMemoryImage(
  pid: number,
  options: { overlap: number; seen: Set<string>; take(bytes: Buffer): void },
): ImageCount {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const pageMap = openSync(`/proc/${pid}/pagemap`, 'r')
  const piece = Buffer.allocUnsafe(pieceBytes)
  const count: ImageCount = { read: 0, unread: 0 }
  const read = (bytes: Buffer, at: number) => readAsFarAsItGoes(memory, bytes, at)
  try {
    for (const region of listRegions(pid)) {
      if (region.sharedAs !== null && options.seen.has(region.sharedAs)) continue
      if (region.sharedAs !== null) options.seen.add(region.sharedAs)
      const ranges = region.sharedAs !== null ? [region] : listWritten(pageMap, region)
      if (ranges === null) count.unread += region.to - region.from
      for (const range of ranges ?? []) {
        const { read: done, unread } = readRange(read, range, { piece, ...options })
        count.read += done
        count.unread += unread
      }
    }
  } finally {
    closeSync(memory)
    closeSync(pageMap)
  }
  return count
}

export type Range = { from: number; to: number }

/**
 * Gives a range's bytes piece by piece, and goes on behind each page that cannot be read.
 * @param read fills the buffer from an address on, and says how many bytes it could.
 */
export function readRange(
  read: (bytes: Buffer, at: number) => number,
  { from, to }: Range,
  { piece, overlap, take }: { piece: Buffer; overlap: number; take(bytes: Buffer): void },
): ImageCount {
  const count: ImageCount = { read: 0, unread: 0 }
  // What lies before `done` was given already, or cannot be read.
  for (let at = from, done = from; done < to; ) {
    const bytes = piece.subarray(0, Math.min(piece.length, to - at))
    const end = at + read(bytes, at)
    if (end > done) {
      take(bytes.subarray(0, end - at))
      count.read += end - done
    }
    if (end < at + bytes.length) {
      const unread = Math.max(end, done)
      const next = Math.min(to, (Math.floor(unread / pageBytes) + 1) * pageBytes)
      count.unread += next - unread
      at = done = next
    } else {
      done = end
      at = end - overlap
    }
  }
  return count
}

/** `sharedAs`: for shared memory what is the same in every process that has it; null for what is the process's own. */
type Region = Range & { sharedAs: string | null }

function listRegions(pid: number): Region[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')
  return lines.flatMap((line) => {
    const [, from = '', to = '', rights = '', offset, device, inode, name = ''] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S+) (\S+) (\S+) (\d+) *(.*)/.exec(line) ?? []
    if (rights === '' || kernelsOwn.test(name)) return []
    const range = { from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }
    const sharedAs = rights.endsWith('s') ? `${device} ${inode} ${offset} ${range.to - range.from}` : null
    return [{ ...range, sharedAs }]
  })
}

/**
 * The pages of a private region that hold what the process wrote: in memory and not a file's, or swapped out. Null when
 * the kernel does not say.
 */
function listWritten(pageMap: number, { from, to }: Range): Range[] | null {
  const runs: Range[] = []
  // V8 reserves regions of many gigabytes, of which it uses little.
  const entries = Buffer.alloc(Math.min((to - from) / pageBytes, 512 * 1024) * 8)
  for (let start = from; start < to; start += (entries.length / 8) * pageBytes) {
    const part = entries.subarray(0, Math.min(entries.length, ((to - start) / pageBytes) * 8))
    if (readAsFarAsItGoes(pageMap, part, (start / pageBytes) * 8) < part.length) return null
    for (let page = 0; page * 8 < part.length; page++) {
      // The highest byte of an entry is its last. Bit 63: in memory; 62: swapped out; 61: a file's.
      const flags = (part[page * 8 + 7] ?? 0) >>> 5
      if (flags !== 0b100 && (flags & 0b010) === 0) continue
      const at = start + page * pageBytes
      const last = runs.at(-1)
      if (last?.to === at) last.to += pageBytes
      else runs.push({ from: at, to: at + pageBytes })
    }
  }
  return runs
}

/** How many bytes could be read: fewer than asked for when the kernel refuses a page, or the process is gone. */
function readAsFarAsItGoes(file: number, bytes: Buffer, at: number): number {
  let done = 0
  try {
    while (done < bytes.length) {
      const count = readSync(file, bytes, done, bytes.length - done, at + done)
      if (count === 0) break
      done += count
    }
  } catch {
    // Which page it was shows in the count.
  }
  return done
}

function readProcFile(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended since its folder was listed.
    return ''
  }
}
