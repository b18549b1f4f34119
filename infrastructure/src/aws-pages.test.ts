import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { makePages } from './aws-pages.ts'
import { synthesise } from './checks/synthesise.ts'

describe('docs/aws', () => {
  for (const [path, text] of Object.entries(makePages((name) => synthesise(name).templates))) {
    it(`has ${path} as the templates make it; if not: npm run docs`, () => {
      assert.equal(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), text)
    })
  }
})
