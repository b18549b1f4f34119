import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import HmacValidator from '@adyen/api-library/lib/src/utils/hmacValidator.js'
import type { PspAccount, PspEvent } from '../port.ts'
import { rules } from './events.ts'
import { isSigned } from './signature.ts'
import { cardData, shownCard, testAccount } from './testing/literals.ts'
import { webhooks } from './webhooks.ts'
import { wire } from './wire.ts'

const { hmac_key: hmacKey = '', webhook_user: user, webhook_password: password } = testAccount.credentials
const basic = (name: string | undefined, word: string | undefined) =>
  `Basic ${Buffer.from(`${name}:${word}`).toString('base64')}`
const authorization = basic(user, password)

const item = {
  additionalData: cardData as Record<string, string>,
  amount: { currency: 'EUR', value: 1000 },
  eventCode: 'AUTHORISATION',
  eventDate: '2026-11-29T13:00:00+01:00',
  merchantAccountCode: 'AcmeBooksECOM',
  merchantReference: 'att_1',
  operations: ['CANCEL', 'CAPTURE', 'REFUND'],
  paymentMethod: 'visa',
  pspReference: 'NC6HT9CRT65ZGN82',
  reason: '033899:1111:03/2030',
  success: 'true',
}
type Item = Omit<typeof item, 'operations'> & { originalReference?: string; operations?: string[] }

/** Signed by Adyen's own library. */
function sign(one: Item, key = hmacKey): Item {
  const validator = new HmacValidator.default()
  const hmacSignature = validator.calculateHmac(one as unknown as Parameters<typeof validator.calculateHmac>[0], key)
  return { ...one, additionalData: { ...one.additionalData, hmacSignature } }
}
const wrap = (items: Item[], live = 'false') =>
  JSON.stringify({ live, notificationItems: items.map((one) => ({ NotificationRequestItem: one })) })
const verify = (body: string, headers: Record<string, string | string[]> = { authorization }, account = testAccount) =>
  webhooks.verify(account, { body: Buffer.from(body), headers, now: new Date() })
const read = (change: Partial<Item>): PspEvent => {
  const answer = verify(wrap([sign({ ...item, ...change })]))
  assert(answer.ok, 'a signed item was refused')
  assert(answer.events.length === 1 && answer.events[0])
  return answer.events[0]
}
const describeAbout = ({ about }: PspEvent): string => {
  const words: (string | bigint | null)[] = [about.kind]
  if ('reference' in about) words.push(about.reference)
  if (about.kind === 'attempt') words.push(about.attemptKind)
  const outcome =
    about.kind === 'attempt' ? about.outcome : about.kind === 'hosted_payment' ? about.payment.outcome : null
  if (outcome) words.push(outcome.outcome)
  if (outcome?.outcome === 'approved') words.push(outcome.captured)
  if (outcome?.outcome === 'declined') words.push(outcome.code)
  if (about.kind === 'dispute') words.push(about.payment, about.dispute.status)
  return words.join(' ')
}

const link = { additionalData: { ...cardData, paymentLinkId: 'PLEBC2E2F868C9BE80' } }
const modification = {
  merchantReference: 'att_2',
  originalReference: 'NC6HT9CRT65ZGN82',
  pspReference: 'VTGCMT5TDL8LB9N2',
}
const dispute = { ...modification, merchantReference: 'att_1', reason: 'Fraudulent' }

describe('webhooks of Adyen', () => {
  const told: [string, Partial<Item>, string][] = [
    ['AUTHORISATION', {}, 'attempt att_1 authorize approved 1000'],
    ['AUTHORISATION', { merchantReference: 'att_1-manual' }, 'attempt att_1 authorize approved 0'],
    ['AUTHORISATION', { success: 'false', reason: 'Refused' }, 'attempt att_1 authorize declined card_declined'],
    [
      'AUTHORISATION',
      { success: 'false', reason: 'NOT_ENOUGH_BALANCE' },
      'attempt att_1 authorize declined insufficient_funds',
    ],
    ['AUTHORISATION', { success: 'false', reason: '41 : Lost card' }, 'attempt att_1 authorize declined lost_card'],
    ['AUTHORISATION', { success: 'false', reason: 'Moon phase' }, 'attempt att_1 authorize declined card_declined'],
    ['AUTHORISATION', link, 'hosted_payment att_1 approved 1000'],
    [
      'AUTHORISATION',
      { ...link, success: 'false', reason: 'CVC Declined' },
      'hosted_payment att_1 declined incorrect_cvc',
    ],
    ['AUTHORISATION', { ...link, merchantReference: 'att_1-manual' }, 'hosted_payment att_1 approved 0'],
    ['AUTHORISATION', { amount: { currency: 'XXZ', value: 1000 } }, 'unforeseen att_1'],
    ['AUTHORISATION', { amount: { currency: 'ISK', value: 1001 } }, 'unforeseen att_1'],
    ['AUTHORISATION', { merchantReference: '' }, 'attempt  authorize approved 1000'],
    ['EXPIRE', { ...modification, merchantReference: 'att_1-manual' }, 'attempt att_1 authorize ended'],
    ['OFFER_CLOSED', {}, 'attempt att_1 authorize declined authentication_failed'],
    ['OFFER_CLOSED', link, 'nothing'],
    ['CAPTURE', modification, 'attempt att_2 capture approved 1000'],
    [
      'CAPTURE',
      { ...modification, success: 'false', reason: 'Insufficient balance on payment' },
      'attempt att_2 capture declined do_not_honor',
    ],
    ['CAPTURE', { ...modification, amount: { currency: 'EUR', value: 0 } }, 'unforeseen att_2'],
    ['CANCELLATION', modification, 'attempt att_2 cancel approved 0'],
    ['CANCELLATION', { ...modification, success: 'false' }, 'attempt att_2 cancel declined do_not_honor'],
    ['REFUND', modification, 'attempt att_2 refund approved 0'],
    ['REFUND', { ...modification, success: 'false' }, 'attempt att_2 refund declined refund_declined'],
    ['CAPTURE_FAILED', modification, 'unforeseen att_2'],
    ['REFUND_FAILED', modification, 'unforeseen att_2'],
    ['REFUNDED_REVERSED', modification, 'unforeseen att_2'],
    ['REQUEST_FOR_INFORMATION', dispute, 'dispute NC6HT9CRT65ZGN82 inquiry'],
    ['NOTIFICATION_OF_CHARGEBACK', dispute, 'dispute NC6HT9CRT65ZGN82 opened'],
    ['CHARGEBACK', dispute, 'dispute NC6HT9CRT65ZGN82 opened'],
    ['CHARGEBACK_REVERSED', dispute, 'dispute NC6HT9CRT65ZGN82 won'],
    ['SECOND_CHARGEBACK', dispute, 'dispute NC6HT9CRT65ZGN82 lost'],
    ['CHARGEBACK', { ...dispute, originalReference: '' }, 'unforeseen att_1'],
    ['REPORT_AVAILABLE', { pspReference: 'settlement_report_2026_11_29.csv', merchantReference: '' }, 'nothing'],
    ['SETTLED', {}, 'unforeseen att_1'],
    ['CONSTRUCTOR', {}, 'unforeseen att_1'],
  ]
  for (const [eventCode, change, expected] of told) {
    it(`reads ${eventCode} of ${JSON.stringify(change).slice(0, 80)} as: ${expected}`, () => {
      const event = read({ ...change, eventCode })
      assert.equal(event.type, eventCode)
      assert.equal(describeAbout(event), expected)
    })
  }

  it('reads every event of Adyen’s list as something', () => {
    for (const eventCode of Object.keys(rules)) {
      for (const success of ['true', 'false']) assert.ok(describeAbout(read({ ...dispute, eventCode, success })))
    }
  })

  it('tells how much was held or moved, and nothing of what a cancel released', () => {
    for (const [eventCode, amount] of [
      ['AUTHORISATION', 1000n],
      ['CAPTURE', 1000n],
      ['REFUND', 1000n],
      ['CANCELLATION', undefined],
    ] as const) {
      const { about } = read({ ...modification, eventCode })
      assert(about.kind === 'attempt')
      assert.equal(about.amount?.amount, amount, eventCode)
    }
  })

  it('tells the card, and the network’s id of the payment', () => {
    const { about } = read({ paymentMethod: 'visa_applepay' })
    assert(about.kind === 'attempt' && about.outcome.outcome === 'approved')
    assert.deepEqual(about.outcome.card, shownCard)
    assert.equal(about.outcome.networkTransactionId, '123456789012345')
  })

  it('takes no id for a payment’s that may be another’s: a closed offer is none', () => {
    const { about } = read({ eventCode: 'OFFER_CLOSED' })
    assert(about.kind === 'attempt' && about.outcome.outcome === 'declined')
    assert.equal(about.outcome.pspReference, null)
  })

  it('says of a dispute until when evidence can be sent', () => {
    const additionalData = { defensePeriodEndsAt: '2026-12-13T00:00:00+01:00' }
    const { about } = read({ ...dispute, eventCode: 'CHARGEBACK', additionalData })
    assert(about.kind === 'dispute')
    assert.deepEqual(about.dispute, {
      id: 'VTGCMT5TDL8LB9N2',
      status: 'opened',
      amount: { amount: 1000n, currency: 'EUR' },
      reason: 'Fraudulent',
      evidenceDueBy: new Date('2026-12-12T23:00:00Z'),
    })
  })

  it('knows a repeat by its code, its reference and its success, and nothing else', () => {
    const { id } = read({})
    assert.equal(read({ eventDate: '2026-11-30T13:00:00+01:00', reason: 'another' }).id, id)
    for (const change of [{ success: 'false' }, { eventCode: 'CAPTURE' }, { pspReference: 'VTGCMT5TDL8LB9N2' }])
      assert.notEqual(read(change).id, id)
  })

  it('reads a batch, and refuses it when one item is forged', () => {
    const second = { ...item, ...modification, eventCode: 'CAPTURE' }
    const batch = verify(wrap([sign(item), sign(second)]))
    assert.deepEqual(batch.ok && batch.events.map(({ type }) => type), ['AUTHORISATION', 'CAPTURE'])
    assert.equal(verify(wrap([sign(item), { ...sign(second), success: 'false' }])).ok, false)
  })

  it('is told by Adyen that it was taken in the words that Adyen reads', () => {
    assert.equal(webhooks.accepted?.body, '[accepted]')
  })
})

describe('who may send Adyen’s webhooks', () => {
  const other = 'AB'.repeat(32)
  const account = (change: Record<string, string>, config: object = {}): PspAccount => ({
    ...testAccount,
    config: { ...testAccount.config, ...config },
    credentials: { ...testAccount.credentials, ...change },
  })
  const body = wrap([sign(item)])
  const cases: [string, string, Record<string, string | string[]>, PspAccount, boolean][] = [
    ['what Adyen signed', body, { authorization }, testAccount, true],
    [
      'the previous key’s, while keys are changed',
      body,
      { authorization },
      account({ hmac_key: other, previous_hmac_key: hmacKey }),
      true,
    ],
    ['the new key’s, while keys are changed', body, { authorization }, account({ previous_hmac_key: other }), true],
    ['a key’s that was changed', body, { authorization }, account({ hmac_key: other }), false],
    ['no user', body, {}, testAccount, false],
    ['another password', body, { authorization: basic(user, 'another-password') }, testAccount, false],
    ['another user', body, { authorization: basic('nobody', password) }, testAccount, false],
    ['two users', body, { authorization: [authorization, authorization] }, testAccount, false],
    ['the live environment’s', wrap([sign(item)], 'true'), { authorization }, testAccount, false],
    [
      'another merchant account’s',
      wrap([sign({ ...item, merchantAccountCode: 'Another' })]),
      { authorization },
      testAccount,
      false,
    ],
    [
      'an empty signature',
      wrap([{ ...item, additionalData: { hmacSignature: '' } }]),
      { authorization },
      testAccount,
      false,
    ],
    ['no signature', wrap([item]), { authorization }, testAccount, false],
    ['nothing', wrap([]), { authorization }, testAccount, false],
    ['no JSON', 'null', { authorization }, testAccount, false],
    ['too much', wrap([sign({ ...item, operations: ['x'.repeat(300_000)] })]), { authorization }, testAccount, false],
    ['an account without a key', body, { authorization }, account({ hmac_key: '' }), false],
    [
      'an account without a password',
      body,
      { authorization: basic(user, '') },
      account({ webhook_password: '' }),
      false,
    ],
  ]
  for (const [what, text, headers, of, isGood] of cases) {
    it(`${isGood ? 'takes' : 'refuses'} ${what}`, () => assert.equal(verify(text, headers, of).ok, isGood))
  }

  it('believes no signed field that was changed', () => {
    const signed = sign({ ...item, ...modification, eventCode: 'REFUND' })
    for (const change of [
      { pspReference: 'XTGCMT5TDL8LB9N2' },
      { originalReference: 'XC6HT9CRT65ZGN82' },
      { merchantReference: 'att_9' },
      { amount: { currency: 'EUR', value: 9000 } },
      { amount: { currency: 'USD', value: 1000 } },
      { eventCode: 'CAPTURE' },
      { success: 'false' },
    ])
      assert.equal(verify(wrap([{ ...signed, ...change }])).ok, false, JSON.stringify(change))
  })

  it('believes no signature of an item whose fields were parted elsewhere', () => {
    const signed = sign({ ...item, merchantReference: `${item.merchantAccountCode}:att_9` })
    assert.equal(verify(wrap([signed])).ok, true)
    const parted = { originalReference: `:${item.merchantAccountCode}`, merchantReference: 'att_9' }
    assert.equal(verify(wrap([{ ...signed, ...parted }])).ok, false)
  })
})

describe('Adyen’s published signatures', () => {
  /** From the tests of Adyen's Node library (`hmacValidator.spec.ts`), and the example of “Verify HMAC signatures”. */
  const vectors = [
    {
      key: 'DFB1EB5485895CFA84146406857104ABB4CBCABDC8AAF103A624C8F6A3EAAB00',
      hmacSignature: 'xhpHvYq2u2Np0rstbZ6QjLGu7JWhvf7Iwaa6EviJSX0=',
      fields: {
        pspReference: 'pspReference',
        originalReference: 'originalReference',
        merchantAccountCode: 'merchantAccount',
        merchantReference: 'reference',
        amount: { currency: 'EUR', value: 1000 },
        eventCode: 'CAPTURE',
        success: 'true',
      },
    },
    {
      key: '44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056',
      hmacSignature: 'coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=',
      fields: {
        pspReference: '7914073381342284',
        merchantAccountCode: 'TestMerchant',
        merchantReference: 'TestPayment-1407325143704',
        amount: { currency: 'EUR', value: 1130 },
        eventCode: 'AUTHORISATION',
        success: 'true',
      },
    },
  ]
  for (const { key, hmacSignature, fields } of vectors) {
    it(`are ours: ${hmacSignature}`, () => {
      const body = {
        live: 'false',
        notificationItems: [{ NotificationRequestItem: { ...fields, additionalData: { hmacSignature } } }],
      }
      assert(wire.notification.Check(body))
      const [{ NotificationRequestItem: one }] = body.notificationItems as [(typeof body.notificationItems)[0]]
      assert.equal(isSigned(one as Parameters<typeof isSigned>[0], [Buffer.from(key, 'hex')]), true)
      assert.equal(
        isSigned(one as Parameters<typeof isSigned>[0], [Buffer.from(hmacKey.replace('D', 'E'), 'hex')]),
        false,
      )
    })
  }

  it('of fields with colons are joined as Adyen’s library joins them', () => {
    const odd = { ...item, merchantReference: 'a:b\\c', originalReference: '' }
    assert.equal(verify(wrap([sign(odd)])).ok, true)
    const text = [odd.pspReference, '', odd.merchantAccountCode, 'a:b\\c', 1000, 'EUR', 'AUTHORISATION', 'true'].join(
      ':',
    )
    const hmacSignature = createHmac('sha256', Buffer.from(hmacKey, 'hex')).update(text).digest('base64')
    assert.equal(sign(odd).additionalData.hmacSignature, hmacSignature)
  })
})
