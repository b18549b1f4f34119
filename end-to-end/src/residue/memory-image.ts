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

/**
 * Reads a process's memory piece by piece: every region that can be read, which is what a core dump of it would hold.
 * What several processes have in common, shared memory and files that are mapped to be read only, is read once for all
 * that are given the same `seen`. To be called while the process is stopped, or what moves meanwhile is missed.
 * `overlap`: how many bytes of a piece are given again with the next.
 * @returns how many bytes were read.
 */
export function readMemoryImage(
  pid: number,
  options: { overlap: number; seen: Set<string>; take(bytes: Buffer): void },
): number {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  const piece = Buffer.allocUnsafe(pieceBytes)
  let total = 0
  try {
    for (const { from, to, sharedAs } of listRegions(pid)) {
      if (sharedAs !== null && options.seen.has(sharedAs)) continue
      if (sharedAs !== null) options.seen.add(sharedAs)
      for (let at = from; at < to; at += pieceBytes - options.overlap) {
        const bytes = piece.subarray(0, Math.min(pieceBytes, to - at))
        if (!readFully(memory, bytes, at)) break
        options.take(bytes)
        total += bytes.length
        if (at + bytes.length >= to) break
      }
    }
  } finally {
    closeSync(memory)
  }
  return total
}

type Region = { from: number; to: number; sharedAs: string | null }

function listRegions(pid: number): Region[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n')
  return lines.flatMap((line) => {
    const [, from = '', to = '', rights = '', offset, device, inode] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S+) (\S+) (\S+) (\d+)/.exec(line) ?? []
    if (!rights.startsWith('r')) return []
    const isCommon = inode !== '0' && (rights.endsWith('s') || !rights.includes('w'))
    const region = { from: Number.parseInt(from, 16), to: Number.parseInt(to, 16) }
    const size = region.to - region.from
    return [{ ...region, sharedAs: isCommon ? `${device} ${inode} ${offset} ${size}` : null }]
  })
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
