import assert from 'node:assert/strict'
import { it } from 'node:test'
import { synthesise } from '../checks/synthesise.ts'
import { costAtRest } from './describe-cost.ts'

it('the sandbox costs less at rest than production', () => {
  const sandbox = costAtRest(synthesise('sandbox').templates)
  const production = costAtRest(synthesise('production').templates)
  assert.ok(sandbox < production, `${sandbox} and ${production} dollars`)
})

it('no cost is reckoned while something has no price', () => {
  const more = { Resources: { Unknown: { Type: 'AWS::EC2::Instance' } } }
  assert.throws(() => costAtRest({ ...synthesise('sandbox').templates, more }), /what an AWS::EC2::Instance costs/)
})
