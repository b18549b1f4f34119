import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { drawTrace } from './draw-trace.ts'

const svg = drawTrace('A & B', 'What took how long.', [
  { name: 'POST /v1/charges', program: 'card-relay', depth: 0, beganMs: 0, lastedMs: 100 },
  { name: 'write <it>', program: 'payment-service', depth: 1, beganMs: 50, lastedMs: 25 },
])
const barOf = (program: string) => {
  const [, x = '', width = ''] =
    new RegExp(`<rect class="${program}" x="([\\d.]+)" y="[\\d.]+" width="([\\d.]+)"`).exec(svg) ?? []
  return { x: Number(x), width: Number(width) }
}

describe('a waterfall', () => {
  it('has a title and a description for who cannot see it, and says of each bar whose it is and how long', () => {
    assert.match(svg, /role="img" aria-labelledby="title description"/)
    for (const text of [
      'A &amp; B',
      'What took how long.',
      'write &lt;it&gt;',
      'card-relay',
      'payment-service',
      '25.0 ms',
    ])
      assert.ok(svg.includes(`>${text}<`), text)
  })

  it('has bars that lie and last as the spans did', () => {
    const [request, write] = [barOf('card-relay'), barOf('payment-service')]
    assert.equal(write.width, request.width / 4)
    assert.equal(write.x - request.x, request.width / 2)
  })

  it('is read in the dark too', () => {
    assert.equal(svg.match(/@media \(prefers-color-scheme: dark\)/g)?.length, 2)
  })
})
