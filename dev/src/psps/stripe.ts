import { data, header, quote } from '../shell.ts'
import { type Card, type DevPsp, typeCard } from './dev-psp.ts'
import { callStandIn, openStandInAccount, readStandInTruth, standInProcess } from './stand-in.ts'

/** Stripe's stand-in. */
export const stripe: DevPsp = {
  name: 'stripe',
  title: 'the stand-in of Stripe',
  process: standInProcess('stripe'),
  async openAccount(admin, known) {
    const { secret_key = '', publishable_key = '', webhook_secret = '' } = await openStandInAccount(admin, known)
    return { secret_key, publishable_key, webhook_secret }
  },
  async setWebhook(admin, { secret_key = '' }, url) {
    await callStandIn(admin, 'PUT', `accounts/${encodeURIComponent(secret_key)}/webhook`, { url })
  },
  account: ({ secret_key = '', publishable_key = '', webhook_secret = '' }, { psp, psp_api }) => ({
    config: { api_url: psp_api, pages_url: psp },
    credentials: { secret_key, publishable_key, webhook_secret },
  }),
  shownKeys: ({ secret_key = '', publishable_key = '' }) => ({ secret: secret_key, public: publishable_key }),
  async makeToken({ psp_api }, client, { publishable_key }, card) {
    const made = await client.json<{ id: string }>('POST', `${psp_api}/v1/payment_methods`, {
      bearer: String(publishable_key),
      form: cardForm(card),
    })
    return made.id
  },
  payHosted: (shopper, card) => {
    const { number: cardNumber, cvc: cardCvc, expiry: cardExpiry } = typeCard(card)
    return shopper.submit({ cardNumber, cardCvc, cardExpiry })
  },
  readTruth: readStandInTruth,
  tokenCommand: ({ psp_api, psp_public_key, ca }, card) =>
    [
      `curl -sS --cacert ${quote(ca)} ${psp_api}/v1/payment_methods`,
      header(`Authorization: Bearer ${psp_public_key}`),
      data(new URLSearchParams(cardForm(card)).toString()),
      "| grep -o 'pm_[0-9A-Za-z]*' | head -1",
    ].join(' '),
  testCards: () => 'psp-stand-ins/src/stripe/test-cards.ts',
}

function cardForm({ number, cvc, expMonth, expYear }: Card): Record<string, string> {
  return {
    type: 'card',
    'card[number]': number,
    'card[cvc]': cvc,
    'card[exp_month]': String(expMonth),
    'card[exp_year]': String(expYear),
  }
}
