import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { newestVersion, type SdkVersion } from '@fincore/browser/served'
import { type ApiWorld, createApiWorld } from '../../webhooks/testing/api-world.ts'

let world: ApiWorld
before(async () => {
  world = await createApiWorld()
})
after(() => world.close())

const { version, files } = newestVersion()
const hashOf = (body: Buffer) => `sha384-${createHash('sha384').update(body).digest('base64')}`

for (const [name, { integrity, gzipped }] of Object.entries(files)) {
  test(`${name} of the newest version is served for pages of any origin, for good, and is what its hash says`, async () => {
    const url = `/sdk/v${version}/${name}`
    const plain = await world.app.inject({ url })
    const zipped = await world.app.inject({ url, headers: { 'accept-encoding': 'br, gzip;q=0.8' } })
    for (const { statusCode, headers } of [plain, zipped]) {
      assert.equal(statusCode, 200)
      assert.equal(headers['content-type'], 'text/javascript; charset=utf-8')
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['access-control-allow-origin'], '*')
      assert.equal(headers['cross-origin-resource-policy'], 'cross-origin')
      assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
      assert.equal(headers.vary, 'accept-encoding')
    }
    assert.equal(hashOf(plain.rawPayload), integrity)
    assert.equal(zipped.headers['content-encoding'], 'gzip')
    assert.equal(hashOf(gunzipSync(zipped.rawPayload)), integrity)
    assert.equal(zipped.rawPayload.length, gzipped)
    const unwanted = await world.app.inject({ url, headers: { 'accept-encoding': 'gzip;q=0, identity' } })
    assert.equal(unwanted.headers['content-encoding'], undefined)
  })
}

test('a version or a file that there is not is a problem that names the newest, readable for any page', async () => {
  for (const url of [
    '/sdk/v9.9.9/fincore.js',
    `/sdk/v${version}/fincore.d.ts`,
    `/sdk/v${version}/..%2Fversions.json`,
  ]) {
    const { statusCode, headers, body } = await world.app.inject({ url })
    assert.equal(statusCode, 404, url)
    assert.equal(headers['access-control-allow-origin'], '*')
    assert.match(String(headers['content-type']), /^application\/problem\+json/)
    assert.ok(JSON.parse(body).detail.includes(`/sdk/v${version}/fincore.js`), body)
  }
})

test('/sdk/versions.json lists every version with its hashes', async () => {
  const { headers, body } = await world.app.inject('/sdk/versions.json')
  assert.equal(headers['access-control-allow-origin'], '*')
  const { data } = JSON.parse(body) as { data: SdkVersion[] }
  assert.deepEqual(data[0], newestVersion())
})
