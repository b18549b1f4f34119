import { PassThrough } from 'node:stream'
import { runCli } from '../run-cli.ts'
import type { Surroundings } from '../surroundings.ts'

export type Ended = { code: number; out: string; err: string }
export type TerminalSettings = {
  env: Record<string, string>
  cwd?: string
  /** Whether a person sits there: then `typed` are what they type, an answer to each question. */
  isTTY?: boolean
  columns?: number
  /** What comes by standard input. */
  typed?: readonly string[]
}
export type Running = {
  ended: Promise<Ended>
  /** What was written so far. */
  written(): { out: string; err: string }
  interrupt(): void
  /** Whether the terminal was told not to echo, and to echo again, each time that it was told. */
  rawModes: readonly boolean[]
}

/** Runs `fincore` in this process, on a terminal of a test's own. */
export function startOnTerminal(words: readonly string[], settings: TerminalSettings): Running {
  const written = { out: '', err: '' }
  const listeners = new Set<() => void>()
  const waiting = [...(settings.typed ?? [])]
  const { isTTY = false } = settings
  const rawModes: boolean[] = []
  const stdin = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode(raw: boolean) {
      rawModes.push(raw)
      // Typed only when nobody sees it: who asks otherwise waits in vain.
      const answer = raw ? waiting.shift() : undefined
      if (answer !== undefined) stdin.write(`${answer}\r`)
    },
  })
  if (!isTTY) stdin.end(waiting.map((line) => `${line}\n`).join(''))
  const output = (name: 'out' | 'err') => ({
    write(chunk: string | Uint8Array) {
      written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()
      return true
    },
    isTTY,
    columns: settings.columns ?? 100,
  })
  const io: Surroundings = {
    env: settings.env,
    cwd: settings.cwd ?? '/',
    stdin,
    stdout: output('out'),
    stderr: output('err'),
    onInterrupt(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const ended = runCli(words, io).then((code) => ({ code, ...written }))
  return {
    ended,
    written: () => ({ ...written }),
    interrupt: () => {
      for (const listener of listeners) listener()
    },
    rawModes,
  }
}

/** Runs a command line to its end. */
export function runOnTerminal(words: readonly string[], settings: TerminalSettings): Promise<Ended> {
  return startOnTerminal(words, settings).ended
}
