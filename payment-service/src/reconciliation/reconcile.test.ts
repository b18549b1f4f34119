import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { createAdminServer } from '../admin/server.ts'
import { type DifferenceClass, differenceClasses } from '../payments/difference-classes.ts'
import type { PspReply } from '../psp-gateway/port.ts'
import { newSecret } from '../secrets.ts'
import { upsertOperators } from '../store/operators.ts'
import type { Report } from './reconcile.ts'
import { describeAsJson, describeAsTable } from './report.ts'
import { bounds } from './run.ts'
import { type BooksWorld, openBooksWorld } from './testing/books-world.ts'

const silence: PspReply = { failure: 'timeout', requestWasSent: true }

let world: BooksWorld
before(async () => {
  world = await openBooksWorld()
})
afterEach(() => {
  world.state.fault = () => null
})
after(() => world.close())

/** What a run found of one charge, or of a reference that is no charge's. */
const about = (report: Report, name: string) =>
  report.differences
    .filter((one) => [one.chargeId, one.reference, one.pspPayment].includes(name))
    .map((one) => `${one.class} ${one.kind} ${one.state}`)
    .sort()
const findingsOf = async (name: string) =>
  (
    await world.owner.query(
      'select class, kind, state from reconciliation_findings where $1 in (charge_id, reference, psp_payment) order by id',
      [name],
    )
  ).rows
    .map((row) => `${row.class} ${row.kind} ${row.state}`)
    .sort()
/** Requests whose reply never comes, while the PSP acts on them. */
const loseReplies = (isLost: (path: string) => boolean) => {
  world.state.fault = (request) =>
    request.method === 'POST' && isLost(new URL(request.url).pathname) ? world.send(request).then(() => silence) : null
}

/** As two operators leave an attempt that they approve, whatever reference they give. */
const approveByHand = (attempt: string, pspReference: string) =>
  world.owner.query(
    `update attempts set state = 'approved', settled_by_hand = true, psp_reference = $2, settled_at = now(), next_lookup_at = null where id = $1`,
    [attempt, pspReference],
  )
/** A charge that the PSP never got, approved with the reference of a payment that was made past FinCore. */
async function settledByHand(): Promise<{ id: string; attempt: string; payment: string }> {
  world.state.fault = ({ method }) => (method === 'POST' ? Promise.resolve(silence) : null)
  const { id } = await world.charge()
  world.state.fault = () => null
  const { id: payment } = await world.callPsp('POST', '/v2/payments', {
    reference: `not-of-${id}`,
    amount: { value: 1000, currency: 'EUR' },
    capture: 'automatic',
    source: { type: 'token', token: await world.makeToken('visa') },
  })
  const attempt = await world.attemptOf(id)
  await approveByHand(attempt, payment)
  await world.owner.query(
    `update charges set status = 'captured', captured = amount, psp_reference = $2 where id = $1`,
    [id, payment],
  )
  return { id, attempt, payment }
}

type Made = {
  /** By what the finding is found. */
  name: string
  expected: string[]
  /** What holds after a run that repairs. */
  check?: () => Promise<void>
}

/** Each class of difference, made for real. */
const cases: Record<
  Exclude<DifferenceClass, 'settled_unknown' | 'settled_amount_differs' | 'not_settled'>,
  Record<string, () => Promise<Made>>
> = {
  missed_event: {
    'a charge whose reply was lost': async () => {
      loseReplies((path) => path === '/v2/payments')
      const { id, status } = await world.charge()
      assert.equal(status, 'processing')
      return {
        name: id,
        // One request did both.
        expected: ['missed_event authorize repaired'],
        check: async () => {
          assert.equal((await world.findCharge(id)).status, 'captured')
          assert.deepEqual(await world.eventsOf(id), ['charge.captured'])
        },
      }
    },
    'a capture, a cancel and refunds whose replies were lost': async () => {
      const [captured, canceled, refunded] = [
        await world.charge({ capture_method: 'manual' }),
        await world.charge({ capture_method: 'manual' }),
        await world.charge(),
      ]
      loseReplies((path) => /(captures|cancellations|refunds)$/.test(path))
      await world.call('POST', `/v1/charges/${captured.id}/capture`, { amount: 700 })
      await world.call('POST', `/v1/charges/${canceled.id}/cancel`, {})
      await world.refund(refunded.id, 300)
      assert.equal((await world.findCharge(refunded.id)).amount_refunds_pending, 300)
      return {
        name: captured.id,
        expected: ['missed_event capture repaired'],
        check: async () => {
          assert.equal((await world.findCharge(captured.id)).amount_captured, 700)
          assert.equal((await world.findCharge(canceled.id)).status, 'canceled')
          assert.equal((await world.findCharge(refunded.id)).amount_refunded, 300)
          assert.deepEqual(await findingsOf(canceled.id), ['missed_event cancel repaired'])
          assert.deepEqual(await findingsOf(refunded.id), ['missed_event refund repaired'])
        },
      }
    },
    'a payment in a session whose webhook never came': async () => {
      const session = await world.createSession()
      const visit = await world.visit(new Map(), 'POST', session.url)
      await world.pay(visit.location ?? '', 'visa')
      assert.equal((await world.findSession(session.id)).status, 'open')
      const reference = await world.createAttemptOf(session.id)
      return {
        name: reference,
        expected: ['missed_event authorize repaired'],
        check: async () => {
          const paid = await world.findSession(session.id)
          assert.equal(paid.status, 'completed')
          assert.equal((await world.findCharge(paid.charge ?? '')).status, 'captured')
        },
      }
    },
    'an authorization that lapsed at the PSP, of which its list says nothing': async () => {
      const { id, psp } = await world.charge({ capture_method: 'manual' })
      world.tamper('DELETE FROM movements WHERE payment = ?', psp.reference ?? '')
      world.tamper(`UPDATE payments SET status = 'canceled' WHERE id = ?`, psp.reference ?? '')
      return {
        name: id,
        expected: ['missed_event authorize repaired'],
        check: async () => {
          assert.equal((await world.findCharge(id)).status, 'canceled')
        },
      }
    },
    'a charge that was captured, and one that was released, at the PSP by hand': async () => {
      const [captured, released] = [
        await world.charge({ capture_method: 'manual' }),
        await world.charge({ capture_method: 'manual' }),
      ]
      await world.callPsp('POST', `/v2/payments/${captured.psp.reference}/captures`, { reference: 'by-hand-1' })
      await world.callPsp('POST', `/v2/payments/${released.psp.reference}/cancellations`, { reference: 'by-hand-2' })
      return {
        name: captured.id,
        expected: ['missed_event capture repaired'],
        check: async () => {
          assert.equal((await world.findCharge(captured.id)).status, 'captured')
          assert.equal((await world.findCharge(released.id)).status, 'canceled')
        },
      }
    },
  },
  unknown_here: {
    'a payment that was made past FinCore': async () => {
      const payment = await world.callPsp('POST', '/v2/payments', {
        reference: 'past-fincore',
        amount: { value: 500, currency: 'EUR' },
        capture: 'automatic',
        source: { type: 'token', token: await world.makeToken('visa') },
      })
      return { name: payment.id, expected: ['unknown_here authorize open', 'unknown_here capture open'] }
    },
  },
  refund_unknown: {
    'a refund that was made at the PSP by hand': async () => {
      const { id, psp } = await world.charge()
      await world.callPsp('POST', `/v2/payments/${psp.reference}/refunds`, {
        reference: 'by-hand-3',
        amount: { value: 100, currency: 'EUR' },
      })
      return {
        name: id,
        expected: ['refund_unknown refund open'],
        check: async () => assert.equal((await world.findCharge(id)).amount_refunded, 0),
      }
    },
  },
  missing_at_psp: {
    'a charge that the PSP knows nothing of any more': async () => {
      const { id, psp } = await world.charge()
      world.tamper('DELETE FROM movements WHERE payment = ?', psp.reference ?? '')
      world.tamper('DELETE FROM payments WHERE id = ?', psp.reference ?? '')
      return {
        name: id,
        expected: ['missing_at_psp authorize open'],
        check: async () => assert.equal((await world.findCharge(id)).status, 'captured'),
      }
    },
    'a charge that operators approved with the reference of a stranger’s payment': async () => {
      const { id } = await settledByHand()
      return {
        name: id,
        expected: ['missing_at_psp authorize open', 'unknown_here authorize open', 'unknown_here capture open'],
      }
    },
    'a refund that operators approved with the reference of another’s refund': async () => {
      const [charge, other] = [await world.charge(), await world.charge()]
      world.state.fault = ({ method }) => (method === 'POST' ? Promise.resolve(silence) : null)
      const refund = await world.refund(charge.id, 300)
      world.state.fault = () => null
      const { id } = await world.callPsp('POST', `/v2/payments/${other.psp.reference}/refunds`, {
        reference: 'by-hand-4',
        amount: { value: 300, currency: 'EUR' },
      })
      await approveByHand(await world.attemptOf(charge.id, 'refund'), id)
      await world.owner.query(`update refunds set status = 'succeeded' where id = $1`, [refund.id])
      return { name: charge.id, expected: ['missing_at_psp refund open'] }
    },
  },
  amount_differs: {
    'a captured amount and a refunded amount that the PSP has otherwise': async () => {
      const { id, psp } = await world.charge()
      const refund = await world.refund(id, 200)
      assert.equal(refund.status, 'succeeded')
      world.tamper(`UPDATE movements SET amount = 900 WHERE payment = ? AND kind = 'capture'`, psp.reference ?? '')
      world.tamper(`UPDATE movements SET amount = 250 WHERE payment = ? AND kind = 'refund'`, psp.reference ?? '')
      return { name: id, expected: ['amount_differs capture open', 'amount_differs refund open'] }
    },
  },
  currency_differs: {
    'a payment in another currency at the PSP': async () => {
      const { id, psp } = await world.charge({ capture_method: 'manual' })
      world.tamper(`UPDATE movements SET currency = 'USD' WHERE payment = ?`, psp.reference ?? '')
      return { name: id, expected: ['currency_differs authorize open'] }
    },
  },
  state_differs: {
    'a charge that failed here and was paid at the PSP': async () => {
      const { id, psp } = await world.charge()
      const attempt = await world.attemptOf(id)
      await world.owner.query(
        `update charges set status = 'failed', captured = 0, failure = '{"code": "card_declined", "message": "", "shopper_can_retry": "no", "psp_code": null}' where id = $1`,
        [id],
      )
      await world.owner.query(`update attempts set state = 'declined' where id = $1`, [attempt])
      assert.ok(psp.reference)
      return {
        name: id,
        expected: ['state_differs authorize open', 'state_differs capture open'],
        check: async () => {
          const charge = await world.findCharge(id)
          assert.equal(charge.status, 'failed')
          assert.deepEqual(charge.flags, ['psp_contradicts'])
        },
      }
    },
    'a refund that failed here and was given back at the PSP': async () => {
      const charge = await world.charge()
      const refund = await world.refund(charge.id, 400)
      await world.owner.query(
        `update refunds set status = 'failed', failure = '{"code": "refund_declined", "message": "", "shopper_can_retry": "no", "psp_code": null}' where id = $1`,
        [refund.id],
      )
      await world.owner.query('update charges set refunded = 0 where id = $1', [charge.id])
      return { name: charge.id, expected: ['state_differs refund open'] }
    },
  },
  duplicate_effect: {
    'a charge that was authorized twice under its reference': async () => {
      const { id } = await world.charge()
      const attempt = await world.attemptOf(id)
      // Another key at the PSP is another movement: what an idempotency key that was lost there would do.
      const second = await world.callPsp('POST', '/v2/payments', {
        reference: attempt,
        amount: { value: 1000, currency: 'EUR' },
        capture: 'automatic',
        source: { type: 'token', token: await world.makeToken('visa') },
      })
      return { name: second.id, expected: ['duplicate_effect authorize open', 'duplicate_effect capture open'] }
    },
    'a charge in doubt that was authorized twice': async () => {
      loseReplies((path) => path === '/v2/payments')
      const { id } = await world.charge()
      world.state.fault = () => null
      const second = await world.callPsp('POST', '/v2/payments', {
        reference: await world.attemptOf(id),
        amount: { value: 1000, currency: 'EUR' },
        capture: 'automatic',
        source: { type: 'token', token: await world.makeToken('visa') },
      })
      return {
        name: second.id,
        expected: ['duplicate_effect authorize open', 'duplicate_effect capture open'],
        check: async () => {
          // Which of the two is the charge's own nobody knows: it stays in doubt.
          assert.equal((await world.findCharge(id)).status, 'processing')
          assert.deepEqual(
            (await findingsOf(id)).filter((one) => one.startsWith('unconfirmed')),
            ['unconfirmed authorize open', 'unconfirmed capture open'],
          )
        },
      }
    },
  },
  unconfirmed: {
    'a movement that the PSP lists, and denies when it is asked by its reference': async () => {
      const payment = await world.callPsp('POST', '/v2/payments', {
        reference: 'past-fincore-2',
        amount: { value: 500, currency: 'EUR' },
        capture: 'manual',
        source: { type: 'token', token: await world.makeToken('visa') },
      })
      world.tamper(`UPDATE movements SET reference = 'ghost', own_reference = 'ghost' WHERE payment = ?`, payment.id)
      return { name: payment.id, expected: ['unconfirmed authorize open'] }
    },
    'a charge of which the PSP lists nothing and says nothing that can be read': async () => {
      const { id, psp } = await world.charge()
      world.tamper('DELETE FROM movements WHERE payment = ?', psp.reference ?? '')
      world.tamper(`UPDATE payments SET amount = 4000 WHERE id = ?`, psp.reference ?? '')
      return { name: id, expected: ['unconfirmed authorize open'] }
    },
  },
}

describe('a difference that is made for real is repaired or raised as its row says, and once', () => {
  it('nothing differs where nothing was done to the books, whatever was paid, captured, refunded and declined', async () => {
    const manual = await world.charge({ capture_method: 'manual' })
    await world.call('POST', `/v1/charges/${manual.id}/capture`, { amount: 400 })
    await world.refund(manual.id, 150)
    await world.refund(manual.id, 50)
    const held = await world.charge({ capture_method: 'manual' })
    await world.call('POST', `/v1/charges/${held.id}/cancel`, {})
    await world.charge({ currency: 'JPY' })
    assert.equal((await world.charge({}, 'declined')).status, 'failed')
    const challenged = await world.charge({ return_url: 'https://shop.example/' }, 'challenge')
    assert.equal(challenged.status, 'requires_action')
    const report = await world.reconcile()
    assert.deepEqual(report.differences, [])
    // authorize, capture and two refunds; authorize and cancel; authorize with its capture.
    assert.deepEqual([report.totals.movements, report.totals.records, report.stopped], [8, 8, null])
    // Only the shopper in front of 3-D Secure was asked for by reference.
    assert.equal(report.totals.questions, 1)
  })

  for (const [name, makers] of Object.entries(cases)) {
    for (const [what, make] of Object.entries(makers)) {
      it(`${name}: ${what}`, async () => {
        const { name: of, expected, check } = await make()
        world.state.fault = () => null
        const chargesBefore = await countCharges()
        const foreseen = await world.reconcile({ applies: false })
        const dry = about(foreseen, of)
        assert.deepEqual(
          dry,
          expected.map((one) => one.replace(/repaired$/, 'repairable')),
          'only read',
        )
        assert.deepEqual(await findingsOf(of), [], 'a run that only reads writes nothing')
        assert.deepEqual(await countCharges(), chargesBefore)

        const report = await world.reconcile()
        assert.equal(report.stopped, null)
        assert.deepEqual(about(report, of), expected)
        assert.deepEqual(await findingsOf(of), expected)
        await check?.()
        const written = await snapshot()
        const again = await world.reconcile()
        assert.deepEqual(
          about(again, of),
          expected.filter((one) => one.endsWith('open')),
          'a second run repairs nothing and finds what is open',
        )
        assert.deepEqual(await snapshot(), written, 'and writes nothing')
      })
    }
  }

  it('the PSP’s silence about what operators settled is a finding of its own, and holds up no other comparison', async () => {
    const { id, attempt } = await settledByHand()
    world.state.fault = ({ url }) =>
      url.includes('/v2/lookup') && url.includes(attempt)
        ? Promise.resolve({ status: 503, headers: {}, body: '' })
        : null
    const report = await world.reconcile({ applies: false })
    assert.equal(report.stopped, null)
    assert.ok(about(report, id).includes('unconfirmed authorize open'))
  })

  it('a name or a reference that was written elsewhere moves no cursor of the terminal', async () => {
    const report = await world.reconcile({ applies: false })
    const [difference] = report.differences
    assert.ok(difference)
    const text = describeAsTable({
      ...report,
      account: { ...report.account, name: 'shop\u001b[2J' },
      differences: [{ ...difference, reference: 'order\u009b1' }],
    })
    assert.match(text, /^shop�\[2J \(/)
    assert.match(text, /order�1/)
  })

  it('a card number that somebody used as a reference at the PSP is kept and shown nowhere', async () => {
    const payment = await world.callPsp('POST', '/v2/payments', {
      reference: 'order-4111111111111111',
      amount: { value: 500, currency: 'EUR' },
      capture: 'manual',
      source: { type: 'token', token: await world.makeToken('visa') },
    })
    const report = await world.reconcile()
    assert.deepEqual(about(report, payment.id), ['unknown_here authorize open'])
    const { rows } = await world.owner.query('select * from reconciliation_findings where psp_payment = $1', [
      payment.id,
    ])
    assert.match(rows[0].reference, /^order-/)
    for (const text of [JSON.stringify(rows, toText), describeAsJson(report), describeAsTable(report)])
      assert.doesNotMatch(text, /411111/)
  })

  it('movements whose ids are card numbers stay as many differences, at other times and at the same one', async () => {
    const numbers = ['4111111111111111', '4242424242424242', '5555555555554444']
    const payments: string[] = []
    for (const number of numbers) {
      const { id } = await world.callPsp('POST', '/v2/payments', {
        reference: `of-number-${payments.length}`,
        amount: { value: 500, currency: 'EUR' },
        capture: 'manual',
        source: { type: 'token', token: await world.makeToken('visa') },
      })
      payments.push(id)
      world.tamper(
        `UPDATE movements SET id = ?, at = (SELECT min(at) FROM movements WHERE payment IN (?, ?)) WHERE payment = ?`,
        number,
        // The first two at one time.
        payments.length === 2 ? (payments[0] ?? '') : id,
        id,
        id,
      )
    }
    const kept = async () =>
      (
        await world.owner.query(
          'select id, subject, state, psp_payment from reconciliation_findings where psp_payment = any ($1) order by id',
          [payments],
        )
      ).rows
    const report = await world.reconcile()
    const once = await kept()
    assert.deepEqual(once.map((row) => row.psp_payment).sort(), payments.toSorted())
    await world.reconcile()
    assert.deepEqual(await kept(), once, 'each is the same when it is found again')
    assert.equal(new Set(once.map(({ subject }) => subject)).size, 3)
    for (const text of [JSON.stringify(once), describeAsJson(report)]) assert.doesNotMatch(text, /411111|424242|555555/)
  })

  it('every class of the table is one that the database allows, and is made above or by a settlement file', async () => {
    const { rows } = await world.owner.query(
      `select pg_get_constraintdef(oid) as definition from pg_constraint where conname = 'reconciliation_findings_class_check'`,
    )
    const allowed = [...rows[0].definition.matchAll(/'([a-z_]+)'/g)].map((match) => match[1])
    assert.deepEqual(allowed.sort(), Object.keys(differenceClasses).sort())
    const bySettlement = ['not_settled', 'settled_amount_differs', 'settled_unknown']
    assert.deepEqual([...Object.keys(cases), ...bySettlement].sort(), Object.keys(differenceClasses).sort())
  })

  it('an open difference that is put right is closed by the next comparison of its time, and one that comes back is open again', async () => {
    const { id, psp } = await world.charge()
    const change = (amount: number) =>
      world.tamper(
        `UPDATE movements SET amount = ? WHERE payment = ? AND kind = 'capture'`,
        amount,
        psp.reference ?? '',
      )
    change(999)
    await world.reconcile()
    assert.deepEqual(await findingsOf(id), ['amount_differs capture open'])
    change(1000)
    assert.equal((await world.reconcile()).totals.closed, 1)
    assert.deepEqual(await findingsOf(id), ['amount_differs capture repaired'])
    change(999)
    await world.reconcile()
    assert.deepEqual(await findingsOf(id), ['amount_differs capture open'])
    change(1000)
    await world.reconcile()
  })

  it('clocks that are apart, and webhooks that come late, make no differences; and no questions within the margin', async () => {
    const from = new Date(Date.now() - 2 * 60_000)
    const questions = async () => (await world.reconcile({ from, applies: false })).totals.questions
    const before = await questions()
    const near = await world.charge()
    // A PSP whose clock is four minutes slow lists it before the window.
    world.tamper('UPDATE movements SET at = at - 240000 WHERE payment = ?', near.psp.reference ?? '')
    assert.equal((await questions()) - before, 0)
    // One that is listed far from the time at which it is held is asked for, and found.
    const far = await world.charge()
    world.tamper('UPDATE movements SET at = at - 1200000 WHERE payment = ?', far.psp.reference ?? '')
    const report = await world.reconcile({ from })
    assert.equal(report.totals.questions - before, 1)
    assert.deepEqual([...about(report, near.id), ...about(report, far.id)], [])
  })
})

describe('a comparison that cannot be done says so, and takes no silence for a difference', () => {
  const faults: [what: string, reply: (url: string) => PspReply | null, why: RegExp][] = [
    ['a PSP that is away', () => silence, /The PSP gave no answer, asked 4 times \(timeout\)/],
    [
      'a PSP that lists, and answers no question by reference',
      (url) => (url.includes('/v2/lookup') ? { status: 503, headers: {}, body: '' } : null),
      /The PSP gave no answer, asked 4 times \(503\)/,
    ],
    [
      'a list that is no list',
      (url) => (url.includes('/v2/movements') ? { status: 200, headers: {}, body: '{}' } : null),
      /no list of movements/,
    ],
    [
      'a list that is not complete yet',
      (url) =>
        url.includes('/v2/movements')
          ? {
              status: 200,
              headers: {},
              body: '{"movements":[],"next":null,"complete_until":"2026-01-01T00:00:00.000Z"}',
            }
          : null,
      /complete until 2026-01-01T00:00:00.000Z only/,
    ],
    [
      'a list whose cursor never ends',
      (url) =>
        url.includes('/v2/movements')
          ? {
              status: 200,
              headers: {},
              body: '{"movements":[],"next":"aaaa","complete_until":"2026-01-01T00:00:00.000Z"}',
            }
          : null,
      /does not go on/,
    ],
    [
      'a list whose cursors go round in a circle',
      (url) => pageWithNext(url, { a: 'b', b: 'a' }[String(new URL(url).searchParams.get('cursor'))] ?? 'a'),
      /does not go on/,
    ],
  ]
  for (const [what, reply, why] of faults) {
    it(what, async () => {
      const before = await snapshot()
      world.state.fault = (request) => {
        const answer = reply(request.url)
        return answer === null ? null : Promise.resolve(answer)
      }
      const report = await world.reconcile()
      assert.match(report.stopped ?? '', why)
      assert.deepEqual(await snapshot(), before)
      const { rows } = await world.owner.query('select state, error from reconciliation_runs order by id desc limit 1')
      assert.deepEqual(rows, [{ state: 'failed', error: report.stopped }])
    })
  }
})

it('a run whose process ends asks nothing more, also within a page', async () => {
  loseReplies((path) => path === '/v2/payments')
  await world.charge()
  await world.charge()
  const stopping = new AbortController()
  let asked = 0
  world.state.fault = ({ url }) => {
    if (!url.includes('/v2/lookup')) return null
    asked++
    stopping.abort()
    return null
  }
  const report = await world.reconcile({ applies: false, signal: stopping.signal })
  assert.match(report.stopped ?? '', /told to end/)
  assert.deepEqual([asked, report.totals.questions], [1, 1])
})

describe('a list without end', () => {
  let pages = 0
  beforeEach(() => {
    pages = 0
    world.state.fault = ({ url }) => {
      const page = pageWithNext(url, `cursor-${pages + 1}`)
      if (page === null) return null
      pages++
      return Promise.resolve(page)
    }
  })
  const kept = { ...bounds }
  afterEach(() => Object.assign(bounds, kept))

  it('is left after so many pages', async () => {
    bounds.pages = 5
    assert.match((await world.reconcile()).stopped ?? '', /more than 5 pages/)
    assert.equal(pages, 5)
  })

  it('is left after so long a time', async () => {
    bounds.runMs = 60
    assert.match((await world.reconcile()).stopped ?? '', /It took more than/)
    assert.ok(pages > 0 && pages < 1_000)
  })
})

describe('operators', () => {
  it('see each run and each finding, and accept what was settled elsewhere, once and with a reason', async () => {
    const token = newSecret('op_')
    await upsertOperators(world.deps.pool, [{ name: 'ada', token }])
    const admin = createAdminServer(world.deps)
    const call = async (method: 'GET' | 'POST', path: string, payload?: object) => {
      const answer = await admin.inject({
        method,
        url: `/admin/v1${path}`,
        headers: { authorization: `Bearer ${token}` },
        ...(payload === undefined ? {} : { payload }),
      })
      return { status: answer.statusCode, body: answer.json() }
    }
    const payment = await world.callPsp('POST', '/v2/payments', {
      reference: 'for-ada',
      amount: { value: 700, currency: 'EUR' },
      capture: 'manual',
      source: { type: 'token', token: await world.makeToken('visa') },
    })
    const { run } = await world.reconcile()
    const open = `/reconciliation_findings?state=open&class=unknown_here&psp_account=${world.merchant.account}&limit=100`
    const { body: list } = await call('GET', open)
    const found = list.data.find((one: { psp_payment: string }) => one.psp_payment === payment.id)
    assert.deepEqual(
      [found.class, found.psp, found.own, found.run, found.do],
      ['unknown_here', { amount: 700, currency: 'EUR' }, null, run, differenceClasses.unknown_here.operator],
    )
    const { body: runs } = await call('GET', `/reconciliation_runs?merchant=${world.merchant.id}&limit=1`)
    assert.deepEqual(
      [runs.data[0].id, runs.data[0].state, runs.data[0].error, runs.has_more],
      [run, 'finished', null, true],
    )
    assert.ok(runs.data[0].open > 0 && runs.data[0].finished_at !== null)

    const path = `/reconciliation_findings/${found.id}/accept`
    assert.equal((await call('POST', path, {})).status, 400)
    const accepted = await call('POST', path, { reason: 'A test payment of the shop.' })
    assert.deepEqual(
      [accepted.status, accepted.body.state, accepted.body.accepted_by, accepted.body.accepted_because],
      [200, 'accepted', 'ada', 'A test payment of the shop.'],
    )
    assert.equal((await call('POST', path, { reason: 'Again.' })).body.code, 'conflict')
    const before = await snapshot()
    const again = await world.reconcile()
    const read = await world.reconcile({ applies: false })
    for (const report of [again, read]) assert.deepEqual(about(report, payment.id), ['unknown_here authorize accepted'])
    assert.deepEqual(await snapshot(), before)

    // Nobody has accepted another amount.
    world.errors.length = 0
    world.tamper('UPDATE movements SET amount = 7000 WHERE id = ?', payment.id)
    const read7000 = await world.reconcile({ applies: false })
    for (const report of [read7000, await world.reconcile(), await world.reconcile()])
      assert.deepEqual(about(report, payment.id), ['unknown_here authorize open'])
    assert.equal(world.errors.filter((message) => message.startsWith('FinCore and a PSP differ')).length, 1)
    const { body: reopened } = await call('GET', open)
    const news = reopened.data.find((one: { id: string }) => one.id === found.id)
    assert.deepEqual([news.psp.amount, news.accepted_by, news.accepted_because], [7000, null, null])
    await admin.close()
  })

  it('are told of each new difference in the log, and of an old one never again', async () => {
    world.errors.length = 0
    await world.callPsp('POST', '/v2/payments', {
      reference: 'for-the-log',
      amount: { value: 700, currency: 'EUR' },
      capture: 'manual',
      source: { type: 'token', token: await world.makeToken('visa') },
    })
    await world.reconcile()
    // Charges above that a PSP contradicts are told of as they are when a webhook does.
    const told = () => world.errors.filter((message) => message === 'FinCore and a PSP differ; an operator must look')
    assert.equal(told().length, 1)
    await world.reconcile()
    assert.equal(told().length, 1)
  })
})

/** A page of the PSP's list with one movement before the window, so that nothing of it is judged; it never ends. */
function pageWithNext(url: string, next: string): PspReply | null {
  const { pathname, searchParams } = new URL(url)
  if (pathname !== '/v2/movements') return null
  const movement = {
    kind: 'authorization',
    object: 'movement',
    id: 'pay_endless',
    payment: 'pay_endless',
    reference: 'endless',
    payment_reference: 'endless',
    amount: { value: 1, currency: 'EUR' },
    at: searchParams.get('from'),
  }
  const page = { movements: [movement], next, complete_until: '2026-01-01T00:00:00.000Z' }
  return { status: 200, headers: {}, body: JSON.stringify(page) }
}

const toText = (_name: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

async function countCharges(): Promise<unknown> {
  return (await world.owner.query('select count(*), sum(sequence), sum(captured), sum(refunded) from charges')).rows
}

/** All that a run may change, but when a finding was last seen. */
async function snapshot(): Promise<unknown> {
  const { rows } = await world.owner.query(
    `select (select count(*) from events) as events, (select sum(sequence) from charges) as sequence, (select count(*) from charges) as charges,
       (select count(*) from audit_records) as audits,
       (select json_agg(json_build_array(id, state, closed_at, first_seen_at) order by id) from reconciliation_findings) as findings`,
  )
  return rows
}
