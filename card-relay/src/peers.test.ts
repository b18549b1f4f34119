import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { namePeer } from './peers.ts'

describe('whose share an address counts to', () => {
  const cases = [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::9:1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ] as const
  for (const [address, peer] of cases) it(`${address} is ${peer}`, () => assert.equal(namePeer(address), peer))
})
