import type { DevFile } from './dev-file.ts'
import type { DevPsp } from './psps/dev-psp.ts'
import { data, header, quote } from './shell.ts'

export type CurlLine = { flow: string; explanation: string; line: string }

type Addressed = Pick<
  DevFile,
  | 'api'
  | 'relay'
  | 'psp'
  | 'psp_api'
  | 'shop'
  | 'secret_key'
  | 'psp_public_key'
  | 'psp_admin_token'
  | 'ca'
  | 'client_cert'
  | 'client_key'
>

const amount = { amount: 1990, currency: 'EUR' }

/** One line per flow, to be pasted into bash as it is; it needs curl, and grep for the token. */
export function curlLinesOf(dev: Addressed, psp: DevPsp): CurlLine[] {
  const card = { number: '4242424242424242', cvc: '123', expMonth: 12, expYear: new Date().getFullYear() + 4 }
  const session = {
    ...amount,
    success_url: `${dev.shop}/?paid`,
    cancel_url: `${dev.shop}/?canceled`,
    merchant_reference: 'order-1',
  }
  const charge = JSON.stringify({
    ...amount,
    payment_method: { type: 'token', token: '@' },
    return_url: `${dev.shop}/`,
  })
  const [beforeToken = '', afterToken = ''] = charge.split('@')
  const rawCharge = {
    ...amount,
    payment_method: {
      type: 'card',
      card: { number: card.number, cvc: card.cvc, exp_month: card.expMonth, exp_year: card.expYear },
    },
    return_url: `${dev.shop}/`,
  }
  return [
    {
      flow: 'Hosted page',
      explanation:
        'makes a payment session; open its `url` in a browser and pay with 4242 4242 4242 4242; then GET /v1/payment_sessions/<its id> says `completed`',
      line: `${post(`${dev.api}/v1/payment_sessions`, dev.secret_key)} ${data(JSON.stringify(session))}`,
    },
    {
      flow: 'Browser SDK',
      explanation: 'makes a token, as the card fields do in the browser, and charges it',
      line: `${post(`${dev.api}/v1/charges`, dev.secret_key)} -d ${quote(beforeToken)}"$(${psp.tokenCommand(dev, card)})"${quote(afterToken)}`,
    },
    {
      flow: 'Server to server',
      explanation: 'sends a card to the card relay, with the client certificate of the grant',
      line: [
        post(`${dev.relay}/v1/charges`, dev.secret_key),
        `--cacert ${quote(dev.ca)} --cert ${quote(dev.client_cert)} --key ${quote(dev.client_key)}`,
        data(JSON.stringify(rawCharge)),
      ].join(' '),
    },
  ]
}

function post(url: string, key: string): string {
  return [
    `curl -sS -w '\\n' ${url}`,
    header(`Authorization: Bearer ${key}`),
    // New at each paste, so that a second paste is a second payment and not a replay.
    '-H "Idempotency-Key: paste-$(date +%s)-$RANDOM"',
    header('Content-Type: application/json'),
  ].join(' ')
}
