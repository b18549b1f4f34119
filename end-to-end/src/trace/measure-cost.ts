import { cpuMs } from '../bench/cpu-time.ts'
import { makeCanary } from '../card-traces.ts'
import { cardCharge, type StartedWorld, startWorld } from '../world.ts'
import { startOtlpReceiver } from './otlp-receiver.ts'

const blocks = 8
const chargesPerBlock = 250
const atOnce = 8

/**
 * What tracing costs the payment service: processor time for each raw-card charge, its webhook and its look at the PSP's
 * event included, without and with traces. Time on the clock would tell of whatever else the machine does.
 *
 * @returns lines to print.
 */
export async function measureCost(): Promise<string> {
  const receiver = await startOtlpReceiver()
  const without = await startWorld()
  const withTraces = await startWorld({ env: { 'payment-service': { TRACES_ENDPOINT: receiver.url } } })
  try {
    const ms = { without: [] as number[], with: [] as number[] }
    // A first block of each warms them up. In turns, because a machine is not the same from one minute to the next.
    for (let block = 0; block <= blocks; block++) {
      const [off, on] = [await payBlock(without), await payBlock(withTraces)]
      if (block === 0) continue
      ms.without.push(off)
      ms.with.push(on)
    }
    const [off, on] = [meanOf(ms.without), meanOf(ms.with)]
    return [
      `charges, each way       ${blocks * chargesPerBlock}`,
      `spans received          ${receiver.spans().length}`,
      `without traces          ${off.toFixed(2)} ms of processor time a charge`,
      `with all of them        ${on.toFixed(2)} ms (${((on / off - 1) * 100).toFixed(0)} % more)`,
    ].join('\n')
  } finally {
    await Promise.all([without.close(), withTraces.close()])
    await receiver.close()
  }
}

/** Milliseconds of processor time for each charge of a block. */
async function payBlock(world: StartedWorld): Promise<number> {
  const { pid } = world.fincore.processes['payment-service']
  const before = cpuMs(pid)
  let left = chargesPerBlock
  const pay = async () => {
    while (left-- > 0) {
      const { status, text } = await world.relay(cardCharge(makeCanary(left)))
      if (status !== 201) throw new Error(`A charge was answered with ${status}: ${text}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, pay))
  await settle(world)
  return (cpuMs(pid) - before) / chargesPerBlock
}

/** Until every event is told and every event of the PSP applied. */
async function settle({ database }: StartedWorld): Promise<void> {
  for (;;) {
    const { rows } = await database.query<{ left: string }>(
      `select (select count(*) from webhook_deliveries where state = 'pending')
         + (select count(*) from attempts where next_lookup_at is not null) as left`,
    )
    if (Number(rows[0]?.left) === 0) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
