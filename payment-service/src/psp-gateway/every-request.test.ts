import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyRequest, type Sample, showRequest } from './every-request.ts'
import type { PspRequest } from './port.ts'
import { pspNames, psps } from './registry.ts'

const now = new Date('2030-01-01T12:00:00Z')
const loadSample = async (name: string): Promise<Sample> => (await import(`./${name}/testing/sample.ts`)).sample

for (const name of pspNames) {
  test(`every request of ${name} has a name, a reference and a content of its own, and shows no secret`, async () => {
    const { account, names } = await loadSample(name)
    assert.deepEqual(
      psps[name].preflight(account).filter(({ severity }) => severity === 'error'),
      [],
    )
    const requests = [...everyRequest(psps[name], account, names, now)]
    assert.ok(requests.length > 10, `only ${requests.length}`)
    assert.equal(new Set(requests.map((one) => one.name)).size, requests.length)
    const shown = requests.map((one) => showRequest(one, account))
    const text = JSON.stringify(shown)
    for (const secret of Object.values(account.credentials)) assert.ok(!text.includes(secret))
    // Every one that moves or makes something has its own key at the PSP.
    const keys = requests.map(({ request }) => idempotencyKeyOf(request)).filter((key) => key !== undefined)
    assert.equal(new Set(keys).size, keys.length)
    const cardCharges = shown.filter(({ name }) => name.startsWith('charge of a card'))
    assert.equal(cardCharges.length > 0, psps[name].rawCards !== undefined)
    for (const { name, body } of cardCharges) assert.equal(body?.split('{{card.number}}').length, 2, name)
  })
}

test('what the options make no difference to is one request', async () => {
  const { account, names } = await loadSample('sandbox')
  const found = [...everyRequest(psps.sandbox, account, names, now)].map(({ name }) => name)
  // The sandbox is told nothing of who began a payment.
  assert.ok(found.includes('charge of a token, EUR, captured later, return address, description'))
  assert.ok(!found.some((name) => name.includes('by the customer')))
})

function idempotencyKeyOf({ headers }: PspRequest): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'idempotency-key')?.[1]
}
