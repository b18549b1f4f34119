import { setTimeout as sleep } from 'node:timers/promises'
import { type Bench, type Merchant, startBench } from './bench.ts'
import { countedPart, createLoad, type Load, quantile, type Tally } from './load.ts'

/** How long each part lasts. */
export type Extent = {
  /** Peak and overload take turns, because whoever else uses the machine changes what it can do. */
  rounds: number
  peakMs: number
  overloadMs: number
  /** Tokens for each merchant, for all rounds together. */
  tokens: number
  /** Whether there are also a merchant whose PSP hangs, and one whose webhook endpoint becomes slow after the first round. */
  hasTroubled: boolean
}

/** What was seen, of both kinds of load and of what they left. */
export type Measured = {
  /** `perSecond`: in the best round. `warmUp`: what was served before anything was measured. */
  peak: { perSecond: number; tallies: Tally[]; warmUp: number }
  overload: {
    askedPerSecond: number
    perSecond: number
    /** How long was counted. */
    seconds: number
    /** By merchant. */
    tallies: Tally[]
    /** GET /health/live, asked ten times a second meanwhile, in ms: the delay of the event loop as a caller feels it. */
    healthMs: number[]
    memoryMb: { before: number; most: number }
  }
  /**
   * From the event to its arrival, in ms: at the small merchant's endpoint, which answers at once, while another merchant's did so too, and
   * when that had become slow; and at the slow one.
   */
  webhooks: { promptBefore: number[]; prompt: number[]; slow: number[] }
  books: Books
}

/** What FinCore's rows and the bank's ledger say afterwards. */
export type Books = {
  /** Charges that were begun: every one has its intent. */
  charges: number
  /** Those whose outcome is not known yet. */
  unsettled: number
  captured: number
  /** At PSPs, the one that hangs included. */
  authorizeCalls: number
  /** By the bank's ledger, and how many references stand there more than once. */
  captures: number
  doubled: number
  /** Captured charges that the ledger does not have, or has with another amount, and the other way round. */
  different: number
}

const hangingName = 'PSP hangs'
const overloadFactor = 10
/** How much more than each of the others the greedy one asks for. */
const greed = 10
const smallPart = 0.02
/** Or so many a second, so that there is something to count. */
const smallest = 5
const callersPerMerchant = 12
const pspTimeoutMs = 4_000
/** Longer than a try of a webhook lasts here, shorter than FinCore waits for one. */
const slowEndpointMs = 8_000

/**
 * Finds by closed-loop load how much FinCore can do, and asks for ten times that: a greedy merchant, three others that
 * ask for a tenth of it each, and a small one; and, if wanted, one more whose PSP hangs, and one of the three with a webhook
 * endpoint that becomes slow.
 */
export async function measureOverload(extent: Extent, say: (line: string) => void): Promise<Measured> {
  const bench = await startBench(pspTimeoutMs)
  let load: Load | undefined
  try {
    const add = (name: string, more: object = {}) => bench.addMerchant({ name, ...more })
    const greedy = await add('greedy')
    const endpoint = { hasEndpoint: extent.hasTroubled }
    const another = await add('another')
    const slow = await add('slow endpoint', endpoint)
    const plain = await add('plain')
    const hanging = extent.hasTroubled ? [await add(hangingName, { pspHangs: true })] : []
    const small = await add('small', endpoint)
    const healthy = [greedy, another, slow, plain]
    for (const merchant of [...healthy, ...hanging, small]) await bench.addTokens(merchant, extent.tokens)
    load = await createLoad(bench.api)
    // The first seconds of a process are its slowest.
    const warmUp = count(await load.closed(healthy, 2, extent.peakMs / 2), 'served')
    const peaks: Tally[][] = []
    const overloads: Tally[][] = []
    const healthMs: number[] = []
    const memoryMb = { before: bench.memoryMb(), most: 0 }
    let peakPerSecond = 0
    let asked = 0
    let promptBefore: number[] = []
    for (let round = 1; round <= extent.rounds; round++) {
      const peak = await load.closed(healthy, callersPerMerchant, extent.peakMs)
      peaks.push(peak)
      const perSecond = count(peak, 'servedMeanwhile') / ((extent.peakMs / 1_000) * countedPart)
      // The best of all rounds: what an overload leaves behind, webhooks above all, is worked off during the next one.
      peakPerSecond = Math.max(peakPerSecond, perSecond)
      say(`Round ${round}: it served ${perSecond.toFixed(0)} a second; now ten times ${peakPerSecond.toFixed(0)}.`)
      const each = (peakPerSecond * overloadFactor) / (greed + 3 + hanging.length)
      const rates = [
        { payer: greedy, perSecond: each * greed },
        ...[another, slow, plain, ...hanging].map((payer) => ({ payer, perSecond: each })),
        { payer: small, perSecond: Math.max(smallest, peakPerSecond * smallPart) },
      ]
      const watch = watchProcess(bench, load, healthMs, memoryMb)
      overloads.push(await load.open(rates, extent.overloadMs))
      await watch.stop()
      if (round === 1 && extent.hasTroubled) {
        promptBefore = delaysOf(bench, small).splice(0)
        delaysOf(bench, slow).splice(0)
        bench.slowDown(slow, slowEndpointMs)
      }
      asked += rates.reduce((sum, { perSecond }) => sum + perSecond, 0)
    }
    const tallies = addUp(overloads)
    const seconds = (extent.overloadMs / 1_000) * countedPart * extent.rounds
    const perSecond = count(tallies, 'servedMeanwhile') / seconds
    say('What was begun is finished, and the books are compared.')
    const books = await closeBooks(bench)
    return {
      peak: { perSecond: peakPerSecond, tallies: addUp(peaks), warmUp },
      overload: { askedPerSecond: asked / extent.rounds, perSecond, seconds, tallies, healthMs, memoryMb },
      webhooks: { promptBefore, prompt: delaysOf(bench, small), slow: delaysOf(bench, slow) },
      books,
    }
  } finally {
    load?.close()
    await bench.stop()
  }
}

export const count = (
  tallies: readonly Tally[],
  what: 'sent' | 'served' | 'servedMeanwhile' | 'shed' | 'shedForPsp' | 'shedWrongly',
) => tallies.reduce((sum, tally) => sum + tally[what], 0)

const delaysOf = (bench: Bench, { name }: Merchant) => bench.webhookDelaysMs.get(name) ?? []

/** The rounds' tallies of each merchant as one. */
function addUp(rounds: Tally[][]): Tally[] {
  const [first = [], ...more] = rounds
  return first.map((tally, index) => more.reduce((sum, round) => join(sum, round[index] ?? sum), tally))
}

function join(a: Tally, b: Tally): Tally {
  const others = { ...a.others }
  for (const [what, times] of Object.entries(b.others)) others[what] = (others[what] ?? 0) + times
  return {
    name: a.name,
    sent: a.sent + b.sent,
    served: a.served + b.served,
    servedMeanwhile: a.servedMeanwhile + b.servedMeanwhile,
    shed: a.shed + b.shed,
    shedForPsp: a.shedForPsp + b.shedForPsp,
    shedWrongly: a.shedWrongly + b.shedWrongly,
    others,
    servedMs: [...a.servedMs, ...b.servedMs],
    shedMs: [...a.shedMs, ...b.shedMs],
  }
}

function watchProcess(bench: Bench, load: Load, healthMs: number[], memoryMb: { most: number }) {
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      healthMs.push(await load.probe())
      memoryMb.most = Math.max(memoryMb.most, bench.memoryMb())
      await sleep(100)
    }
  })()
  return {
    async stop() {
      isOver = true
      await watching
    },
  }
}

const settleWithinMs = 90_000

/** The hanging PSP answers from now on, so that everything begun can end; then both sides' books are compared. */
async function closeBooks(bench: Bench): Promise<Books> {
  const asked = bench.hangingPsp.taken()
  bench.hangingPsp.recover()
  const deadline = Date.now() + settleWithinMs
  let unsettled = 0
  do {
    await sleep(250)
    const { rows } = await bench.database.query<{ count: number }>(
      `select count(*)::int as count from charges where status = 'processing'`,
    )
    unsettled = rows[0]?.count ?? 0
  } while (unsettled > 0 && Date.now() < deadline)
  const { rows } = await bench.database.query<{ reference: string; status: string; amount: string }>(
    `select attempts.id as reference, charges.status, charges.amount
     from charges join attempts on attempts.merchant_id = charges.merchant_id and attempts.charge_id = charges.id`,
  )
  const { movements, calls } = await bench.truth()
  const captures = movements.filter(({ kind }) => kind === 'capture')
  const amounts = new Map(captures.map(({ reference, amount }) => [reference, String(amount)]))
  const captured = rows.filter(({ status }) => status === 'captured')
  const known = new Set(captured.map(({ reference }) => reference))
  const different =
    captured.filter(({ reference, amount }) => amounts.get(reference) !== String(amount)).length +
    captures.filter(({ reference }) => !known.has(reference)).length
  return {
    charges: rows.length,
    unsettled,
    captured: captured.length,
    authorizeCalls: calls + asked,
    captures: captures.length,
    doubled: captures.length - amounts.size,
    different,
  }
}

/** The report as lines. */
export function describe({ peak, overload, webhooks, books }: Measured): string[] {
  const ms = (values: readonly number[], share: number) => `${quantile(values, share).toFixed(0)} ms`
  const both = (values: readonly number[]) => `${ms(values, 0.5)} / ${ms(values, 0.99)}`
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`
  const line = (what: string, value: string) => `${what.padEnd(44)}${value}`
  const ofMerchant = (tally: Tally) => {
    const fates = [
      `asked ${tally.sent}`,
      `served ${tally.served} (${percent(tally.served / tally.sent)}, ${both(tally.servedMs)})`,
      `shed ${tally.shed}${tally.shedForPsp > 0 ? `, ${tally.shedForPsp} of them for its PSP` : ''}`,
      ...Object.entries(tally.others).map(([what, times]) => `${what} ${times}`),
    ]
    return line(`  ${tally.name}`, fates.join(', '))
  }
  const all = overload.tallies
  const served = all.flatMap((tally) => tally.servedMs)
  const shed = all.flatMap((tally) => tally.shedMs)
  return [
    line(
      'Peak, served a second (p50 / p99)',
      `${peak.perSecond.toFixed(0)} (${both(peak.tallies.flatMap((tally) => tally.servedMs))})`,
    ),
    line('Asked for a second', `${overload.askedPerSecond.toFixed(0)}`),
    line('Served a second meanwhile (p50 / p99)', `${overload.perSecond.toFixed(0)} (${both(served)})`),
    line(
      '  of it, charges with an outcome',
      (
        count(
          all.filter(({ name }) => name !== hangingName),
          'servedMeanwhile',
        ) / overload.seconds
      ).toFixed(0),
    ),
    line('Served, of the peak', percent(overload.perSecond / peak.perSecond)),
    line('Shed, of what was asked', percent(count(all, 'shed') / count(all, 'sent'))),
    line('A shed answer takes (p50 / p99)', both(shed)),
    line('GET /health/live meanwhile (p50 / p99)', both(overload.healthMs)),
    line('Shed without Retry-After or its code', String(count(all, 'shedWrongly'))),
    line('Memory before, and at most', `${overload.memoryMb.before} MiB, ${overload.memoryMb.most} MiB`),
    'By merchant (p50 / p99):',
    ...all.map(ofMerchant),
    line('Webhooks to the small merchant (p50 / p99)', `${webhooks.prompt.length}: ${both(webhooks.prompt)}`),
    line('  before the other one was slow', `${webhooks.promptBefore.length}: ${both(webhooks.promptBefore)}`),
    line('Webhooks to the slow endpoint (p50 / p99)', `${webhooks.slow.length}: ${both(webhooks.slow)}`),
    line('Charges begun, calls to PSPs for them', `${books.charges}, ${books.authorizeCalls}`),
    line('Charges without an outcome in the end', String(books.unsettled)),
    line('Captured by FinCore, by the bank', `${books.captured}, ${books.captures}`),
    line('Doubled, different in the two books', `${books.doubled}, ${books.different}`),
  ]
}
