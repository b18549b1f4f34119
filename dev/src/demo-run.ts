import { randomUUID } from 'node:crypto'
import { findDifferences } from './demo-comparison.ts'
import { type DemoSetup, type FlowResult, runHostedFlow, runRawCardFlow, runTokenFlow } from './demo-flows.ts'
import type { FinCore } from './fincore.ts'
import { createHttpClient } from './http-client.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

const flows = [
  ['Hosted page', runHostedFlow],
  ['Browser SDK', runTokenFlow],
  ['Server to server', runRawCardFlow],
] as const

/**
 * Takes a payment in each of the three ways, and compares charge, webhook and the bank's ledger; prints what it finds.
 * @returns how many differ.
 */
export async function runDemo(fincore: Pick<FinCore, 'dev' | 'psp'>): Promise<number> {
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
    return failed
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
