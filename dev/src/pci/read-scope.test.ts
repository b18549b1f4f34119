import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withClient } from '../database.ts'
import { createTestDatabase } from '../test-database.ts'
import { describeScope } from './describe-scope.ts'
import { readScope } from './read-scope.ts'

test('the scope lists each merchant’s flows, and the grant that stands behind raw cards', async (t) => {
  const database = await createTestDatabase(t)
  await withClient(database.ownerUrl, async (client) => {
    await client.query(`insert into merchants (merchant_id, name) values ('mer_a', 'Ann | Co'), ('mer_b', 'Ben')`)
    await client.query(`insert into psp_accounts (merchant_id, id, psp, name, config, credentials)
      values ('mer_a', 'pspa_a', 'sandbox', 'x', '{}', '\\x00')`)
    await client.query(`insert into charges (merchant_id, id, status, flow, amount, currency, capture_method, captured,
        refunded, refunds_pending, psp_account_id, psp, metadata, created_at)
      select 'mer_a', 'ch_' || n, 'processing', case when n = 1 then 'token' else 'raw_card' end, 100, 'EUR', 'automatic', 0, 0, 0,
        'pspa_a', 'sandbox', '{}', now() - case when n = 4 then interval '100 days' else interval '1 day' end
      from generate_series(1, 4) n`)
    await client.query(`insert into api_keys (merchant_id, id, kind, digest, hint, scopes, created_by)
      values ('mer_a', 'key_a', 'secret', sha256('a'), 'a', '{read,charges:raw_card}', 'alice')`)
    await client.query(`insert into raw_card_grants (merchant_id, id, status, evidence_kind, evidence_reference, evidence_sha256,
        evidence_date, valid_until, address_ranges, certificate_fingerprints, requested_by, approved_by)
      values ('mer_a', 'grant_1', 'revoked', 'saq_d', 'old', sha256('o'), '2026-01-01', '2026-12-31', '{10.0.0.0/8}', array[sha256('c')], 'alice', 'bob'),
             ('mer_a', 'grant_2', 'active', 'roc_aoc', 'new', sha256('n'), '2026-02-01', '2027-01-31', '{10.0.0.0/8}', array[sha256('c')], 'alice', 'bob')`)
  })
  const scope = await readScope(database.appUrl)
  assert.deepEqual(
    scope.map(({ merchant, charges, rawCardKeys, grants }) => [
      merchant,
      charges,
      rawCardKeys,
      grants.map(({ id }) => id),
    ]),
    [
      ['mer_a', { hosted: 0, token: 1, raw_card: 2 }, 1, ['grant_2']],
      ['mer_b', { hosted: 0, token: 0, raw_card: 0 }, 0, []],
    ],
  )
  const text = describeScope(scope)
  assert.match(text, /2 merchants, 1 of which may send raw cards now/)
  assert.match(text, /Report on Compliance with its attestation of 2026-02-01: new/)
  assert.match(text, /2027-01-31.*alice, bob/)
})
