import assert from 'node:assert/strict'
import { breakBraces } from '../break-braces.ts'
import { fitText } from '../fit-text.ts'
import type { RawCards } from '../port.ts'
import { authorizeBody } from './payments.ts'
import { postText } from './request.ts'

/**
 * A payment by card. The relay replaces the two placeholders as bytes, so whatever else is in the body must not look
 * like one: two braces side by side, which JSON itself never has outside of a text, are broken up.
 */
export const rawCards: RawCards = {
  authorizeCard(account, input) {
    const rest = authorizeBody(input)
    const holder = fitText(input.holderName, 200)
    const body = JSON.stringify({
      ...rest,
      ...(rest.description === undefined ? {} : { description: breakBraces(rest.description) }),
      ...(rest.return_url === undefined ? {} : { return_url: rest.return_url.replaceAll('{', '%7B') }),
      source: {
        type: 'card',
        number: '{{card.number}}',
        cvc: '{{card.cvc}}',
        expiry_month: input.expMonth,
        expiry_year: input.expYear,
        ...(holder === undefined ? {} : { holder_name: breakBraces(holder) }),
      },
    })
    const braces = body.split('{{').length - 1
    assert(braces === 2 && body.includes('"{{card.number}}"') && body.includes('"{{card.cvc}}"'), 'not a card template')
    return postText(account, '/v2/payments', input.reference, body)
  },
  replyFields: [
    'object',
    'id',
    'reference',
    'status',
    'amount.value',
    'amount.currency',
    'captured',
    'checkout_session',
    'decline.code',
    'action.type',
    'action.url',
    'card.brand',
    'card.first6',
    'card.last4',
    'card.expiry_month',
    'card.expiry_year',
    'error.code',
    'error.param',
  ],
}
