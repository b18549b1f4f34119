import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { pathInRepository } from '@fincore/dev/managed-process'
import { packNodeSdk } from '@fincore/dev/node-sdk/pack'
import { publint } from 'publint'
import { startFaultServer } from './testing/fault-server.ts'

const run = promisify(execFile)

/** What a merchant does in an afternoon: pays, and takes a webhook. */
const program = `
  const fincore = new Fincore({ api: process.argv[2], secretKey: 'sk_test_1' })
  const payment_method = { type: 'token', token: 't' }
  const charge = await fincore.charges.create({ amount: 1, currency: 'EUR', payment_method })
  const secret = 'whsec_' + Buffer.alloc(24).toString('base64')
  const { body, headers } = webhooks.sign({ id: 'evt_1', type: 'charge.captured', data: { object: charge } }, secret)
  const event = webhooks.verify(Buffer.from(body), headers, secret)
  try {
    webhooks.verify(body + ' ', headers, secret)
  } catch (error) {
    console.log(charge.status, event.type, error instanceof FincoreError && error.code)
  }`

/** Every Node from 20 on that this machine has: that of the tests, and another one on the PATH. */
async function findNodes(): Promise<string[]> {
  const { stdout } = await run('which', ['-a', 'node']).catch(() => ({ stdout: '' }))
  const found = [process.execPath, ...stdout.trim().split('\n').filter(Boolean)]
  const byVersion = new Map<string, string>()
  for (const path of found) {
    const { stdout: version } = await run(path, ['--version'])
    if (Number(/^v(\d+)/.exec(version)?.[1]) >= 20 && !byVersion.has(version)) byVersion.set(version, path)
  }
  return [...byVersion.values()]
}

describe('@fincore/node as npm gets it', () => {
  let tarball: string
  let shop: string
  before(async () => {
    tarball = await packNodeSdk()
    shop = await mkdtemp(join(tmpdir(), 'merchant-'))
    await writeFile(join(shop, 'package.json'), '{ "type": "module", "private": true }')
    await run('npm', ['install', '--offline', '--silent', '--no-audit', '--no-fund', tarball], { cwd: shop })
  })
  after(() => rm(shop, { recursive: true, force: true }))

  it('is packed without fault, as publint sees it in its strict mode', async () => {
    const bytes = readFileSync(tarball)
    const copy = new Uint8Array(bytes).buffer
    assert.deepEqual((await publint({ strict: true, pack: { tarball: copy } })).messages, [])
  })

  it('has types that are right for whoever imports it, as are-the-types-wrong sees it', async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(tarball)))
    assert.ok(result.types !== false)
    // ES modules alone, by choice: its profile `esm-only`. What CommonJS resolves to is one too, which Node 22 can require.
    const problems = result.problems.filter(
      (problem) => !(problem.kind === 'CJSResolvesToESM' && problem.resolutionKind === 'node16-cjs'),
    )
    assert.deepEqual(problems, [])
  })

  it('runs in an empty folder, installed without a network, on every Node that is here', async () => {
    const server = await startFaultServer()
    server.answer(201, { object: 'charge', id: 'ch_1', status: 'captured' })
    await writeFile(join(shop, 'pay.js'), `import { Fincore, FincoreError, webhooks } from '@fincore/node'\n${program}`)
    // It is an ES module alone; what CommonJS requires is that module, with the same classes.
    const required = `const { Fincore, FincoreError, webhooks } = require('@fincore/node')`
    await writeFile(join(shop, 'pay.cjs'), `${required}\nvoid (async () => {${program}})()`)
    const nodes = await findNodes()
    for (const node of nodes)
      for (const file of ['pay.js', 'pay.cjs']) {
        const { stdout } = await run(node, ['--no-warnings', file, server.url], { cwd: shop })
        assert.equal(stdout, 'captured charge.captured webhook_signature_invalid\n', `${file} on ${node}`)
      }
    assert.equal(server.calls.length, 2 * nodes.length)
    server.close()
  })

  it('narrows: what a status or a type says is known to the compiler, and what it does not say is an error', async () => {
    await writeFile(join(shop, 'narrowing.ts'), readFileSync(new URL('./testing/narrowing.ts', import.meta.url)))
    symlinkSync(pathInRepository('node_modules/@types'), join(shop, 'node_modules/@types'))
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node']
    const tsc = pathInRepository('node_modules/typescript-native/bin/tsc')
    // The declarations themselves are checked as well: nothing is skipped but Node’s own.
    const said = await run(process.execPath, [tsc, ...options, 'narrowing.ts'], { cwd: shop }).catch((error) => error)
    assert.equal(said.stdout, '')
  })
})
