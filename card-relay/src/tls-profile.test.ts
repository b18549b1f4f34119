import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls'
import { startWorld, type World } from './testing/relay-world.ts'

/** Lets the client offer what OpenSSL would not even say by default, so that it is the relay that refuses. */
const anything = '@SECLEVEL=0'

let world: World
const opened: TLSSocket[] = []
before(async () => {
  world = await startWorld()
})
after(async () => {
  for (const socket of opened) socket.destroy()
  await world.stop()
})

function connect(options: ConnectionOptions): Promise<TLSSocket> {
  const { port } = new URL(world.relay.url)
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port: Number(port), ca: world.config.clientCa ?? '', ...options })
    opened.push(socket)
    socket.once('secureConnect', () => resolve(socket))
    socket.once('error', reject)
  })
}

const accepted: [what: string, options: ConnectionOptions, version: string, cipher: string][] = [
  ['TLS 1.3', {}, 'TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
  ['TLS 1.2', { maxVersion: 'TLSv1.2' }, 'TLSv1.2', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  [
    'TLS 1.2, with the cipher that the relay prefers, whatever the client does',
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384' },
    'TLSv1.2',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
  ],
  ['TLS 1.3 on P-256', { ecdhCurve: 'P-256' }, 'TLSv1.3', 'TLS_AES_256_GCM_SHA384'],
]

const refused: [what: string, options: ConnectionOptions, alert: RegExp][] = [
  ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: `DEFAULT${anything}` }, /PROTOCOL_VERSION/],
  ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: `DEFAULT${anything}` }, /PROTOCOL_VERSION/],
  ...[
    ['a cipher in CBC mode', 'ECDHE-ECDSA-AES256-SHA384'],
    ['a cipher with SHA-1', 'ECDHE-ECDSA-AES128-SHA'],
    ['a key that is not fresh for each connection', 'AES256-GCM-SHA384'],
    ['no encryption', 'ECDHE-ECDSA-NULL-SHA'],
    ['nobody’s certificate', 'AECDH-AES256-SHA'],
    ['a cipher of a short tag', 'ECDHE-ECDSA-AES256-CCM8'],
  ].map(([what = '', cipher = '']): [string, ConnectionOptions, RegExp] => [
    what,
    { maxVersion: 'TLSv1.2', ciphers: cipher + anything },
    /HANDSHAKE_FAILURE/,
  ]),
]

describe('the relay’s TLS', () => {
  for (const [what, options, version, cipher] of accepted) {
    it(`takes ${what}`, async () => {
      const socket = await connect(options)
      assert.deepEqual([socket.getProtocol(), socket.getCipher().name], [version, cipher])
    })
  }

  for (const [what, options, alert] of refused) {
    it(`refuses ${what}`, async () => {
      // Said by the relay in an alert, and no complaint of the client’s own library.
      await assert.rejects(connect(options), (error: NodeJS.ErrnoException) => {
        assert.match(error.code ?? '', alert, error.message)
        assert.match(error.code ?? '', /ALERT/, error.message)
        return true
      })
    })
  }

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`resumes no session of ${version}, so that each connection proves its certificate anew`, async () => {
      const first = await connect({ maxVersion: version, ...world.certificates.good })
      // A TLS 1.3 ticket comes before the first answer.
      first.write('GET /health/live HTTP/1.1\r\nhost: relay\r\n\r\n')
      await new Promise((resolve) => first.once('data', resolve))
      const second = await connect({ maxVersion: version, session: first.getSession(), ...world.certificates.good })
      assert.equal(second.isSessionReused(), false)
    })
  }
})
