/** `npm run demo`: the three flows on a throw-away FinCore, each checked against the webhook and the bank's ledger. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findDifferences } from './demo-comparison.ts'
import { type DemoSetup, type FlowResult, runHostedFlow, runRawCardFlow, runTokenFlow } from './demo-flows.ts'
import { type FinCore, startFinCore } from './fincore.ts'
import { createHttpClient } from './http-client.ts'
import type { DevPsp } from './psps/dev-psp.ts'
import { readPspOption } from './psps/dev-psps.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const flows = [
  ['Hosted page', runHostedFlow],
  ['Browser SDK', runTokenFlow],
  ['Server to server', runRawCardFlow],
] as const

async function runDemo(fincore: FinCore): Promise<number> {
  const { dev, psp } = fincore
  const client = createHttpClient({ ca: dev.ca })
  const relayClient = createHttpClient({ ca: dev.ca, cert: dev.client_cert, key: dev.client_key })
  const receiver = await startWebhookReceiver()
  const setup: DemoSetup = { dev, psp, client, relayClient, receiver }
  try {
    const endpoint = await client.json<{ secret: string }>('POST', `${dev.api}/v1/webhook_endpoints`, {
      bearer: dev.secret_key,
      headers: { 'idempotency-key': randomUUID() },
      json: { url: receiver.url },
    })
    receiver.useSecret(endpoint.secret)
    let failed = 0
    for (const [name, run] of flows) {
      try {
        const result = await run(setup)
        const differences = findDifferences(result.record)
        printFlow(result, differences)
        if (differences.length > 0) failed += 1
      } catch (error) {
        failed += 1
        console.log(`\n✖ ${name}: ${error instanceof Error ? error.message : error}`)
      }
    }
    console.log(
      failed === 0
        ? `\nAll three flows agree with the webhooks and the truth ledger of ${psp.title}.`
        : `\n${failed} of ${flows.length} flows differ.`,
    )
    return failed === 0 ? 0 : 1
  } finally {
    await receiver.close()
    await Promise.all([client.close(), relayClient.close()])
  }
}

function printFlow({ name, steps, record }: FlowResult, differences: string[]): void {
  const { charge, webhook, truth } = record
  const line = (label: string, text: string) => console.log(`  ${label.padEnd(44)}${text}`)
  console.log(`\n${differences.length === 0 ? '✔' : '✖'} ${name}`)
  for (const { what, ms } of steps) line(what, `${ms.toFixed(0).padStart(6)} ms`)
  line('Charge', `${charge.id} ${charge.status}, ${charge.amount_captured} ${charge.currency} captured (minor units)`)
  line('Webhook', webhook === null ? 'none' : `${webhook.type} of ${webhook.data.object.id}, signature right`)
  for (const movement of truth.movements) {
    line('Truth ledger', `${movement.kind} ${movement.payment} ${movement.amount} ${movement.currency}`)
  }
  if (truth.movements.length === 0) line('Truth ledger', 'no movement')
  for (const difference of differences) console.log(`  differs: ${difference}`)
}

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
    return await leave(await runDemo(fincore))
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
