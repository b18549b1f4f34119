import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ErrorCode, errorTable } from '@fincore/api-contract/errors'
import { eventTypes } from '@fincore/api-contract/events'
import { readGuides } from './include-examples.ts'

const guides = readGuides()

describe('the guides', () => {
  it('name a refusal by a status and a code that go together', () => {
    for (const { path, text } of guides)
      for (const [, status, code = ''] of text.matchAll(/\b([45]\d\d) `([a-z_]+)`/g)) {
        assert.equal(errorTable[code as ErrorCode]?.status, Number(status), `${path}: ${status} ${code}`)
      }
  })

  it('map another PSP’s events onto events that are there', () => {
    for (const { path, text } of guides.filter(({ name }) => name.startsWith('moving-from-'))) {
      const [, table = ''] = text.split(/^## Events$/m)
      const ours = [...(table.split(/^## /m)[0] ?? '').matchAll(/^\|[^|]*\|(.*)\|$/gm)].flatMap(([, cell = '']) =>
        [...cell.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, type = '']) => type),
      )
      assert.ok(ours.length > 8, path)
      for (const type of ours) assert.ok(type in eventTypes, `${path}: ${type}`)
    }
  })

  it('that paste lines say what a shell must have before', () => {
    const uses = /^(?: *)(?:post|get|field|token|pay\(\)) |\$\(token |\$FINCORE_/m
    for (const { name, path, text } of guides.filter((guide) => guide.name !== 'README' && uses.test(guide.text)))
      assert.ok(text.includes('(README.md#in-every-shell)'), `${path} (${name})`)
  })
})
