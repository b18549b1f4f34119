import { join } from 'node:path'
import { data, header } from '../shell.ts'
import { type Card, type DevPsp, type Ledger, typeCard } from './dev-psp.ts'

/** The sandbox PSP. It keeps its accounts and its ledger in the data directory. */
export const sandbox: DevPsp = {
  name: 'sandbox',
  title: 'the sandbox PSP',
  process: {
    name: 'psp-sandbox',
    main: 'psp-sandbox/src/main.ts',
    settings: (input) => ({
      SANDBOX_PAGES_PORT: String(input.ports.pspPages),
      SANDBOX_API_PORT: String(input.ports.pspApi),
      SANDBOX_TLS_CERT_FILE: input.certificates.serverCert,
      SANDBOX_TLS_KEY_FILE: input.certificates.serverKey,
      SANDBOX_DATA_DIR: join(input.dataDir, 'psp-sandbox'),
      SANDBOX_ADMIN_TOKEN: input.secrets.psp_admin_token,
    }),
  },
  async openAccount({ client, api, adminToken }, known) {
    if (known !== null) {
      const { status } = await client.send('GET', `${api}/v2/account`, { bearer: known.secret_key ?? '' })
      return status === 200 ? known : null
    }
    return client.json('POST', `${api}/v2/accounts`, { bearer: adminToken, json: { name: 'FinCore Demo Shop' } })
  },
  async setWebhook({ client, api }, { secret_key = '' }, url) {
    await client.json('PUT', `${api}/v2/account/webhook`, { bearer: secret_key, json: { url } })
  },
  account: ({ secret_key = '', public_key = '', webhook_secret = '' }, { psp, psp_api }) => ({
    config: { api_url: psp_api, pages_url: psp },
    credentials: { secret_key, public_key, webhook_secret },
  }),
  shownKeys: ({ secret_key = '', public_key = '' }) => ({ secret: secret_key, public: public_key }),
  async makeToken(_dev, client, { url, origin }, card) {
    const publicKey = new URL(String(url)).searchParams.get('public_key') ?? ''
    const made = await client.json<{ id: string }>('POST', `${origin}/v2/tokens`, {
      bearer: publicKey,
      json: cardBody(card),
    })
    return made.id
  },
  payHosted: (shopper, card) => shopper.submit(typeCard(card)),
  readTruth: ({ psp_api, psp_secret_key }, client, reference) =>
    client.json<Ledger>(
      'GET',
      `${psp_api}/truth${reference === null ? '' : `?reference=${encodeURIComponent(reference)}`}`,
      { bearer: psp_secret_key },
    ),
  tokenCommand: ({ psp, psp_public_key }, card) =>
    [
      'curl -sS',
      `${psp}/v2/tokens`,
      header(`Authorization: Bearer ${psp_public_key}`),
      header('Content-Type: application/json'),
      data(JSON.stringify(cardBody(card))),
      "| grep -o 'tok_[0-9A-Za-z_-]*'",
    ].join(' '),
  testCards: ({ psp }) => `${psp}/#magic-cards`,
}

function cardBody({ number, cvc, expMonth, expYear }: Card) {
  return { number, cvc, expiry_month: expMonth, expiry_year: expYear }
}
