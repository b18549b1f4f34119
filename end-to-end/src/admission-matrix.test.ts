import assert from 'node:assert/strict'
import net, { type AddressInfo, BlockList } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { Relay } from '@fincore/card-relay/server'
import type { IssuedCertificate } from '@fincore/dev/certificates'
import { issueCertificate } from '@fincore/dev/certificates'
import { type Cell, type certificates, expectedOf, type grants, listCells } from '@fincore/dev/pci/admission-matrix'
import { type CardDoorPair, issueBadCertificates, shareCardDoorPair } from './card-door-pair.ts'
import { makeCanary } from './card-traces.ts'
import { callAdmin, changeGrant, endGrantYesterday, makeMerchant } from './merchants.ts'
import { type Knock, type KnockResult, knock } from './relay-door.ts'
import { cardCharge } from './world.ts'

const body = JSON.stringify(cardCharge(makeCanary(901)))
const range = '127.0.1.0/24'
const inside = '127.0.1.7'
const outside = '127.0.2.7'
/** How many knock at once: fewer than the relay lets one address ask for admission at a time. */
const knocksAtOnce = 8

type Keys = Record<Exclude<Cell['key'], 'missing' | 'of another merchant'>, string>
type Certificates = Record<Exclude<keyof typeof certificates, 'none'>, IssuedCertificate>

const shared = shareCardDoorPair()
let pair: CardDoorPair
let shown: Certificates
let otherKey: string
let plain: Relay
let dual: Relay

before(async () => {
  pair = await shared.open()
  const bad = await issueBadCertificates(pair)
  shown = {
    right: pair.registered,
    'of an unknown authority': bad.ofAnotherAuthority,
    expired: bad.expired,
    'not registered': bad.unregistered,
    'of another merchant': bad.ofAnotherMerchant,
  }
  plain = await pair.startRelay()
  // A socket for both families is told an IPv4 client's address as `::ffff:127.0.1.7`.
  dual = await pair.startRelay({ host: '::' })
  const own = await issueCertificate(pair.authority, { kind: 'client', commonName: 'another merchant' })
  otherKey = (await makeMerchant(pair, { addressRanges: [range], certificateFingerprints: listWith(own) })).key
  await makeMerchant(pair, { addressRanges: [range], certificateFingerprints: listWith(bad.ofAnotherMerchant) })
})
after(() => shared.close())

/** A grant lists them although they must not get in: neither is refused for its name alone. */
function listWith(own: IssuedCertificate): string[] {
  return [own, shown.expired, shown['of an unknown authority']].map(({ fingerprint }) => fingerprint)
}

describe('the admission matrix', () => {
  it('spells an IPv4 address as IPv6 where it says so', async () => {
    const server = net.createServer((socket) => socket.end(socket.remoteAddress ?? ''))
    await new Promise<void>((ready) => server.listen(0, '::', ready))
    const { port } = server.address() as AddressInfo
    const socket = net.connect({ host: '127.0.0.1', port, localAddress: inside })
    const [spelled] = await socket.toArray()
    assert.equal(String(spelled), `::ffff:${inside}`)
    server.close()
  })

  it('admits the right cell in both spellings of its address, and reads no byte for any other', async (t) => {
    const keysByGrant = Object.fromEntries(
      await Promise.all(
        Object.entries(grantMakers).map(async ([grant, make]) => [grant, await makeKeys(make)] as const),
      ),
    ) as Record<keyof typeof grants, Keys>
    const cells = listCells()
    const refused = cells.filter((cell) => expectedOf(cell) !== null)
    const admitted = cells.filter((cell) => expectedOf(cell) === null)
    const startedAt = performance.now()
    const wrong: string[] = []
    await inTurns(refused, knocksAtOnce, async (cell, index) => {
      // By turns along every axis, so that each value of each condition meets both kinds of client.
      const how = (index + Math.floor(index / 5)) % 2 === 0 ? 'expects_continue' : 'at_once'
      const result = await knockAt(cell, keysByGrant, how)
      const [code, status] = [expectedOf(cell), 403]
      const isRight = result.code === code && result.status === status && !result.invited
      if (!isRight || (how === 'expects_continue' && result.bodyBytesSent > 0))
        wrong.push(`${JSON.stringify(cell)}: ${JSON.stringify(result)} instead of ${code}`)
      const { bytesRead } = dual.bodyCount
      assert.equal(plain.bodyCount.bytesRead + bytesRead, 0, `a byte was read of ${JSON.stringify(cell)} or beside it`)
    })
    assert.deepEqual(wrong, [])
    const perCellMs = (performance.now() - startedAt) / refused.length
    for (const cell of admitted) {
      assert.equal((await knockAt(cell, keysByGrant, 'expects_continue')).invited, true, JSON.stringify(cell))
      const brought = await knockAt(cell, keysByGrant, 'at_once')
      // The body was read, and the charge goes on to where it lacks a PSP.
      assert.equal(brought.code, 'psp_account_missing', JSON.stringify(cell))
    }
    assert.equal(plain.bodyCount.bytesRead + dual.bodyCount.bytesRead, admitted.length * body.length)
    t.diagnostic(
      `${cells.length} cells: ${refused.length} refused with 0 body bytes read, ${perCellMs.toFixed(1)} ms each, ` +
        `${admitted.length} admitted (${admitted.map((cell) => Object.values(cell).join(' · ')).join('; ')})`,
    )
  })
})

/** How a merchant's grant gets into each state. Lapsed is one whose last day was yesterday and that no job has seen yet. */
const grantMakers: Record<keyof typeof grants, () => ReturnType<typeof makeMerchant>> = {
  none: () => makeMerchant(pair, { grant: 'none' }),
  requested: () => makeMerchant(pair, { ...wish(), grant: 'requested' }),
  active: () => makeMerchant(pair, wish()),
  suspended: () => makeAndDo((merchant) => changeGrant(pair, merchant, 'suspend')),
  lapsed: () => makeAndDo((merchant) => endGrantYesterday(pair, merchant)),
  revoked: () => makeAndDo((merchant) => changeGrant(pair, merchant, 'revoke')),
}

function wish() {
  return { addressRanges: [range], certificateFingerprints: listWith(pair.registered) }
}

async function makeAndDo(act: (merchant: Awaited<ReturnType<typeof makeMerchant>>) => Promise<unknown>) {
  const merchant = await makeMerchant(pair, wish())
  await act(merchant)
  return merchant
}

async function makeKeys(make: () => ReturnType<typeof makeMerchant>): Promise<Keys> {
  const { id, key } = await make()
  const add = (scopes: string[]) =>
    callAdmin<{ id: string; key: string }>(pair, 'POST', `/merchants/${id}/api_keys`, { kind: 'secret', scopes })
  const revoked = await add(['charges:raw_card', 'charges:write'])
  await callAdmin(pair, 'DELETE', `/merchants/${id}/api_keys/${revoked.id}`)
  const unscoped = await add(['charges:write', 'payment_sessions:write', 'refunds:write', 'read'])
  return { valid: key, revoked: revoked.key, 'without the scope': unscoped.key }
}

function knockAt(cell: Cell, keysByGrant: Record<Cell['grant'], Keys>, how: Knock['how']): Promise<KnockResult> {
  const { key, certificate, address } = cell
  const bearer = key === 'missing' ? null : key === 'of another merchant' ? otherKey : keysByGrant[cell.grant][key]
  return knock(address.includes('as IPv6') ? doorOf(dual) : doorOf(plain), {
    bearer,
    certificate: certificate === 'none' ? null : shown[certificate],
    body,
    how,
    localAddress: address.startsWith('inside') ? inside : outside,
    ...(address.includes('X-Forwarded-For') && { headers: { 'x-forwarded-for': inside } }),
  })
}

/** Both relays are called at the loopback address, for which their certificate is. */
function doorOf(relay: Relay): { relay: string; ca: string } {
  return { relay: `https://127.0.0.1:${new URL(relay.url).port}`, ca: pair.authority.certificate }
}

async function inTurns<Item>(
  items: Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const rest = items.entries()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [index, item] of rest) await work(item, index)
    }),
  )
}

describe('where the certificate comes from', () => {
  const leafName = 'x-amzn-mtls-clientcert-leaf'
  let balanced: Relay
  let key: string
  before(async () => {
    const trustedProxies = new BlockList()
    trustedProxies.addSubnet('127.0.3.0', 24, 'ipv4')
    balanced = await pair.startRelay({ clientCa: undefined, trustedProxies })
    key = (await makeMerchant(pair, wish())).key
  })

  type Case = {
    what: string
    relay: () => Relay
    from: string
    certificate: 'right' | null
    leaf: keyof Certificates | null
    forwarded: string | null
    code: string | null
  }
  const proxy = '127.0.3.9'
  const cases: Case[] = [
    {
      what: 'the load balancer’s header is believed, and the address that it adds last',
      relay: () => balanced,
      from: proxy,
      certificate: null,
      leaf: 'right',
      forwarded: `${outside}, ${inside}`,
      code: null,
    },
    {
      what: 'so it is when the load balancer writes the address as IPv6',
      relay: () => balanced,
      from: proxy,
      certificate: null,
      leaf: 'right',
      forwarded: `::ffff:${inside}`,
      code: null,
    },
    {
      what: 'what a client claims before the last comma is ignored',
      relay: () => balanced,
      from: proxy,
      certificate: null,
      leaf: 'right',
      forwarded: `${inside}, ${outside}`,
      code: 'source_address_not_allowed',
    },
    {
      what: 'a certificate that the load balancer does not name is none, shown in its handshake or not',
      relay: () => balanced,
      from: proxy,
      certificate: 'right',
      leaf: null,
      forwarded: inside,
      code: 'client_certificate_required',
    },
    {
      what: 'an unregistered certificate in the header is one',
      relay: () => balanced,
      from: proxy,
      certificate: null,
      leaf: 'not registered',
      forwarded: inside,
      code: 'client_certificate_not_registered',
    },
    {
      what: 'from any other address the header is ignored, although it is inside the grant’s ranges',
      relay: () => balanced,
      from: inside,
      certificate: null,
      leaf: 'right',
      forwarded: inside,
      code: 'client_certificate_required',
    },
    {
      what: 'with the relay’s own handshake the header is ignored',
      relay: () => plain,
      from: inside,
      certificate: null,
      leaf: 'right',
      forwarded: null,
      code: 'client_certificate_required',
    },
    {
      what: 'with the relay’s own handshake a forwarded address does not shut out who is inside',
      relay: () => plain,
      from: inside,
      certificate: 'right',
      leaf: 'not registered',
      forwarded: outside,
      code: null,
    },
  ]
  for (const { what, relay, from, certificate, leaf, forwarded, code } of cases) {
    it(`${what}: ${code ?? 'admitted'}`, async () => {
      const { bytesRead } = relay().bodyCount
      const result = await knock(doorOf(relay()), {
        bearer: key,
        certificate: certificate && shown[certificate],
        body,
        how: 'expects_continue',
        localAddress: from,
        headers: {
          ...(leaf !== null && { [leafName]: encodeURIComponent(shown[leaf].certificate) }),
          ...(forwarded !== null && { 'x-forwarded-for': forwarded }),
        },
      })
      assert.deepEqual([result.invited, result.code], [code === null, code ?? ''])
      assert.equal(relay().bodyCount.bytesRead, bytesRead)
    })
  }
})
