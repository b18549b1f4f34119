import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { makeTestCertificate } from '@fincore/psp-sandbox/testing/certificate'
import { openStubDoor } from '../testing/stub-door.ts'
import { checkDoor } from './doors.ts'

const codesOf = async (...asked: Parameters<typeof checkDoor>) => (await checkDoor(...asked)).map(({ code }) => code)

test('a clock that is off is told by how much it matters', async (t) => {
  let aheadSeconds = 0
  const door = await openStubDoor(t, () => ({
    body: { status: 'ok' },
    headers: { date: new Date(Date.now() + aheadSeconds * 1_000).toUTCString() },
  }))
  for (const [seconds, code] of [
    [0, 'clock_agrees'],
    [-20, 'clock_differs'],
    [90, 'clock_far_off'],
  ] as const) {
    aheadSeconds = seconds
    assert.deepEqual(await codesOf('API', door.url, null), ['api_answers', code])
  }
})

test('a door that is away, or not well, is told as its own', async (t) => {
  const ill = await openStubDoor(t, () => ({ status: 503, body: {} }))
  assert.deepEqual((await codesOf('card relay', 'https://127.0.0.1:1', null))[0], 'relay_not_reached')
  assert.deepEqual((await codesOf('admin API', ill.url, null))[0], 'admin_not_reached')
})

test('a certificate is judged by whom it is of and by its end', async (t) => {
  const tls = makeTestCertificate()
  const server = createServer(tls, (_request, response) => void response.end('{}'))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  t.after(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  assert.ok((await codesOf('API', url, null)).includes('certificate_not_trusted'))
  const seen = await checkDoor('API', url, tls.cert)
  const certificate = seen.find(({ code }) => code.startsWith('certificate_'))
  assert.match(certificate?.detail ?? '', /^API: until \d{4}-\d\d-\d\d, \d+ days\.$/)
})
