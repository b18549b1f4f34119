import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type ApiWorld, createApiWorld } from '../webhooks/testing/api-world.ts'
import { type Figures, readFigures } from './figures.ts'

const none = { count: 0, oldest: 0 }

describe('the figures of the whole database', () => {
  let world: ApiWorld
  before(async () => {
    world = await createApiWorld()
  })
  after(() => world.close())

  it('are nothing where there is nothing', async () => {
    const { databaseBytes, ...figures } = await readFigures(world.pool)
    assert.ok(databaseBytes > 1_000_000)
    assert.deepEqual(figures, {
      inDoubt: { psp: none, shopper: none },
      pspEvents: { due: none, held: none, flagged: none },
      deliveries: { pending: 0, oldestDue: 0 },
      endpointsFailing: 0,
      findings: [],
      reconciliationBehind: 0,
      notices: [],
      grants: { inForce: 0, within7: 0, within30: 0, within60: 0, nextEndDays: null },
      cardTestingBlocks: 0,
      auditSealLag: 0,
    } satisfies Omit<Figures, 'databaseBytes'>)
  })

  it('count what waits and for how long, and nothing that is done, under way, lifted or over', async () => {
    const { pool } = world
    const merchant = await world.addMerchant()
    const account = await world.addPspAccount(merchant, {})
    const attempts = [
      `('att_1', 'unknown', now() - interval '90 s', now() + interval '1 h')`,
      `('att_2', 'sent', now() - interval '40 s', now() - interval '20 s')`,
      `('att_3', 'sent', now(), now() + interval '14 s')`,
      `('att_4', 'action_required', now() - interval '200 s', now() + interval '1 h')`,
      `('att_5', 'approved', now() - interval '900 s', null)`,
    ]
    await pool.query(
      `insert into payment_sessions (merchant_id, id, status, amount, currency, capture_method, psp_account_id, link_digest, success_url, cancel_url,
         metadata, line_items, late_payments, expires_at, next_expiry_try_at)
       values ($1, 'ps_1', 'expired', 1, 'EUR', 'automatic', $2, $3, 'https://a.example', 'https://a.example', '{}', '[]', 'refund', now(), now())`,
      [merchant, account, Buffer.alloc(32)],
    )
    await pool.query(
      `insert into attempts (merchant_id, id, kind, state, psp_account_id, payment_session_id, sent_at, next_lookup_at, settled_at)
       select $1, id, 'create_session', state, $2, 'ps_1', sent_at, next_lookup_at, case when next_lookup_at is null then now() end
       from (values ${attempts.join(', ')}) as attempt (id, state, sent_at, next_lookup_at)`,
      [merchant, account],
    )
    await pool.query(
      `insert into psp_events (merchant_id, psp_account_id, event_id, type, event, state, next_try_at, received_at)
       select $1, $2, id, 't', '{}', state, next_try_at, now() - interval '300 s' from (values
         ('1', 'received', now() - interval '30 s'), ('2', 'held', now() + interval '1 h'), ('3', 'held', now() - interval '5 s'),
         ('4', 'flagged', null), ('5', 'applied', null)) as event (id, state, next_try_at)`,
      [merchant, account],
    )
    const [slow, other] = [
      await world.addEndpoint(merchant, 'http://127.0.0.1:1'),
      await world.addEndpoint(merchant, 'http://127.0.0.1:2'),
    ]
    await world.addEvent(merchant)
    await pool.query(`update webhook_deliveries set next_try_at = now() - interval '70 s' where endpoint_id = $1`, [
      other.id,
    ])
    await pool.query(`update webhook_deliveries set next_try_at = now() + interval '1 h' where endpoint_id = $1`, [
      slow.id,
    ])
    await pool.query(
      `insert into webhook_endpoint_health (merchant_id, endpoint_id, consecutive_failures, failing_since)
       values ($1, $2, 3, now() - interval '2 h'), ($1, $3, 1, now())`,
      [merchant, slow.id, other.id],
    )
    await pool.query(
      `insert into reconciliation_accounts (merchant_id, psp_account_id, next_run_at, compared_until)
       values ($1, $2, now() + interval '10 min', now() - interval '4 h')`,
      [merchant, account],
    )
    await pool.query(
      `insert into card_testing_blocks (merchant_id, id, rule, subject, value, figures, since, until, lifted_at, lifted_by, lift_reason)
       values ($1, 'ctb_1', 'many_cards_of_an_address', 'address', 'a', '{}', now(), now() + interval '1 h', null, null, null),
              ($1, 'ctb_2', 'many_cards_of_an_address', 'address', 'b', '{}', now(), now() + interval '1 h', now(), 'ada', 'r'),
              ($1, 'ctb_3', 'many_cards_of_an_address', 'address', 'c', '{}', now() - interval '2 h', now() - interval '1 h', null, null, null)`,
      [merchant],
    )
    for (const [status, days] of [
      ['active', 7],
      ['suspended', 31],
      ['revoked', 1],
    ] as const)
      await pool.query(
        `insert into raw_card_grants (merchant_id, id, status, evidence_kind, evidence_reference, evidence_sha256, evidence_date,
           valid_until, address_ranges, certificate_fingerprints, requested_by, approved_by, approved_at)
         values ($1, $2, $3, 'saq_d', 'r', $4, (now() at time zone 'UTC')::date - 1, (now() at time zone 'UTC')::date + $5::int, '{127.0.0.0/8}', array[$4::bytea], 'ada', 'ben', now())`,
        [await world.addMerchant(), `grant_${days}`, status, Buffer.alloc(32), days],
      )
    const found = await readFigures(pool)
    const about = (seconds: number) => Math.round(seconds / 10) * 10
    assert.deepEqual(
      [
        found.inDoubt.psp.count,
        about(found.inDoubt.psp.oldest),
        found.inDoubt.shopper.count,
        about(found.inDoubt.shopper.oldest),
      ],
      [2, 90, 1, 200],
    )
    const { due, held, flagged } = found.pspEvents
    assert.deepEqual([due.count, about(due.oldest), held.count, about(held.oldest), flagged.count], [2, 30, 2, 300, 1])
    assert.deepEqual([found.deliveries.pending, about(found.deliveries.oldestDue)], [2, 70])
    assert.equal(found.endpointsFailing, 1)
    assert.equal(about(found.reconciliationBehind), 4 * 3_600)
    assert.equal(found.cardTestingBlocks, 1)
    assert.deepEqual(found.grants, { inForce: 2, within7: 1, within30: 1, within60: 2, nextEndDays: 7 })
  })
})
