import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { DeclineCode } from '@fincore/api-contract/decline-codes'
import type { HostedPayment, Money, Outcome, Psp, PspAccount, PspEvent, PspReply, PspRequest } from './port.ts'

/** What a card shall do. A bench leaves out what its PSP cannot be made to do. */
export type CardThat =
  | 'approves'
  | 'needs the shopper'
  | 'has its capture fail'
  | 'has its refund fail'
  | 'has its refund pending'

export type TestCard = { number: string; cvc: string; expMonth: number; expYear: number }

export type Movement = {
  kind: 'authorization' | 'capture' | 'cancellation' | 'refund'
  amount: bigint
  currency: string
}

/** A PSP's test environment, in which everything can be provoked that an adapter must understand. */
export type Bench = {
  account: PspAccount
  /** The same account with credentials that the PSP does not know. */
  strangersAccount: PspAccount
  send(request: PspRequest): Promise<PspReply>
  cards: Record<'approves' | 'needs the shopper', TestCard> & Partial<Record<CardThat, TestCard>>
  /** Every card that is declined, with FinCore's word for it. */
  declines: { card: TestCard; code: DeclineCode }[]
  /** Cards whose first reply is lost or spoiled, whatever the PSP did. */
  faults: { name: string; card: TestCard }[]
  makeToken(card: TestCard): Promise<string>
  answerChallenge(actionUrl: string, answer: 'confirm' | 'fail' | 'leave'): Promise<void>
  payHosted(url: string, card: TestCard): Promise<void>
  /** What the bank really did under an authorize reference, captures and refunds of it included. */
  truth(reference: string): Promise<Movement[]>
  /** The webhooks that arrived so far, as they arrived. */
  deliveries(): { body: Buffer; headers: Record<string, string> }[]
  close(): Promise<void>
}

const returnUrl = 'https://shop.example/return'
const eur = (amount: bigint): Money => ({ amount, currency: 'EUR' })

/** The suite that every adapter must pass. `openBench` starts what it needs; the suite closes it. */
export function runConformance(psp: Psp, openBench: () => Promise<Bench>): void {
  describe(`the ${psp.name} adapter keeps the port's contract`, () => {
    let bench: Bench
    /** Everything that was said in words, searched for secrets at the end. */
    const said: unknown[] = []
    before(async () => {
      bench = await openBench()
    })
    after(() => bench.close())

    const newReference = () => `att_${randomUUID().replaceAll('-', '').slice(0, 26)}`
    const keep = <T>(value: T): T => {
      said.push(value)
      return value
    }

    async function authorize(
      card: TestCard,
      amount: Money,
      captureMethod: 'automatic' | 'manual' = 'automatic',
      reference = newReference(),
    ) {
      const token = await bench.makeToken(card)
      const input = { reference, amount, captureMethod, returnUrl, description: 'Three books', token }
      const request = psp.payments.authorizeToken(bench.account, input)
      const outcome = keep(psp.payments.readReply('authorize', await bench.send(request), { reference, amount }))
      return {
        reference,
        amount,
        request,
        outcome,
        payment: 'pspReference' in outcome ? (outcome.pspReference ?? '') : '',
      }
    }

    async function followUp(
      kind: 'capture' | 'cancel' | 'refund',
      payment: string,
      amount: Money,
      account = bench.account,
    ) {
      const reference = newReference()
      const request = psp.payments[kind](account, { reference, payment, amount })
      const outcome = keep(psp.payments.readReply(kind, await bench.send(request), { reference, amount }))
      return { reference, request, outcome }
    }

    /** Looks up until the answer is more than “not found”, at most for the PSP's consistency window and a little. */
    async function lookUp(
      kind: 'authorize' | 'capture' | 'cancel' | 'refund',
      reference: string,
      account = bench.account,
    ) {
      const answer = psp.payments.readLookUp(kind, reference, await bench.send(psp.payments.lookUp(account, reference)))
      return keep(answer)
    }

    const eventually = async <T>(find: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> => {
      const end = Date.now() + psp.consistencyWindowMs + 5_000
      for (;;) {
        const found = await find()
        if (found !== undefined) return found
        if (Date.now() > end) assert.fail(`waited in vain for ${what}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    const outcomeOnceFound = (
      kind: Parameters<typeof lookUp>[0],
      reference: string,
      isIt: (outcome: Outcome) => boolean,
    ) =>
      eventually(async () => {
        const answer = await lookUp(kind, reference)
        return answer.found === true && isIt(answer.outcome) ? answer.outcome : undefined
      }, `the ${kind} of ${reference}`)

    const is = (outcome: Outcome['outcome']) => (given: Outcome) => given.outcome === outcome

    function assertApproved(outcome: Outcome, captured: bigint): void {
      assert.equal(
        outcome.outcome,
        'approved',
        JSON.stringify(outcome, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
      )
      if (outcome.outcome === 'approved') assert.equal(outcome.captured, captured)
    }

    for (const [currency, amount] of [
      ['JPY', 1999n],
      ['EUR', 1999n],
      ['KWD', 1_999_999n],
      ['EUR', 1n],
      ['EUR', 99_999_999n],
    ] as const) {
      it(`captures ${amount} minor units of ${currency} at once, and the bank holds exactly that`, async () => {
        const { reference, outcome } = await authorize(bench.cards.approves, { amount, currency })
        assertApproved(outcome, amount)
        assertApproved(await outcomeOnceFound('authorize', reference, is('approved')), amount)
        assert.deepEqual(await bench.truth(reference), [
          { kind: 'authorization', amount, currency },
          { kind: 'capture', amount, currency },
        ])
      })
    }

    it('authorizes, captures a part, and gives back twice', async () => {
      const { reference, outcome, payment } = await authorize(bench.cards.approves, eur(5000n), 'manual')
      assertApproved(outcome, 0n)
      const capture = await followUp('capture', payment, eur(4000n))
      assertApproved(capture.outcome, 4000n)
      assertApproved(await outcomeOnceFound('capture', capture.reference, is('approved')), 4000n)
      assertApproved(await outcomeOnceFound('authorize', reference, is('approved')), 4000n)
      for (const amount of [1500n, 2500n]) {
        const refund = await followUp('refund', payment, eur(amount))
        assert.equal(refund.outcome.outcome, 'approved')
        await outcomeOnceFound('refund', refund.reference, is('approved'))
      }
      assert.deepEqual(
        (await bench.truth(reference)).map(({ kind, amount }) => [kind, amount]),
        [
          ['authorization', 5000n],
          ['capture', 4000n],
          ['refund', 1500n],
          ['refund', 2500n],
        ],
      )
    })

    it('cancels an authorization, which then reads as ended', async () => {
      const { reference, payment } = await authorize(bench.cards.approves, eur(700n), 'manual')
      const cancel = await followUp('cancel', payment, eur(700n))
      assert.equal(cancel.outcome.outcome, 'approved')
      await outcomeOnceFound('cancel', cancel.reference, is('approved'))
      const ended = await outcomeOnceFound('authorize', reference, is('ended'))
      assert.equal(ended.outcome === 'ended' && ended.reason, 'requested')
    })

    it('reads every decline with its code, and keeps the PSP’s own', async () => {
      for (const { card, code } of bench.declines) {
        const { reference, outcome } = await authorize(card, eur(1000n))
        assert(outcome.outcome === 'declined', `${code}: ${outcome.outcome}`)
        assert.equal(outcome.code, code)
        assert(outcome.pspCode)
        assert.deepEqual(await bench.truth(reference), [])
        const found = await outcomeOnceFound('authorize', reference, is('declined'))
        assert.equal(found.outcome === 'declined' && found.code, code)
      }
    })

    for (const [answer, expected] of [
      ['confirm', 'approved'],
      ['fail', 'declined'],
      ['leave', 'ended'],
    ] as const) {
      it(`sends the shopper to the bank; on “${answer}” the payment is ${expected}`, async () => {
        const { reference, outcome } = await authorize(bench.cards['needs the shopper'], eur(1000n))
        assert(outcome.outcome === 'action_required')
        const waiting = await outcomeOnceFound('authorize', reference, is('action_required'))
        assert.equal(waiting.outcome === 'action_required' && waiting.actionUrl, outcome.actionUrl)
        assert.deepEqual(await bench.truth(reference), [])
        await bench.answerChallenge(outcome.actionUrl, answer)
        const end = await outcomeOnceFound('authorize', reference, is(expected))
        if (end.outcome === 'declined') assert.equal(end.code, 'authentication_failed')
        if (end.outcome === 'ended') assert.equal(end.reason, 'abandoned')
        assert.equal((await bench.truth(reference)).length > 0, expected === 'approved')
      })
    }

    it('calls a lost or spoiled reply unknown, and finds the truth by look-up', async () => {
      const checkFault = async ({ name, card }: Bench['faults'][number]) => {
        const { reference, outcome } = await authorize(card, eur(1000n))
        assert.equal(outcome.outcome, 'unknown', name)
        const movements = await bench.truth(reference)
        if (movements.length > 0) await outcomeOnceFound('authorize', reference, is('approved'))
        else assert.deepEqual(await lookUp('authorize', reference), { found: false }, name)
      }
      await Promise.all(bench.faults.map(checkFault))
    })

    it('acts once, however often one request is sent', async () => {
      const { reference, request, outcome, payment } = await authorize(bench.cards.approves, eur(900n))
      for (const reply of await Promise.all([1, 2, 3].map(() => bench.send(request)))) {
        const repeat = psp.payments.readReply('authorize', reply)
        if (repeat.outcome !== 'unknown') assert.deepEqual(repeat, outcome)
      }
      const refund = await followUp('refund', payment, eur(400n))
      await bench.send(refund.request)
      assert.deepEqual(
        (await bench.truth(reference)).map(({ kind }) => kind),
        ['authorization', 'capture', 'refund'],
      )
    })

    it('never takes another request’s answer for its own', async () => {
      const first = await authorize(bench.cards.approves, eur(900n))
      const other = await authorize(bench.cards.approves, eur(901n), 'automatic', first.reference)
      assert.equal(other.outcome.outcome, 'unknown')
      const reply = await bench.send(first.request)
      for (const asked of [
        { reference: first.reference, amount: eur(899n) },
        { reference: first.reference, amount: { amount: 900n, currency: 'USD' } },
        { reference: newReference(), amount: eur(900n) },
      ]) {
        assert.equal(psp.payments.readReply('authorize', reply, asked).outcome, 'unknown')
      }
      const found = await bench.send(psp.payments.lookUp(bench.account, first.reference))
      assert.notEqual(psp.payments.readLookUp('authorize', newReference(), found).found, false)
      const elsewhere = psp.payments.readLookUp('authorize', newReference(), found)
      assert(elsewhere.found === 'unknown' || (elsewhere.found && elsewhere.outcome.outcome === 'unknown'))
      assert.equal(psp.payments.readLookUp('refund', first.reference, found).found, 'unknown')
    })

    it('calls a documented refusal to act rejected', async () => {
      const spent = await authorize(bench.cards.approves, eur(900n), 'manual')
      const again = {
        ...spent,
        reference: newReference(),
        captureMethod: 'manual' as const,
        returnUrl,
        description: null,
        token: 'tok_spent',
      }
      const unknownToken = psp.payments.readReply(
        'authorize',
        await bench.send(psp.payments.authorizeToken(bench.account, again)),
      )
      assert.equal(unknownToken.outcome === 'rejected' && unknownToken.code, 'token_invalid')
      for (const [kind, amount] of [
        ['capture', 901n],
        ['refund', 100n],
      ] as const) {
        const { outcome } = await followUp(kind, spent.payment, eur(amount))
        assert.equal(outcome.outcome === 'rejected' && outcome.code, 'rejected_by_psp', kind)
      }
      assert.equal((await followUp('cancel', 'pay_unknown', eur(900n))).outcome.outcome, 'rejected')
      const stranger = await followUp('cancel', spent.payment, eur(900n), bench.strangersAccount)
      assert.equal(stranger.outcome.outcome === 'rejected' && stranger.outcome.code, 'rejected_by_psp')
      assert.equal((await lookUp('authorize', spent.reference, bench.strangersAccount)).found, 'unknown')
      assert.deepEqual(
        (await bench.truth(spent.reference)).map(({ kind }) => kind),
        ['authorization'],
      )
    })

    it('says “not found” for what the PSP never had', async () => {
      for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
        assert.deepEqual(await lookUp(kind, newReference()), { found: false })
      }
    })

    it('tells a request that never left from one that may have', () => {
      for (const failure of ['refused', 'reset', 'timeout', 'tls'] as const) {
        for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
          const left = psp.payments.readReply(kind, { failure, requestWasSent: true })
          assert.equal(left.outcome, 'unknown')
          const stayed = psp.payments.readReply(kind, { failure, requestWasSent: false })
          assert.deepEqual(stayed, { outcome: 'rejected', code: 'not_executed', pspCode: null })
          for (const requestWasSent of [true, false]) {
            assert.equal(psp.payments.readLookUp(kind, 'att_1', { failure, requestWasSent }).found, 'unknown')
          }
        }
      }
    })

    it('guesses nothing from a reply that it cannot read', () => {
      for (const reply of unreadableReplies) {
        for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
          assert.equal(keep(psp.payments.readReply(kind, reply)).outcome, 'unknown', JSON.stringify(reply).slice(0, 90))
          assert.equal(keep(psp.payments.readLookUp(kind, 'att_1', reply)).found, 'unknown')
        }
        assert.equal(psp.hostedSessions?.readCreate(reply).outcome ?? 'unknown', 'unknown')
        assert.equal(psp.hostedSessions?.readLookUp(reply).found ?? 'unknown', 'unknown')
        assert.equal(psp.hostedSessions?.readExpire(reply) ?? 'unknown', 'unknown')
      }
    })

    it('reads a failed capture, a failed refund and a pending one', async () => {
      const cards = bench.cards
      for (const [card, kind] of [
        [cards['has its capture fail'], 'capture'],
        [cards['has its refund fail'], 'refund'],
      ] as const) {
        if (card === undefined) continue
        const { payment } = await authorize(card, eur(1000n), kind === 'capture' ? 'manual' : 'automatic')
        const { outcome, reference } = await followUp(kind, payment, eur(1000n))
        assert.equal(outcome.outcome, 'declined')
        await outcomeOnceFound(kind, reference, is('declined'))
      }
      const slow = cards['has its refund pending']
      if (slow === undefined) return
      const { payment } = await authorize(slow, eur(1000n))
      const refund = await followUp('refund', payment, eur(300n))
      assert.equal(refund.outcome.outcome, 'unknown')
      await outcomeOnceFound('refund', refund.reference, is('approved'))
    })

    if (psp.rawCards) {
      const { rawCards } = psp
      it('makes a card template that no text of a merchant can break', async () => {
        for (const text of [
          '{{card.number}}',
          '{{{{card.cvc}}',
          '"}},"source":{"x":"',
          'Zoë\u0000\n{{',
          '\\u007b{',
          '\ud800',
          'x'.repeat(3_000),
        ]) {
          const reference = newReference()
          const amount = eur(1234n)
          const card = bench.cards.approves
          const request = rawCards.authorizeCard(bench.account, {
            reference,
            amount,
            captureMethod: 'automatic',
            returnUrl,
            description: text,
            holderName: text,
            expMonth: card.expMonth,
            expYear: card.expYear,
          })
          const body = request.body ?? ''
          assert.equal(body.split('{{card.number}}').length, 2)
          assert(body.split('{{card.cvc}}').length <= 2)
          assert.doesNotMatch(body.replace('{{card.number}}', '').replace('{{card.cvc}}', ''), /\{\{/)
          assert.doesNotMatch(JSON.stringify([request.url, request.headers]), /\{\{/)
          const spliced = body.replace('{{card.number}}', card.number).replace('{{card.cvc}}', card.cvc)
          const outcome = psp.payments.readReply('authorize', await bench.send({ ...request, body: spliced }), {
            reference,
            amount,
          })
          assertApproved(outcome, 1234n)
          assert.equal(outcome.outcome === 'approved' && outcome.card?.last4, card.number.slice(-4))
          assert.equal(outcome.outcome === 'approved' && outcome.card?.first6, card.number.slice(0, 6))
        }
      })
    }

    if (psp.hostedSessions) {
      const { hostedSessions } = psp
      const open = async (amount = eur(2500n), expiresInMs = 600_000) => {
        const reference = newReference()
        const request = hostedSessions.create(bench.account, {
          reference,
          amount,
          captureMethod: 'automatic',
          returnUrl,
          cancelUrl: 'https://shop.example/cancel',
          locale: 'de',
          description: 'Two\nbooks {{card.number}}',
          customerEmail: 'ada@example.com',
          lineItems: [{ name: 'A book', quantity: 2, amount: 1250n }],
          expiresAt: new Date(Date.now() + expiresInMs),
        })
        const made = keep(hostedSessions.readCreate(await bench.send(request)))
        assert(made.outcome === 'approved')
        assert.deepEqual(hostedSessions.readCreate(await bench.send(request)), made)
        return { reference, ...made }
      }
      const find = async (reference: string) =>
        keep(hostedSessions.readLookUp(await bench.send(hostedSessions.lookUp(bench.account, reference))))
      const expire = async (session: { pspReference: string }) => {
        const request = hostedSessions.expire(bench.account, {
          reference: newReference(),
          pspReference: session.pspReference,
        })
        return hostedSessions.readExpire(await bench.send(request))
      }

      it('opens a hosted session, sees its tries, and that it was paid', async () => {
        const session = await open()
        const fresh = await find(session.reference)
        assert(fresh.found === true)
        assert.deepEqual([fresh.status, fresh.url, fresh.pspReference], ['open', session.url, session.pspReference])
        const declined = bench.declines[0]
        if (declined) await bench.payHosted(session.url, declined.card)
        await bench.payHosted(session.url, bench.cards.approves)
        const paid = await find(session.reference)
        assert(paid.found === true && paid.status === 'completed')
        const outcomes = paid.payments.map((payment: HostedPayment) => payment.outcome.outcome)
        assert.deepEqual(outcomes, declined ? ['declined', 'approved'] : ['approved'])
        const last = paid.payments.at(-1)
        assert.deepEqual(last?.amount, eur(2500n))
        if (last) assertApproved(last.outcome, 2500n)
        assert.equal(await expire(session), 'completed')
      })

      it('closes a hosted session, once and again', async () => {
        const session = await open()
        assert.equal(await expire(session), 'closed')
        assert.equal(await expire(session), 'closed')
        const closed = await find(session.reference)
        assert(closed.found === true)
        assert.equal(closed.status, 'expired')
        assert.deepEqual(await find(newReference()), { found: false })
        assert.equal(await expire({ pspReference: 'cs_unknown' }), 'unknown')
      })

      it('does not take a session for a payment, nor a payment for a session', async () => {
        const session = await open()
        assert.equal((await lookUp('authorize', session.reference)).found, 'unknown')
        const { reference } = await authorize(bench.cards.approves, eur(100n))
        assert.equal((await find(reference)).found, 'unknown')
      })

      it('hears of a hosted payment, and of a session that ended, by webhook', async () => {
        const paid = await open(eur(3100n))
        await bench.payHosted(paid.url, bench.cards.approves)
        const payment = await hear(
          (event) => event.about.kind === 'hosted_payment' && event.about.reference === paid.reference,
        )
        assert(payment.about.kind === 'hosted_payment')
        assert.deepEqual(payment.about.payment.amount, eur(3100n))
        assertApproved(payment.about.payment.outcome, 3100n)
        const left = await open()
        await expire(left)
        await hear((event) => event.about.kind === 'hosted_session' && event.about.reference === left.reference)
      })
    }

    const verify = (
      delivery: { body: Buffer; headers: Readonly<Record<string, string | string[] | undefined>> },
      now = new Date(),
      account = bench.account,
    ) => keep(psp.webhooks.verify(account, { ...delivery, now }))
    const hear = (isIt: (event: PspEvent) => boolean): Promise<PspEvent> =>
      eventually(() => {
        const events = bench.deliveries().flatMap((delivery) => {
          const read = verify(delivery)
          assert(read.ok, 'a true webhook was refused')
          return read.events
        })
        return events.find(isIt)
      }, 'a webhook')
    const isAbout = (reference: string, outcome: Outcome['outcome']) => (event: PspEvent) =>
      event.about.kind === 'attempt' && event.about.reference === reference && event.about.outcome.outcome === outcome

    it('hears by webhook what it reads in replies', async () => {
      const manual = await authorize(bench.cards.approves, eur(1000n), 'manual')
      await hear(isAbout(manual.reference, 'approved'))
      const capture = await followUp('capture', manual.payment, eur(600n))
      const captured = await hear(isAbout(capture.reference, 'approved'))
      assert(captured.about.kind === 'attempt')
      assert.equal(captured.about.attemptKind, 'capture')
      assert.deepEqual(captured.about.outcome, capture.outcome)
      const refund = await followUp('refund', manual.payment, eur(200n))
      await hear(isAbout(refund.reference, 'approved'))
      const canceled = await authorize(bench.cards.approves, eur(1000n), 'manual')
      const cancel = await followUp('cancel', canceled.payment, eur(1000n))
      await hear(isAbout(cancel.reference, 'approved'))
      const [declined] = bench.declines
      if (declined) await hear(isAbout((await authorize(declined.card, eur(1000n))).reference, 'declined'))
      const asked = await authorize(bench.cards['needs the shopper'], eur(1000n))
      await hear(isAbout(asked.reference, 'action_required'))
      assert(asked.outcome.outcome === 'action_required')
      await bench.answerChallenge(asked.outcome.actionUrl, 'leave')
      await hear(isAbout(asked.reference, 'ended'))
    })

    it('refuses a webhook that is forged, tampered with, stale, or meant for another account', async () => {
      const { reference } = await authorize(bench.cards.approves, eur(1000n))
      await hear(isAbout(reference, 'approved'))
      const delivery = bench.deliveries().find(({ body }) => body.includes(reference))
      assert(delivery)
      const { body, headers } = delivery
      assert(verify(delivery).ok)
      const minute = 60_000
      const other: PspAccount = { ...bench.account, credentials: bench.strangersAccount.credentials }
      for (const [what, read] of [
        ['no signature', verify({ body, headers: {} })],
        ['another secret', verify(delivery, new Date(), other)],
        ['another body', verify({ headers, body: Buffer.from(body.toString().replace('1000', '9000')) })],
        ['one byte more', verify({ headers, body: Buffer.concat([body, Buffer.from(' ')]) })],
        ['an empty body', verify({ headers, body: Buffer.alloc(0) })],
        ['too old', verify(delivery, new Date(Date.now() + 6 * minute))],
        ['from the future', verify(delivery, new Date(Date.now() - 6 * minute))],
        [
          'lists for headers',
          verify({
            body,
            headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value, value]])),
          }),
        ],
        [
          'a changed header',
          verify({
            body,
            headers: Object.fromEntries(
              Object.entries(headers).map(([name, value]) => [name, value.replace(/[0-9a-f]{6}$/, '000000')]),
            ),
          }),
        ],
      ] as const) {
        assert.equal(read.ok, false, what)
      }
    })

    it('finds a wrong set-up when it is made', () => {
      assert.deepEqual(psp.preflight(bench.account), [])
      for (const group of ['config', 'credentials'] as const) {
        for (const name of Object.keys(bench.account[group])) {
          for (const value of ['', 'wrong', undefined]) {
            const broken = { ...bench.account, [group]: { ...bench.account[group], [name]: value } }
            const findings = keep(psp.preflight(broken))
            assert(
              findings.some(({ severity, field }) => severity === 'error' && field === `${group}.${name}`),
              `${group}.${name}`,
            )
          }
        }
      }
      const { credentials } = bench.account
      const [first = '', second = ''] = Object.keys(credentials)
      const swapped = { ...credentials, [first]: credentials[second] ?? '', [second]: credentials[first] ?? '' }
      assert.notEqual(keep(psp.preflight({ ...bench.account, credentials: swapped })).length, 0)
    })

    it('puts no credential and no card number into anything that it says', () => {
      const text = JSON.stringify(said, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))
      const secrets = [
        ...Object.values(bench.account.credentials),
        ...Object.values(bench.strangersAccount.credentials),
        ...[...Object.values(bench.cards), ...bench.declines.map(({ card }) => card)].map((card) => card?.number ?? ''),
      ]
      assert(text.length > 10_000)
      for (const secret of secrets) assert(!text.includes(secret), 'a secret was said')
    })
  })
}

/** Replies from which nothing may be concluded, whatever the PSP. */
const unreadableReplies: PspReply[] = [
  ...[200, 201].flatMap((status) =>
    [
      '',
      'null',
      '[]',
      '{}',
      '0',
      '"approved"',
      '{"status":"captured"}',
      '{"object":"payment"',
      '<html>OK</html>',
      '\u0000',
      '['.repeat(50_000),
      ' '.repeat(2_000_000),
    ].map((body) => ({ status, headers: {}, body })),
  ),
  ...[100, 204, 301, 302, 304, 500, 502, 503, 504, 599, 0].map((status) => ({ status, headers: {}, body: '{}' })),
  // A 4xx whose body is not the PSP's own may come from anything on the way.
  ...[400, 401, 403, 404, 408, 409, 422, 425, 429, 499].map((status) => ({
    status,
    headers: {},
    body: '<html>No</html>',
  })),
]
