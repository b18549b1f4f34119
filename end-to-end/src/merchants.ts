import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { DevFile } from '@fincore/dev/dev-file'
import type { HttpClient } from '@fincore/dev/http-client'
import type pg from 'pg'

/** What it takes to act as the operators do: the whole world, or a payment service with its admin API. */
export type OperatorsWorld = {
  http: HttpClient
  fincore: { dev: Pick<DevFile, 'admin' | 'operators'> & { raw_card_grant: { certificate_fingerprint: string } } }
}

export type MerchantWish = {
  scopes?: string[]
  /** How far the raw-card grant gets. Default `approved`. */
  grant?: 'none' | 'requested' | 'approved'
  addressRanges?: string[]
  /** SHA-256 in lowercase hex. Default: the development client certificate's. */
  certificateFingerprints?: string[]
}

export type MadeMerchant = { id: string; key: string; keyId: string; publishableKey: string; grant: string }

const dayMs = 24 * 60 * 60 * 1000

/** Calls the admin API as one of the two operators and gives the answer's body. @throws Error when it is not 2xx. */
export function callAdmin<T>(
  world: OperatorsWorld,
  method: string,
  path: string,
  json?: object,
  operator: 0 | 1 = 0,
): Promise<T> {
  const { admin, operators } = world.fincore.dev
  const bearer = operators[operator]?.token ?? ''
  return world.http.json<T>(method, `${admin}/admin/v1${path}`, { bearer, ...(json && { json }) })
}

/** A merchant of its own, made by the admin API, that lacks nothing for raw cards but what the wish leaves out. */
export async function makeMerchant(world: OperatorsWorld, wish: MerchantWish = {}): Promise<MadeMerchant> {
  const { id } = await callAdmin<{ id: string }>(world, 'POST', '/merchants', { name: 'Another merchant' })
  const makeKey = (body: object) =>
    callAdmin<{ id: string; key: string }>(world, 'POST', `/merchants/${id}/api_keys`, body)
  const secret = await makeKey({ kind: 'secret', scopes: wish.scopes ?? ['charges:raw_card', 'charges:write', 'read'] })
  const publishable = await makeKey({ kind: 'publishable' })
  const grant = wish.grant === 'none' ? '' : await requestGrant(world, id, wish)
  if (grant !== '' && wish.grant !== 'requested') await changeGrant(world, { id, grant }, 'approve', 1)
  return { id, key: secret.key, keyId: secret.id, publishableKey: publishable.key, grant }
}

/** What an operator does with a merchant's grant. The one who asked for it is operator 0. */
export function changeGrant(
  world: OperatorsWorld,
  merchant: Pick<MadeMerchant, 'id' | 'grant'>,
  action: 'approve' | 'suspend' | 'resume' | 'revoke',
  operator: 0 | 1 = 0,
): Promise<{ status: string }> {
  return callAdmin(world, 'POST', `/merchants/${merchant.id}/raw_card_grants/${merchant.grant}/${action}`, {}, operator)
}

/** No API moves the end of a grant, so the table's owner does; its CHECKs want the evidence to move too. */
export async function endGrantYesterday({ database }: { database: pg.Pool }, { id }: MadeMerchant): Promise<void> {
  const day = (offset: number) => new Date(Date.now() + offset * dayMs).toISOString().slice(0, 10)
  const { rowCount } = await database.query(
    'update raw_card_grants set evidence_date = $2, valid_until = $3 where merchant_id = $1',
    [id, day(-300), day(-1)],
  )
  assert.equal(rowCount, 1)
}

async function requestGrant(world: OperatorsWorld, merchant: string, wish: MerchantWish): Promise<string> {
  const day = (offset: number) => new Date(Date.now() + offset * dayMs).toISOString().slice(0, 10)
  const grant = await callAdmin<{ id: string }>(world, 'POST', `/merchants/${merchant}/raw_card_grants`, {
    evidence_kind: 'roc_aoc',
    evidence_reference: 'a test, no real evidence',
    evidence_sha256: createHash('sha256').update('evidence').digest('hex'),
    evidence_date: day(-30),
    valid_until: day(300),
    address_ranges: wish.addressRanges ?? ['127.0.0.0/8'],
    certificate_fingerprints: wish.certificateFingerprints ?? [
      world.fincore.dev.raw_card_grant.certificate_fingerprint,
    ],
  })
  return grant.id
}

/** As operators, who can also open accounts at the sandbox PSP. */
export type PspAccountsWorld = OperatorsWorld & {
  fincore: { dev: Pick<DevFile, 'psp' | 'psp_api' | 'psp_admin_token'> }
}

/**
 * Gives a merchant an account of its own at the sandbox PSP, so that its charges can succeed.
 * @param wish `apiUrl`: where FinCore finds the PSP's API, in place of its own address; `hasWebhooks`: whether the PSP
 *   tells FinCore of what happens there.
 */
export async function addPspAccount(
  world: PspAccountsWorld,
  merchant: Pick<MadeMerchant, 'id'>,
  wish: { name?: string; apiUrl?: string; hasWebhooks?: boolean } = {},
): Promise<{ id: string; publicKey: string }> {
  const { psp, psp_api, psp_admin_token } = world.fincore.dev
  const { name = 'Another merchant', apiUrl = psp_api, hasWebhooks = false } = wish
  const opened = await world.http.json<{ secret_key: string; public_key: string; webhook_secret: string }>(
    'POST',
    `${psp_api}/v2/accounts`,
    { bearer: psp_admin_token, headers: { 'idempotency-key': `${merchant.id} ${name}` }, json: { name } },
  )
  const { secret_key, public_key, webhook_secret } = opened
  const path = `/merchants/${merchant.id}/psp_accounts`
  const { id, webhook_url } = await callAdmin<{ id: string; webhook_url: string }>(world, 'POST', path, {
    psp: 'sandbox',
    name,
    config: { api_url: apiUrl, pages_url: psp },
    credentials: { secret_key, public_key, webhook_secret },
  })
  if (hasWebhooks)
    await world.http.json('PUT', `${psp_api}/v2/account/webhook`, { bearer: secret_key, json: { url: webhook_url } })
  return { id, publicKey: public_key }
}
