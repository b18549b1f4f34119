import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { magicCards } from '@fincore/psp-sandbox/magic-cards'
import { testCards as adyenCards } from '@fincore/psp-stand-ins/adyen/test-cards'
import { testCards as stripeCards } from '@fincore/psp-stand-ins/stripe/test-cards'
import { pathInRepository } from '../managed-process.ts'
import { listSourceFiles } from './source-files.ts'

const readJson = (path: string) => JSON.parse(readFileSync(pathInRepository(path), 'utf8'))

test('the card relay has no dependency at all', () => {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = readJson('card-relay/package.json')
  assert.deepEqual({ ...dependencies, ...optionalDependencies, ...peerDependencies }, {})
})

test('every component has a version and a hash in the lock file', () => {
  type Locked = { version?: string; integrity?: string; link?: boolean }
  const { packages } = readJson('package-lock.json') as { packages: Record<string, Locked> }
  const thirdParty = Object.entries(packages).filter(([path, { link }]) => path.includes('node_modules/') && !link)
  assert.ok(thirdParty.length > 50, `${thirdParty.length} components`)
  const loose = thirdParty.filter(([, { version, integrity }]) => !version || !integrity?.startsWith('sha512-'))
  assert.deepEqual(
    loose.map(([path]) => path),
    [],
  )
})

test('a Node older than the supported one is refused', () => {
  const disguise = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'22.20.0'}})`
  const run = spawnSync(process.execPath, ['--import', disguise, pathInRepository('dev/run.mjs'), 'start'], {
    encoding: 'utf8',
  })
  assert.equal(run.status, 1)
  assert.match(run.stderr, /needs Node 24, and this is Node 22\.20\.0/)
})

/** Other numbers that PSPs and card brands publish for tests; the last is an IMEI, the tripwire's example of one. */
const publishedTestNumbers = new Set([
  ...[...magicCards, ...adyenCards, ...stripeCards].map(({ number }): string => number),
  '36227206271667',
  '6799990100000000019',
  '358692243449834',
])

test('no card number stands in the repository but known test numbers', () => {
  const found = new Set<string>()
  let seen = 0
  for (const { path, text } of readSources()) {
    if (path === 'package-lock.json') continue
    for (const [run] of text.matchAll(/(?<![\w.])[3-6](?:[ -]?\d){12,18}(?!\w)/g)) {
      const number = run.replaceAll(/\D/g, '')
      if (!isLuhn(number)) continue
      seen += 1
      // Whoever makes a number up repeats a few digits; an issued one has more of them.
      if (!publishedTestNumbers.has(number) && new Set(number).size > 4)
        found.add(`${path}: ${number.slice(0, 4)}… of ${number.length} digits`)
    }
  }
  assert.ok(seen > 50, 'the search finds the numbers that are there')
  assert.deepEqual([...found], [])
})

const secretForms: Record<string, RegExp> = {
  'a private key': /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[A-Za-z0-9+/]{40}/,
  'a live key of ours': /\b[sp]k_live_[\w-]{43}\b/,
  'a live key of Stripe': /\b[rs]k_live_[0-9A-Za-z]{24,}\b/,
  'a key of AWS': /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  'a token of GitHub': /\bgh[opsu]_[0-9A-Za-z]{36}\b/,
  'a webhook secret': /\bwhsec_[A-Za-z0-9+/]{32,}={0,2}/,
}

test('no secret stands in the repository', () => {
  const found: string[] = []
  for (const { path, text } of readSources())
    for (const [what, form] of Object.entries(secretForms)) if (form.test(text)) found.push(`${path}: ${what}`)
  assert.deepEqual(found, [])
  // The forms find what they are for; put together here, so that this file has none of them.
  const examples: Record<string, string> = {
    'a private key': `-----BEGIN ${'PRIVATE KEY'}-----\n${'M'.repeat(64)}`,
    'a live key of ours': `sk_${'live_'}${'a'.repeat(43)}`,
    'a live key of Stripe': `rk_${'live_'}${'a'.repeat(24)}`,
    'a key of AWS': `AKIA${'A'.repeat(16)}`,
    'a token of GitHub': `ghp_${'a'.repeat(36)}`,
    'a webhook secret': `whsec_${'a'.repeat(32)}`,
  }
  for (const [what, form] of Object.entries(secretForms)) assert.ok(form.test(examples[what] ?? ''), what)
})

/** Every text of the repository. */
function readSources(): { path: string; text: string }[] {
  const paths = listSourceFiles()
  assert.ok(paths.length > 300, `${paths.length} files`)
  const small = paths.filter((path) => statSync(pathInRepository(path)).size < 1_000_000)
  return small.map((path) => ({ path, text: readFileSync(pathInRepository(path), 'utf8') }))
}

function isLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
