import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isAllowedAddress } from './address-guard.ts'
import { checkWebhookUrl } from './check-webhook-url.ts'
import type { Resolve } from './checked-lookup.ts'

const closed = { allowLoopback: false }
const open = { allowLoopback: true }
const resolveTo =
  (...addresses: string[]): Resolve =>
  (_name, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

describe('the addresses that a webhook may go to', () => {
  const allowed = [
    '93.184.216.34',
    '1.1.1.1',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:2800:220:1::1',
    '2a00:1450::1',
    '::ffff:1.1.1.1',
    '64:ff9b::101:101',
  ]
  for (const address of allowed) it(`are public: ${address}`, () => assert.ok(isAllowedAddress(address, closed)))

  const forbidden = [
    ['this network', '0.0.0.0', '0.1.2.3'],
    ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ['shared (CGNAT), and a metadata service in it', '100.64.0.1', '100.127.255.255', '100.100.100.200'],
    [
      'link-local, and the metadata services',
      '169.254.169.254',
      '169.254.170.2',
      'fe80::1',
      'fe80::1%eth0',
      'fd00:ec2::254',
    ],
    ['a platform’s own', '168.63.129.16', '192.0.0.192', '::ffff:168.63.129.16'],
    ['unique-local and site-local', 'fc00::1', 'fdff::1', 'fec0::1'],
    ['multicast and broadcast', '224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
    ['documentation', '192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
    [
      'reserved and benchmarking',
      '192.88.99.1',
      '198.18.0.1',
      '240.0.0.1',
      '2001:2::1',
      '100::1',
      '5f00::1',
      '4000::1',
    ],
    ['unspecified', '::', '0:0:0:0:0:0:0:0'],
    ['mapped into IPv6', '::ffff:10.0.0.1', '::ffff:a00:1', '0:0:0:0:0:ffff:a9fe:a9fe', '::ffff:0:10.0.0.1'],
    ['compatible with IPv4, long deprecated', '::10.0.0.1', '::169.254.169.254'],
    ['behind NAT64', '64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::7f00:1', '64:ff9b:1::a00:1'],
    ['inside 6to4 and Teredo', '2002:a00:1::1', '2002:7f00:1::', '2001:0:4136:e378:8000:63bf:f5ff:fffe'],
    ['no address at all', '', 'localhost', '1.2.3', '1.2.3.4.5', '1.1.1.1 ', ':::'],
  ]
  for (const [name, ...addresses] of forbidden) {
    it(`are not ${name}`, () => {
      for (const address of addresses) assert.ok(!isAllowedAddress(address, open), address)
    })
  }

  it('are loopback only where the setting opens it', () => {
    for (const address of ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1']) {
      assert.ok(!isAllowedAddress(address, closed), address)
      assert.ok(isAllowedAddress(address, open), address)
    }
  })
})

describe('the address of an endpoint', () => {
  const refused = [
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://0/',
    'https://0xa9fea9fe/',
    'https://%31%30.0.0.1/',
    'https://１０.0.0.1/',
    'https://10.0.0.1./',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::a00:1]/',
    'https://user:secret@shop.example/',
    'http://shop.example/',
    'ftp://shop.example/',
    'https:///',
    'https://[::1',
    'shop.example',
  ]
  for (const url of refused) {
    it(`is refused: ${url}`, async () => {
      const refusal = await checkWebhookUrl(url, closed, resolveTo('93.184.216.34'))
      assert.equal(refusal?.refused, 'webhook_url_not_allowed')
      assert.equal(refusal.param, 'url')
    })
  }

  it('is refused when any address of its name is forbidden, and taken when the name is not known yet', async () => {
    const url = 'https://shop.example/hook'
    assert.equal(await checkWebhookUrl(url, closed, resolveTo('93.184.216.34', '2606:2800:220:1::1')), null)
    assert.equal(
      (await checkWebhookUrl(url, closed, resolveTo('93.184.216.34', '10.0.0.1')))?.refused,
      'webhook_url_not_allowed',
    )
    assert.equal(await checkWebhookUrl(url, closed, (_name, done) => done(new Error('ENOTFOUND'), [])), null)
  })

  it('may be plain http for loopback alone, where that is open', async () => {
    assert.equal(await checkWebhookUrl('http://127.0.0.1:4300/hook', open), null)
    assert.equal(await checkWebhookUrl('http://shop.example/hook', open, resolveTo('127.0.0.1')), null)
    assert.ok(await checkWebhookUrl('http://shop.example/hook', open, resolveTo('93.184.216.34')))
    assert.ok(await checkWebhookUrl('http://93.184.216.34/hook', open))
    assert.ok(await checkWebhookUrl('http://10.0.0.1/hook', open))
    assert.equal(await checkWebhookUrl('http://localhost:4300/hook', open), null)
    assert.ok(await checkWebhookUrl('https://shop.localhost/hook', closed))
  })
})
