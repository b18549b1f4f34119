/**
 * `npm run drill:trace`: starts the whole of FinCore with tracing on, pays with a card through the relay, waits for the
 * webhook, and prints the trace. `--write` keeps it as docs/trace.json, of which `npm run docs` draws the picture.
 * `--cost` measures instead what tracing costs.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TraceSpan } from '@fincore/dev/diagrams/draw-trace'
import { pathInRepository } from '@fincore/dev/managed-process'
import { findTraces, makeCanary } from '../card-traces.ts'
import { cardCharge, startWorld } from '../world.ts'
import { measureCost } from './measure-cost.ts'
import { startOtlpReceiver } from './otlp-receiver.ts'
import { traceCharge } from './trace-charge.ts'
import { printTree } from './trace-tree.ts'

const warmUps = 50
const tracedCharges = 5
/** The relay asks for admission again once it has forgotten the last: `card-relay/src/limits.ts`. */
const admissionRememberedMs = 4_500

const endOf = (tree: readonly TraceSpan[]) => Math.max(...tree.map(({ beganMs, lastedMs }) => beganMs + lastedMs))

async function showTrace(): Promise<void> {
  const receiver = await startOtlpReceiver()
  const world = await startWorld({ env: { 'payment-service': { TRACES_ENDPOINT: receiver.url } } })
  try {
    // A process that was just started compiles while it works.
    for (let count = 0; count < warmUps; count++) await world.relay(cardCharge(makeCanary(count)))
    const traced: Awaited<ReturnType<typeof traceCharge>>[] = []
    for (let count = 0; count < tracedCharges; count++) {
      await sleep(admissionRememberedMs)
      traced.push(await traceCharge(world, receiver, makeCanary(warmUps + count)))
    }
    // The quickest is the one in which the machine did the least of something else.
    const [quickest] = traced.sort((a, b) => endOf(a.tree) - endOf(b.tree))
    if (quickest === undefined) throw new Error('There is no trace')
    const { tree, charge, serverTiming } = quickest
    process.stdout.write(`${printTree(tree)}\n\n${charge}\nServer-Timing: ${serverTiming}\n`)
    const found = findTraces(receiver.received())
    process.stdout.write(`Card numbers in what was exported: ${found.length === 0 ? 'none' : found.join(', ')}\n`)
    if (found.length > 0) process.exitCode = 1
    if (process.argv.includes('--write'))
      writeFileSync(pathInRepository('docs/trace.json'), `${JSON.stringify(tree, null, 2)}\n`)
  } finally {
    await world.close()
    await receiver.close()
  }
}

if (process.argv.includes('--cost')) process.stdout.write(`${await measureCost()}\n`)
else await showTrace()
