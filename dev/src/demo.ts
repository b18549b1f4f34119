/** `npm run demo`: the three flows on a throw-away FinCore, each checked against the webhook and the bank's ledger. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDemo } from './demo-run.ts'
import { type FinCore, startFinCore } from './fincore.ts'
import type { DevPsp } from './psps/dev-psp.ts'
import { readPspOption } from './psps/dev-psps.ts'

async function main(psp: DevPsp | undefined): Promise<number> {
  const startedAt = Date.now()
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-demo-'))
  let fincore: FinCore | undefined
  const leave = async (exitCode: number): Promise<never> => {
    await fincore?.stop()
    rmSync(dataDir, { recursive: true, force: true })
    process.exit(exitCode)
  }
  const interrupt = () => {
    console.log('\nStopping…')
    void leave(130)
  }
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt)
  console.log('FinCore is starting on a throw-away data directory and free ports.')
  try {
    fincore = await startFinCore({
      dataDir,
      ports: 'free',
      ...(psp ? { psp } : {}),
      onProgress: (step) => console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${step}`),
      onUnexpectedExit: (name, { code, signal }) =>
        console.error(`${name} ended by itself (${signal ?? `exit code ${code}`}).`),
    })
    return await leave((await runDemo(fincore)) === 0 ? 0 : 1)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return await leave(1)
  }
}

try {
  // After `demo`, which dev/run.mjs has read.
  await main(readPspOption(process.argv.slice(3)))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
