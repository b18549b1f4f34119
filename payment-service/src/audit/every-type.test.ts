import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createAdminServer } from '../admin/server.ts'
import { lapseGrants } from '../card-door/lapse-grants.ts'
import { openKeyRing } from '../encryption/key-ring.ts'
import { rewrapKeys } from '../encryption/rewrap.ts'
import { rotateEncryption } from '../encryption/rotate.ts'
import { newId } from '../ids.ts'
import { failingEndpointNotice } from '../notices/notice-texts.ts'
import type { PspReply, PspRequest } from '../psp-gateway/port.ts'
import { runCommand } from '../reconciliation/command.ts'
import { reconcile } from '../reconciliation/reconcile.ts'
import { isRefusal } from '../refusal.ts'
import { digestOf } from '../secrets.ts'
import { readEncryptionKeys } from '../store/encryption-keys.ts'
import { insertNotice } from '../store/notices.ts'
import { inTransaction } from '../store/pool.ts'
import { disableEndpoint } from '../webhooks/endpoint-health/disable-endpoint.ts'
import { type AuditType, auditTypes, explainMisfit, type OutcomeOf } from './audit-types.ts'
import {
  type AuditedService,
  accountRequest,
  capturedPayment,
  certificate,
  grantRequest,
  operators,
  startAuditedService,
} from './testing/audited-service.ts'
import { faults } from './testing/broken-log.ts'
import { verifyExport } from './verify-export.ts'

let world: AuditedService
before(async () => {
  world = await startAuditedService()
})
after(() => world.close())

/** The row of a type, once for each outcome that it may have. */
type Case = { [T in AuditType]: `${T} ${OutcomeOf<T>}` }[AuditType]
/** What is done; `with`, records of other types that the same action leaves. */
type Act = { act: () => Promise<unknown>; who: string; with?: Case[] }

const unknownId = '0'.repeat(26)
/** An action of ada's on a merchant's collection. */
const onMerchant =
  (path: string, body: object = {}, who: 'ada' | 'ben' = 'ada') =>
  async (): Promise<Act> => {
    const { id } = await world.merchant()
    return { act: () => world.admin(who, 'POST', `/merchants/${id}${path}`, body), who }
  }
/** A step of a grant that has come as far as `from`. */
const onGrant =
  (action: string, from: 'requested' | 'active' | 'suspended', who: 'ada' | 'ben' = 'ben') =>
  async (): Promise<Act> => {
    const { id } = await world.merchant()
    const grant = from === 'requested' ? await world.requestGrant(id) : await world.grant(id)
    const path = `/merchants/${id}/raw_card_grants/${grant}`
    if (from === 'suspended') await world.admin('ada', 'POST', `${path}/suspend`)
    return { act: () => world.admin(who, 'POST', `${path}/${action}`), who }
  }
const onAccount = (action: string, known: boolean, body?: object) => async (): Promise<Act> => {
  const { id, account } = await world.merchant()
  const path = `/merchants/${id}/psp_accounts/${known ? account : `pspa_${unknownId}`}${action}`
  return { act: () => world.admin('ada', 'POST', path, body), who: 'ada' }
}
const onExemption = (method: 'PUT' | 'DELETE', key: string) => async (): Promise<Act> => {
  const { id } = await world.merchant()
  const body = method === 'PUT' ? { reason: 'A test.' } : undefined
  return {
    act: () => world.admin('ada', method, `/merchants/${id}/tripwire_exemptions/${key}`, body),
    who: 'ada',
  }
}
const onCardTesting = (body: object) => async (): Promise<Act> => {
  const { id } = await world.merchant()
  return { act: () => world.admin('ada', 'PUT', `/merchants/${id}/card_testing`, body), who: 'ada' }
}
/** A run of declines over different cards from one address, until it is blocked. */
async function testCards(merchantId: string): Promise<void> {
  const { cardTesting } = world.service.deps
  for (let last4 = 1000; last4 < 1005; last4++) {
    using tried = await cardTesting
      .admit({
        merchantId,
        flow: 'token',
        address: '203.0.113.9',
        bin: null,
        amount: { amount: 1000n, currency: 'EUR' },
        isMerchantInitiated: false,
      })
      .then((admitted) => (isRefusal(admitted) ? null : admitted))
    const card = { brand: 'visa', first6: null, last4: String(last4), exp_month: 1, exp_year: 2034 }
    const outcome = { outcome: 'declined', pspReference: null, code: 'incorrect_number', pspCode: null, card } as const
    tried?.learn({ id: newId('charge'), card: null }, outcome)
  }
  await cardTesting.settle()
}
/** A change of an endpoint by its merchant. */
const onEndpoint = (change: (key: string, path: string) => Promise<unknown>) => async (): Promise<Act> => {
  const { key, keyId } = await world.merchant()
  const { body } = await world.call(key, 'POST', '/webhook_endpoints', { url: 'http://127.0.0.1:9/hook' })
  return { act: () => change(key, `/webhook_endpoints/${body.id}`), who: keyId }
}
/** The days of all other grants are left as they are, and only this one ends. */
const onLastDays = (daysLeft: number) => async (): Promise<Act> => {
  await world.owner.query(`update raw_card_grants set status = 'revoked'`)
  const { id } = await world.merchant()
  await world.grant(id)
  const now = () => new Date(Date.now() + (300 - daysLeft) * 86_400_000)
  return { act: () => lapseGrants({ ...world.service.deps, now }), who: 'lapse_grants' }
}
/** A card charge that was sent to a PSP of which nothing is known. */
async function sentCharge() {
  const { id, key, keyId, account } = await world.merchant()
  await world.grant(id)
  const { body } = await world.cardCharge(key)
  assert.equal(body.do, 'send', JSON.stringify(body))
  return { account, key, keyId, attempt: String(body.attempt) }
}
/** One that has had no outcome for 20 minutes, and whose PSP cannot be reached. */
async function oldAttempt() {
  const sent = await sentCharge()
  await world.owner.query(
    `update attempts set sent_at = now() - interval '20 minutes', in_doubt_since = now() - interval '20 minutes',
       next_lookup_at = now() + interval '1 hour', alerted_at = now() where id = $1`,
    [sent.attempt],
  )
  return sent
}
const neverHappened = { outcome: 'not_executed', proof: 'PSP support case 4711', reason: 'A test.' }
/** A step with an operator for whom ada has asked. */
const onOperator = (name: string, step: string, who: 'ada' | 'ben') => async (): Promise<Act> => {
  const token_digest = digestOf(name).toString('hex')
  if (step === '/approve') await world.admin('ada', 'POST', '/operators', { name, token_digest })
  return { act: () => world.admin(who, 'POST', `/operators/${name}${step}`, { token_digest }), who }
}
/** A rotation that is not the first, and finds something that is sealed. */
const onRotation = (others: Case[]) => async (): Promise<Act> => {
  const { pool, config, log } = world.service.deps
  const rotate = async () => {
    const ring = await openKeyRing(pool, config, log)
    return rotateEncryption({ pool, settings: config, ring, tell: () => {} })
  }
  if ((await readEncryptionKeys(pool)).length === 0) await rotate()
  await world.merchant()
  return { act: rotate, who: 'database login fincore_app', with: others }
}
async function askedSettlement() {
  const sent = await oldAttempt()
  const { body } = await world.admin('ada', 'POST', `/unresolved_attempts/${sent.attempt}/settle`, neverHappened)
  return { ...sent, path: `/attempt_settlements/${body.id}` }
}
/** A step of a settlement that ada has asked for. */
const onSettlement =
  (action: string, who: 'ada' | 'ben', others: Case[] = [], by: string = who) =>
  async (): Promise<Act> => {
    const { path } = await askedSettlement()
    return { act: () => world.admin(who, 'POST', `${path}/${action}`), who: by, with: others }
  }

async function heldEvent(): Promise<string> {
  const { id, account } = await world.merchant()
  const event = newId('request')
  await world.owner.query(
    `insert into psp_events (merchant_id, psp_account_id, event_id, type, event, state, next_try_at)
     values ($1, $2, $3, 'x', '{"id":"x","type":"x","about":{"kind":"nothing"}}', 'held', now() + interval '1 hour')`,
    [id, account, event],
  )
  return `${account}:${event}`
}

/** Compares the last hour of an account with a PSP that lists these movements, and knows nothing else. */
async function compareWith(account: string, movements: object[]): Promise<void> {
  const { deps } = world.service
  const [from, to] = [new Date(Date.now() - 3_600_000), new Date()]
  const send = async ({ url }: PspRequest): Promise<PspReply> => {
    const list = { movements, next: null, complete_until: to.toISOString() }
    const nothing = { payments: [], operations: [], checkout_sessions: [] }
    return { status: 200, headers: {}, body: JSON.stringify(url.includes('/v2/movements') ? list : nothing) }
  }
  const found = await deps.directory.findPspAccount(account)
  assert.ok(found)
  const order = { runId: newId('reconciliationRun'), account: found, applies: true, kind: 'command' as const, from, to }
  assert.equal((await reconcile({ ...deps, send }, order)).stopped, null)
}
const strangersMovement = () => ({
  object: 'movement',
  kind: 'authorization',
  id: 'pay_1',
  reference: 'order-1',
  payment: 'pay_1',
  payment_reference: 'order-1',
  checkout_session: null,
  amount: { value: 1000, currency: 'EUR' },
  at: new Date(Date.now() - 60_000).toISOString(),
})
async function openFinding(): Promise<string> {
  const { account } = await world.merchant()
  await compareWith(account, [strangersMovement()])
  const { rows } = await world.owner.query('select id from reconciliation_findings where psp_account_id = $1', [
    account,
  ])
  return rows[0].id
}

const cases: Record<Case, () => Promise<Act>> = {
  'merchant.create success': async () => ({
    act: () => world.admin('ada', 'POST', '/merchants', { name: 'Shop' }),
    who: 'ada',
  }),
  'merchant.create refused': async () => ({
    act: () => world.admin('ada', 'POST', '/merchants', { name: '' }),
    who: 'ada',
  }),
  'api_key.create success': onMerchant('/api_keys', { kind: 'secret' }),
  'api_key.create refused': onMerchant('/api_keys', { kind: 'none' }),
  'api_key.roll success': async () => {
    const { id, keyId } = await world.merchant()
    const path = `/merchants/${id}/api_keys/${keyId}/roll`
    return { act: () => world.admin('ben', 'POST', path), who: 'ben', with: ['api_key.create success'] }
  },
  'api_key.roll refused': onMerchant(`/api_keys/key_${unknownId}/roll`),
  'api_key.revoke success': async () => {
    const { id, keyId } = await world.merchant()
    return { act: () => world.admin('ben', 'DELETE', `/merchants/${id}/api_keys/${keyId}`), who: 'ben' }
  },
  'api_key.revoke refused': async () => {
    const { id } = await world.merchant()
    return { act: () => world.admin('ben', 'DELETE', `/merchants/${id}/api_keys/key_${unknownId}`), who: 'ben' }
  },
  'api_key.refuse refused': async () => ({
    act: () => world.call(`sk_test_${'x'.repeat(43)}`, 'GET', '/charges'),
    who: 'unknown',
  }),
  'psp_account.create success': onMerchant('/psp_accounts', accountRequest),
  'psp_account.create refused': onMerchant('/psp_accounts', { ...accountRequest, config: {} }),
  'psp_account.change success': onAccount('', true, { priority: 7, currencies: ['EUR'] }),
  'psp_account.change refused': onAccount('', true, { priority: 0 }),
  'psp_account.set_credentials success': onAccount('/credentials', true, {
    credentials: { webhook_secret: 'another-webhook-secret' },
  }),
  'psp_account.set_credentials refused': onAccount('/credentials', true, { credentials: { webhook_secret: null } }),
  'psp_account.confirm_raw_cards success': onAccount('/confirm_raw_cards', true, { reference: 'The PSP’s letter' }),
  'psp_account.confirm_raw_cards refused': onAccount('/confirm_raw_cards', true),
  'psp_account.withdraw_raw_cards success': onAccount('/withdraw_raw_cards', true),
  'psp_account.withdraw_raw_cards refused': onAccount('/withdraw_raw_cards', false),
  'psp_account.enable success': onAccount('/enable', true),
  'psp_account.enable refused': onAccount('/enable', false),
  'psp_account.disable success': onAccount('/disable', true),
  'psp_account.disable refused': onAccount('/disable', false),
  'psp_account.check success': onAccount('/check', true),
  'psp_account.check refused': onAccount('/check', false),
  'raw_card_grant.request success': onMerchant('/raw_card_grants', grantRequest()),
  'raw_card_grant.request refused': onMerchant('/raw_card_grants', grantRequest(700)),
  'raw_card_grant.approve success': onGrant('approve', 'requested'),
  'raw_card_grant.approve refused': onGrant('approve', 'requested', 'ada'),
  'raw_card_grant.replace success': async () => {
    const { id } = await world.merchant()
    await world.grant(id)
    const next = await world.requestGrant(id)
    return {
      act: () => world.admin('ben', 'POST', `/merchants/${id}/raw_card_grants/${next}/approve`),
      who: 'ben',
      with: ['raw_card_grant.approve success'],
    }
  },
  'raw_card_grant.suspend success': onGrant('suspend', 'active'),
  'raw_card_grant.suspend refused': onGrant('suspend', 'requested'),
  'raw_card_grant.resume success': onGrant('resume', 'suspended'),
  'raw_card_grant.resume refused': onGrant('resume', 'active'),
  'raw_card_grant.revoke success': onGrant('revoke', 'active'),
  'raw_card_grant.revoke refused': onMerchant(`/raw_card_grants/grant_${unknownId}/revoke`),
  'raw_card_grant.expire success': onLastDays(-1),
  'raw_card_grant.lapse_warning success': onLastDays(60),
  'raw_card.charge success': async () => {
    const { id, key, keyId } = await world.merchant()
    await world.grant(id)
    return { act: () => world.cardCharge(key), who: keyId }
  },
  'raw_card.charge refused': async () => {
    const { id, key, keyId } = await world.merchant()
    await world.grant(id)
    return { act: () => world.cardCharge(key, { amount: -1 }), who: keyId }
  },
  'raw_card.admission refused': async () => {
    const { key, keyId } = await world.merchant()
    return { act: () => world.admission(key), who: keyId }
  },
  'card_data.send refused': async () => {
    const { key, keyId } = await world.merchant()
    return { act: () => world.call(key, 'POST', '/charges', { description: '4111111111111111' }), who: keyId }
  },
  'tripwire_exemption.set success': onExemption('PUT', 'order_number'),
  'tripwire_exemption.set refused': onExemption('PUT', 'card_number'),
  'tripwire_exemption.delete success': async () => {
    const { id } = await world.merchant()
    const path = `/merchants/${id}/tripwire_exemptions/order_number`
    await world.admin('ada', 'PUT', path, { reason: 'A test.' })
    return { act: () => world.admin('ada', 'DELETE', path), who: 'ada' }
  },
  'tripwire_exemption.delete refused': onExemption('DELETE', 'order_number'),
  'card_testing.block success': async () => {
    const { id } = await world.merchant()
    return { act: () => testCards(id), who: 'card_testing' }
  },
  'card_testing.lift success': async () => {
    const { id } = await world.merchant()
    await testCards(id)
    const path = `/merchants/${id}/card_testing/blocks`
    const { body } = await world.admin('ada', 'GET', `${path}?in_force=true&address=203.0.113.9`)
    const [block] = body.data as { id: string }[]
    return { act: () => world.admin('ada', 'POST', `${path}/${block?.id}/lift`, { reason: 'A test.' }), who: 'ada' }
  },
  'card_testing.lift refused': onMerchant(`/card_testing/blocks/ctb_${unknownId}/lift`, { reason: 'A test.' }),
  'card_testing.set success': onCardTesting({ rules: { address_declines: { limit: 20 } } }),
  'card_testing.set refused': onCardTesting({ allowed_addresses: ['here'] }),
  'psp_event.replay success': async () => {
    const event = await heldEvent()
    return { act: () => world.admin('ada', 'POST', `/held_psp_events/${event}/replay`), who: 'ada' }
  },
  'psp_event.replay refused': async () => {
    const { account } = await world.merchant()
    return { act: () => world.admin('ada', 'POST', `/held_psp_events/${account}:none/replay`), who: 'ada' }
  },
  'psp_webhook.refused refused': async () => {
    const { account } = await world.merchant()
    return { act: () => world.pspWebhook(account, {}, 'guessed'), who: 'unknown' }
  },
  'psp_webhook.mask_card_data success': async () => {
    const { account } = await world.merchant()
    const event = capturedPayment('order-4242-4242-4242-4242', 'pay_1')
    return { act: () => world.pspWebhook(account, event), who: 'inbox' }
  },
  'psp.contradiction refused': async () => {
    const { account, attempt } = await sentCharge()
    await world.report(attempt, { failure: 'refused', requestWasSent: false })
    return { act: () => world.pspWebhook(account, capturedPayment(attempt)), who: 'settlement' }
  },
  'attempt.unresolved success': async () => {
    const { attempt } = await sentCharge()
    const old = `update attempts set sent_at = now() - interval '20 minutes', next_lookup_at = now() - interval '20 minutes' where id = $1`
    return { act: () => world.owner.query(old, [attempt]), who: 'resolver' }
  },
  'attempt.look_up success': async () => {
    const { attempt } = await oldAttempt()
    return { act: () => world.admin('ada', 'POST', `/unresolved_attempts/${attempt}/look_up`), who: 'ada' }
  },
  'attempt.look_up refused': async () => ({
    act: () => world.admin('ada', 'POST', `/unresolved_attempts/att_${unknownId}/look_up`),
    who: 'ada',
  }),
  'attempt_settlement.request success': async () => {
    const { attempt } = await oldAttempt()
    return {
      act: () => world.admin('ada', 'POST', `/unresolved_attempts/${attempt}/settle`, neverHappened),
      who: 'ada',
    }
  },
  'attempt_settlement.request refused': async () => {
    const { attempt } = await sentCharge()
    return {
      act: () => world.admin('ada', 'POST', `/unresolved_attempts/${attempt}/settle`, neverHappened),
      who: 'ada',
    }
  },
  'attempt_settlement.approve success': onSettlement('approve', 'ben', ['attempt_settlement.apply success']),
  'attempt_settlement.approve refused': onSettlement('approve', 'ada'),
  'attempt_settlement.withdraw success': onSettlement('withdraw', 'ada'),
  'attempt_settlement.withdraw refused': async () => ({
    act: () => world.admin('ada', 'POST', `/attempt_settlements/set_${unknownId}/withdraw`),
    who: 'ada',
  }),
  'attempt_settlement.apply success': onSettlement(
    'approve',
    'ben',
    ['attempt_settlement.approve success'],
    'resolver',
  ),
  'attempt_settlement.apply refused': async () => {
    const { account, attempt } = await askedSettlement()
    return { act: () => world.pspWebhook(account, capturedPayment(attempt)), who: 'resolver' }
  },
  'reconciliation.difference success': async () => {
    const { account } = await world.merchant()
    return { act: () => compareWith(account, [strangersMovement()]), who: 'reconciliation' }
  },
  'reconciliation.repair success': async () => {
    const { account } = await world.merchant()
    await compareWith(account, [strangersMovement()])
    return { act: () => compareWith(account, []), who: 'reconciliation' }
  },
  'reconciliation.run success': async () => {
    const { account } = await world.merchant()
    const days = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }
    return {
      act: () => runCommand(world.service.deps, { pspAccount: account, dryRun: false, ...days }),
      who: 'database login fincore_app',
    }
  },
  'reconciliation_finding.accept success': async () => {
    const path = `/reconciliation_findings/${await openFinding()}/accept`
    return { act: () => world.admin('ada', 'POST', path, { reason: 'A test.' }), who: 'ada' }
  },
  'reconciliation_finding.accept refused': async () => ({
    act: () => world.admin('ada', 'POST', `/reconciliation_findings/find_${unknownId}/accept`, { reason: 'A test.' }),
    who: 'ada',
  }),
  'webhook_endpoint.create success': async () => {
    const { key, keyId } = await world.merchant()
    return { act: () => world.call(key, 'POST', '/webhook_endpoints', { url: 'http://127.0.0.1:9/hook' }), who: keyId }
  },
  'webhook_endpoint.create refused': onMerchant('/webhook_endpoints', { url: 'https://10.0.0.1/' }),
  'webhook_endpoint.update success': onEndpoint((key, path) => world.call(key, 'PATCH', path, { status: 'disabled' })),
  'webhook_endpoint.delete success': onEndpoint((key, path) => world.call(key, 'DELETE', path)),
  'webhook_endpoint.rotate_secret success': onEndpoint((key, path) =>
    world.call(key, 'POST', `${path}/rotate_secret`, {}),
  ),
  'webhook_endpoint.disable success': async () => {
    const { id: merchantId, key } = await world.merchant()
    const url = 'http://127.0.0.1:9/hook'
    const { id } = (await world.call(key, 'POST', '/webhook_endpoints', { url })).body
    const failing = { merchantId, id, url, reason: 'failing' } as const
    return { act: () => disableEndpoint(world.service.deps, failing), who: 'endpoint_health' }
  },
  'notice.acknowledge success': async () => {
    const { id: merchantId } = await world.merchant()
    const facts = { merchant: 'Shop', merchantId, endpoint: 'whe_1', host: 'shop.example', failingSince: new Date() }
    await inTransaction(world.service.deps.pool, (tx) =>
      insertNotice(tx, merchantId, 'whe_1', failingEndpointNotice(facts)),
    )
    const { body } = await world.admin('ada', 'GET', `/notices?merchant=${merchantId}`)
    const [notice] = body.data as unknown as { id: string }[]
    return { act: () => world.admin('ada', 'POST', `/notices/${notice?.id}/acknowledge`), who: 'ada' }
  },
  'notice.acknowledge refused': async () => ({
    act: () => world.admin('ada', 'POST', `/notices/ntc_${unknownId}/acknowledge`),
    who: 'ada',
  }),
  'operator.sign_in refused': async () => ({ act: () => world.admin(null, 'GET', '/merchants'), who: 'unknown' }),
  'operator.set_token success': async () => ({
    async act() {
      const operators = JSON.stringify([{ name: 'cleo', token: 'c'.repeat(32) }])
      await (await world.start({ BOOTSTRAP_OPERATORS: operators, ROLES: 'admin' })).stop()
    },
    who: 'settings',
    with: ['audit_log.start success', 'audit_log.stop success'],
  }),
  'operator.request success': async () => ({
    act: () => world.admin('ada', 'POST', '/operators', { name: 'dora', token_digest: 'd1'.repeat(32) }),
    who: 'ada',
  }),
  'operator.request refused': async () => ({
    act: () => world.admin('ada', 'POST', '/operators', { name: 'dora', token_digest: 'the token' }),
    who: 'ada',
  }),
  'operator.approve success': onOperator('erik', '/approve', 'ben'),
  // By the one who asked.
  'operator.approve refused': onOperator('finn', '/approve', 'ada'),
  'operator.roll_token success': async () => {
    const token_digest = digestOf(operators.ben).toString('hex')
    return { act: () => world.admin('ben', 'POST', '/operators/ben/token', { token_digest }), who: 'ben' }
  },
  'operator.roll_token refused': onOperator('ben', '/token', 'ada'),
  'operator.disable success': async () => {
    await world.admin('ada', 'POST', '/operators', { name: 'gina', token_digest: 'd2'.repeat(32) })
    return { act: () => world.admin('ada', 'POST', '/operators/gina/disable', { reason: 'A test.' }), who: 'ada' }
  },
  'operator.disable refused': async () => ({
    act: () => world.admin('ada', 'POST', '/operators/ada/disable'),
    who: 'ada',
  }),
  'encryption_key.create success': onRotation(['encryption_key.activate success', 'encryption_key.reseal success']),
  'encryption_key.activate success': onRotation(['encryption_key.create success', 'encryption_key.reseal success']),
  'encryption_key.reseal success': onRotation(['encryption_key.create success', 'encryption_key.activate success']),
  'encryption_key.destroy success': async () => {
    // After those above, which retired a key each.
    const rotation = await onRotation([
      'encryption_key.create success',
      'encryption_key.activate success',
      'encryption_key.reseal success',
    ])()
    await world.owner.query(
      `update encryption_keys set retired_at = now() - interval '2 days'
       where number = (select min(number) from encryption_keys where state = 'retired')`,
    )
    return rotation
  },
  'encryption_key.rewrap success': async () => {
    await onRotation([])()
    const { config } = world.service.deps
    const here = config.encryptionKey
    const other = { ...config, encryptionKey: Buffer.alloc(32, 9), previousEncryptionKey: here }
    // As when the files of the two settings change: the service can unwrap with either.
    config.previousEncryptionKey = other.encryptionKey
    await world.owner.query(`notify fincore_changed, 'encryption_keys'`)
    const isReported = `select from encryption_key_holders where cardinality(unwraps) = 2`
    for (
      const until = Date.now() + 10_000;
      (await world.owner.query(isReported)).rowCount === 0 && Date.now() < until;
    )
      await sleep(20)
    const tools = { pool: world.service.deps.pool, tell: () => {} }
    const keys = await rewrapKeys({ ...tools, settings: other }, null)
    return {
      // One record for each key, the seed included.
      act: () => rewrapKeys({ ...tools, settings: config }, null),
      who: 'database login fincore_app',
      with: Array.from({ length: keys - 1 }, () => 'encryption_key.rewrap success' as const),
    }
  },
  'audit_log.read success': async () => ({ act: () => world.admin('ada', 'GET', '/audit_log?limit=1'), who: 'ada' }),
  'audit_log.read refused': async () => ({ act: () => world.admin('ada', 'GET', '/audit_log?limit=0'), who: 'ada' }),
  'audit_log.export success': async () => ({
    act: () => world.admin('ada', 'GET', '/audit_log/export?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z'),
    who: 'ada',
  }),
  'audit_log.export refused': async () => ({ act: () => world.admin('ada', 'GET', '/audit_log/export'), who: 'ada' }),
  'audit_log.start success': async () => {
    let started: Awaited<ReturnType<typeof world.start>> | null = null
    return {
      act: async () => {
        started = await world.start({ ROLES: 'admin' })
        await started.stop()
      },
      who: 'payment-service',
      with: ['audit_log.stop success'],
    }
  },
  'audit_log.stop success': async () => {
    const other = await world.start({ ROLES: 'admin' })
    return { act: () => other.stop(), who: 'payment-service' }
  },
  'audit_log.outage success': async () => {
    const { id, key } = await world.merchant()
    await world.grant(id)
    await world.owner.query('revoke insert on audit_records from fincore_app')
    const { body } = await world.admission(key)
    assert.equal(body.decision, 'refuse', 'no card is taken that cannot be audited')
    return {
      async act() {
        await world.owner.query('grant insert on audit_records to fincore_app')
        await sleep(600)
        assert.equal((await world.admission(key)).body.decision, 'admit')
      },
      who: 'payment-service',
      with: ['raw_card.admission refused'],
    }
  },
  'audit_log.gap success': async () => {
    // No text of a request can be one that the database refuses, so a rule of the table's own stands for it.
    const { key } = await world.merchant()
    await world.owner.query(
      `alter table audit_records add constraint odd check (type <> 'raw_card.admission') not valid`,
    )
    return {
      async act() {
        await world.admission(key)
        await sleep(300)
        await world.owner.query('alter table audit_records drop constraint odd')
      },
      who: 'payment-service',
    }
  },
}

type Row = {
  id: bigint
  type: string
  outcome: string
  actorType: string
  actor: string
  origin: string
  resource: string | null
  details: Record<string, unknown>
}
async function readAfter(last: bigint): Promise<Row[]> {
  const { rows } = await world.owner.query<Row>(
    `select id, type, outcome, actor_type as "actorType", actor, origin, resource, details from audit_records
     where id > $1 order by id`,
    [last],
  )
  return rows
}
async function lastId(): Promise<bigint> {
  return (await world.owner.query('select coalesce(max(id), 0) as last from audit_records')).rows[0].last
}

describe('each audited action, done once through its door, leaves exactly one record', () => {
  for (const [name, prepare] of Object.entries(cases)) {
    it(name, async () => {
      const { act, who, with: others = [] } = await prepare()
      const wanted = [name, ...others].sort()
      const before = await lastId()
      await act()
      let rows = await readAfter(before)
      for (const deadline = Date.now() + 10_000; rows.length < wanted.length && Date.now() < deadline; ) {
        await sleep(20)
        rows = await readAfter(before)
      }
      assert.deepEqual(rows.map((row) => `${row.type} ${row.outcome}`).sort(), wanted)
      const [record] = rows.filter((row) => `${row.type} ${row.outcome}` === name)
      assert.ok(record)
      assert.equal(explainMisfit(record), null)
      assert.equal(record.actor, who)
      // PCI DSS 10.2.2: who, what, when, outcome, from where, on what. The table's columns see to the rest.
      assert.ok(record.origin !== '' && record.resource, JSON.stringify([record.origin, record.resource]))
      assert.doesNotMatch(JSON.stringify(record.details), /4111111111111111|sk_test_|whsec_/)
    })
  }
})

it('every row of the table has its cases', () => {
  const rows = Object.entries(auditTypes).flatMap(([type, { outcomes }]) =>
    outcomes.map((outcome) => `${type} ${outcome}`),
  )
  assert.deepEqual(Object.keys(cases).sort(), rows.sort())
})

it('an action names its resource in the same words when it succeeds and when it is refused', async () => {
  const { id } = await world.merchant()
  const before = await lastId()
  const exemption = `/merchants/${id}/tripwire_exemptions/order_no`
  await world.admin('ada', 'PUT', exemption, { reason: 'A test.' })
  await world.admin('ada', 'PUT', exemption, { reason: '' })
  await world.admin('ada', 'DELETE', exemption)
  await world.admin('ada', 'DELETE', exemption)
  await world.admin('ada', 'PUT', `/merchants/${id}/tripwire_exemptions/4111111111111111`, { reason: 'A test.' })
  await world.admin('ada', 'GET', '/audit_log?limit=1')
  await world.admin('ada', 'GET', '/audit_log?limit=0')
  const grant = await world.requestGrant(id)
  await world.admin('ada', 'POST', `/merchants/${id}/raw_card_grants/${grant}/approve`)
  await world.admin('ben', 'POST', `/merchants/${id}/raw_card_grants/${grant}/approve`)
  const records = await readAfter(before)
  assert.deepEqual(
    records.map((row) => `${row.type} ${row.outcome}: ${row.resource}`),
    [
      'tripwire_exemption.set success: metadata.order_no',
      'tripwire_exemption.set refused: metadata.order_no',
      'tripwire_exemption.delete success: metadata.order_no',
      'tripwire_exemption.delete refused: metadata.order_no',
      'tripwire_exemption.set refused: metadata.…',
      'audit_log.read success: audit_log',
      'audit_log.read refused: audit_log',
      `raw_card_grant.request success: ${grant}`,
      `raw_card_grant.approve refused: ${grant}`,
      `raw_card_grant.approve success: ${grant}`,
    ],
  )
})

it('a card charge is audited with its grant, certificate and request; what repeats it, once more', async () => {
  const { id, key, keyId } = await world.merchant()
  const grant = await world.grant(id)
  const before = await lastId()
  const charge = () => world.cardCharge(key, { idempotencyKey: `key-of-${id}` })
  const { body } = await charge()
  await charge()
  await world.report(String(body.attempt), { failure: 'refused', requestWasSent: false })
  await charge()
  const found = await world.owner.query('select id from charges where merchant_id = $1', [id])
  const details = { grant, certificate, request: 'req_test' }
  assert.deepEqual(
    (await readAfter(before)).map((row) => [row.type, row.outcome, row.actor, row.origin, row.resource, row.details]),
    [
      ['success', found.rows[0].id, details],
      ['refused', 'POST /v1/charges', { ...details, code: 'idempotency_key_in_use', param: null }],
      ['success', found.rows[0].id, { ...details, repeat: true }],
    ].map(([outcome, resource, details]) => ['raw_card.charge', outcome, keyId, '127.0.0.1', resource, details]),
  )
})

it('what cannot be audited does not happen, when an operator or a merchant changes something, and says why', async () => {
  const { id, key } = await world.merchant()
  const grant = await world.requestGrant(id)
  const before = await lastId()
  await world.owner.query('revoke insert on audit_records from fincore_app')
  const answers = [
    await world.admin('ada', 'POST', '/merchants', { name: 'Shop' }),
    await world.admin('ben', 'POST', `/merchants/${id}/raw_card_grants/${grant}/approve`),
    await world.admin('ada', 'GET', '/audit_log'),
    await world.call(key, 'POST', '/webhook_endpoints', { url: 'http://127.0.0.1:9/hook' }),
  ]
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body.code]),
    answers.map(() => [503, 'audit_log_unavailable']),
  )
  const status = await world.admin('ada', 'GET', '/audit_log/status')
  assert.deepEqual([status.body.writable, status.body.why, status.body.raw_card_route], [false, '42501', 'closed'])
  const { rows } = await world.owner.query(
    `select (select count(*) from raw_card_grants where id = $1 and status <> 'requested') as approved,
         (select count(*) from webhook_endpoints where merchant_id = $2) as endpoints`,
    [grant, id],
  )
  assert.deepEqual(rows[0], { approved: 0n, endpoints: 0n })
  // The tries themselves are recorded as soon as that is possible.
  await world.owner.query('grant insert on audit_records to fincore_app')
  let records: Row[] = []
  for (const deadline = Date.now() + 10_000; records.length < 3 && Date.now() < deadline; await sleep(50))
    records = await readAfter(before)
  assert.deepEqual(records.map((row) => `${row.type} ${row.outcome} ${row.details.code}`).sort(), [
    'audit_log.read refused audit_log_unavailable',
    'merchant.create refused audit_log_unavailable',
    'raw_card_grant.approve refused audit_log_unavailable',
  ])
  const open = await world.admin('ada', 'GET', '/audit_log/status')
  assert.deepEqual([open.body.writable, open.body.raw_card_route], [true, 'open'])
})

for (const fault of ['a check that nothing passes', 'a sequence whose numbers are used']) {
  it(`${fault} closes the raw-card route and an operator's actions, and says so`, async () => {
    const { id, key } = await world.merchant()
    await world.grant(id)
    const mend = await faults[fault]?.(world.owner)
    assert.ok(mend)
    try {
      const { body } = await world.cardCharge(key)
      const reply = body.reply as { status: number; body: string }
      assert.deepEqual([reply.status, JSON.parse(reply.body).code], [503, 'audit_log_unavailable'])
      const status = await world.admin('ada', 'GET', '/audit_log/status')
      assert.deepEqual([status.body.writable, status.body.raw_card_route], [false, 'closed'])
      if (fault.includes('sequence'))
        assert.equal((await world.admin('ada', 'POST', '/merchants', { name: 'Shop' })).status, 503)
    } finally {
      await mend()
    }
    let admitted = ''
    for (const deadline = Date.now() + 10_000; admitted !== 'admit' && Date.now() < deadline; await sleep(50))
      admitted = String((await world.admission(key)).body.decision)
    assert.equal(admitted, 'admit')
  })
}

it('an export over the admin API is one that can be checked offline', async () => {
  const sealed = () => world.owner.query('select from audit_unsealed')
  for (const deadline = Date.now() + 10_000; (await sealed()).rowCount !== 0 && Date.now() < deadline; )
    await sleep(100)
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString()
  const text = await world.exportLog(day(-1), day(1))
  const lines = text.trimEnd().split('\n')
  const report = await verifyExport(Readable.from(lines.map((line) => Buffer.from(`${line}\n`))))
  assert.deepEqual(report.problems, [])
  assert.ok(report.records > 100)
})

it('a route of the admin API that changes something and names no audit record stops the start', () => {
  const app = createAdminServer(world.service.deps)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    assert.throws(
      () =>
        app.route({ method, url: '/admin/v1/new', config: { access: { by: 'operator' } }, handler: async () => ({}) }),
      /must name its audit record/,
    )
  }
})
