import { data, header, quote } from '../shell.ts'
import { type Card, type DevPsp, typeCard } from './dev-psp.ts'
import { callStandIn, openStandInAccount, readStandInTruth, standInProcess } from './stand-in.ts'

/** Adyen's stand-in. */
export const adyen: DevPsp = {
  name: 'adyen',
  title: 'the stand-in of Adyen',
  process: standInProcess('adyen'),
  async openAccount(admin, known) {
    const account = await openStandInAccount(admin, known)
    const { merchant_account = '', api_key = '', client_key = '' } = account
    const { hmac_key = '', webhook_user = '', webhook_password = '' } = account
    return { merchant_account, api_key, client_key, hmac_key, webhook_user, webhook_password }
  },
  async setWebhook(admin, { merchant_account = '' }, url) {
    await callStandIn(admin, 'PUT', `accounts/${encodeURIComponent(merchant_account)}/webhook`, { url })
  },
  account: (keys, { psp, psp_api }) => {
    const { merchant_account = '', client_key = '', api_key = '', hmac_key = '' } = keys
    const { webhook_user = '', webhook_password = '' } = keys
    return {
      config: { merchant_account, environment: 'test', client_key, api_url: psp_api, pages_url: psp },
      credentials: { api_key, hmac_key, webhook_user, webhook_password },
    }
  },
  shownKeys: ({ api_key = '', client_key = '' }) => ({ secret: api_key, public: client_key }),
  async makeToken({ psp_api, psp_admin_token }, client, _fields, card) {
    const admin = { client, api: psp_api, adminToken: psp_admin_token }
    const paymentMethod = await callStandIn<object>(admin, 'POST', 'encrypt', cardBody(card))
    // As `@fincore/browser` makes it of Adyen Web's `state.data`.
    return `adyen_${Buffer.from(JSON.stringify({ paymentMethod })).toString('base64url')}`
  },
  async payHosted(shopper, card) {
    await shopper.submit(typeCard(card))
    // Adyen shows that it was paid, with a way back.
    await shopper.follow('Continue')
  },
  readTruth: readStandInTruth,
  tokenCommand: ({ psp_api, psp_admin_token, ca }, card) =>
    [
      `printf 'adyen_%s' "$(curl -sS --cacert ${quote(ca)} ${psp_api}/_stand_in/encrypt`,
      header(`Authorization: Bearer ${psp_admin_token}`),
      header('Content-Type: application/json'),
      data(JSON.stringify(cardBody(card))),
      `| sed 's/^/{"paymentMethod":/; s/$/}/' | base64 -w0 | tr '+/' '-_' | tr -d '=')"`,
    ].join(' '),
  testCards: () => 'psp-stand-ins/src/adyen/test-cards.ts',
}

function cardBody({ number, cvc, expMonth, expYear }: Card) {
  return { number, cvc, expiry_month: String(expMonth).padStart(2, '0'), expiry_year: String(expYear) }
}
