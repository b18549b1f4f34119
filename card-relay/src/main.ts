import { makeCardMemory } from './card-memory.ts'
import { loadConfig } from './config.ts'
import { findOpenDoors } from './hardening.ts'
import { makeLog } from './log.ts'
import { startRelay } from './server.ts'

const log = makeLog((line) => process.stdout.write(line))
const memory = makeCardMemory()

// An error that nobody caught may quote its input, so only its code is said. What is left of cards is overwritten first.
function crash(error: unknown): never {
  memory.wipeAll()
  const { code, name, syscall } = (error ?? {}) as { code?: string; name?: string; syscall?: string }
  if (syscall === 'listen') process.stderr.write(`card-relay: RELAY_PORT cannot be used (${code}); choose another.\n`)
  log('crashed', { code: code ?? name ?? 'unknown' })
  process.exit(1)
}
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)

const openDoors = findOpenDoors(process.env)
for (const door of openDoors) process.stderr.write(`card-relay: not started as by start.sh: ${door}\n`)
if (openDoors.length > 0) process.exit(1)

const loaded = loadConfig(process.env)
for (const problem of loaded.ok ? [] : loaded.problems) process.stderr.write(`card-relay: ${problem}\n`)
if (!loaded.ok) process.exit(1)

const relay = await startRelay(loaded.config, log, memory)
let stopping = false
async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  log('stopping')
  await relay.stop()
  log('stopped')
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)

// Last, because whoever reads it may end this process at once, and that must be a clean end.
process.stdout.write(`listening ${JSON.stringify({ relay: relay.url })}\n`)
log('started')
