import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What the kernel says of a running process, whatever the process itself believes. */
export type ProcessFacts = {
  commandLine: string[]
  environment: Record<string, string>
  /** The soft and the hard limit of a core file's size, as the kernel writes them. */
  coreLimit: [soft: string, hard: string]
  /** The signals that it has a handler for, by number. */
  caughtSignals: number[]
  /** The TCP ports that it listens on. */
  listeningPorts: number[]
}

export function readProcess(pid: number): ProcessFacts {
  const read = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8')
  const entries = splitZeros(read('environ')).map((entry) => entry.split(/=(.*)/s))
  const [, soft = '', hard = ''] = /^Max core file size +(\S+) +(\S+)/m.exec(read('limits')) ?? []
  const caught = BigInt(`0x${/^SigCgt:\s+([0-9a-f]+)$/m.exec(read('status'))?.[1] ?? '0'}`)
  return {
    commandLine: splitZeros(read('cmdline')),
    environment: Object.fromEntries(entries.map(([name = '', value = '']) => [name, value])),
    coreLimit: [soft, hard],
    caughtSignals: Array.from({ length: 64 }, (_, index) => index + 1).filter(
      (number) => (caught >> BigInt(number - 1)) & 1n,
    ),
    listeningPorts: readListeningPorts(pid),
  }
}

/** The processes that it has started and that are there; none when it is gone. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function splitZeros(text: string): string[] {
  return text.split('\0').filter((part) => part !== '')
}

/** The listening sockets of the machine whose inode is one of the process's open files. */
function readListeningPorts(pid: number): number[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`)
    } catch {
      // Closed a moment ago.
      return ''
    }
  })
  const own = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  return ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      // State 0A is LISTEN; the tenth column is the inode.
      .filter((columns) => columns[3] === '0A' && own.has(columns[9] ?? ''))
      .map((columns) => Number.parseInt(columns[1]?.split(':')[1] ?? '', 16)),
  )
}
