import { createHash } from 'node:crypto'
import { ruleNames } from '@fincore/payment-service/abuse/rules'
import { type KnownMerchant, type Merchant, type PspKeys, pickMerchant, type Secrets } from './dev-file.ts'
import type { HttpClient } from './http-client.ts'
import type { DevPsp, PspAdmin } from './psps/dev-psp.ts'

export type BootstrapInput = {
  client: HttpClient
  secrets: Secrets
  psp: DevPsp
  addresses: { api: string; admin: string; psp: string; psp_api: string; shop: string }
  clientFingerprint: string
  /** Those of earlier starts. */
  earlier: readonly KnownMerchant[]
  /** Whether the new merchant is protected from card testing. */
  cardTesting?: 'off'
  now: Date
}

const dayMs = 24 * 60 * 60 * 1000
const secretKeyScopes = [
  'charges:write',
  'charges:raw_card',
  'payment_sessions:write',
  'refunds:write',
  'read',
  'webhook_endpoints:write',
]

/**
 * Sets up the development merchant as its operators, and the merchant itself, would; or takes the one of an earlier start
 * at these addresses when it still works. A grant that will end soon, or lists another certificate, is replaced.
 */
export async function bootstrapMerchant(input: BootstrapInput): Promise<{ merchant: Merchant; created: boolean }> {
  const earlier = await findWorking(input)
  if (!earlier) return { merchant: await createMerchant(input), created: true }
  const grant = earlier.raw_card_grant
  const endsAt = new Date(grant.valid_until).getTime()
  if (grant.certificate_fingerprint === input.clientFingerprint && endsAt - input.now.getTime() > 7 * dayMs) {
    return { merchant: pickMerchant(earlier), created: false }
  }
  // Approving it revokes the one in force in the same moment.
  const renewed = await createGrant(input, earlier.merchant)
  return { merchant: { ...pickMerchant(earlier), raw_card_grant: renewed }, created: false }
}

export const allRulesOff = Object.fromEntries(ruleNames.map((name) => [name, { on: false }]))

/** Several have the same addresses after starts with different databases or PSPs. */
async function findWorking(input: BootstrapInput): Promise<KnownMerchant | undefined> {
  for (const earlier of input.earlier) if (await stillWorks(input, earlier)) return earlier
  return undefined
}

/** The addresses are part of the PSP account and of the webhook endpoint, so other ports mean another merchant. */
async function stillWorks(input: BootstrapInput, earlier: KnownMerchant): Promise<boolean> {
  const { client, addresses, psp } = input
  const sameAddresses = (['api', 'psp', 'psp_api', 'shop'] as const).every((name) => earlier[name] === addresses[name])
  if (!sameAddresses || earlier.psp_name !== psp.name) return false
  const { status } = await client.send('GET', `${addresses.api}/v1/charges?limit=1`, { bearer: earlier.secret_key })
  if (status !== 200) return false
  // Only then: a PSP that has forgotten the account makes it anew.
  const keys = await psp.openAccount(pspAdminOf(input), earlier.psp_keys)
  if (keys === null) return false
  await psp.setWebhook(pspAdminOf(input), keys, `${addresses.api}/v1/psp_webhooks/${earlier.psp_account}`)
  return true
}

function pspAdminOf({ client, addresses, secrets }: BootstrapInput): PspAdmin {
  return { client, api: addresses.psp_api, adminToken: secrets.psp_admin_token }
}

type AdminCall = <T>(operator: 0 | 1, method: string, path: string, json?: unknown) => Promise<T>

function adminOf({ client, addresses, secrets }: BootstrapInput): AdminCall {
  return (operator, method, path, json) =>
    client.json(method, `${addresses.admin}/admin/v1${path}`, {
      bearer: secrets.operators[operator].token,
      ...(json === undefined ? {} : { json }),
    })
}

async function createMerchant(input: BootstrapInput): Promise<Merchant> {
  const { client, addresses, psp } = input
  const admin = adminOf(input)
  const { id } = await admin<{ id: string }>(0, 'POST', '/merchants', { name: 'FinCore Demo Shop' })
  const secret = await admin<{ key: string }>(0, 'POST', `/merchants/${id}/api_keys`, {
    kind: 'secret',
    scopes: secretKeyScopes,
  })
  if (input.cardTesting === 'off') await admin(0, 'PUT', `/merchants/${id}/card_testing`, { rules: allRulesOff })
  const publishable = await admin<{ key: string }>(0, 'POST', `/merchants/${id}/api_keys`, { kind: 'publishable' })

  const keys = await psp.openAccount(pspAdminOf(input), null)
  if (keys === null) throw new Error(`${psp.title} made no account`)
  const account = await createPspAccount(input, id, keys)
  const endpoint = await client.json<{ secret: string }>('POST', `${addresses.api}/v1/webhook_endpoints`, {
    bearer: secret.key,
    headers: { 'idempotency-key': `shop-of-${id}` },
    json: { url: `${addresses.shop}/webhooks` },
  })
  return {
    merchant: id,
    secret_key: secret.key,
    publishable_key: publishable.key,
    webhook_secret: endpoint.secret,
    psp_name: psp.name,
    psp_account: account,
    psp_secret_key: psp.shownKeys(keys).secret,
    psp_public_key: psp.shownKeys(keys).public,
    psp_keys: keys,
    raw_card_grant: await createGrant(input, id),
  }
}

/** The account of the merchant at the PSP, known to FinCore, and FinCore's address known to the PSP. */
async function createPspAccount(input: BootstrapInput, merchant: string, keys: PspKeys): Promise<string> {
  const { psp, addresses } = input
  const admin = adminOf(input)
  type Made = { id: string; webhook_url: string; raw_cards: { needs_confirmation: boolean } | null }
  const path = `/merchants/${merchant}/psp_accounts`
  const { id, webhook_url, raw_cards } = await admin<Made>(0, 'POST', path, {
    psp: psp.name,
    name: 'Demo shop',
    ...psp.account(keys, addresses),
  })
  if (raw_cards?.needs_confirmation)
    await admin(0, 'POST', `${path}/${id}/confirm_raw_cards`, { reference: 'development only, a stand-in' })
  await psp.setWebhook(pspAdminOf(input), keys, webhook_url)
  return id
}

/** Asked for by the first operator and approved by the second, as the rule of two wants it. */
async function createGrant(input: BootstrapInput, merchant: string): Promise<Merchant['raw_card_grant']> {
  const admin = adminOf(input)
  const evidenceDate = input.now.toISOString().slice(0, 10)
  // At most twelve months after the evidence; a day less keeps clear of leap years and time zones.
  const validUntil = new Date(input.now.getTime() + 364 * dayMs).toISOString().slice(0, 10)
  const grant = await admin<{ id: string }>(0, 'POST', `/merchants/${merchant}/raw_card_grants`, {
    evidence_kind: 'saq_d',
    evidence_reference: 'development only, no real evidence',
    evidence_sha256: createHash('sha256').update('FinCore development evidence').digest('hex'),
    evidence_date: evidenceDate,
    valid_until: validUntil,
    address_ranges: ['127.0.0.0/8', '::1/128'],
    certificate_fingerprints: [input.clientFingerprint],
  })
  await admin(1, 'POST', `/merchants/${merchant}/raw_card_grants/${grant.id}/approve`, {})
  return { id: grant.id, certificate_fingerprint: input.clientFingerprint, valid_until: validUntil }
}
