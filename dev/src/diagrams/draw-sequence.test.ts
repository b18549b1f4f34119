import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { drawSequence } from './draw-sequence.ts'

const draw = (text: string) =>
  drawSequence<'shop' | 'fincore'>({
    title: 'A & B',
    description: 'The shop asks.',
    participants: { shop: 'Shop', fincore: 'FinCore' },
    steps: [
      { from: 'shop', to: 'fincore', text },
      { from: 'fincore', to: 'shop', text: 'ok', isAnswer: true },
      { band: 'later' },
    ],
  })
const widthOf = (svg: string) => Number(/ width="(\d+)"/.exec(svg)?.[1])

describe('a sequence diagram', () => {
  it('has a title and a description for who cannot see it, and every word of it', () => {
    const svg = draw('asks <this>')
    for (const text of ['A &amp; B', 'The shop asks.', 'asks &lt;this&gt;', 'ok', 'later'])
      assert.ok(svg.includes(`>${text}<`), text)
    assert.match(svg, /role="img" aria-labelledby="title description"/)
  })

  it('is as wide as its longest message needs', () => {
    const [short, long] = [draw('asks'), draw('asks for something with many more words than two boxes are apart')]
    assert.ok(widthOf(long) > widthOf(short) + 200, `${widthOf(short)}, ${widthOf(long)}`)
  })

  it('has an arrow head at the end that the message goes to', () => {
    const [, line = '', tip = ''] =
      /class="arrow" x1="(\d+)"[\s\S]*?<path class="head" d="M(\d+)/.exec(draw('asks')) ?? []
    assert.ok(Number(tip) > Number(line))
    assert.match(draw('asks'), /l9 -4\.5|l-9 -4\.5/)
  })

  it('is read in the dark too', () => {
    assert.match(draw('asks'), /@media \(prefers-color-scheme: dark\)/)
  })
})
