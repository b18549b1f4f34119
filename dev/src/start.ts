/** `npm start`: FinCore on one machine, until Ctrl-C. */
import { join, resolve } from 'node:path'
import { readPortBase } from './addresses.ts'
import { curlLinesOf } from './curl-lines.ts'
import { type FinCore, startFinCore } from './fincore.ts'
import { pathInRepository } from './managed-process.ts'
import { leaveWithNpm } from './parent-watch.ts'
import { readPspOption } from './psps/dev-psps.ts'

async function start(): Promise<void> {
  const startedAt = Date.now()
  // After `start`, which dev/run.mjs has read.
  const psp = readPspOption(process.argv.slice(3))
  const databaseUrl = process.env.DATABASE_URL
  const dataDir = resolve(process.env.FINCORE_DATA_DIR || pathInRepository('.fincore'))
  let running: FinCore | undefined
  let exitCode = 0
  const shutDown = async (): Promise<never> => {
    try {
      await running?.stop()
      console.log('Everything is stopped.')
    } catch (error) {
      console.error(error instanceof Error ? error.message : error)
      exitCode = 1
    }
    process.exit(exitCode)
  }
  let asked = false
  let starting = true
  const stop = () => {
    if (asked) return
    asked = true
    // While it starts, the next step of the start sees that it is no longer wanted.
    if (!starting) void shutDown()
  }
  const ask = () => {
    if (!asked) console.log('\nStopping…')
    stop()
  }
  process.on('SIGINT', ask).on('SIGTERM', ask).on('SIGHUP', ask)
  leaveWithNpm(ask)

  console.log('FinCore is starting.')
  running = await startFinCore({
    dataDir,
    ports: { base: readPortBase(process.env.FINCORE_PORT_BASE) },
    ...(psp ? { psp } : {}),
    ...(databaseUrl ? { databaseUrl } : {}),
    onProgress: (step) => {
      console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${step}`)
      if (asked) throw new Error('Stopped before it was ready.')
    },
    onTrouble: (name, line) => console.error(`${name}: ${line}`),
    onUnexpectedExit: (name, { code, signal }, logFile) => {
      console.error(`${name} ended by itself (${signal ?? `exit code ${code}`}); see ${logFile}. Stopping the rest.`)
      exitCode = 1
      stop()
    },
  }).catch((error: unknown) => {
    // Whatever the start came to grief by, once it was asked to stop; it has stopped its own parts.
    if (!asked || error instanceof AggregateError) throw error
    return undefined
  })
  starting = false
  if (asked || running === undefined) return shutDown()
  printReady(running, join(dataDir, 'dev.json'), Date.now() - startedAt)
}

function printReady({ dev, psp }: FinCore, devFile: string, tookMs: number): void {
  console.log(`\nReady after ${(tookMs / 1000).toFixed(1)} s. The shop: ${dev.shop}\n`)
  for (const { flow, explanation, line } of curlLinesOf(dev, psp)) console.log(`# ${flow}: ${explanation}\n${line}\n`)
  console.log(
    `The API's endpoints, errors and events: ${dev.api}/docs   Guides: ${dev.api}/docs/guides   Test cards: ${psp.testCards(dev)}`,
  )
  console.log(`Addresses and keys: ${devFile}   Ctrl-C stops everything.`)
}

try {
  await start()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
