import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findTakenPort, portsFrom } from './addresses.ts'
import { startFinCore } from './fincore.ts'
import { createTestDatabase } from './test-database.ts'

test('moved ports set up another merchant, and moving back finds the first again', { timeout: 120_000 }, async (t) => {
  const { ownerUrl: databaseUrl } = await createTestDatabase(t)
  const dataDir = mkdtempSync(join(tmpdir(), 'fincore-moved-'))
  t.after(() => rmSync(dataDir, { recursive: true, force: true }))
  const findMerchant = async (base: number) => {
    const steps: string[] = []
    const fincore = await startFinCore({
      dataDir,
      ports: { base },
      databaseUrl,
      onProgress: (step) => void steps.push(step),
    })
    await fincore.stop()
    const said = steps.find((step) => step.startsWith('Merchant ')) ?? ''
    return { merchant: fincore.dev.merchant, said: /(set up|found again).*?:/.exec(said)?.[0] }
  }
  const [here = 0, there = 0] = await findFreeBases()
  const first = await findMerchant(here)
  const moved = await findMerchant(there)
  const back = await findMerchant(here)
  assert.deepEqual(
    [first.said, moved.said, back.said],
    ['set up:', 'set up (new, because the addresses changed):', 'found again:'],
  )
  assert.notEqual(moved.merchant, first.merchant)
  assert.equal(back.merchant, first.merchant)
})

async function findFreeBases(): Promise<number[]> {
  const found: number[] = []
  for (let base = 20_000 + Math.floor(Math.random() * 5_000); found.length < 2; base += 1_000) {
    if ((await findTakenPort(portsFrom(base))) === undefined) found.push(base)
  }
  return found
}
