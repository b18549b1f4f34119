import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { numberOf } from './choices.ts'
import { installClock } from './clock.ts'
import type { CommittedTables } from './database/database.ts'
import { findViolations, type Harm, type Invariant, type Remains } from './invariants.ts'
import type { Movement } from './psp-ledger.ts'
import { useStandIns } from './stand-ins.ts'

/** A row of a table, as the judge sees it. */
type RowOf<Name extends keyof CommittedTables> = CommittedTables[Name] extends Iterable<infer Row> ? Row : never

const seed = 1
/** A run in which money moves in every way. */
const judged = 2

let draws = 0
useStandIns()
installClock(() => numberOf(seed, `random ${draws++}`))
const { runEpisode } = await import('./episode.ts')

describe('npm run simulate', () => {
  it('takes 2,500 payments through faults of every kind, and every invariant holds', (context) => {
    const args = ['src/simulate.ts', '--payments', '2500', '--seed', String(seed)]
    const run = spawnSync(process.execPath, args, { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' })
    context.diagnostic(run.stdout)
    assert.equal(run.status, 0, run.stdout + run.stderr)
    assert.match(run.stdout, /^payments +2500$/m)
    for (const harm of ['lost', 'doubled', 'wrong amount', 'guessed', 'reversed', 'untold', 'unresolved']) {
      assert.match(run.stdout, new RegExp(`^${harm} +0$`, 'm'))
    }
    const faults = [...run.stdout.matchAll(/^– (.+?) {2,}(\d+)$/gm)].filter(([, , count]) => Number(count) > 0)
    assert.ok(faults.length >= 30, `only ${faults.length} kinds of faults`)
  })

  it('says which options are wrong', () => {
    const args = ['src/simulate.ts', '--payments', '0']
    const run = spawnSync(process.execPath, args, { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' })
    assert.equal(run.status, 2)
    assert.match(run.stderr, /--payments must be/)
  })
})

describe('a run', () => {
  it('is the same again with the same seed, and another with another', async () => {
    const [first, again, other] = [await runOne(7), await runOne(7), await runOne(8)]
    assert.deepEqual(again.lines, first.lines)
    assert.notDeepEqual(other.lines, first.lines)
    assert.ok(first.lines.length > 50)
  })

  it('tells nothing but calm when every decision is taken back', async () => {
    const { result, lines } = await runOne(
      7,
      new Set(Array.from({ length: 16 }, (_, at) => `payment ${at + 1}/happens`)),
    )
    assert.deepEqual([...result.faults], [])
    assert.equal(result.violations.length, 0)
    assert.ok(lines.length > 20)
  })
})

describe('the judge of a run', () => {
  const movement = (of: Remains, kind: Movement['kind']): Movement => {
    const found = of.psp.ledger.movements.find((one) => one.kind === kind && one.ownReference !== null)
    const other = of.psp.ledger.movements.find((one) => one.kind === kind)
    const chosen = found ?? other
    assert.ok(chosen)
    return chosen
  }
  /** With one row of a table changed, the first that fits. */
  const change = <Name extends 'charges' | 'attempts' | 'events'>(
    of: Remains,
    name: Name,
    fits: (row: RowOf<Name>) => boolean,
    more: (row: RowOf<Name>) => Partial<RowOf<Name>> | null,
  ): Remains => {
    const rows = [...(of.tables[name] as Iterable<RowOf<Name>>)]
    const at = rows.findIndex(fits)
    assert.ok(at >= 0)
    const row = rows[at] as RowOf<Name>
    const changed = more(row)
    rows.splice(at, 1, ...(changed === null ? [] : [Object.assign({}, row, changed)]))
    return { ...of, tables: { ...of.tables, [name]: rows } }
  }
  const isFinished = ({ status }: RowOf<'charges'>) => status === 'captured'
  /** What is done to what a good run left behind, and what must be seen. */
  const tampering: [what: string, seen: `${Invariant} ${Harm}`, tamper: (remains: Remains) => Remains | undefined][] = [
    [
      'a charge with more refunds under way than it has',
      'I5 wrong amount',
      (of) => change(of, 'charges', isFinished, () => ({ refunds_pending: 9n })),
    ],
    [
      'a charge that is still open',
      'I7 unresolved',
      (of) => change(of, 'charges', isFinished, () => ({ status: 'processing' as const })),
    ],
    [
      'an attempt that waits for its look-up',
      'I7 unresolved',
      (of) =>
        change(
          of,
          'attempts',
          () => true,
          () => ({ next_lookup_at: new Date() }),
        ),
    ],
    [
      'a charge that changed without an event',
      'I6 untold',
      (of) => change(of, 'charges', isFinished, ({ captured }) => ({ captured: captured - 1n })),
    ],
    [
      'an event that is missing',
      'I6 untold',
      (of) =>
        change(
          of,
          'events',
          () => true,
          () => null,
        ),
    ],
    [
      'an event that takes a final state back',
      'I4 reversed',
      (of) =>
        change(
          of,
          'events',
          ({ body }) => (body as { data: { object: { status: string } } }).data.object.status === 'captured',
          ({ body }) => {
            const told = body as { data: { object: object } }
            return { body: { ...told, data: { object: { ...told.data.object, status: 'failed' } } } }
          },
        ),
    ],
    [
      'a second authorization of a charge',
      'I1 doubled',
      (of) => void of.psp.ledger.movements.push(movement(of, 'authorization')),
    ],
    [
      'a second refund under one reference',
      'I1 doubled',
      (of) => void of.psp.ledger.movements.push(movement(of, 'refund')),
    ],
    [
      'a refund that the PSP never made',
      'I2 guessed',
      (of) => void of.psp.ledger.movements.splice(of.psp.ledger.movements.indexOf(movement(of, 'refund')), 1),
    ],
    [
      'a refund of another amount',
      'I2 wrong amount',
      (of) => void Object.assign(movement(of, 'refund'), { amount: 1 }),
    ],
    [
      'a payment that no charge knows',
      'I2 lost',
      (of) => {
        const { payment } = movement(of, 'authorization')
        const known = of.psp.ledger.payments.get(payment)
        assert.ok(known)
        known.id = 'pay_unknown'
        for (const one of of.psp.ledger.movements) if (one.payment === payment) one.payment = 'pay_unknown'
      },
    ],
    ['an event that did not arrive', 'I6 untold', (of) => ({ ...of, received: new Set([...of.received].slice(1)) })],
    [
      'an answer that is not true any more',
      'I3 reversed',
      (of) => {
        const answer = of.heard.find(
          ({ answer: one }) => 'body' in one && 'status' in one.body && one.body.status === 'captured',
        )
        assert.ok(answer !== undefined && 'body' in answer.answer)
        return {
          ...of,
          heard: [{ ...answer, answer: { ...answer.answer, body: { ...answer.answer.body, status: 'failed' } } }],
        }
      },
    ],
  ]
  let good: Remains
  before(async () => {
    const { result } = await runOne(judged)
    assert.deepEqual(result.violations, [])
    good = result.remains
  })
  for (const [what, seen, tamper] of tampering) {
    it(`sees ${what}`, () => {
      const copy = copyOf(good)
      const tampered = tamper(copy) ?? copy
      const found = findViolations(tampered).map(({ invariant, harm }) => `${invariant} ${harm}`)
      assert.ok(found.includes(seen), found.join(', '))
    })
  }
})

/** With a ledger of its own. */
function copyOf(remains: Remains): Remains {
  const { ledger } = remains.psp
  const payments = new Map([...ledger.payments].map(([id, payment]) => [id, { ...payment }]))
  const movements = ledger.movements.map((movement) => ({ ...movement }))
  return { ...remains, psp: { ...remains.psp, ledger: { ...ledger, payments, movements } } }
}

async function runOne(of: number, kept?: ReadonlySet<string>) {
  draws = 0
  const lines: string[] = []
  const trace = (line: string) => void lines.push(line)
  return { result: await runEpisode({ seed: of, payments: 16, trace, ...(kept && { kept }) }), lines }
}
