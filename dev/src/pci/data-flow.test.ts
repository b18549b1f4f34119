import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comers, findAddresses, outgoing, settings } from './data-flow.ts'
import { findNetworkCode, networkCode } from './network-code.ts'

test('every address in a process’s settings is a connection of the diagram, or named as none', () => {
  const found = findAddresses()
  assert.deepEqual([...new Set(found.map(({ setting }) => setting))].sort(), Object.keys(settings).sort())
  for (const { setting, port } of found) {
    if (settings[setting] !== 'connection') continue
    const process = setting.split(' ')[0]
    const from = process === 'demo-shop' ? 'merchant' : process
    const isDrawn =
      port in comers
        ? comers[port as keyof typeof comers].some((flow) => flow.from === from)
        : outgoing.some((flow) => flow.from === from && flow.to === 'psp')
    assert.ok(isDrawn, `${setting} leads to the port ${port}, which the diagram does not show`)
  }
})

test('every file that can open a connection is listed with its reason', () => {
  assert.deepEqual(findNetworkCode(), Object.keys(networkCode).sort())
})
