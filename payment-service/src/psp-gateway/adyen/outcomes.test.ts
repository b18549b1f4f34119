import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MoneyKind, Outcome, Question } from '../port.ts'
import { adyenPsp } from './adyen.ts'
import { tellsWithinMs } from './outcomes.ts'
import { issuerCodes, refusalReasons } from './refusal-reasons.ts'
import { answer, cardData, shownCard, testAccount } from './testing/literals.ts'

const { payments, rawCards } = adyenPsp

const payment = {
  pspReference: 'NC6HT9CRT65ZGN82',
  resultCode: 'Authorised',
  merchantReference: 'att_1',
  amount: { value: 1000, currency: 'EUR' },
  paymentMethod: { type: 'scheme', brand: 'visa' },
  additionalData: cardData,
}
const modification = {
  merchantAccount: 'AcmeBooksECOM',
  paymentPspReference: 'NC6HT9CRT65ZGN82',
  pspReference: 'VTGCMT5TDL8LB9N2',
  reference: 'att_1',
  status: 'received',
  amount: { value: 1000, currency: 'EUR' },
}
const asked = { reference: 'att_1', amount: { amount: 1000n, currency: 'EUR' } }
const approved = {
  outcome: 'approved',
  pspReference: 'NC6HT9CRT65ZGN82',
  captured: 1000n,
  card: shownCard,
  networkTransactionId: '123456789012345',
}
const declined = (code: string, pspCode: string | null) => ({
  outcome: 'declined',
  pspReference: 'NC6HT9CRT65ZGN82',
  code,
  pspCode,
  card: shownCard,
})
const refused = (change: object) => ({ resultCode: 'Refused', amount: undefined, ...change })
const redirect = {
  type: 'redirect',
  paymentMethodType: 'scheme',
  method: 'GET',
  url: 'https://checkoutshopper.example/3ds',
}

describe('a refusal that does not say of which payment', () => {
  const nameless = answer({ ...payment, ...refused({ merchantReference: undefined, refusalReasonCode: '2' }) })

  it('is that of the payment whose request it answers', () => {
    assert.deepEqual(payments.readReply('authorize', nameless, asked), declined('card_declined', '2'))
  })

  it('declines nothing when the shopper’s browser brought what was asked with', () => {
    assert.equal(payments.readReply('authorize', nameless, { ...asked, mustName: true }).outcome, 'unknown')
  })
})

describe('replies of Adyen to a payment', () => {
  const cases: [string, object, object | 'unknown'][] = [
    ['authorised, to be captured automatically', {}, approved],
    ['authorised, to be captured by hand', { merchantReference: 'att_1-manual' }, { ...approved, captured: 0n }],
    ['refused', refused({ refusalReasonCode: '2' }), declined('card_declined', '2')],
    ['refused for lack of money', refused({ refusalReasonCode: '12' }), declined('insufficient_funds', '12')],
    [
      'refused, and the issuer says more',
      refused({ refusalReasonCode: '2', additionalData: { ...cardData, refusalReasonRaw: '41 : Lost card' } }),
      declined('lost_card', '2'),
    ],
    [
      'refused, and the issuer says less',
      refused({ refusalReasonCode: '24', additionalData: { ...cardData, refusalReasonRaw: '05 : Do not honor' } }),
      declined('incorrect_cvc', '24'),
    ],
    ['refused with a reason of tomorrow', refused({ refusalReasonCode: '999' }), declined('card_declined', '999')],
    [
      'refused with a reason like Object’s',
      refused({ refusalReasonCode: 'toString' }),
      declined('card_declined', 'toString'),
    ],
    [
      'refused with a card number for a reason',
      refused({ refusalReasonCode: '4111111111111111' }),
      declined('card_declined', null),
    ],
    ['refused without a reason', refused({}), declined('card_declined', null)],
    ['an error', refused({ resultCode: 'Error', refusalReasonCode: '4' }), declined('processing_error', '4')],
    [
      'cancelled',
      refused({ resultCode: 'Cancelled', refusalReasonCode: '16' }),
      declined('authentication_failed', '16'),
    ],
    [
      'a redirect to the bank, whose reference is not the payment’s',
      { resultCode: 'RedirectShopper', action: redirect },
      { outcome: 'action_required', pspReference: null, actionUrl: redirect.url, card: null },
    ],
    ['a redirect by a form', { resultCode: 'RedirectShopper', action: { ...redirect, method: 'POST' } }, 'unknown'],
    [
      'a redirect that runs a script',
      { resultCode: 'RedirectShopper', action: { ...redirect, url: 'javascript:alert(1)' } },
      'unknown',
    ],
    ['a redirect to nowhere', { resultCode: 'RedirectShopper' }, 'unknown'],
    ...['ChallengeShopper', 'IdentifyShopper', 'PresentToShopper', 'PartiallyAuthorised', 'AuthenticationFinished'].map(
      (resultCode): [string, object, 'unknown'] => [
        resultCode,
        { resultCode, action: { type: 'threeDS2' } },
        'unknown',
      ],
    ),
    ['a result of tomorrow', { resultCode: 'Settled' }, 'unknown'],
    ['a result in capitals', { resultCode: 'AUTHORISED' }, 'unknown'],
    ['a result like Object’s', { resultCode: 'constructor' }, 'unknown'],
    ['authorised without a reference', { merchantReference: undefined }, 'unknown'],
    ['authorised without an amount', { amount: undefined }, 'unknown'],
    ['authorised without an id', { pspReference: undefined }, 'unknown'],
    ['another’s reference', { merchantReference: 'att_2' }, 'unknown'],
    ['another amount', { amount: { value: 1001, currency: 'EUR' } }, 'unknown'],
    ['another currency', { amount: { value: 1000, currency: 'USD' } }, 'unknown'],
    ['another’s refusal', refused({ merchantReference: 'att_2' }), 'unknown'],
    ['an amount beyond exact numbers', { amount: { value: 2 ** 60, currency: 'EUR' } }, 'unknown'],
    ['an amount with a fraction', { amount: { value: 999.5, currency: 'EUR' } }, 'unknown'],
    ['an id that is no word', { pspReference: 'pay 1\u0000' }, 'unknown'],
    [
      'a brand of tomorrow',
      { paymentMethod: { brand: 'moon' } },
      { ...approved, card: { ...shownCard, brand: 'unknown' } },
    ],
    [
      'Mastercard’s short name',
      { paymentMethod: { brand: 'mc' } },
      { ...approved, card: { ...shownCard, brand: 'mastercard' } },
    ],
    [
      'no BIN, where the account does not tell',
      { additionalData: { ...cardData, cardBin: undefined } },
      { ...approved, card: { ...shownCard, first6: null } },
    ],
    ['a BIN of eight', { additionalData: { ...cardData, cardBin: '41111111' } }, approved],
    [
      'a whole number for a BIN',
      { additionalData: { ...cardData, cardBin: '4111111111111111' } },
      { ...approved, card: null },
    ],
    [
      'no card, where the account does not tell',
      { additionalData: { networkTxReference: '123456789012345' } },
      { ...approved, card: null },
    ],
    ['a field of tomorrow', { mood: 'sunny' }, approved],
  ]
  for (const [what, change, expected] of cases) {
    it(`reads ${what}`, () => {
      const outcome = payments.readReply('authorize', answer({ ...payment, ...change }), asked)
      if (expected === 'unknown') assert.equal(outcome.outcome, 'unknown')
      else assert.deepEqual(outcome, expected)
    })
  }

  it('says of what Adyen has accepted by when it will be told', () => {
    for (const resultCode of ['Received', 'Pending']) {
      const outcome = payments.readReply('authorize', answer({ ...payment, resultCode }), asked)
      assert.equal(outcome.outcome === 'unknown' && outcome.tellsWithinMs, tellsWithinMs)
    }
  })

  it('reads Adyen’s minor units as FinCore’s', () => {
    const krona = { reference: 'att_1', amount: { amount: 1999n, currency: 'ISK' } }
    const outcome = payments.readReply(
      'authorize',
      answer({ ...payment, amount: { value: 199_900, currency: 'ISK' } }),
      krona,
    )
    assert.equal(outcome.outcome === 'approved' && outcome.captured, 1999n)
  })

  it('has a word for every refusal reason and every issuer’s code', () => {
    for (const [code, [, word]] of Object.entries(refusalReasons)) {
      const outcome = payments.readReply('authorize', answer({ ...payment, ...refused({ refusalReasonCode: code }) }))
      assert.deepEqual(outcome, declined(word, code))
    }
    for (const [code, word] of Object.entries(issuerCodes)) {
      const additionalData = { ...cardData, refusalReasonRaw: `${code} : Whatever the issuer writes` }
      const body = { ...payment, ...refused({ refusalReasonCode: '2', additionalData }) }
      assert.deepEqual(payments.readReply('authorize', answer(body)), declined(word, '2'))
    }
  })

  it('approves nothing when any one field of an approval is broken', () => {
    const unread = ['paymentMethod']
    for (const field of Object.keys(payment)) {
      for (const value of [
        undefined,
        null,
        '',
        'x\u0000',
        -1,
        1.5,
        1e300,
        true,
        {},
        [],
        ['Authorised'],
        { value: 1000 },
      ]) {
        const outcome = payments.readReply('authorize', answer({ ...payment, [field]: value }), asked)
        const isFine =
          unread.includes(field) ||
          (field === 'additionalData' && (value == null || (!('length' in Object(value)) && typeof value === 'object')))
        assert.equal(outcome.outcome, isFine ? 'approved' : 'unknown', `${field} = ${JSON.stringify(value)}`)
      }
    }
  })
})

describe('replies of Adyen to a capture, cancel or refund', () => {
  const accepted = (outcome: Outcome) => outcome.outcome === 'unknown' && outcome.tellsWithinMs === tellsWithinMs
  const cases: ['capture' | 'cancel' | 'refund', object, boolean][] = [
    ['capture', {}, true],
    ['refund', {}, true],
    ['cancel', { amount: undefined }, true],
    ['refund', { reference: 'att_2' }, false],
    ['refund', { reference: undefined }, false],
    ['refund', { amount: { value: 999, currency: 'EUR' } }, false],
    ['refund', { amount: { value: 1000, currency: 'JPY' } }, false],
    ['capture', { status: 'succeeded' }, false],
    ['capture', { status: undefined }, false],
    ['capture', { pspReference: undefined }, false],
  ]
  for (const [kind, change, isAccepted] of cases) {
    it(`reads a ${kind} of ${JSON.stringify(change)} as ${isAccepted ? 'accepted' : 'unknown'}, and never as done`, () => {
      const outcome = payments.readReply(kind, answer({ ...modification, ...change }, 201), asked)
      assert.equal(outcome.outcome, 'unknown')
      assert.equal(accepted(outcome), isAccepted)
    })
  }
})

describe('refusals of Adyen', () => {
  const rejected = (code: string, pspCode: string) => ({ outcome: 'rejected', code, pspCode })
  const cases: [status: number, errorCode: string, errorType: string, object | 'unknown'][] = [
    [422, '101', 'validation', rejected('incorrect_number', '101')],
    [422, '103', 'validation', rejected('incorrect_cvc', '103')],
    [422, '129', 'validation', rejected('expired_card', '129')],
    [422, '174', 'validation', rejected('token_invalid', '174')],
    // The account does not take the currency, so another card would not help.
    [422, '138', 'validation', rejected('rejected_by_psp', '138')],
    [422, '905_1', 'configuration', rejected('card_not_supported', '905_1')],
    [422, '167', 'validation', rejected('rejected_by_psp', '167')],
    [400, '702', 'validation', rejected('rejected_by_psp', '702')],
    [401, '000', 'security', rejected('rejected_by_psp', '000')],
    [403, '010', 'security', rejected('rejected_by_psp', '010')],
    [403, '174', 'security', rejected('rejected_by_psp', '174')],
    [422, 'tomorrow', 'validation', rejected('rejected_by_psp', 'tomorrow')],
    // Something did happen under this key, or is happening.
    [422, '704', 'validation', 'unknown'],
    [409, '704', 'validation', 'unknown'],
    [422, '703', 'validation', 'unknown'],
    [422, '700', 'internal', 'unknown'],
    [422, '101', 'tomorrow', 'unknown'],
    [500, '101', 'validation', 'unknown'],
    [503, '000', 'internal', 'unknown'],
    [429, '101', 'validation', 'unknown'],
    [408, '101', 'validation', 'unknown'],
    [202, '101', 'validation', 'unknown'],
  ]
  for (const [status, errorCode, errorType, expected] of cases) {
    it(`reads ${status} ${errorCode} of type ${errorType}`, () => {
      const body = { status, errorCode, errorType, message: 'No.', pspReference: 'NC6HT9CRT65ZGN82' }
      for (const kind of ['authorize', 'capture', 'cancel', 'refund'] as const) {
        const outcome = payments.readReply(kind, answer(body, status), asked)
        if (expected === 'unknown') assert.equal(outcome.outcome, 'unknown')
        else assert.deepEqual(outcome, expected)
      }
      const again = payments.readReply('authorize', answer(body, status, { 'transient-error': 'true' }), asked)
      assert.equal(again.outcome, 'unknown')
    })
  }
})

describe('asking Adyen again', () => {
  const ask = (kind: MoneyKind, change: Partial<Question> = {}): Question => ({
    kind,
    reference: 'att_1',
    payment: 'NC6HT9CRT65ZGN82',
    amount: asked.amount,
    sentAt: new Date(),
    askedAt: new Date(),
    ...change,
  })

  it('repeats a capture, cancel or refund word for word while its key lives, and never an authorization', () => {
    for (const kind of ['capture', 'cancel', 'refund'] as const) {
      const first = payments[kind](testAccount, { ...asked, payment: 'NC6HT9CRT65ZGN82' })
      assert.deepEqual(payments.lookUp(testAccount, ask(kind)), first)
      const week = new Date(Date.now() - 7 * 24 * 60 * 60_000)
      assert.equal(payments.lookUp(testAccount, ask(kind, { sentAt: week })), null)
      assert.equal(payments.lookUp(testAccount, ask(kind, { payment: null })), null)
      assert.equal(payments.lookUp(testAccount, ask(kind, { isAccepted: true })), null)
    }
    assert.equal(payments.lookUp(testAccount, ask('authorize')), null)
  })

  it('believes that it was accepted, and nothing from a refusal of the repeat', () => {
    const found = payments.readLookUp(testAccount, ask('refund'), answer(modification, 201))
    assert(found.found === true && found.outcome.outcome === 'unknown' && found.outcome.tellsWithinMs)
    const no = { status: 422, errorCode: '167', errorType: 'validation', message: 'No.' }
    assert.equal(payments.readLookUp(testAccount, ask('refund'), answer(no, 422)).found, 'unknown')
    const others = answer({ ...modification, reference: 'att_2' }, 201)
    assert.equal(payments.readLookUp(testAccount, ask('refund'), others).found, 'unknown')
  })
})

describe('the reply to a card’s payment', () => {
  it('is read without the issuer’s words', () => {
    assert(rawCards)
    for (const path of rawCards.replyFields) assert.doesNotMatch(path, /message|refusalReason$|holder/i)
  })
})
