import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ErrorCode } from '@fincore/api-contract/errors'
import { createCertificateAuthority, fingerprintOf, issueCertificate } from '@fincore/dev/certificates'
import { makeCanary } from './card-traces.ts'
import {
  addPspAccount,
  callAdmin,
  changeGrant,
  endGrantYesterday,
  type MadeMerchant,
  type MerchantWish,
  makeMerchant,
} from './merchants.ts'
import { type ClientCertificate, doorOf, type Knock, knock, readRegisteredCertificate } from './relay-door.ts'
import { cardCharge, shareWorld, type World } from './world.ts'

const dayMs = 24 * 60 * 60 * 1000
const body = JSON.stringify(cardCharge(makeCanary(900)))

type Certificates = Record<
  'registered' | 'unregistered' | 'ofAnotherMerchant' | 'outOfDate' | 'forServers' | 'ofAnUnknownAuthority',
  ClientCertificate
>

/** One condition that is not met, everything else being in order. */
type Missing = {
  what: string
  code: ErrorCode
  merchant?: MerchantWish
  /** Done to the merchant after it was made. */
  afterwards?: (world: World, merchant: MadeMerchant) => Promise<unknown>
  bearer?: (merchant: MadeMerchant) => string | null
  certificate?: keyof Certificates | null
  headers?: Record<string, string>
}

const missing: Missing[] = [
  { what: 'no key', code: 'raw_card_key_invalid', bearer: () => null },
  { what: 'an unknown key', code: 'raw_card_key_invalid', bearer: () => `sk_test_${'x'.repeat(43)}` },
  { what: 'a revoked key', code: 'raw_card_key_invalid', afterwards: revokeKey },
  { what: 'a publishable key', code: 'raw_card_key_invalid', bearer: ({ publishableKey }) => publishableKey },
  {
    what: 'a key without the scope',
    code: 'raw_card_scope_missing',
    merchant: { scopes: ['charges:write', 'payment_sessions:write', 'refunds:write', 'read'] },
  },
  { what: 'no grant', code: 'raw_card_grant_missing', merchant: { grant: 'none' } },
  { what: 'a grant only asked for', code: 'raw_card_grant_not_approved', merchant: { grant: 'requested' } },
  {
    what: 'a suspended grant',
    code: 'raw_card_grant_suspended',
    afterwards: (...all) => changeGrant(...all, 'suspend'),
  },
  { what: 'a grant that ended yesterday', code: 'raw_card_grant_expired', afterwards: endGrantYesterday },
  { what: 'a revoked grant', code: 'raw_card_grant_revoked', afterwards: (...all) => changeGrant(...all, 'revoke') },
  { what: 'no client certificate', code: 'client_certificate_required', certificate: null },
  {
    what: 'no client certificate, but a header as of a load balancer',
    code: 'client_certificate_required',
    certificate: null,
    headers: { 'x-amzn-mtls-clientcert-leaf': 'set by the test' },
  },
  {
    what: 'a certificate of an unknown authority of the same name',
    code: 'client_certificate_required',
    certificate: 'ofAnUnknownAuthority',
  },
  { what: 'a certificate that is out of date', code: 'client_certificate_required', certificate: 'outOfDate' },
  { what: 'a certificate for servers', code: 'client_certificate_required', certificate: 'forServers' },
  { what: 'an unregistered certificate', code: 'client_certificate_not_registered', certificate: 'unregistered' },
  {
    what: 'the certificate of another merchant',
    code: 'client_certificate_not_registered',
    certificate: 'ofAnotherMerchant',
  },
  {
    what: 'an address outside the ranges',
    code: 'source_address_not_allowed',
    merchant: { addressRanges: ['10.0.0.0/8'] },
  },
  {
    what: 'an address outside the ranges, but a header that claims another',
    code: 'source_address_not_allowed',
    merchant: { addressRanges: ['10.0.0.0/8'] },
    headers: { 'x-forwarded-for': '10.1.2.3' },
  },
]

const shared = shareWorld()

describe('who may bring a raw card', () => {
  let world: World
  let certificates: Certificates
  before(async () => {
    world = await shared.open()
    certificates = await makeCertificates(world)
  })
  after(() => shared.close())

  const knockAs = (merchant: MadeMerchant, how: Knock['how'], more: Partial<Knock> = {}) =>
    knock(doorOf(world), { bearer: merchant.key, certificate: certificates.registered, body, how, ...more })

  it('whoever lacks nothing is asked for the body, and charges', async () => {
    const merchant = await makeMerchant(world)
    await addPspAccount(world, merchant)
    assert.equal((await knockAs(merchant, 'expects_continue')).invited, true)
    const charge = await world.relay(cardCharge(makeCanary(0)), { bearer: merchant.key })
    assert.deepEqual([charge.status, charge.body.status], [201, 'captured'], charge.text)
  })

  for (const { what, code, merchant: wish, afterwards, bearer, certificate = 'registered', headers } of missing) {
    it(`${what}: ${code}, before a byte of the body is read`, async () => {
      // Each gets in by every other condition: a certificate that is refused as such stands in the grant nevertheless.
      const listed = certificate === null || code === 'client_certificate_not_registered' ? 'registered' : certificate
      const certificateFingerprints = [fingerprintOf(certificates[listed].certificate)]
      const merchant = await makeMerchant(world, { certificateFingerprints, ...wish })
      await afterwards?.(world, merchant)
      const writtenBefore = await countWritten(world)
      const attempt = {
        bearer: bearer === undefined ? merchant.key : bearer(merchant),
        certificate: certificate === null ? null : certificates[certificate],
        ...(headers && { headers: withLeaf(headers, certificates.registered) }),
      }
      const waiting = await knockAs(merchant, 'expects_continue', attempt)
      assert.deepEqual(waiting, { invited: false, status: 403, code, bodyBytesSent: 0 })
      const dripping = await knockAs(merchant, 'drips', attempt)
      assert.deepEqual([dripping.status, dripping.code], [403, code])
      assert.ok(dripping.bodyBytesSent < body.length / 2, `the answer came after ${dripping.bodyBytesSent} bytes`)
      assert.deepEqual(await countWritten(world), writtenBefore)
    })
  }

  it('the operator who asked for a grant cannot approve it', async () => {
    const merchant = await makeMerchant(world, { grant: 'requested' })
    const { admin, operators } = world.fincore.dev
    const collection = `/merchants/${merchant.id}/raw_card_grants`
    const url = `${admin}/admin/v1${collection}/${merchant.grant}/approve`
    const answer = await world.http.send('POST', url, { bearer: operators[0]?.token ?? '', json: {} })
    assert.deepEqual([answer.status, JSON.parse(answer.text).code], [403, 'two_operators_required'])
    const { data } = await callAdmin<{ data: { status: string; approved_by: string | null }[] }>(
      world,
      'GET',
      collection,
    )
    assert.deepEqual(
      data.map((grant) => [grant.status, grant.approved_by]),
      [['requested', null]],
    )
    assert.equal((await knockAs(merchant, 'expects_continue')).code, 'raw_card_grant_not_approved')
    await assert.rejects(
      world.database.query(
        `update raw_card_grants set status = 'active', approved_by = requested_by where merchant_id = $1`,
        [merchant.id],
      ),
      /violates check constraint/,
      'the database refuses it too',
    )
    assert.equal((await changeGrant(world, merchant, 'approve', 1)).status, 'active')
    const { rows } = await world.database.query<{ actor: string; outcome: string }>(
      `select actor, outcome from audit_records where resource = $1 and type = 'raw_card_grant.approve' order by id`,
      [merchant.grant],
    )
    assert.deepEqual(
      rows.map(({ actor, outcome }) => [actor, outcome]),
      [
        [operators[0]?.name, 'refused'],
        [operators[1]?.name, 'success'],
      ],
    )
    assert.equal((await knockAs(merchant, 'expects_continue')).invited, true)
  })

  const closings: [what: string, code: ErrorCode, close: (world: World, merchant: MadeMerchant) => Promise<unknown>][] =
    [
      ['the grant is revoked', 'raw_card_grant_revoked', (...all) => changeGrant(...all, 'revoke')],
      ['the grant is suspended', 'raw_card_grant_suspended', (...all) => changeGrant(...all, 'suspend')],
      ['the key is revoked', 'raw_card_key_invalid', revokeKey],
    ]
  describe('the door closes within 5 s', { concurrency: closings.length }, () => {
    for (const [what, code, close] of closings) {
      it(`when ${what}`, async (t) => {
        const merchant = await makeMerchant(world)
        const charge = () => world.relay(cardCharge(makeCanary(1)), { bearer: merchant.key })
        // Admitted, and remembered so; without an account at a PSP nothing comes of it.
        assert.equal((await charge()).body.code, 'psp_account_missing')
        await close(world, merchant)
        const closedAt = performance.now()
        const lasted = { charges: 0, invitations: 0 }
        const sinceClosed = () => performance.now() - closedAt
        const tryCharge = async () => {
          if ((await charge()).body.code !== code) lasted.charges = sinceClosed()
        }
        const tryKnock = async () => {
          const waiting = await knockAs(merchant, 'expects_continue')
          if (waiting.invited) lasted.invitations = sinceClosed()
          else assert.equal(waiting.code, code)
        }
        // Until it has stayed closed for a second.
        while (sinceClosed() < 5_000 && sinceClosed() - lasted.invitations < 1_000) {
          await Promise.all([tryCharge(), tryKnock()])
          await sleep(100)
        }
        t.diagnostic(`the last charge got in ${lasted.charges} ms after it, the last body ${lasted.invitations} ms`)
        // The relay may ask for a body that long, but what it brings is judged anew.
        assert.ok(lasted.charges < 2_000, `a charge got in ${lasted.charges} ms after it`)
        assert.ok(lasted.invitations < 5_000, `a body was asked for ${lasted.invitations} ms after it`)
        assert.equal((await knockAs(merchant, 'expects_continue')).code, code)
      })
    }
  })
})

function revokeKey(world: World, merchant: MadeMerchant): Promise<unknown> {
  return callAdmin(world, 'DELETE', `/merchants/${merchant.id}/api_keys/${merchant.keyId}`)
}

async function makeCertificates(world: World): Promise<Certificates> {
  const { ca } = world.fincore.dev
  const read = (name: string) => readFileSync(join(ca, '..', name), 'utf8')
  const certificate = read('ca.crt')
  const authority = { certificate, key: read('ca.key'), fingerprint: fingerprintOf(certificate) }
  const client = { kind: 'client', commonName: 'a merchant' } as const
  const past = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) }
  const ofAnotherMerchant = await issueCertificate(authority, client)
  await makeMerchant(world, { certificateFingerprints: [ofAnotherMerchant.fingerprint] })
  return {
    registered: readRegisteredCertificate(world),
    unregistered: await issueCertificate(authority, client),
    ofAnotherMerchant,
    outOfDate: await issueCertificate(authority, { ...client, ...past }),
    forServers: await issueCertificate(authority, { ...client, kind: 'server' }),
    ofAnUnknownAuthority: await issueCertificate(await createCertificateAuthority(), client),
  }
}

/** The certificate that would be let in, in the header that only a load balancer may set. */
function withLeaf(headers: Record<string, string>, leaf: ClientCertificate): Record<string, string> {
  const name = 'x-amzn-mtls-clientcert-leaf'
  return name in headers ? { ...headers, [name]: encodeURIComponent(leaf.certificate) } : headers
}

async function countWritten(world: World): Promise<unknown> {
  const { rows } = await world.database.query(
    `select (select count(*) from charges) as charges, (select count(*) from attempts) as attempts,
       (select count(*) from idempotency_keys) as keys, (select count(*) from events) as events`,
  )
  return rows[0]
}
