import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientFields } from '@fincore/api-contract/answers'
import { createCertificateAuthority, issueCertificate } from '@fincore/dev/certificates'
import { createHttpClient } from '@fincore/dev/http-client'
import { describeStandInFields } from '@fincore/payment-service/psp-gateway/adyen/adyen-web'
import { describeStripeFields } from '@fincore/payment-service/psp-gateway/stripe/stripe-js'
import { checkoutVersion } from '@fincore/psp-stand-ins/adyen/parameters/sdk-models'
import { startAdyenStandIn } from '@fincore/psp-stand-ins/adyen/stand-in'
import { apiVersion } from '@fincore/psp-stand-ins/stripe/api-version'
import { startStripeStandIn } from '@fincore/psp-stand-ins/stripe/stand-in'

/** A PSP's stand-in, whose fields a page draws, and which knows whether the token that came of it is good. */
export type FieldsPsp = {
  fields: ClientFields
  /** Where the shopper's browser finds its script, its frames and its API. */
  pagesUrl: string
  /** Pays 28 EUR with a token, as a server does; what the PSP says of it. */
  pay(token: string): Promise<string>
  close(): Promise<void>
}

const adminToken = 'the-admin-token-of-a-stand-in'

/** A certificate for a stand-in's API, and a client that trusts it. */
async function openTls() {
  const authority = await createCertificateAuthority()
  const server = await issueCertificate(authority, { kind: 'server', commonName: 'localhost' })
  const folder = mkdtempSync(join(tmpdir(), 'psp-fields-'))
  const ca = join(folder, 'ca.crt')
  writeFileSync(ca, authority.certificate)
  const http = createHttpClient({ ca })
  rmSync(folder, { recursive: true })
  return { tls: { cert: server.certificate, key: server.key }, http }
}

export async function openStripe(): Promise<FieldsPsp> {
  const { tls, http } = await openTls()
  const standIn = await startStripeStandIn({ tls, adminToken })
  const account = await http.json<{ secret_key: string; publishable_key: string }>(
    'POST',
    `${standIn.apiUrl}/_stand_in/accounts`,
    { bearer: adminToken, json: { name: 'Aske Stoneware' } },
  )
  return {
    fields: describeStripeFields({ publishableKey: account.publishable_key, apiVersion, pagesUrl: standIn.pagesUrl }),
    pagesUrl: standIn.pagesUrl,
    async pay(token) {
      const form = { amount: '2800', currency: 'eur', confirm: 'true', payment_method: token }
      const never = {
        'automatic_payment_methods[enabled]': 'true',
        'automatic_payment_methods[allow_redirects]': 'never',
      }
      const { text } = await http.send('POST', `${standIn.apiUrl}/v1/payment_intents`, {
        bearer: account.secret_key,
        headers: { 'idempotency-key': randomUUID(), 'stripe-version': apiVersion },
        form: { ...form, ...never },
      })
      return String(JSON.parse(text).status ?? text)
    },
    async close() {
      await http.close()
      await standIn.close()
    },
  }
}

export async function openAdyen(): Promise<FieldsPsp> {
  const { tls, http } = await openTls()
  const standIn = await startAdyenStandIn({ tls, adminToken })
  const account = await http.json<{ merchant_account: string; api_key: string; client_key: string }>(
    'POST',
    `${standIn.apiUrl}/_stand_in/accounts`,
    { bearer: adminToken, json: { name: 'Aske Stoneware' } },
  )
  return {
    fields: describeStandInFields({ clientKey: account.client_key, pagesUrl: standIn.pagesUrl }),
    pagesUrl: standIn.pagesUrl,
    async pay(token) {
      const card = JSON.parse(Buffer.from(token.replace(/^adyen_/, ''), 'base64url').toString())
      const { text } = await http.send('POST', `${standIn.apiUrl}/${checkoutVersion}/payments`, {
        headers: { 'x-api-key': account.api_key, 'idempotency-key': randomUUID() },
        json: {
          merchantAccount: account.merchant_account,
          amount: { value: 2800, currency: 'EUR' },
          reference: randomUUID(),
          returnUrl: 'https://shop.example/back',
          channel: 'Web',
          ...card,
        },
      })
      return String(JSON.parse(text).resultCode ?? text)
    },
    async close() {
      await http.close()
      await standIn.close()
    },
  }
}
