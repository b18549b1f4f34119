import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { makePages } from './aws-pages.ts'
import { breakRule, dataRules, judgeData } from './checks/data-rules.ts'
import { judge } from './checks/nag.ts'
import { synthesise } from './checks/synthesise.ts'
import { costAtRest } from './cost/describe-cost.ts'
import { environmentNames, environments } from './environments.ts'

for (const name of environmentNames) {
  describe(`the ${name} environment`, () => {
    const { app, templates } = synthesise(name)

    it('synthesises its stacks without an account', () => {
      assert.deepEqual(Object.keys(templates).sort(), ['data', 'foundation', 'service'])
    })

    it('has no finding of PCI DSS, AWS Solutions and NIST 800-53, and no suppression that is not needed', () => {
      assert.deepEqual(judge(app), { violations: [], needless: [] })
    })

    it('keeps data, keys and audit as they must be', () => {
      assert.deepEqual(judgeData(templates, environments[name]), [])
    })
  })
}

describe('what must be so of data, keys and audit', () => {
  for (const rule of dataRules) {
    it(`is noticed when it is not so: ${rule.says}`, () => {
      const broken = breakRule(synthesise('production').templates, rule)
      assert.deepEqual(judgeData(broken, environments.production), [rule.says])
    })
  }
})

describe('the cost at rest', () => {
  it('is less in the sandbox', () => {
    const [sandbox, production] = environmentNames.map((name) => costAtRest(synthesise(name).templates))
    assert.ok(Number(sandbox) < Number(production), `${sandbox} and ${production} dollars`)
  })

  it('is not reckoned while something has no price', () => {
    const { templates } = synthesise('sandbox')
    const more = { ...templates, more: { Resources: { Unknown: { Type: 'AWS::EC2::Instance' } } } }
    assert.throws(() => costAtRest(more), /does not say what an AWS::EC2::Instance costs/)
  })
})

describe('the pages of docs/aws', () => {
  const pages = makePages((name) => synthesise(name).templates)
  for (const [path, text] of Object.entries(pages)) {
    it(`${path} is as npm run docs makes it`, () => {
      assert.equal(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), text, 'run npm run docs')
    })
  }
})
