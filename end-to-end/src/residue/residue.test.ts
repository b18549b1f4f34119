import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Canary, makeCanaries } from './canaries.ts'
import { type DrillResult, runDrill } from './drill.ts'
import { echoReply, spellings } from './echoes.ts'
import { exits } from './exits.ts'
import { makeFindings } from './findings.ts'
import { judge, writeAstray, writeTable } from './report.ts'
import { cardJson } from './requests.ts'
import { makeSearch } from './search.ts'
import { encodings, formsByEncoding } from './written-forms.ts'

describe('the drill’s search', () => {
  // Two of each brand.
  const canaries = makeCanaries(16, 1)
  const search = makeSearch(canaries)

  it('finds every form of every canary, beside anything and at any place', () => {
    for (const encoding of encodings) {
      for (const canary of canaries) {
        for (const form of formsByEncoding[encoding](canary)) {
          for (const before of [0, 1, 2, 3, 4_090, 8_191]) {
            const found: string[] = []
            // Not every buffer begins where a word of memory does.
            const bytes = Buffer.concat([Buffer.alloc(1 + before), form, Buffer.alloc(before % 3, 'x')]).subarray(1)
            search.scan(bytes, (as, index) => found.push(`${as} ${index}`))
            assert.ok(found.includes(`${encoding} ${canary.index}`), `${encoding} after ${before} bytes`)
          }
        }
      }
    }
  })

  it('finds nothing in what may be kept of a card', () => {
    const kept = canaries.map(({ number, marker }) => `${number.slice(0, 6)}******${number.slice(-4)} ${marker}`)
    search.scan(Buffer.from(kept.join('\n')), (encoding) => assert.fail(`found as ${encoding}`))
  })
})

describe('the drill’s PSP', () => {
  // One begins each time with another of the spellings.
  const canaries = makeCanaries(24, 1)
  const search = makeSearch(canaries)
  const requestOf = (canary: Canary) => JSON.stringify({ source: JSON.parse(cardJson(canary)) })

  it('echoes a card in spellings that the search finds, and in every encoding but hashes', () => {
    const written = new Set<string>()
    for (const canary of canaries) {
      for (const { name, json } of spellings(canary, requestOf(canary))) {
        const found = new Set<number>()
        const text = Buffer.from(JSON.parse(json), 'latin1')
        search.scan(Buffer.concat([Buffer.from(json), text]), (encoding, index) => {
          found.add(index)
          written.add(encoding)
        })
        assert.deepEqual([...found], [canary.index], name)
      }
    }
    assert.deepEqual(
      encodings.filter((encoding) => !written.has(encoding)),
      ['hash'],
    )
  })

  it('puts every spelling where the payment service asked for something else, and all of them in one reply', () => {
    const asked = new Set<string>()
    for (const canary of canaries) {
      const { body, headers } = echoReply(canary, requestOf(canary), { card: { brand: 'visa' } })
      const all = spellings(canary, requestOf(canary))
      for (const { name, json } of all) {
        if (['brand', 'code', 'param'].some((field) => body.includes(`"${field}":${json}`))) asked.add(name)
      }
      const texts = all.map(({ json }) => JSON.parse(json))
      assert.deepEqual(
        JSON.parse(body).echo.map(Object.entries).flat(2),
        texts.flatMap((text) => [text, text]),
      )
      assert.ok(JSON.stringify(headers).length < 12_000 && body.length < 40_000)
    }
    const names = spellings(canaries[0] ?? assert.fail(), '{}').map(({ name }) => name)
    assert.deepEqual(
      names.filter((name) => !asked.has(name)),
      [],
    )
  })
})

describe('the drill’s verdict', () => {
  const resultWith = (astray: number): DrillResult => ({
    cards: 200,
    seed: 1,
    seconds: 1,
    fincore: makeFindings(),
    control: makeFindings(),
    exits: new Map([
      ['declined', { planned: 12, astray: new Map([['201 processing', { count: astray, longestMs: 3_012.3 }]]) }],
    ]),
    webhooksReceived: 1,
  })

  it('is void when one exit is taken too rarely, however few that are of all', () => {
    const tooRare = 'the exit “declined” was taken 9 times of 12'
    assert.ok(judge(resultWith(3)).reasons.includes(tooRare))
    assert.ok(!judge(resultWith(2)).reasons.some((reason) => reason.startsWith('the exit')))
  })

  it('is void when more than a few pages of a process could not be read', () => {
    const result = resultWith(0)
    const reasonsAfter = (missed: number) => {
      result.fincore.missed('memory of the card relay', missed)
      return judge(result).reasons.filter((reason) => reason.includes('could not be read'))
    }
    assert.deepEqual(reasonsAfter(65_536), [])
    assert.deepEqual(reasonsAfter(1), ['65537 bytes of FinCore’s memory of the card relay could not be read'])
  })

  it('tells of each exit that went astray how often, how and how long it took', () => {
    assert.deepEqual(writeAstray(resultWith(3)), [
      'declined: 3 of 12 ended as “201 processing”, the PSP’s answer did not come in time, or broke off; the slowest took 3012 ms',
    ])
  })
})

describe('the drill', () => {
  it('leaves nothing in FinCore one second after the last of 200 cards, and finds nearly all in its control', async (t) => {
    assert.equal(
      exits.reduce((sum, { share }) => sum + share, 0),
      100,
    )
    const result = await runDrill({ cards: 200, connections: 8, seed: 1, progress: (line) => t.diagnostic(line) })
    const table = writeTable(result)
    t.diagnostic(`\n${table}`)
    for (const line of writeAstray(result)) t.diagnostic(line)
    assert.deepEqual(judge(result), { outcome: 'clean', reasons: [] }, table)
  })
})
