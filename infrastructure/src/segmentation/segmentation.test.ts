import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { synthesise } from '../checks/synthesise.ts'
import { environmentNames, environments } from '../environments.ts'
import { allowedFlows, type Party, parties } from '../network/allowed-flows.ts'
import { demands, findOffences } from './demands.ts'
import { type Model, readModel } from './model.ts'
import { openings } from './openings.ts'
import { computeReach } from './reach.ts'

for (const name of environmentNames) {
  const { templates } = synthesise(name)
  const environment = environments[name]

  describe(`the network of ${name}`, () => {
    it('breaks no demand', () => {
      assert.deepEqual(findOffences(readModel(templates), environment), [])
    })

    it('lets everyone reach whom the table of flows names, and nobody else', () => {
      const model = readModel(templates)
      const found = new Set(computeReach(model).flatMap(({ from, to, port }) => toFlows(model, from, to, port)))
      const wanted = new Set(allowedFlows.map(({ from, to, port }) => `${from} → ${to} ${port}`))
      assert.deepEqual([...found].sort(), [...wanted].sort())
    })
  })
}

describe('a small change that opens the network', () => {
  for (const { what, broken, change } of openings) {
    it(`is noticed when ${what}`, () => {
      const templates = structuredClone(synthesise('production').templates)
      change(templates)
      const offences = findOffences(readModel(templates), environments.production)
      assert.ok(
        offences.some((one) => one.startsWith(broken)),
        `none of these: ${JSON.stringify(offences)}`,
      )
    })
  }

  it('is tried on every demand', () => {
    const tried = (says: string) => openings.some(({ broken }) => says.startsWith(broken))
    assert.deepEqual(
      demands.map(({ says }) => says).filter((says) => !tried(says)),
      [],
    )
  })
})

/** A connection that was found, as lines of the table of flows would have it. */
function toFlows(model: Model, from: string, to: string, port: string): string[] {
  const partyOf = (name: string): string => {
    const outside = { 'the Internet': 'world', operators: 'operators', 'AWS s3': 's3' }[name]
    if (outside) return outside
    const group = model.nodes.find((one) => one.name === name)?.groups[0]
    // Hosts behind the firewall are no node.
    if (!group) return 'internet'
    const party = (Object.keys(parties) as Party[]).find((one) =>
      new RegExp(`SecurityGroups${one}[0-9A-F]{8}$`).test(group),
    )
    return party ?? group
  }
  return [`${partyOf(from)} → ${partyOf(to)} ${port}`]
}
